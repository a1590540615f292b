//! The help of every command and every script: the short one fits a screen, both have
//! examples, and together they name every environment variable.

use crate::binary::{self, Outcome};
use crate::manual::{command_names, help};
use crate::scripts::{Recorder, project};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines and columns of a small terminal.
const LINES: usize = 24;
const COLUMNS: usize = 80;

/// The arguments that name each command, none for the program itself.
fn commands() -> Vec<Vec<String>> {
    let overview = help(&[]);
    let mut commands = vec![Vec::new()];
    commands.extend(command_names(&overview).into_iter().map(|name| vec![name.to_owned()]));
    assert!(commands.len() > 8, "{commands:?}");
    commands
}

#[test]
fn the_short_help_of_every_command_fits_a_screen_and_ends_with_examples() {
    for command in commands() {
        let arguments = [&command[..], &["-h".to_owned()][..]].concat();
        let mut run = binary::command(&arguments);
        let help = Outcome::run(run.env("COLUMNS", COLUMNS.to_string())).expect_success().stdout;
        let lines: Vec<&str> = help.lines().collect();
        assert!(lines.len() <= LINES, "{command:?}: {} lines:\n{help}", lines.len());
        let longest = lines.iter().map(|line| line.chars().count()).max();
        assert!(longest <= Some(COLUMNS), "{command:?}: {longest:?} columns:\n{help}");
        let name = [&["origami".to_owned()][..], &command[..]].concat().join(" ");
        assert!(help.contains(&format!("Examples:\n  {name} ")), "{command:?}:\n{help}");
        assert_eq!(lines.last(), Some(&&*format!("All options: {name} --help")), "{help}");
    }
}

#[test]
fn the_long_help_of_every_command_has_examples_and_variables() {
    for command in commands() {
        let names: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = help(&names);
        for part in ["Examples:\n  origami ", "[env: ORIGAMI_LOG]", "ORIGAMI_SIMD"] {
            assert!(help.contains(part), "{command:?}: no '{part}' in\n{help}");
        }
    }
}

#[test]
fn the_help_of_serve_names_the_variable_of_every_setting_and_the_file() {
    let help = help(&["serve"]);
    let config = binary::run(["serve", "--print-config"]).expect_success().stdout;
    let keys = config.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.trim());
    for variable in keys.map(|key| format!("[env: ORIGAMI_{}]", key.to_uppercase())) {
        assert!(help.contains(&variable), "no {variable} in\n{help}");
    }
    assert!(help.contains("origami.toml") && help.contains("[env: ORIGAMI_CONFIG]"), "{help}");
}

#[test]
fn the_version_has_the_name_of_the_command() {
    let version = binary::run(["--version"]).expect_success().stdout;
    assert_eq!(version, format!("origami {}\n", env!("CARGO_PKG_VERSION")));
}

/// The scripts, by name.
fn scripts() -> Vec<PathBuf> {
    let mut scripts: Vec<PathBuf> =
        fs::read_dir(project().join("scripts")).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    assert!(scripts.len() > 10, "{scripts:?}");
    scripts
}

/// What a script prints with `argument`, which has to succeed and to install nothing.
fn script_help(script: &Path, argument: &str) -> String {
    let recorder = Recorder::new();
    let help = recorder.output(script, &[argument]);
    assert!(recorder.calls().is_empty(), "{}: {:?}", script.display(), recorder.calls());
    help
}

#[test]
fn every_script_explains_itself_and_does_nothing_else() {
    for script in scripts() {
        let help = script_help(&script, "--help");
        assert_eq!(help, script_help(&script, "-h"));
        let usage = format!("\n  scripts/{}", script.file_name().unwrap().to_str().unwrap());
        assert!(help.contains(&usage), "no '{usage}' in\n{help}");
        assert!(!help.contains("set -euo"), "{help}");
    }
}

#[test]
fn unknown_options_of_scripts_are_refused_before_anything_is_installed() {
    for script in [
        "run",
        "test",
        "check",
        "docs",
        "fuzz",
        "soak",
        "bench-peers",
        "bench-depth",
        "release",
        "release-binary",
        "release-check",
        "notices",
        "debian-11",
        "image",
        "check-install",
    ] {
        let output = Command::new(project().join("scripts").join(script)).arg("--nonsense").output().unwrap();
        assert!(!output.status.success(), "{script}: {output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(&format!("scripts/{script} --help")), "{script}: {stderr}");
    }
}

/// The files in `folder` and below it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// The names of variables in `text`.
fn variables(text: &str) -> BTreeSet<String> {
    let names = text.split("ORIGAMI_").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
        rest[..end].trim_end_matches('_')
    });
    names.filter(|name| !name.is_empty()).map(|name| format!("ORIGAMI_{name}")).collect()
}

#[test]
fn every_variable_in_the_manual_and_in_deploy_is_in_some_help() {
    let mut helps = String::new();
    for command in commands() {
        helps += &help(&command.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for script in scripts() {
        helps += &script_help(&script, "--help");
    }
    let known = variables(&helps);
    let mut found = 0;
    for folder in ["docs/src", "deploy"] {
        for file in files_below(&project().join(folder)) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            for name in variables(&text) {
                assert!(known.contains(&name), "{}: {name} is in no help", file.display());
                found += 1;
            }
        }
    }
    assert!(found > 10, "only {found} variables were found");
}
