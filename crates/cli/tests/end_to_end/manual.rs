//! The manual in `docs/`: the commands it shows work, and what it lists is complete.
//!
//! A fenced block of language `sh` is run by bash, block after block, in a folder of its own
//! for each page, which holds `slides/CMU-1-Small-Region.svs` and its pack in `packs/`.
//! ` ```sh,serve ` starts a server that runs until the end of the page, and
//! `http://127.0.0.1:8080` in later blocks means that server. ` ```sh,skip ` is for commands
//! that need root, a network or another program, and is not run.

use crate::binary::{self, Outcome};
use crate::server::Server;
use crate::slides::{SMALL, slide, small_pack};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};
use tempfile::TempDir;

/// The address that the manual shows.
const ADDRESS: &str = "127.0.0.1:8080";

/// What is done with a fenced block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Run,
    Serve,
    Skip,
}

/// The commands of one fenced block.
struct Block {
    /// Line of the page where the block begins.
    line: usize,
    action: Action,
    commands: String,
}

fn manual() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

/// All pages of the table of contents, in order.
fn pages() -> Vec<PathBuf> {
    let summary = fs::read_to_string(manual().join("SUMMARY.md")).expect("a table of contents");
    let links = summary.split("](").skip(1).map(|rest| rest.split(')').next().expect("a link ends"));
    links.map(|link| manual().join(link)).collect()
}

/// The shell blocks of a page.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let action = match info {
            "sh" => Action::Run,
            "sh,serve" => Action::Serve,
            "sh,skip" => Action::Skip,
            info if info.starts_with("sh") => panic!("line {}: unknown block '{info}'", number + 1),
            _ => continue,
        };
        blocks.push(Block { line: number + 1, action, commands: body.join("\n") });
    }
    blocks
}

/// The folder in which a page's commands run, and its server.
struct PageFolder {
    folder: TempDir,
    server: Option<Server>,
}

impl PageFolder {
    /// A folder with a slide and its pack.
    fn new(slide: &Path, pack: &Path) -> Self {
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
        Self { folder, server: None }
    }

    /// A shell in the folder that finds the built `origami`.
    fn shell(&self, commands: &str) -> Command {
        let binaries = Path::new(binary::path()).parent().expect("the binary is in a folder");
        let mut search = OsString::from(binaries);
        search.push(":");
        search.push(env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", commands]).current_dir(self.folder.path());
        binary::clear_settings(&mut command);
        command.env("PATH", search).stdin(Stdio::null());
        command
    }

    /// Stops the server, which has to end well. Its log may have errors: pages show
    /// what damaged packs lead to.
    fn close(mut self, page: &str) {
        if let Some(mut server) = self.server.take() {
            server.terminate();
            assert_eq!(server.wait().code, Some(0), "{page}");
        }
    }

    fn run(&mut self, block: &Block, page: &str) {
        match block.action {
            Action::Skip => {}
            Action::Serve => {
                assert!(self.server.is_none(), "{page}:{}: a second server", block.line);
                let mut command = self.shell(&format!("exec {}", block.commands.trim()));
                command.env("ORIGAMI_LISTEN", "127.0.0.1:0");
                self.server = Some(Server::start_command(command));
            }
            Action::Run => {
                let mut commands = block.commands.clone();
                if let Some(server) = &self.server {
                    commands = commands.replace(ADDRESS, server.address());
                }
                let outcome = Outcome::run(&mut self.shell(&commands));
                assert_eq!(
                    outcome.code,
                    Some(0),
                    "{page}:{}:\n{commands}\n{}{}",
                    block.line,
                    outcome.stdout,
                    outcome.stderr
                );
            }
        }
    }
}

#[test]
fn the_commands_of_the_manual_work() {
    let (Some(slide), Some(pack)) = (slide(SMALL), small_pack()) else { return };
    let (mut ran, mut skipped) = (0, 0);
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let page = path.strip_prefix(manual()).unwrap().display().to_string();
        let mut folder = PageFolder::new(&slide, pack);
        for block in blocks(&text) {
            folder.run(&block, &page);
            if block.action == Action::Skip { skipped += 1 } else { ran += 1 }
        }
        folder.close(&page);
    }
    println!("{ran} blocks of commands ran, {skipped} were skipped");
    assert!(ran >= 30, "only {ran} blocks of commands were found");
    assert!(skipped * 4 <= ran, "{skipped} blocks are skipped and {ran} run");
}

#[test]
fn the_manual_explains_every_setting() {
    let page = fs::read_to_string(manual().join("operating/settings.md")).unwrap();
    let config = binary::run(["serve", "--print-config"]).expect_success().stdout;
    let lines = config.lines().filter(|line| !line.starts_with('#'));
    let keys: Vec<_> = lines.filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.trim()).collect();
    assert!(keys.len() > 10, "only {} settings were found", keys.len());
    let missing: Vec<_> = keys.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "not in operating/settings.md: {missing:?}");
}

#[test]
fn the_manual_explains_every_metric() {
    let Some(pack) = small_pack() else { return };
    let page = fs::read_to_string(manual().join("operating/metrics.md")).unwrap();
    let server = Server::start(pack.parent().expect("a folder of packs"));
    let response = server.get("/metrics");
    let lines = response.text().lines();
    let names: Vec<_> = lines.filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() > 10, "only {} metrics were found", names.len());
    let missing: Vec<_> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in operating/metrics.md: {missing:?}");
}

/// The help of the program, or of one command.
pub fn help(command: &[&str]) -> String {
    binary::run([command, &["--help"]].concat()).expect_success().stdout
}

/// The names of the commands that the help of the program lists.
pub fn command_names(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let entries = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    // A line without a name continues a description.
    let names = entries.filter_map(|entry| entry.split(' ').next()).filter(|name| !name.is_empty());
    names.filter(|name| *name != "help").collect()
}

/// `commands.md`, as it should be: the help of every command.
fn commands_page() -> String {
    let mut page = String::from(
        "# Commands\n\nWhat `origami --help` and the help of each command print. A test compares this page with the \
         program.\n",
    );
    let overview = help(&[]);
    page += &format!("\n## origami\n\n```text\n{overview}```\n");
    for command in command_names(&overview) {
        page += &format!("\n## origami {command}\n\n```text\n{}```\n", help(&[command]));
    }
    page
}

#[test]
fn the_manual_has_the_help_of_every_command() {
    let (path, expected) = (manual().join("commands.md"), commands_page());
    if env::var_os("UPDATE_MANUAL").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/src/commands.md is out of date: run the tests with UPDATE_MANUAL=1");
}
