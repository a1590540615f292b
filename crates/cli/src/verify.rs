//! `origami verify`: checks packs from the first byte to the last.

use crate::help::{self, HelpEnd};
use crate::progress::Progress;
use crate::{output, packs};
use anyhow::{Result, bail};
use clap::Args;
use origami_pack::{Pack, PackError, PackProblem, verify};
use origami_render::decode;
use origami_units::size::megabytes;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const END: HelpEnd = HelpEnd {
    command: "origami verify",
    examples: &["origami verify packs/", "origami verify --decode packs/case-17.origami"],
    more_examples: &["origami verify packs/ && echo all are good"],
    environment: &[help::SIMD],
    notes: "The status is 0 if all packs are good, and 1 if one is damaged.",
};

// The documentation of the fields is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// Packs, or folders of packs.
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<PathBuf>,
    /// Also decode every tile.
    #[arg(long)]
    decode: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Damaged,
    /// The system does not let it be read, so that nothing is known of it.
    Unreadable,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let packs = packs::expand(&arguments.packs)?;
    let count = packs.packs.len();
    let (mut damaged, mut unreadable) = (0, 0);
    for path in packs.paths() {
        match arguments.check(path)? {
            Verdict::Good => {}
            Verdict::Damaged => damaged += 1,
            Verdict::Unreadable => unreadable += 1,
        }
    }
    if packs.is_list {
        let noun = if count == 1 { "pack" } else { "packs" };
        let good = count - damaged - unreadable;
        let unread = if unreadable == 0 { String::new() } else { format!(", {unreadable} unreadable") };
        output::print_line(format_args!("{count} {noun}: {good} good, {damaged} damaged{unread}"))?;
    }
    match (damaged, unreadable) {
        (0, 0) => Ok(()),
        (0, _) => bail!("{unreadable} of {count} packs cannot be read"),
        _ if count == 1 => {
            bail!("the pack is damaged; copy it again from where it is whole, or pack its slide again")
        }
        _ => bail!(
            "{damaged} of {count} packs are damaged; copy them again from where they are whole, or pack their slides again"
        ),
    }
}

/// What is known of a pack that does not open.
fn verdict(error: &PackError) -> Verdict {
    match &error.problem {
        PackProblem::Io(error) if error.kind() != ErrorKind::UnexpectedEof => Verdict::Unreadable,
        _ => Verdict::Damaged,
    }
}

impl Arguments {
    /// Checks one pack; prints its problems and the result.
    fn check(&self, path: &Path) -> Result<Verdict> {
        let pack = match Pack::open(path) {
            Ok(pack) => pack,
            Err(error) => {
                let verdict = verdict(&error);
                output::eprint_error(error);
                return Ok(verdict);
            }
        };
        let name = path.display().to_string();
        let report = Progress::bytes(&name, pack.bytes()).during(|advance| verify::verify(&pack, advance));
        for problem in &report.problems {
            output::eprint_error(problem);
        }
        if report.more_problems > 0 {
            output::eprint_error(format_args!("{name}: and {} more problems", report.more_problems));
        }
        let mut verdict = if report.problems.is_empty() { Verdict::Good } else { Verdict::Damaged };
        if self.decode {
            let progress = Progress::tiles(&name, pack.pyramid().tile_count());
            for failure in progress.during(|advance| decode(&pack, advance)) {
                output::eprint_error(failure);
                verdict = Verdict::Damaged;
            }
        }
        let result = match verdict {
            Verdict::Damaged | Verdict::Unreadable => "DAMAGED",
            Verdict::Good if self.decode => "good, every tile decodes",
            Verdict::Good => "good",
        };
        output::print_line(format_args!(
            "{name}: {result}, {} blobs of {}, {} blank and {} empty tiles",
            report.blobs,
            megabytes(report.bytes),
            report.blank,
            report.empty
        ))?;
        Ok(verdict)
    }
}
