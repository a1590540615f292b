//! `origami bench --tune`: tries settings of the server on this machine.

use super::Arguments;
use crate::settings::{Assignment, Flags, Settings, file, table};
use crate::{interruption, output};
use anyhow::{Result, anyhow};
use clap::{Args as _, Command, FromArgMatches as _};
use origami_loadtest::{SettingChange, TunableSettings, Tuning};
use origami_units::text::Line;
use std::ffi::OsString;
use std::path::Path;

/// Tries settings and writes the best to the file that the arguments name.
pub fn run(arguments: &Arguments) -> Result<()> {
    let interrupted = interruption::watch()?;
    let options = arguments.load.options();
    let tuning = Tuning::new(&options).map_err(|error| arguments.load.explain(error))?;
    let present = present_settings(&arguments.load.serve)?;
    if let Some(path) = &arguments.write {
        // Fails now rather than after minutes of tuning.
        file::editable(path)?;
    }
    let outcome = tuning
        .run(&present, &interrupted, &|round| output::eprint_line(round))
        .map_err(|error| arguments.load.explain(error))?;
    if arguments.json {
        output::print_json(&outcome.json())?;
    } else {
        output::print_lines(outcome.text())?;
    }
    match (&arguments.write, outcome.better()) {
        (Some(path), Some(changes)) => {
            let settings: Vec<_> = changes.iter().map(assignment).collect();
            file::write(path, &settings)?;
            output::eprint_line(format_args!("{} is written", path.display()));
        }
        (Some(path), None) => output::eprint_line(format_args!("{} is left as it was", path.display())),
        (None, Some(_)) => output::eprint_line("--write origami.toml would keep it"),
        (None, None) => {}
    }
    Ok(())
}

fn assignment(change: &SettingChange) -> Assignment {
    Assignment { key: change.key, text: change.value.clone() }
}

/// The settings that a server started here would have with the further `options` of
/// `origami serve`.
fn present_settings(options: &[OsString]) -> Result<Settings> {
    let command = Flags::augment_args(Command::new("serve").no_binary_name(true));
    let matches = command
        .clone()
        .try_get_matches_from(options)
        .map_err(|error| anyhow!("options after --: {}", parse_error(command, options, error)))?;
    let flags = Flags::from_arg_matches(&matches)?;
    let environment: Vec<_> = std::env::vars_os().collect();
    Settings::resolve(&flags, &environment, Path::new(""))
}

/// What is wrong with `options`, in one line without the parser's usage text, which
/// is that of another command.
fn parse_error(command: Command, options: &[OsString], error: clap::Error) -> String {
    // Without colours, the parser also drops escape sequences of an argument. So the
    // arguments are escaped first and parsed again.
    let escaped = options.iter().map(|text| Line(text.to_string_lossy()).to_string());
    let text = command.try_get_matches_from(escaped).err().unwrap_or(error).to_string();
    let message: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    message.join(" ").trim_start_matches("error: ").to_owned()
}

impl TunableSettings for Settings {
    fn value(&self, key: &str) -> String {
        table::find(key).map(|setting| setting.get(&self.config)).unwrap_or_default()
    }

    fn line(&self, key: &str, value: &str) -> String {
        file::line(key, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_server::Config;

    #[test]
    fn every_tuned_setting_is_one_of_the_server() {
        let present = Settings::resolve(&Flags::default(), &[], Path::new("no folder")).unwrap();
        for key in origami_loadtest::TUNED {
            let setting = table::find(key).expect(key);
            let value = present.value(key);
            assert!(!value.is_empty(), "{key}");
            setting.set(&mut Config::new("packs"), &value).unwrap();
        }
        assert_eq!(present.line("prefetch", "0"), "prefetch = \"0\"");
        assert_eq!(present.line("workers", "3"), "workers = 3");
    }
}
