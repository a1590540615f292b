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
use std::iter;
use std::path::Path;
use table::{SETTINGS, variable};

/// A setting as somebody wrote it.
#[derive(Clone, Debug)]
pub struct RawSetting {
    pub key: &'static str,
    pub text: String,
    /// Where it came from: a profile, a file and the line in it, a variable, a
    /// flag.
    pub source: String,
    /// How it was written, for errors.
    pub shown: String,
}

impl RawSetting {
    /// One that stands at `source` as it would in a file.
    fn as_in_file(key: &'static str, text: String, source: String) -> Self {
        let shown = format!("{source}: {}", file::line(key, &text));
        Self { key, text, source, shown }
    }
}

/// The settings of a server.
pub struct Settings {
    pub config: Config,
    profile: String,
    /// Where those came from that were given.
    sources: BTreeMap<&'static str, String>,
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
                if path.exists() { file::read(&path)? } else { Vec::new() }
            }
        };
        let by_variable = table::keys().filter_map(|key| variables.get(key).cloned());
        let by_flag = flags.given.iter().map(|&(key, ref text)| {
            let flag = if key == "packs" { "PACKS".into() } else { format!("--{}", key.replace('_', "-")) };
            RawSetting { key, text: text.clone(), shown: format!("{flag} {text}"), source: flag }
        });
        // Of those with the same key the last one counts.
        let given: Vec<RawSetting> = file.into_iter().chain(by_variable).chain(by_flag).collect();
        let by_name = given.iter().rfind(|given| given.key == "profile");
        let profile = by_name.map_or(profile::NAMES[0], |given| &given.text).to_owned();
        let Some(preset) = profile::settings(&profile) else {
            let (shown, known) = (by_name.map_or("", |given| &given.shown), profile::NAMES.join(", "));
            bail!("{shown}: there is no such profile; there are {known}");
        };
        let by_profile = preset
            .into_iter()
            .map(|(key, text)| RawSetting::as_in_file(key, text, format!("profile {profile}")));

        let (mut config, mut sources) = (Config::new("packs"), BTreeMap::new());
        for RawSetting { key, text, source, shown } in by_profile.chain(given) {
            if let Some(setting) = table::find(key)
                && let Err(problem) = setting.set(&mut config, &text)
            {
                bail!("{shown}: {problem}");
            }
            sources.insert(key, source);
        }
        Ok(Self { config, profile, sources })
    }

    /// All settings as TOML, with where each came from.
    pub fn text(&self) -> String {
        let values = SETTINGS.iter().map(|setting| (setting.key, setting.get(&self.config)));
        let all = iter::once(("profile", self.profile.clone())).chain(values);
        let lines: Vec<_> = all.map(|(key, text)| (key, file::line(key, &text))).collect();
        let width = lines.iter().map(|(_, line)| line.len()).max().unwrap_or(0);
        let shown = lines.iter().map(|(key, line)| {
            let source = self.sources.get(key).map_or("default", String::as_str);
            format!("{line:<width$}  # {}", Line(source))
        });
        shown.collect::<Vec<_>>().join("\n")
    }
}

/// What the environment sets, by key. Variables that look like a setting's but
/// are not are told of; others may be anybody's.
fn variables(environment: &[(OsString, OsString)]) -> Result<BTreeMap<&'static str, RawSetting>> {
    let keys = || table::keys().chain(["config"]);
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
            let (source, shown) = (name.to_owned(), format!("{name}={text}"));
            given.insert(key, RawSetting { key, text: text.to_owned(), source, shown });
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
