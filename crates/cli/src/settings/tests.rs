//! Tests of merging settings from all sources.

use super::*;
use origami_units::text::is_control;
use std::time::Duration;

fn flags(given: &[(&'static str, &str)]) -> Flags {
    let given = given.iter().map(|&(key, text)| Assignment { key, text: text.to_owned() }).collect();
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
        panic!("{text} is accepted");
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
    assert_eq!(sources["workers"], "--workers");
    assert_eq!(sources["readers"], "ORIGAMI_READERS");
    assert!(sources["queue_wait"].ends_with("origami.toml:4"), "{}", sources["queue_wait"]);
    assert_eq!(sources["request_limit"], "profile low-latency");
    assert!(!sources.contains_key("open_packs"));
}

#[test]
fn printed_settings_are_the_same_when_they_are_read() {
    let nothing = tempfile::tempdir().unwrap();
    let given = [
        ("memory", "200M"),
        ("warm", "a,b"),
        ("pin", "true"),
        ("webp_quality", "55"),
        ("webp_effort", "best"),
        ("avif_effort", "fast"),
        ("picture_pixels", "123456"),
        ("derivative_cache", "/kept"),
        ("derivative_cache_age", "36h"),
        ("public_url", "https://slides.example/a/"),
        ("access_log", "json"),
        ("otlp", "http://127.0.0.1:4318/"),
        ("otlp_sample", "25%"),
        ("log", "warn,origami_server=debug"),
    ];
    for packs in ["/slides \"here\"", "/\u{1b}]0;t\u{7} \"a\\b\"\nworkers = 7\r\u{9b}\u{202e}\u{61c}"] {
        let given = [&given[..], &[("packs", packs)]].concat();
        let settings = Settings::resolve(&flags(&given), &[], nothing.path()).unwrap();
        let text = settings.to_toml();
        assert_eq!(text.lines().count(), 2 + SETTINGS.len(), "{text}");
        assert!(!text.contains(|c| is_control(c) && c != '\n'), "{text:?}");
        let folder = folder(&text);
        let again = Settings::resolve(&Flags::default(), &[], folder.path()).unwrap();
        assert_eq!(again.config, settings.config);
        assert_eq!(again.log(), "warn,origami_server=debug");
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
fn the_error_of_a_wrong_value_says_where_it_was_written() {
    let none = Flags::default();
    let number = "expected a whole number from 1 to 65536";
    assert_eq!(error(&none, &[], "\nworkers = 0"), format!("origami.toml:2: workers = 0: {number}"));
    assert_eq!(error(&none, &[("ORIGAMI_WORKERS", "x")], ""), format!("ORIGAMI_WORKERS=x: {number}"));
    assert_eq!(error(&flags(&[("workers", "-1")]), &[], ""), format!("--workers -1: {number}"));
    assert!(error(&none, &[], "memory = \"lots\"").contains("such as 256M, 2GiB"));
    assert!(error(&none, &[], "queue_wait = 2").contains("write 2s or 2ms"));
    assert_eq!(
        error(&none, &[], "avif_quality = 101"),
        "origami.toml:1: avif_quality = 101: expected a whole number from 1 to 100"
    );
    let efforts = "expected one of fast, normal, best";
    assert_eq!(
        error(&none, &[], "webp_effort = \"high\""),
        format!("origami.toml:1: webp_effort = \"high\": {efforts}")
    );
    assert_eq!(
        error(&none, &[("ORIGAMI_AVIF_EFFORT", "slow")], ""),
        format!("ORIGAMI_AVIF_EFFORT=slow: {efforts}")
    );
    assert_eq!(error(&flags(&[("avif_effort", "")]), &[], ""), format!("--avif-effort : {efforts}"));
    assert!(error(&none, &[("ORIGAMI_PUBLIC_URL", "slides.example")], "").contains("https://slides.example"));
    assert!(error(&none, &[], "picture_pixels = \"4kk\"").contains("number of pixels"));
    assert!(error(&none, &[], "profile = \"fast\"").contains("there are balanced, high-throughput"));
    assert!(error(&none, &[], "access_log = \"xml\"").ends_with("expected one of off, common, json"));
    assert!(error(&none, &[("ORIGAMI_OTLP", "https://a.example")], "").contains("no TLS"));
    assert!(error(&none, &[], "otlp_sample = 1.5").contains("expected a share from 0 to 1"));
    assert!(error(&none, &[], "otlp_sample = true").contains("expected a share from 0 to 1"));
    assert!(error(&none, &[], "log = \"a=b=c\"").starts_with("origami.toml:1: log = \"a=b=c\": "));
    assert!(error(&none, &[], "workers = [").starts_with("origami.toml:1: "));
    assert!(error(&none, &[], "workers = 1.5").starts_with("origami.toml:1: workers: expected"));
}

#[test]
fn a_folder_in_a_file_is_relative_to_the_file() {
    let folder = folder("packs = \"slides\"\nderivative_cache = \"kept\"\n");
    let settings = Settings::resolve(&Flags::default(), &[], folder.path()).unwrap();
    assert_eq!(settings.config.packs, folder.path().join("slides"));
    assert_eq!(settings.config.derivative_cache, Some(folder.path().join("kept")));
}

#[test]
fn settings_that_are_empty_in_a_file_are_not_set() {
    let folder = folder("derivative_cache = \"\"\npublic_url = \"\"\n");
    let settings = Settings::resolve(&Flags::default(), &[], folder.path()).unwrap();
    assert_eq!(settings.config, Config::new("packs"));
}

#[test]
fn an_empty_variable_sets_nothing() {
    let nothing = tempfile::tempdir().unwrap();
    let variables = environment(&[("ORIGAMI_WORKERS", ""), ("ORIGAMI_PORT", "tcp://10.0.0.1:80")]);
    let settings = Settings::resolve(&Flags::default(), &variables, nothing.path()).unwrap();
    assert_eq!(settings.config, Config::new("packs"));
}

#[test]
fn what_is_logged_is_a_setting_too() {
    let folder = folder("log = \"warn\"\notlp_sample = 0.25\n");
    let none = Flags::default();
    let in_file = Settings::resolve(&none, &[], folder.path()).unwrap();
    assert_eq!((in_file.log(), in_file.config.otlp_sample), ("warn", "25%".parse().unwrap()));
    let variables = environment(&[("ORIGAMI_LOG", "debug")]);
    assert_eq!(Settings::resolve(&none, &variables, folder.path()).unwrap().log(), "debug");
    let flags = flags(&[("log", "error")]);
    assert_eq!(Settings::resolve(&flags, &variables, folder.path()).unwrap().log(), "error");
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(Settings::resolve(&none, &[], nothing.path()).unwrap().log(), log::DEFAULT);
}
