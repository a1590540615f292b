//! A page of the manual: its blocks, and the folder in which they run.
//!
//! A fenced block of language `sh` is run by bash, block after block, in a folder of its own
//! for each page, which holds `slides/CMU-1-Small-Region.svs` and its pack in `packs/`.
//! ` ```sh,serve ` starts a server that runs until the end of the page, and
//! `http://127.0.0.1:8080` in later blocks means that server. ` ```sh,skip ` is for commands
//! that need root, a network or another program, and is not run here; `scripts/check-install` runs
//! what root is told to do with a release.
//!
//! A block of language `python` is run by a Python with `NumPy`, if there is one, which finds
//! the modules in `examples/`. ` ```python,skip ` is for those modules themselves, which
//! other tests run.

use super::project;
use crate::binary::{self, Outcome};
use crate::server::Server;
use crate::slides::SMALL;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};
use tempfile::TempDir;

/// The address that the manual shows.
const ADDRESS: &str = "127.0.0.1:8080";

/// What is done with a fenced block.
enum Action {
    Run,
    Serve,
    Python,
    Skip,
}

/// The commands or the program of one fenced block.
pub struct Block {
    /// Line of the page where the block begins.
    line: usize,
    action: Action,
    code: String,
}

/// The blocks of commands and of Python in a page.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let action = match info {
            "sh" => Action::Run,
            "sh,serve" => Action::Serve,
            "python" => Action::Python,
            "sh,skip" | "python,skip" => Action::Skip,
            info if info.starts_with("sh") || info.starts_with("py") => {
                panic!("line {}: unknown block '{info}'", number + 1)
            }
            _ => continue,
        };
        blocks.push(Block { line: number + 1, action, code: body.join("\n") });
    }
    blocks
}

/// The folder in which a page's blocks run, with what runs them, and its server.
pub struct PageFolder<'a> {
    folder: TempDir,
    /// A Python with `NumPy`.
    python: Option<&'a str>,
    server: Option<Server>,
}

impl<'a> PageFolder<'a> {
    /// A folder with a slide and its pack.
    pub fn new(slide: &Path, pack: &Path, python: Option<&'a str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["slides", "packs"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(
            fs::canonicalize(slide).unwrap(),
            folder.path().join("slides").join(SMALL),
        )
        .unwrap();
        fs::copy(pack, folder.path().join("packs").join(pack.file_name().unwrap())).unwrap();
        Self { folder, python, server: None }
    }

    /// A program in the folder that finds the built `origami`.
    fn command(&self, program: &str) -> Command {
        let binaries = Path::new(binary::path()).parent().expect("the binary is in a folder");
        let mut search = OsString::from(binaries);
        search.push(":");
        search.push(env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command.current_dir(self.folder.path());
        binary::clear_settings(&mut command);
        command.env("PATH", search).stdin(Stdio::null());
        command
    }

    fn shell(&self, commands: &str) -> Command {
        let mut command = self.command("bash");
        command.args(["-euo", "pipefail", "-c", commands]);
        command
    }

    fn python(&self, python: &str, code: &str) -> Command {
        let mut command = self.command(python);
        command.args(["-c", code]);
        command.env("PYTHONPATH", project("examples")).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// The code of a block, with the address of the page's server.
    fn addressed(&self, block: &Block) -> String {
        let server = self.server.as_ref();
        server.map_or_else(|| block.code.clone(), |server| block.code.replace(ADDRESS, server.address()))
    }

    /// Stops the server, which has to end well. Its log may have errors: pages show
    /// what damaged packs lead to.
    pub fn close(mut self, page: &str) {
        if let Some(mut server) = self.server.take() {
            server.terminate();
            assert_eq!(server.wait().code, Some(0), "{page}");
        }
    }

    /// Does what the block asks for, which has to succeed. `page` names the page in errors.
    /// Returns whether it was run.
    pub fn run(&mut self, block: &Block, page: &str) -> bool {
        match (&block.action, self.python) {
            (Action::Skip, _) | (Action::Python, None) => return false,
            (Action::Serve, _) => {
                assert!(self.server.is_none(), "{page}:{}: a second server", block.line);
                let mut command = self.shell(&format!("exec {}", block.code.trim()));
                command.env("ORIGAMI_LISTEN", "127.0.0.1:0");
                self.server = Some(Server::start_command(command));
            }
            (Action::Run, _) => expect_success(&mut self.shell(&self.addressed(block)), block, page),
            (Action::Python, Some(python)) => {
                expect_success(&mut self.python(python, &self.addressed(block)), block, page);
            }
        }
        true
    }
}

/// Runs the command of a block, which has to succeed.
fn expect_success(command: &mut Command, block: &Block, page: &str) {
    let Outcome { code, stdout, stderr } = Outcome::run(command);
    assert_eq!(code, Some(0), "{page}:{}:\n{}\n{stdout}{stderr}", block.line, block.code);
}
