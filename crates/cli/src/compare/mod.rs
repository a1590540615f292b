//! `origami compare`: shows what a pack saves, and what it costs against the slide.

mod text;

use crate::progress::Progress;
use crate::same_file::is_same_file;
use crate::{interruption, output};
use anyhow::{Context, Result, bail};
use clap::Args;
use origami_ingest::PackOptions;
use origami_ingest::source::{self, OpenOptions, Source};
use origami_pack::Pack;
use origami_quality::compare::{self, CompareSettings, Comparison, Mismatch, SourceFacts};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Arguments {
    /// The pack.
    pack: PathBuf,
    /// The slide the pack was made from: also measure what is lost against its
    /// own pixels, beside what plain JPEGs of the same quality lose.
    #[arg(long, value_name = "SLIDE")]
    source: Option<PathBuf>,
    /// Write a page with all numbers and pictures of the worst tiles; it needs
    /// no other file and no network.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Most tiles whose quality is measured at each of the two finest levels;
    /// the same ones on every run, and never blank ones.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    sample: u64,
    /// Compare with a slide that is not the file the pack was made from, as long
    /// as it has the same size in pixels.
    #[arg(long, requires = "source")]
    force: bool,
    /// Threads that rebuild and measure; by default one for each processor.
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let pack = Pack::open(&arguments.pack)?;
    arguments.check_report()?;
    let settings = CompareSettings {
        workers: arguments.jobs.unwrap_or(PackOptions::default().workers),
        sample: arguments.sample,
        interrupted: interruption::watch()?,
    };
    let comparison = arguments.compare(&pack, &settings)?;
    if let Some(report) = &arguments.report {
        std::fs::write(report, compare::html(&comparison))
            .with_context(|| format!("cannot write {}", report.display()))?;
    }
    if arguments.json {
        output::print_json(&comparison)
    } else {
        output::print_lines(text::describe(&comparison))
    }
}

/// A slide that a pack is compared with.
struct ComparedSlide {
    source: Box<dyn Source>,
    facts: SourceFacts,
}

impl Arguments {
    /// Fails if the report would replace the pack or the slide.
    fn check_report(&self) -> Result<()> {
        let Some(report) = &self.report else { return Ok(()) };
        if is_same_file(report, &self.pack)
            || self.source.as_ref().is_some_and(|source| is_same_file(report, source))
        {
            bail!("{}: is not replaced by a report; name another file", report.display());
        }
        Ok(())
    }

    fn compare(&self, pack: &Pack, settings: &CompareSettings) -> Result<Comparison> {
        // First, so that a wrong slide is reported at once and not after minutes.
        let slide = match &self.source {
            Some(path) => Some(self.open(path, pack, settings)?),
            None => None,
        };
        let levels = self
            .progress("bytes", pack.pyramid().tile_count())
            .during(|advance| compare::bytes(pack, settings.workers, &settings.interrupted, advance))?;
        let Some(ComparedSlide { source, facts }) = slide else {
            return Ok(Comparison::new(pack, levels, None, Vec::new()));
        };
        let samples = compare::quality_samples(pack, settings.sample)?;
        let tiles = samples.iter().map(|sample| sample.ids.len() as u64).sum();
        let quality = self
            .progress("quality", tiles)
            .during(|advance| compare::quality(pack, &&*source, &samples, settings, advance))?;
        Ok(Comparison::new(pack, levels, Some(facts), quality))
    }

    /// Opens the slide at `path` as it was opened when it was packed, and checks that
    /// it is the one.
    fn open(&self, path: &Path, pack: &Pack, settings: &CompareSettings) -> Result<ComparedSlide> {
        let metadata = pack.metadata();
        let source = source::open(path, &OpenOptions::as_packed(metadata))?;
        let mismatch = if self.force { Mismatch::Accept } else { Mismatch::Refuse };
        let facts = compare::check_origin(pack, &&*source, path, mismatch, &settings.interrupted)?;
        Ok(ComparedSlide { source, facts })
    }

    fn progress(&self, step: &str, tiles: u64) -> Progress {
        Progress::tiles(&format!("{}: {step}", self.pack.display()), tiles)
    }
}
