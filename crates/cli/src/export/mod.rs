//! `origami export`: writes packs back as plain pyramids.

mod target;

use crate::help::{self, HelpEnd};
use crate::progress::Progress;
use crate::same_file::is_same_file;
use crate::{advice, interruption, output, packs};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use origami_export::{ExportError, ExportFormat, ExportOptions};
use origami_pack::Pack;
use origami_units::size::megabytes;
use rayon::ThreadPool;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use target::{Target, targets};

const END: HelpEnd = HelpEnd {
    command: "origami export",
    examples: &["origami export packs/case-17.origami -o case-17.tif", "origami export packs/ -o exported/"],
    more_examples: &[
        "origami export packs/case-17.origami -o website/slides/case-17.dzi",
        "origami export packs/a.origami packs/b.origami -o exported/ --format szi",
        "origami export packs/case-17.origami -o case-17.tif --force",
    ],
    environment: &[help::SIMD],
    notes: "",
};

// The documentation of the fields and values is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// Packs, or folders of packs.
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<PathBuf>,
    /// x.dzi (with its folder x_files), x.szi or x.tif; or a folder, as in out/.
    ///
    /// A folder gets a file for each pack, with the pack's name, and the subfolders that
    /// packs were found in. Folders that are missing are made.
    #[arg(short, long, value_name = "FILE|FOLDER")]
    output: PathBuf,
    /// What a folder gets; dzi unless given.
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FormatName>,
    /// Threads that rebuild tiles; by default one for each processor.
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Replace what is there under that name.
    #[arg(long, short = 'f')]
    force: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    /// Deep Zoom: a descriptor and a folder with a file for each tile.
    Dzi,
    /// The same in one uncompressed zip.
    Szi,
    /// A tiled BigTIFF with all its levels.
    Tif,
}

impl FormatName {
    fn format(self) -> ExportFormat {
        match self {
            Self::Dzi => ExportFormat::Dzi,
            Self::Szi => ExportFormat::Szi,
            Self::Tif => ExportFormat::Tiff,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let packs = packs::expand(&arguments.packs)?;
    let targets = targets(&packs, &arguments.output, arguments.format.map(FormatName::format))?;
    let interrupted = interruption::watch()?;
    let workers = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.jobs.map_or(0, NonZeroUsize::get))
        .thread_name(|number| format!("origami-export-{number}"))
        .build()
        .context("cannot start threads")?;
    let mut failed = 0;
    for target in &targets {
        if let Err(error) = arguments.export(target, &workers, &interrupted) {
            let is_interrupted = matches!(error.downcast_ref(), Some(ExportError::Interrupted));
            if is_interrupted || targets.len() == 1 {
                return Err(error);
            }
            failed += 1;
            output::eprint_error(advice::message(&error));
        }
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} packs were not exported", targets.len()),
    }
}

impl Arguments {
    /// Exports one pack and prints what it became.
    fn export(&self, target: &Target<'_>, workers: &ThreadPool, interrupted: &AtomicBool) -> Result<()> {
        let Target { pack, output, format } = target;
        let name = output.display().to_string();
        // Also with --force, which is for earlier exports.
        if is_same_file(output, pack) {
            bail!("{name}: is not replaced by its own export; name another file");
        }
        let pack = Pack::open(pack)?;
        let started = Instant::now();
        let count = format.tile_count(pack.pyramid());
        let options = ExportOptions { overwrite: self.force, interrupted };
        let bytes = Progress::tiles(&name, count).during(|advance| {
            workers.install(|| origami_export::export(&pack, *format, output, options, advance))
        })?;
        let seconds = started.elapsed().as_secs_f64();
        output::print_line(format_args!(
            "{name}: {count} tiles, {}; {seconds:.1} s, {:.0} tiles/s",
            megabytes(bytes),
            count as f64 / seconds
        ))
    }
}
