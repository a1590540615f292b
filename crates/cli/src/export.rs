//! `origami export`: writes a pack back as a plain pyramid.

use crate::progress::Progress;
use crate::same_file::is_same_file;
use crate::{interruption, output};
use anyhow::{Context, Result, bail};
use clap::Args;
use origami_export::{ExportFormat, ExportOptions};
use origami_pack::Pack;
use origami_units::size::megabytes;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Args)]
pub struct Arguments {
    /// The pack.
    #[arg(value_name = "PACK")]
    pack: PathBuf,
    /// What to write: x.dzi (with its folder x_files), x.szi or x.tif.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Threads that rebuild tiles; by default one for each processor.
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Replace what is there under that name.
    #[arg(long, short = 'f')]
    force: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let format = ExportFormat::from_path(&arguments.output)?;
    let pack = Pack::open(&arguments.pack)?;
    // Also with --force, which is for earlier exports.
    if is_same_file(&arguments.output, &arguments.pack) {
        bail!("{}: is not replaced by its own export; name another file", arguments.output.display());
    }
    let interrupted = interruption::watch()?;
    let workers = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.jobs.map_or(0, NonZeroUsize::get))
        .thread_name(|number| format!("origami-export-{number}"))
        .build()
        .context("cannot start threads")?;
    let started = Instant::now();
    let count = format.tile_count(pack.pyramid());
    let options = ExportOptions { overwrite: arguments.force, interrupted: &interrupted };
    let bytes = Progress::tiles(&arguments.output.display().to_string(), count).during(|advance| {
        workers.install(|| origami_export::export(&pack, format, &arguments.output, options, advance))
    })?;
    let seconds = started.elapsed().as_secs_f64();
    output::print_line(format_args!(
        "{}: {count} tiles, {}; {seconds:.1} s, {:.0} tiles/s",
        arguments.output.display(),
        megabytes(bytes),
        count as f64 / seconds
    ))
}
