use crate::output;
use crate::progress::Progress;
use anyhow::{Result, bail};
use clap::Args;
use origami_pack::{Pack, verify};
use origami_render::{RebuildError, decode};
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

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut bad = 0;
    for path in &arguments.packs {
        bad += usize::from(!is_good(path, arguments.decode)?);
    }
    match bad {
        0 => Ok(()),
        _ => bail!("{bad} of {} packs are damaged", arguments.packs.len()),
    }
}

/// Prints what is found; whether nothing is wrong.
fn is_good(path: &Path, decoded: bool) -> Result<bool> {
    let pack = match Pack::open(path) {
        Ok(pack) => pack,
        Err(error) => {
            output::complain(error);
            return Ok(false);
        }
    };
    let progress = Progress::bytes(&path.display().to_string(), pack.bytes());
    let found = verify::verify(&pack, |bytes| progress.advance(bytes));
    progress.finish();
    for problem in &found.problems {
        output::complain(problem);
    }
    if found.more_problems > 0 {
        output::complain(format_args!("{}: and {} more problems", path.display(), found.more_problems));
    }
    let undecoded = if decoded { decode_all(path, &pack) } else { Vec::new() };
    for problem in &undecoded {
        output::complain(problem);
    }
    let good = found.problems.is_empty() && undecoded.is_empty();
    output::print_line(format_args!(
        "{}: {}, {} blobs of {}, {} blank and {} empty tiles",
        path.display(),
        verdict(good, decoded),
        found.blobs,
        megabytes(found.bytes),
        found.blank,
        found.empty
    ))?;
    Ok(good)
}

fn verdict(good: bool, decoded: bool) -> &'static str {
    match (good, decoded) {
        (false, _) => "DAMAGED",
        (true, false) => "good",
        (true, true) => "good, every tile decodes",
    }
}

/// Decodes every tile; what went wrong.
fn decode_all(path: &Path, pack: &Pack) -> Vec<RebuildError> {
    let progress = Progress::tiles(&path.display().to_string(), pack.pyramid().tile_count());
    let problems = decode(pack, |tiles| progress.advance(tiles));
    progress.finish();
    problems
}
