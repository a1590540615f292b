//! The settings as options of a command.

use super::table::{self, Field, SETTINGS};
use super::{file, profile};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};
use origami_server::Config;
use std::path::PathBuf;

/// What was given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// Keys and texts of settings and a profile.
    pub given: Vec<(&'static str, String)>,
    pub print: bool,
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let defaults = Config::new("packs");
        let settings = SETTINGS.iter().map(|setting| {
            let help = match setting.get(&defaults) {
                default if default.is_empty() => setting.help.to_owned(),
                default => format!("{} [default: {default}]", setting.help),
            };
            let arg = Arg::new(setting.key).value_name(setting.value_name()).help(help);
            if setting.key == "packs" {
                return arg;
            }
            // The parser wants names that stay, and there are few of them.
            let flag: &str = setting.key.replace('_', "-").leak();
            let arg = arg.long(flag).help_heading(setting.group);
            match setting.field {
                // Alone it means true; a value needs the equals sign, or it
                // could be mistaken for the folder.
                Field::Switch(_) => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
                _ => arg,
            }
        });
        let configuration = [
            Arg::new("profile")
                .long("profile")
                .value_name("NAME")
                .value_parser(profile::NAMES)
                .hide_possible_values(true)
                .help(profile::HELP),
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(format!("Read settings from this file [default: {}, if there is one]", file::DEFAULT)),
            Arg::new("print_config")
                .long("print-config")
                .action(ArgAction::SetTrue)
                .help("Show all settings, with where each came from, and end"),
        ];
        command.args(settings).args(configuration.map(|arg| arg.help_heading("Configuration")))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |key: &'static str| Some((key, matches.get_one::<String>(key)?.clone()));
        Ok(Self {
            config: matches.get_one("config").cloned(),
            given: table::keys().filter_map(given).collect(),
            print: matches.get_flag("print_config"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
