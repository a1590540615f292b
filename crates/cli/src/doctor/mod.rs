//! `origami doctor`: looks at a machine and a folder of packs, and says what to change.
//!
//! Each file beside this one has a check: it measures, and judges what it measured. Nothing is
//! changed, and the page cache is left as it is but for the parts of packs that are opened.

mod access;
mod address;
mod clock;
mod derivatives;
mod descriptors;
mod disk;
mod file_systems;
mod finding;
mod huge_pages;
mod maps;
mod memory;
mod mounts;
mod names;
mod packs;
mod page_cache;
mod processors;
mod report;
mod service;
mod speed;
mod subject;

use crate::help::{self, HelpEnd};
use crate::settings::{Assignment, Flags, Settings};
use crate::{columns, output};
use anyhow::{Result, bail};
use clap::Args;
use finding::{Finding, State};
use std::ffi::OsString;
use std::path::PathBuf;
use subject::Subject;

const END: HelpEnd = HelpEnd {
    command: "origami doctor",
    examples: &["origami doctor packs/", "origami doctor --config /etc/origami.toml"],
    more_examples: &[
        "origami doctor packs/ --deep",
        "origami doctor packs/ -- --memory 2GiB --io pread",
        "origami doctor packs/ --json | jq -r '.checks[] | select(.state != \"ok\") | .remedy'",
    ],
    environment: &[help::SIMD],
    notes: "\
The status is 0 if nothing is a problem, even if there is advice, and 1 otherwise. Limits are
those of this process: run it as the server's user, in its container, or with systemd-run.
It reads the settings that `origami serve` would have here: origami.toml and its variables.",
};

// The documentation of the fields is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// The folder of packs, or the pack, that is served [default: as in the settings]
    #[arg(value_name = "PACKS")]
    packs: Option<PathBuf>,
    /// Read settings from this file, as `origami serve` does.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Also read and check every byte of every pack, as `origami verify` does.
    #[arg(long)]
    deep: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    /// Settings to judge, as options of `origami serve`: `-- --workers 2`
    #[arg(last = true, value_name = "SERVE OPTIONS", hide_short_help = true)]
    serve: Vec<OsString>,
}

/// A check: what it finds, which is nothing where it does not apply.
type Check = fn(&Subject) -> Vec<Finding>;

/// All checks, in the order in which they are made and shown. Those of the page cache and of the
/// disk come first: others read packs.
const CHECKS: [Check; 16] = [
    page_cache::check,
    disk::check,
    file_systems::check,
    access::check,
    packs::check,
    names::check,
    memory::check,
    memory::check_swap,
    huge_pages::check,
    descriptors::check,
    maps::check,
    processors::check,
    address::check,
    derivatives::check,
    clock::check,
    service::check,
];

pub fn run(arguments: &Arguments) -> Result<()> {
    let subject = Subject::new(arguments.settings()?.config, arguments.deep);
    let findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&subject)).collect();
    if arguments.json {
        output::print_json(&report::json(&subject, &findings))?;
    } else {
        output::print_styled(&report::text(&findings, columns::of_terminal()))?;
    }
    match findings.iter().filter(|finding| finding.state == State::Problem).count() {
        0 => Ok(()),
        1 => bail!("1 problem was found"),
        problems => bail!("{problems} problems were found"),
    }
}

impl Arguments {
    /// The settings of the server that is asked about.
    fn settings(&self) -> Result<Settings> {
        let mut flags = Flags::parse(&self.serve)?;
        if let Some(config) = &self.config {
            flags.config = Some(config.clone());
        }
        if let Some(packs) = &self.packs {
            let Some(text) = packs.to_str() else { bail!("{}: the path is not UTF-8", packs.display()) };
            flags.given.push(Assignment { key: "packs", text: text.to_owned() });
        }
        Settings::here(&flags)
    }
}
