//! The settings as options of a command.

use super::table::{self, Field, SETTINGS, Setting};
use super::{Assignment, file, profile};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};
use origami_server::Config;
use std::path::PathBuf;

/// The options on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// Settings and a profile.
    pub given: Vec<Assignment>,
    pub print: bool,
}

/// The option of one setting.
fn option(setting: &Setting, defaults: &Config) -> Arg {
    let help = match setting.get(defaults) {
        default if default.is_empty() => setting.help.to_owned(),
        default => format!("{} [default: {default}]", setting.help),
    };
    let arg = Arg::new(setting.key).value_name(setting.value_name()).help(help);
    if setting.key == "packs" {
        return arg;
    }
    // The parser requires static names; there are only a few of them.
    let flag: &str = setting.key.replace('_', "-").leak();
    let arg = arg.long(flag).help_heading(setting.group);
    match setting.field {
        // Without a value it means true. A value needs the equals sign, or it could be
        // mistaken for the folder.
        Field::Switch(_) => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        _ => arg,
    }
}

/// The options about settings in general.
fn configuration() -> [Arg; 3] {
    [
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
    ]
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let defaults = Config::new("packs");
        command
            .args(SETTINGS.iter().map(|setting| option(setting, &defaults)))
            .args(configuration().map(|arg| arg.help_heading("Configuration")))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = table::keys()
            .filter_map(|key| Some(Assignment { key, text: matches.get_one::<String>(key)?.clone() }));
        Ok(Self {
            config: matches.get_one("config").cloned(),
            given: given.collect(),
            print: matches.get_flag("print_config"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
