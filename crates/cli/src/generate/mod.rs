//! `origami generate`: the completions and manual pages that releases contain.
//!
//! Hidden from the help, since it is for those who make packages. All of it is made of the
//! definitions that the help is made of.

mod manual_page;

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_complete::Shell;
use manual_page::ManualPage;
use std::fs;
use std::path::{Path, PathBuf};

/// The name of the program, and so of its files.
const NAME: &str = "origami";

// The documentation of the fields is their help text.
#[derive(Args)]
pub struct Arguments {
    /// Folder that becomes a prefix such as /usr/local: everything is written below share/
    /// in it.
    prefix: PathBuf,
}

/// A shell, and the file below the prefix where it looks for completions.
struct Completions {
    shell: Shell,
    file: &'static str,
}

const COMPLETIONS: [Completions; 3] = [
    Completions { shell: Shell::Bash, file: "share/bash-completion/completions/origami" },
    Completions { shell: Shell::Fish, file: "share/fish/vendor_completions.d/origami.fish" },
    Completions { shell: Shell::Zsh, file: "share/zsh/site-functions/_origami" },
];

/// Where `man` looks for the pages of commands, below the prefix.
const MANUAL: &str = "share/man/man1";

/// Writes the files of `command`, which is the whole program, and replaces older ones.
pub fn run(arguments: &Arguments, command: Command) -> Result<()> {
    for Completions { shell, file } in COMPLETIONS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command.clone(), NAME, &mut script);
        write(&arguments.prefix.join(file), &script)?;
    }
    // No page describes the command `help`, which only repeats the others'.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    write_pages(&command, &arguments.prefix.join(MANUAL))
}

/// Writes the pages of `command` and of what is below it to `folder`.
fn write_pages(command: &Command, folder: &Path) -> Result<()> {
    let page = ManualPage::new(command)?;
    write(&folder.join(page.file_name), &page.content)?;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_pages(below, folder)?;
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().expect("every file is in a folder");
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
