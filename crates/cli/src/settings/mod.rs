//! What the server is told, and where each setting came from: a flag, else the
//! environment, else `origami.toml`, else the profile, else the default.

pub mod file;
mod flags;
mod profile;
pub mod table;

pub use flags::Flags;

use anyhow::{Result, bail};
use origami_server::Config;
use origami_units::text::Line;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use table::{SETTINGS, variable};

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    Profile(String),
    /// A file and the line in it.
    File(PathBuf, usize),
    Environment(String),
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting as somebody wrote it.
#[derive(Clone, Debug)]
pub struct Given {
    pub key: &'static str,
    pub text: String,
    pub source: Source,
}

impl Given {
    /// How it was written, for errors.
    fn shown(&self) -> String {
        let Self { key, text, source } = self;
        match source {
            Source::Flag(name) => format!("{name} {text}"),
            Source::Environment(name) => format!("{name}={text}"),
            Source::File(..) | Source::Profile(_) | Source::Default => {
                format!("{source}: {}", file::line(key, text))
            }
        }
    }
}

/// The settings of a server.
pub struct Settings {
    pub config: Config,
    profile: String,
    sources: BTreeMap<&'static str, Source>,
}

impl Settings {
    /// Takes the layers together. `environment` holds all variables there are;
    /// `folder` is looked through for the default file.
    pub fn resolve(flags: &Flags, environment: &[(OsString, OsString)], folder: &Path) -> Result<Self> {
        let variables = variables(environment)?;
        let file = match (&flags.config, variables.get("config")) {
            (Some(path), _) => file::read(path)?,
            (None, Some(given)) => file::read(Path::new(&given.text))?,
            (None, None) => {
                let path = folder.join(file::DEFAULT);
                if path.exists() { file::read(&path)? } else { file::File::default() }
            }
        };
        let flag = |key: &'static str, text: &str| {
            let name = if key == "packs" { "PACKS".into() } else { format!("--{}", key.replace('_', "-")) };
            Given { key, text: text.to_owned(), source: Source::Flag(name) }
        };
        let by_flag = flags.profile.as_ref().map(|name| flag("profile", name));
        let profile = by_flag.or(variables.get("profile").cloned()).or(file.profile);
        let name = profile.as_ref().map_or(profile::NAMES[0], |given| &given.text);
        let Some(preset) = profile::settings(name) else {
            let known = profile::NAMES.join(", ");
            let shown = profile.as_ref().map_or_else(String::new, Given::shown);
            bail!("{shown}: there is no such profile; there are {known}");
        };
        let profile_source = profile.as_ref().map(|given| given.source.clone());
        let preset = preset.into_iter().map(|(key, text)| Given {
            key,
            text,
            source: Source::Profile(name.to_owned()),
        });

        let mut settings =
            Self { config: Config::new("packs"), profile: name.to_owned(), sources: BTreeMap::new() };
        settings.sources.extend(profile_source.map(|source| ("profile", source)));
        let by_variable = SETTINGS.iter().filter_map(|setting| variables.get(setting.key).cloned());
        let by_flag = flags.given.iter().map(|(key, text)| flag(key, text));
        for given in preset.chain(file.given).chain(by_variable).chain(by_flag) {
            settings.set(&given)?;
        }
        Ok(settings)
    }

    fn set(&mut self, given: &Given) -> Result<()> {
        let setting = table::find(given.key).expect("given settings are in the table");
        if let Err(problem) = (setting.set)(&mut self.config, &given.text) {
            bail!("{}: {problem}", given.shown());
        }
        self.sources.insert(given.key, given.source.clone());
        Ok(())
    }

    /// The text of one setting.
    pub fn value(config: &Config, key: &str) -> String {
        table::find(key).map(|setting| (setting.get)(config)).unwrap_or_default()
    }

    /// All settings as TOML, with where each came from.
    pub fn text(&self) -> String {
        let values = SETTINGS.iter().map(|setting| (setting.key, (setting.get)(&self.config)));
        let with_source = |(key, text): (&'static str, String)| {
            (file::line(key, &text), self.sources.get(key).unwrap_or(&Source::Default))
        };
        let lines: Vec<_> =
            [("profile", self.profile.clone())].into_iter().chain(values).map(with_source).collect();
        let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
        let shown: Vec<_> =
            lines.iter().map(|(line, source)| format!("{line:<width$}  # {}", Line(source))).collect();
        shown.join("\n")
    }
}

/// What the environment sets, by key. Variables that look like a setting's but
/// are not are told of; others may be anybody's.
fn variables(environment: &[(OsString, OsString)]) -> Result<BTreeMap<&'static str, Given>> {
    let keys = || SETTINGS.iter().map(|setting| setting.key).chain(["profile", "config"]);
    let mut given = BTreeMap::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with("ORIGAMI_")) else { continue };
        let Some(key) = keys().find(|key| variable(key) == *name) else {
            let meant = keys().find(|key| strsim::damerau_levenshtein(&variable(key), name) == 1);
            if let Some(meant) = meant {
                tracing::warn!("{name} is not known; did you mean {}?", variable(meant));
            }
            continue;
        };
        let Some(text) = value.to_str() else { bail!("{name} is not UTF-8") };
        // `ORIGAMI_WORKERS= origami serve` unsets it.
        if !text.is_empty() {
            let source = Source::Environment(name.to_owned());
            given.insert(key, Given { key, text: text.to_owned(), source });
        }
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_units::text::is_control;
    use std::time::Duration;

    fn flags(given: &[(&'static str, &str)]) -> Flags {
        let given = given.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        Flags { given, ..Flags::default() }
    }

    fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// A folder with this `origami.toml`.
    fn folder(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("origami.toml"), text).unwrap();
        folder
    }

    fn error(flags: &Flags, variables: &[(&str, &str)], text: &str) -> String {
        let folder = folder(text);
        let Err(error) = Settings::resolve(flags, &environment(variables), folder.path()) else {
            panic!("{text} is taken");
        };
        format!("{error:#}").replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn a_flag_beats_the_environment_beats_the_file_beats_the_profile_beats_the_default() {
        let text = "profile = \"low-latency\"\nworkers = 3\nreaders = 3\nqueue_wait = \"3s\"\n";
        let folder = folder(text);
        let variables = environment(&[("ORIGAMI_WORKERS", "5"), ("ORIGAMI_READERS", "5")]);
        let settings = Settings::resolve(&flags(&[("workers", "7")]), &variables, folder.path()).unwrap();
        let Settings { config, sources, .. } = &settings;
        assert_eq!((config.workers, config.readers), (7, 5));
        assert_eq!(config.queue_wait, Duration::from_secs(3));
        assert_eq!(config.request_limit, Duration::from_secs(5));
        assert_eq!(config.open_packs, Config::new("packs").open_packs);
        let source = |key| sources[key].to_string();
        assert_eq!(source("workers"), "--workers");
        assert_eq!(source("readers"), "ORIGAMI_READERS");
        assert!(source("queue_wait").ends_with("origami.toml:4"), "{}", source("queue_wait"));
        assert_eq!(source("request_limit"), "profile low-latency");
        assert!(!sources.contains_key("open_packs"));
    }

    #[test]
    fn what_is_printed_gives_the_same_settings_when_it_is_read() {
        let nothing = tempfile::tempdir().unwrap();
        let given = [("memory", "200M"), ("warm", "a,b"), ("pin", "true")];
        for packs in ["/slides \"here\"", "/\u{1b}]0;t\u{7} \"a\\b\"\nworkers = 7\r\u{9b}\u{202e}\u{61c}"] {
            let given = [&given[..], &[("packs", packs)]].concat();
            let settings = Settings::resolve(&flags(&given), &[], nothing.path()).unwrap();
            let text = settings.text();
            assert_eq!(text.lines().count(), 1 + SETTINGS.len(), "{text}");
            assert!(!text.contains(|c| is_control(c) && c != '\n'), "{text:?}");
            let folder = folder(&text);
            let again = Settings::resolve(&Flags::default(), &[], folder.path()).unwrap();
            assert_eq!(again.config, settings.config);
        }
    }

    #[test]
    fn an_unknown_key_says_which_one_may_be_meant() {
        let none = Flags::default();
        assert_eq!(
            error(&none, &[], "# a\nworker = 3\n"),
            "origami.toml:2: there is no setting 'worker'; did you mean 'workers'?"
        );
        assert!(error(&none, &[], "http-threads = 3").ends_with("did you mean 'http_threads'?"));
        assert_eq!(error(&none, &[], "colour = 3"), "origami.toml:1: there is no setting 'colour'");
    }

    #[test]
    fn a_wrong_value_says_where_it_stands() {
        let none = Flags::default();
        let number = "expected a whole number from 1 to 65536";
        assert_eq!(error(&none, &[], "\nworkers = 0"), format!("origami.toml:2: workers = 0: {number}"));
        assert_eq!(error(&none, &[("ORIGAMI_WORKERS", "x")], ""), format!("ORIGAMI_WORKERS=x: {number}"));
        assert_eq!(error(&flags(&[("workers", "-1")]), &[], ""), format!("--workers -1: {number}"));
        assert!(error(&none, &[], "memory = \"lots\"").contains("such as 256M, 2GiB"));
        assert!(error(&none, &[], "queue_wait = 2").contains("write 2s or 2ms"));
        assert!(error(&none, &[], "profile = \"fast\"").contains("there are balanced, high-throughput"));
        assert!(error(&none, &[], "workers = [").starts_with("origami.toml:1: "));
        assert!(error(&none, &[], "workers = 1.5").starts_with("origami.toml:1: workers: expected"));
    }

    #[test]
    fn a_folder_in_a_file_is_relative_to_the_file() {
        let folder = folder("packs = \"slides\"");
        let settings = Settings::resolve(&Flags::default(), &[], folder.path()).unwrap();
        assert_eq!(settings.config.packs, folder.path().join("slides"));
    }

    #[test]
    fn an_empty_variable_sets_nothing() {
        let nothing = tempfile::tempdir().unwrap();
        let variables = environment(&[("ORIGAMI_WORKERS", ""), ("ORIGAMI_PORT", "tcp://10.0.0.1:80")]);
        let settings = Settings::resolve(&Flags::default(), &variables, nothing.path()).unwrap();
        assert_eq!(settings.config, Config::new("packs"));
    }
}
