//! The manual in `docs/`: the commands and programs it shows work, and what it lists is
//! complete.

mod page;

use crate::binary;
use crate::server::Server;
use crate::slides::{SMALL, slide, small_pack};
use origami_fixtures::python;
use page::{PageFolder, blocks};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A folder of the project.
fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn manual() -> PathBuf {
    project("docs/src")
}

/// All pages of the table of contents, in order.
fn pages() -> Vec<PathBuf> {
    let summary = fs::read_to_string(manual().join("SUMMARY.md")).expect("a table of contents");
    let links = summary.split("](").skip(1).map(|rest| rest.split(')').next().expect("a link ends"));
    links.map(|link| manual().join(link)).collect()
}

#[test]
fn the_commands_of_the_manual_work() {
    let (Some(slide), Some(pack)) = (slide(SMALL), small_pack()) else { return };
    let (python, mut ran, mut skipped) = (python(), 0, 0);
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let page = path.strip_prefix(manual()).unwrap().display().to_string();
        let mut folder = PageFolder::new(&slide, pack, python.as_deref());
        for block in blocks(&text) {
            if folder.run(&block, &page) { ran += 1 } else { skipped += 1 }
        }
        folder.close(&page);
    }
    println!("{ran} blocks ran, {skipped} were skipped");
    assert!(ran >= 30, "only {ran} blocks were found");
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

/// The metrics that `page` explains: the first words of rows in its tables of metrics.
fn explained_metrics(page: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line.starts_with("| metric |")) {
        let rows = lines.by_ref().skip(1).take_while(|line| line.starts_with('|'));
        names.extend(rows.map(|row| row.split('`').nth(1).expect("a row begins with a name")));
    }
    names
}

#[test]
fn the_manual_explains_every_metric_and_no_other() {
    let Some(pack) = small_pack() else { return };
    let page = fs::read_to_string(manual().join("operating/metrics.md")).unwrap();
    let server = Server::start(pack.parent().expect("a folder of packs"));
    // The duration of requests has no series before the first one.
    server.get("/healthz");
    let response = server.get("/metrics");
    let lines = response.text().lines();
    let names: BTreeSet<_> =
        lines.filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() > 10, "only {} metrics were found", names.len());
    let explained = explained_metrics(&page);
    let missing: Vec<_> = names.difference(&explained).collect();
    assert!(missing.is_empty(), "not in operating/metrics.md: {missing:?}");
    let gone: Vec<_> = explained.difference(&names).collect();
    assert!(gone.is_empty(), "in operating/metrics.md, but there is no such metric: {gone:?}");
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
    entries.filter_map(|entry| entry.split(' ').next()).filter(|name| !name.is_empty()).collect()
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
