//! The settings of the server, and where each comes from: a flag, else the
//! environment, else `origami.toml`, else the profile, else the default.

pub mod file;
mod flags;
mod pixels;
mod profile;
mod public_url;
mod setting;
pub mod table;
#[cfg(test)]
mod tests;

pub use flags::Flags;

use crate::log;
use anyhow::{Result, bail};
use origami_server::Config;
use origami_units::text::Line;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use table::{SETTINGS, variable};

/// A setting and its value.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The setting's name, as in a file.
    pub key: &'static str,
    /// The value as text, as in a flag.
    pub text: String,
}

/// An assignment with its origin.
#[derive(Clone, Debug)]
struct GivenSetting {
    assignment: Assignment,
    /// Where it was written: a profile, a file and the line in it, a variable, a
    /// flag.
    source: String,
    /// How it was written, for errors.
    label: String,
}

impl GivenSetting {
    /// One that was written at `source` as in a file.
    fn in_file(assignment: Assignment, source: String) -> Self {
        let label = format!("{source}: {}", file::line(assignment.key, &assignment.text));
        Self { assignment, source, label }
    }

    /// One that was written as the variable `name`.
    fn in_environment(key: &'static str, name: &str, value: &str) -> Self {
        let assignment = Assignment { key, text: value.to_owned() };
        Self { assignment, source: name.to_owned(), label: format!("{name}={value}") }
    }

    fn on_command_line(assignment: &Assignment) -> Self {
        let Assignment { key, text } = assignment;
        let flag = match *key {
            "packs" => "PACKS".to_owned(),
            key => format!("--{}", key.replace('_', "-")),
        };
        Self { label: format!("{flag} {text}"), assignment: assignment.clone(), source: flag }
    }

    fn key(&self) -> &'static str {
        self.assignment.key
    }
}

/// The settings of a server.
pub struct Settings {
    pub config: Config,
    profile: String,
    /// What is logged.
    log: String,
    /// The source of each setting that was given.
    sources: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Those of this process: `flags`, its environment, and the file that one of them names or that
    /// is in the current folder.
    ///
    /// # Errors
    /// If a source cannot be read, or one of its values means nothing.
    pub fn here(flags: &Flags) -> Result<Self> {
        let environment: Vec<_> = std::env::vars_os().collect();
        Self::resolve(flags, &environment, Path::new(""))
    }

    /// Merges all sources. `environment` has all variables; `folder` may contain the
    /// default file.
    pub fn resolve(flags: &Flags, environment: &[(OsString, OsString)], folder: &Path) -> Result<Self> {
        let variables = variables(environment)?;
        let mut given = in_file(flags, &variables, folder)?;
        given.extend(table::keys().filter_map(|key| variables.get(key).cloned()));
        given.extend(flags.given.iter().map(GivenSetting::on_command_line));

        // The last of several settings with the same key wins.
        let named = given.iter().rfind(|given| given.key() == "profile");
        let profile = named.map_or(profile::NAMES[0], |named| &named.assignment.text).to_owned();
        let Some(preset) = profile::settings(&profile) else {
            let (label, known) = (named.map_or("", |named| &named.label), profile::NAMES.join(", "));
            bail!("{label}: there is no such profile; there are {known}");
        };
        let named = given.iter().rfind(|given| given.key() == "log");
        if let Some(GivenSetting { assignment, label, .. }) = named
            && let Err(problem) = log::parse(&assignment.text)
        {
            bail!("{label}: {problem}");
        }
        let log = named.map_or(log::DEFAULT, |named| &named.assignment.text).to_owned();
        let preset = preset
            .into_iter()
            .map(|assignment| GivenSetting::in_file(assignment, format!("profile {profile}")));

        let (mut config, mut sources) = (Config::new("packs"), BTreeMap::new());
        for GivenSetting { assignment: Assignment { key, text }, source, label } in preset.chain(given) {
            if let Some(setting) = table::find(key)
                && let Err(problem) = setting.set(&mut config, &text)
            {
                bail!("{label}: {problem}");
            }
            sources.insert(key, source);
        }
        Ok(Self { config, profile, log, sources })
    }

    /// What is logged, as a filter for [`log::set_filter`].
    pub fn log(&self) -> &str {
        &self.log
    }

    /// All settings as TOML, each with a comment that names its source.
    pub fn to_toml(&self) -> String {
        let general = [("profile", self.profile.clone()), ("log", self.log.clone())].into_iter();
        let settings = SETTINGS.iter().map(|setting| (setting.key, setting.get(&self.config)));
        let lines: Vec<_> =
            general.chain(settings).map(|(key, text)| (key, file::line(key, &text))).collect();
        let width = lines.iter().map(|(_, line)| line.len()).max().unwrap_or(0);
        let lines = lines.iter().map(|(key, line)| {
            let source = self.sources.get(key).map_or("default", String::as_str);
            format!("{line:<width$}  # {}", Line(source))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The settings in the file that a flag or a variable names, or in the default file
/// in `folder` if there is one.
fn in_file(
    flags: &Flags,
    variables: &BTreeMap<&'static str, GivenSetting>,
    folder: &Path,
) -> Result<Vec<GivenSetting>> {
    if let Some(path) = &flags.config {
        return file::read(path);
    }
    if let Some(given) = variables.get("config") {
        return file::read(Path::new(&given.assignment.text));
    }
    let path = folder.join(file::DEFAULT);
    if path.exists() { file::read(&path) } else { Ok(Vec::new()) }
}

/// All keys that variables may set.
fn variable_keys() -> impl Iterator<Item = &'static str> {
    table::keys().chain(["config"])
}

/// What the environment sets, by key. An unknown variable is only logged, and only if
/// its name is nearly that of a setting: others may belong to other programs.
fn variables(environment: &[(OsString, OsString)]) -> Result<BTreeMap<&'static str, GivenSetting>> {
    let mut given = BTreeMap::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with("ORIGAMI_")) else { continue };
        let Some(key) = variable_keys().find(|key| variable(key) == *name) else {
            let similar = variable_keys().find(|key| strsim::damerau_levenshtein(&variable(key), name) == 1);
            if let Some(key) = similar {
                tracing::warn!("{name} is not known; did you mean {}?", variable(key));
            }
            continue;
        };
        let Some(value) = value.to_str() else { bail!("{name} is not UTF-8") };
        // `ORIGAMI_WORKERS= origami serve` unsets it.
        if !value.is_empty() {
            given.insert(key, GivenSetting::in_environment(key, name, value));
        }
    }
    Ok(given)
}
