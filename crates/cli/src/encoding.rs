//! Options of all commands that write a pack, and the packing itself.

use crate::progress::Progress;
use crate::same_file::is_same_file;
use crate::{contents, output, report, usage};
use anyhow::{Context, Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use origami_ingest::source::{Info, Source};
use origami_ingest::{
    AssociatedImages, CoarseQuality, KeepSource, PackOptions, PackedSlide, Predicted, SourceName,
};
use origami_pack::{Mode, id};
use origami_pyramid::Subsampling;
use origami_units::size::megabytes;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

// The documentation of the fields and values is their help text.

#[derive(Args)]
pub struct Encoding {
    /// Folder for the packs; made if it is not there.
    #[arg(
        short,
        long,
        default_value = "packs",
        env = "ORIGAMI_PACKS",
        hide_env_values = true,
        value_name = "FOLDER"
    )]
    output: PathBuf,
    /// How the two finest levels are kept.
    #[arg(long, value_enum, default_value_t = ModeName::Exact)]
    mode: ModeName,
    /// Keep the slide's own JPEG tiles at full resolution, with their size,
    /// quality and subsampling: `yes` fails where that cannot be, `auto` then
    /// encodes again and says why. `auto` is `no` if one of --quality,
    /// --subsampling and --tile-size is given.
    #[arg(long, default_value = "auto")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    keep_source: KeepName,
    /// JPEG quality of the served tiles; 80 unless the slide's own are kept.
    #[arg(long, value_name = "1-100", value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,
    /// JPEG quality of the levels coarser than full resolution where the slide's
    /// own tiles are kept: 80 unless given. Where the slide's own quantisation
    /// tables are finer, those are used; `source` always uses those.
    #[arg(long, value_name = "1-100|source")]
    coarse_quality: Option<CoarseQuality>,
    /// JPEG quality of luma residuals.
    #[arg(
        long,
        default_value_t = PackOptions::default().residual_quality,
        value_name = "1-100",
        value_parser = clap::value_parser!(u8).range(1..=100)
    )]
    residual_quality: u8,
    /// Chroma subsampling of the served tiles; 420 unless the slide's own are
    /// kept.
    #[arg(long)]
    #[arg(value_parser = PossibleValuesParser::new(["420", "422", "444"]).map(|name| subsampling(&name)))]
    subsampling: Option<Subsampling>,
    /// Side of a tile in pixels; 256 unless the slide's own are kept.
    #[arg(long, value_name = "PIXELS")]
    tile_size: Option<u32>,
    /// Threads that read and encode; by default one for each processor.
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Replace packs of the same name.
    #[arg(long, short = 'f')]
    force: bool,
    /// Do not measure quality and plain JPEG sizes; packs about a third faster.
    #[arg(long)]
    no_report: bool,
    /// How many levels, from the finest, are predicted from the next coarser
    /// one: a number, or `all` but the coarsest. For experiments.
    #[arg(long, hide = true, value_name = "N|all")]
    predicted_levels: Option<Predicted>,
}

/// What a pack keeps of a slide that can show the name of a patient.
#[derive(Clone, Copy)]
pub struct Personal {
    pub source_name: SourceName,
    pub associated: AssociatedImages,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeName {
    /// The JPEG tiles of a plain pyramid, bit for bit, in some 60 % of the
    /// bytes: coefficients coded given what the level above predicts.
    Exact,
    /// Luma residuals, chroma carried up from two levels above: lossy.
    Luma,
    /// Complete JPEGs at every level: what other servers keep.
    Stored,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum KeepName {
    Auto,
    Yes,
    No,
}

fn subsampling(name: &str) -> Subsampling {
    let known = [Subsampling::S420, Subsampling::S422, Subsampling::S444];
    known.into_iter().find(|known| known.name() == name).expect("one of the possible values")
}

impl ModeName {
    fn mode(self) -> Mode {
        match self {
            Self::Exact => Mode::Exact,
            Self::Luma => Mode::Luma,
            Self::Stored => Mode::Stored,
        }
    }
}

impl Encoding {
    /// Packs the source that `open` returns as slide `id` and prints a report.
    /// `file` is the source's file, if it has one.
    pub fn pack(
        &self,
        id: &str,
        file: Option<&Path>,
        personal: Personal,
        interrupted: &Arc<AtomicBool>,
        open: impl FnOnce() -> Result<Box<dyn Source>>,
    ) -> Result<()> {
        let destination = self.destination(id)?;
        // Also with --force, which is for packs of earlier runs.
        if file.is_some_and(|file| is_same_file(&destination, file)) {
            bail!(
                "{}: is not replaced by its own pack; choose another --id or --output",
                destination.display()
            );
        }
        let source = open()?;
        let Personal { source_name, associated } = personal;
        let options = PackOptions { source_name, associated, ..self.options(Arc::clone(interrupted))? };
        let (started, cpu) = (Instant::now(), usage::begin());
        let progress = Progress::pixels(id);
        let packed = origami_ingest::pack(&*source, file, &destination, &options, &|event| {
            progress.handle(event);
        })?;
        drop(progress);
        let seconds = started.elapsed().as_secs_f64();
        print_totals(source.info(), &packed, seconds, &usage::since(cpu))?;
        if associated == AssociatedImages::Keep {
            output::print_line(report::associated(&packed.associated))?;
        }
        print_levels(source.info(), &packed)
    }

    /// The path of the pack of slide `id`, in a folder that is made if needed.
    fn destination(&self, id: &str) -> Result<PathBuf> {
        check_id(id)?;
        std::fs::create_dir_all(&self.output)
            .with_context(|| format!("cannot make {}", self.output.display()))?;
        Ok(self.output.join(format!("{id}.{}", id::EXTENSION)))
    }

    fn options(&self, interrupted: Arc<AtomicBool>) -> Result<PackOptions> {
        let defaults = PackOptions::default();
        let keep_source = self.keep_source()?;
        self.check_coarse_quality(keep_source)?;
        Ok(PackOptions {
            mode: self.mode.mode(),
            keep_source,
            coarse_quality: self.coarse_quality.unwrap_or(defaults.coarse_quality),
            quality: self.quality.unwrap_or(defaults.quality),
            residual_quality: self.residual_quality,
            subsampling: self.subsampling.unwrap_or(defaults.subsampling),
            tile_size: self.tile_size.unwrap_or(defaults.tile_size),
            workers: self.jobs.unwrap_or(defaults.workers),
            overwrite: self.force,
            measure: !self.no_report,
            predicted: self.predicted_levels.unwrap_or(defaults.predicted),
            interrupted,
            ..defaults
        })
    }

    fn keep_source(&self) -> Result<KeepSource> {
        let encodes = self.quality.is_some() || self.subsampling.is_some() || self.tile_size.is_some();
        match self.keep_source {
            KeepName::Yes if encodes => bail!(
                "--keep-source keeps the slide's own quality, subsampling and tile size; leave out --quality, --subsampling and --tile-size"
            ),
            KeepName::Yes => Ok(KeepSource::Always),
            KeepName::Auto if !encodes => Ok(KeepSource::Auto),
            KeepName::Auto | KeepName::No => Ok(KeepSource::Never),
        }
    }

    /// Fails if coarser levels have a quality of their own, but no slide's tiles are
    /// kept.
    fn check_coarse_quality(&self, keep_source: KeepSource) -> Result<()> {
        let keeps = self.mode.mode() != Mode::Luma && keep_source != KeepSource::Never;
        if self.coarse_quality.is_some() && !keeps {
            bail!(
                "--coarse-quality is for slides whose own tiles are kept; leave it out, or leave out --mode luma, --keep-source=no, --quality, --subsampling and --tile-size"
            );
        }
        Ok(())
    }
}

/// Fails if `id` cannot be the id of a slide.
pub fn check_id(id: &str) -> Result<()> {
    if let Some(problem) = id::problem(id) {
        bail!("'{id}' cannot be a slide's id: it {problem}; choose one with --id");
    }
    Ok(())
}

fn print_totals(info: &Info, packed: &PackedSlide, seconds: f64, usage: &str) -> Result<()> {
    let plain: u64 = packed.metadata.levels.iter().map(|level| level.jpeg_bytes).sum();
    let against = if plain == 0 {
        String::new()
    } else {
        let ratio = packed.bytes as f64 / plain as f64;
        format!(", {ratio:.3} of the {} of a plain JPEG pyramid", megabytes(plain))
    };
    output::print_line(format_args!(
        "{}: {} x {} px, {} -> {} {}{against}; {seconds:.1} s, {:.0} Mpx/s{usage}",
        packed.path.display(),
        info.size.width,
        info.size.height,
        info.format,
        packed.metadata.settings.mode,
        megabytes(packed.bytes),
        info.size.area() as f64 / 1e6 / seconds,
    ))
}

fn print_levels(info: &Info, packed: &PackedSlide) -> Result<()> {
    let metadata = &packed.metadata;
    output::print_line(report::encoding(&metadata.settings))?;
    if metadata.damaged_tiles > 0 {
        output::print_line(format_args!(
            "{} source tiles did not decode and were painted as background",
            metadata.damaged_tiles
        ))?;
    }
    // Of the source, as the names of channels may be hidden in the pack: whoever packs a slide
    // has to know which one is which.
    for line in contents::lines(&info.contents, metadata.untidy_tiles) {
        output::print_line(line)?;
    }
    output::print_lines(format_args!("{}\n", report::levels(metadata)))
}
