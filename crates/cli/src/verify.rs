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
    let name = path.display().to_string();
    let found = Progress::bytes(&name, pack.bytes()).during(|advance| verify::verify(&pack, advance));
    for problem in &found.problems {
        output::complain(problem);
    }
    if found.more_problems > 0 {
        output::complain(format_args!("{name}: and {} more problems", found.more_problems));
    }
    let mut good = found.problems.is_empty();
    if decoded {
        let tiles = Progress::tiles(&name, pack.pyramid().tile_count());
        for problem in tiles.during(|advance| decode(&pack, advance)) {
            output::complain(problem);
            good = false;
        }
    }
    let verdict = match (good, decoded) {
        (false, _) => "DAMAGED",
        (true, false) => "good",
        (true, true) => "good, every tile decodes",
    };
    output::print_line(format_args!(
        "{name}: {verdict}, {} blobs of {}, {} blank and {} empty tiles",
        found.blobs,
        megabytes(found.bytes),
        found.blank,
        found.empty
    ))?;
    Ok(good)
}
