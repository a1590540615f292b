//! What `origami generate` makes for packages: every command and option is in the manual
//! pages and in the completions of every shell.

use crate::binary::{self, Outcome, files};
use crate::manual::{command_names, help};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const BASH: &str = "share/bash-completion/completions/origami";
const FISH: &str = "share/fish/vendor_completions.d/origami.fish";
const ZSH: &str = "share/zsh/site-functions/_origami";

/// A prefix with the generated files.
fn generated() -> TempDir {
    let prefix = tempfile::tempdir().unwrap();
    binary::run_on("generate", prefix.path()).expect_success();
    prefix
}

fn read(prefix: &TempDir, file: &str) -> String {
    fs::read_to_string(prefix.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The long options that the help of a command lists.
fn options(command: &[&str]) -> Vec<String> {
    let help = help(command);
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split([' ', ',']));
    let options = words.filter(|word| word.starts_with("--")).map(str::to_owned);
    options.collect()
}

#[test]
fn every_command_has_a_manual_page_with_all_its_options() {
    let (prefix, overview) = (generated(), help(&[]));
    let names = command_names(&overview);
    let mut expected: Vec<String> = names.iter().map(|name| format!("origami-{name}.1")).collect();
    expected.push("origami.1".to_owned());
    expected.sort();
    assert_eq!(files(&prefix.path().join("share/man/man1")), expected);
    for name in names {
        let page = read(&prefix, &format!("share/man/man1/origami-{name}.1"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH OPTIONS"), "{name}: {page}");
        let options = options(&[name]);
        assert!(options.len() >= 2, "{name}: {options:?}");
        for option in options {
            // Hyphens are escaped, so that they are printed as typed.
            let name = option.split(['[', '=']).next().unwrap_or_default();
            let escaped = name.replace('-', "\\-");
            assert!(page.contains(&escaped), "{name}: no {option}");
        }
    }
}

#[test]
fn the_completions_of_every_shell_have_every_command() {
    let (prefix, overview) = (generated(), help(&[]));
    for shell in [BASH, FISH, ZSH] {
        let script = read(&prefix, shell);
        for name in command_names(&overview) {
            assert!(script.contains(name), "{shell}: no {name}");
        }
        assert!(script.contains("keep-source"), "{shell}: no option of pack");
    }
}

/// What bash offers after `words`, of which the last one is not finished.
fn completed(script: &Path, words: &[&str]) -> Vec<String> {
    const COMPLETE: &str = r#"source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_origami origami "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}""#;
    let mut shell = Command::new("bash");
    shell.args(["-euc", COMPLETE, "bash"]).arg(script).args(words);
    Outcome::run(&mut shell).expect_success().stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_their_values() {
    let prefix = generated();
    let script = prefix.path().join(BASH);
    assert_eq!(completed(&script, &["origami", "ser"]), ["serve"]);
    assert_eq!(completed(&script, &["origami", "pack", "--keep-s"]), ["--keep-source"]);
    assert_eq!(completed(&script, &["origami", "pack", "--mode", "ex"]), ["exact"]);
}

#[test]
fn a_prefix_that_cannot_be_written_to_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    binary::run_on("generate", &file.join("below")).expect_error(&["cannot make the folder", "file/below"]);
}
