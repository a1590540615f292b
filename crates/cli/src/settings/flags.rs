//! The settings as options of a command.

use super::setting::{Field, Setting};
use super::table::{self, SETTINGS, variable};
use super::{Assignment, file, profile};
use crate::help::{self, HelpEnd};
use anyhow::anyhow;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};
use origami_server::Config;
use origami_units::text::Line;
use std::ffi::OsString;
use std::path::PathBuf;

/// The options on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// Settings and a profile.
    pub given: Vec<Assignment>,
    pub print: bool,
}

const END: HelpEnd = HelpEnd {
    command: "origami serve",
    examples: &["origami serve packs/", "origami serve packs/case-17.origami --listen 127.0.0.1:9000"],
    more_examples: &[
        "origami serve packs/ --listen 0.0.0.0:8080 --memory 2GiB",
        "origami serve packs/ --profile low-latency --warm case-17,case-18",
        "ORIGAMI_HTTP_THREADS=2 origami serve packs/ --print-config > origami.toml",
    ],
    environment: &[help::SIMD],
    notes: "\
Files:
  origami.toml  settings, one a line, as in `http_threads = 2`; read in the current folder, or
                where --config or ORIGAMI_CONFIG says

An option wins over its variable, that over the file, and the file over the profile.
Ctrl-C, or SIGTERM, lets requests that run finish and ends the server.",
};

/// The default of a setting, as help shows it: in words where it depends on the machine, because manual pages are read,
/// and compared between two builds, on others.
fn default_text(setting: &Setting, defaults: &Config) -> String {
    match setting.key {
        "memory" => "25%".to_owned(),
        "workers" => "one for each processor".to_owned(),
        "http_threads" => "one for every two processors".to_owned(),
        _ => setting.get(defaults),
    }
}

/// The option of one setting. The first paragraph of its help is the short help.
fn option(setting: &Setting, defaults: &Config) -> Arg {
    let short = setting.help.split("\n\n").next().unwrap_or_default();
    let variable = format!("[env: {}]", variable(setting.key));
    let (short, origins) = match default_text(setting, defaults) {
        default if default.is_empty() => (short.to_owned(), variable),
        default => (format!("{short} [default: {default}]"), format!("{variable}\n[default: {default}]")),
    };
    let arg = Arg::new(setting.key)
        .value_name(setting.value_name())
        .help(short)
        .long_help(format!("{}\n\n{origins}", setting.help))
        .hide_short_help(!setting.is_usual());
    if setting.key == "packs" {
        return arg;
    }
    // The parser requires static names; there are only a few of them.
    let flag: &str = setting.key.replace('_', "-").leak();
    let arg = arg.long(flag);
    let arg = if setting.is_usual() { arg } else { arg.help_heading(setting.group) };
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
            .help(format!("Settings that go together: {}", profile::NAMES.join(", ")))
            .long_help(format!("{}\n\n[env: {}]", profile::HELP, variable("profile"))),
        Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help(format!("Read settings from this file [default: {}, if there is one]", file::DEFAULT))
            .long_help(format!(
                "Read settings from this file\n\n[env: {}]\n[default: {} in the current folder, if there is one]",
                variable("config"),
                file::DEFAULT
            )),
        Arg::new("print_config")
            .long("print-config")
            .action(ArgAction::SetTrue)
            .help("Show all settings, with where each came from, and end"),
    ]
}

/// What the command line says of `key`. The option `log` is one of the whole program, and has a
/// default, which is not given by anybody.
fn given(matches: &ArgMatches, key: &'static str) -> Option<Assignment> {
    let text = matches.try_get_one::<String>(key).ok().flatten()?;
    let is_given = matches.value_source(key) == Some(ValueSource::CommandLine);
    is_given.then(|| Assignment { key, text: text.clone() })
}

impl Flags {
    /// Those among `options` of `origami serve`, which another command has after `--`.
    ///
    /// # Errors
    /// If they are none.
    pub fn parse(options: &[OsString]) -> anyhow::Result<Self> {
        let command = Self::augment_args(Command::new("serve").no_binary_name(true));
        let matches = command
            .clone()
            .try_get_matches_from(options)
            .map_err(|error| anyhow!("options after --: {}", parse_error(command, options, error)))?;
        Ok(Self::from_arg_matches(&matches)?)
    }
}

/// What is wrong with `options`, in one line without the parser's usage text, which
/// is that of another command.
fn parse_error(command: Command, options: &[OsString], error: Error) -> String {
    // Without colours, the parser also drops escape sequences of an argument. So the
    // arguments are escaped first and parsed again.
    let escaped = options.iter().map(|text| Line(text.to_string_lossy()).to_string());
    let text = command.try_get_matches_from(escaped).err().unwrap_or(error).to_string();
    let message: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    message.join(" ").trim_start_matches("error: ").to_owned()
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let defaults = Config::new("packs");
        command
            .args(SETTINGS.iter().map(|setting| option(setting, &defaults)))
            .args(configuration())
            .after_help(END.short())
            .after_long_help(END.long())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = table::keys().filter_map(|key| given(matches, key));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_the_same_on_every_machine() {
        let here = Config::new("packs");
        let elsewhere = Config {
            memory: here.memory / 3,
            workers: here.workers + 5,
            http_threads: here.http_threads + 2,
            ..Config::new("packs")
        };
        for setting in &SETTINGS {
            assert_eq!(default_text(setting, &here), default_text(setting, &elsewhere), "{}", setting.key);
        }
    }
}
