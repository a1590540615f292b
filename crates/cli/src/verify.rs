//! `origami verify`: checks packs from the first byte to the last.

use crate::output;
use crate::progress::Progress;
use anyhow::{Result, bail};
use clap::Args;
use origami_pack::{Pack, verify};
use origami_render::decode;
use origami_units::size::megabytes;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Arguments {
    /// The packs.
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
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut damaged = 0;
    for path in &arguments.packs {
        if arguments.check(path)? == Verdict::Damaged {
            damaged += 1;
        }
    }
    match damaged {
        0 => Ok(()),
        _ => bail!("{damaged} of {} packs are damaged", arguments.packs.len()),
    }
}

impl Arguments {
    /// Checks one pack; prints its problems and the result.
    fn check(&self, path: &Path) -> Result<Verdict> {
        let pack = match Pack::open(path) {
            Ok(pack) => pack,
            Err(error) => {
                output::eprint_error(error);
                return Ok(Verdict::Damaged);
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
            Verdict::Damaged => "DAMAGED",
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
