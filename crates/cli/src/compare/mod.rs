//! `origami compare`: shows what a pack saves, and what it costs against the slide.

mod text;

use crate::help::{self, HelpEnd};
use crate::progress::Progress;
use crate::same_file::is_same_file;
use crate::{advice, interruption, output, packs};
use anyhow::{Context, Result, bail};
use clap::Args;
use origami_ingest::PackOptions;
use origami_ingest::source::{self, OpenOptions, Source};
use origami_pack::Pack;
use origami_quality::compare::{self, CompareSettings, Comparison, Mismatch, SourceFacts};
use serde::Serialize;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

const END: HelpEnd = HelpEnd {
    command: "origami compare",
    examples: &[
        "origami compare packs/",
        "origami compare packs/a.origami --source slides/a.svs --report a.html",
    ],
    more_examples: &["origami compare packs/case-17.origami --json | jq .totals.ratio"],
    environment: &[help::SIMD, help::OPENSLIDE],
    notes: "",
};

// The documentation of the fields is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// Packs, or folders of packs.
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<PathBuf>,
    /// The slide that the pack was made from: measure what is lost against it.
    ///
    /// Tiles are measured against the slide's own pixels, and beside them what plain
    /// JPEGs of the same quality lose.
    #[arg(long, value_name = "SLIDE")]
    source: Option<PathBuf>,
    /// Write a page with all numbers, and with pictures of the worst tiles.
    ///
    /// It needs no other file and no network.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Most tiles that are measured at each of the two finest levels.
    ///
    /// They are the same ones on every run, and never blank ones.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(hide_short_help = true)]
    sample: u64,
    /// Compare with another file of the same size in pixels all the same.
    #[arg(long, requires = "source")]
    force: bool,
    /// Threads that rebuild and measure; by default one for each processor.
    #[arg(long, short = 'j', value_name = "N", hide_short_help = true)]
    jobs: Option<NonZeroUsize>,
    /// Print JSON instead of text; of several packs or a folder, as a list.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let packs = packs::expand(&arguments.packs)?;
    arguments.check_alone(packs.packs.len())?;
    let settings = CompareSettings {
        workers: arguments.jobs.unwrap_or(PackOptions::default().workers),
        sample: arguments.sample,
        interrupted: interruption::watch()?,
    };
    let mut entries = Vec::new();
    let mut failed = 0;
    for (number, path) in packs.paths().enumerate() {
        match arguments.compare_at(path, &settings) {
            Ok(comparison) if arguments.json => entries.push(Entry::Compared(Box::new(comparison))),
            Ok(comparison) => {
                let text = text::describe(&comparison);
                output::print_lines(if number == 0 { text } else { format!("\n{text}") })?;
            }
            Err(error) if !packs.is_list || settings.interrupted.load(Relaxed) => return Err(error),
            Err(error) => {
                failed += 1;
                let message = advice::message(&error);
                output::eprint_error(&message);
                entries.push(Entry::Failed { path: path.display().to_string(), error: message });
            }
        }
    }
    match &entries[..] {
        _ if !arguments.json => {}
        [entry] if !packs.is_list => output::print_json(entry)?,
        entries => output::print_json(&entries)?,
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} packs cannot be compared", packs.packs.len()),
    }
}

/// What the JSON says of a pack.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Compared(Box<Comparison>),
    Failed { path: String, error: String },
}

/// A slide that a pack is compared with.
struct ComparedSlide {
    source: Box<dyn Source>,
    facts: SourceFacts,
}

impl Arguments {
    /// Fails if there are several packs, and an option that is for one.
    fn check_alone(&self, packs: usize) -> Result<()> {
        let options = [("--source", self.source.is_some()), ("--report", self.report.is_some())];
        match options.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) if packs > 1 => bail!("{option} is for one pack, but there are {packs}"),
            _ => Ok(()),
        }
    }

    /// Fails if the report would replace the pack at `path` or the slide.
    fn check_report(&self, path: &Path) -> Result<()> {
        let Some(report) = &self.report else { return Ok(()) };
        if is_same_file(report, path)
            || self.source.as_ref().is_some_and(|source| is_same_file(report, source))
        {
            bail!("{}: is not replaced by a report; name another file", report.display());
        }
        Ok(())
    }

    /// Compares the pack at `path`, and writes the page about it if that is wanted.
    fn compare_at(&self, path: &Path, settings: &CompareSettings) -> Result<Comparison> {
        let pack = Pack::open(path)?;
        self.check_report(path)?;
        let comparison = self.compare(&pack, settings)?;
        if let Some(report) = &self.report {
            std::fs::write(report, compare::html(&comparison))
                .with_context(|| format!("cannot write {}", report.display()))?;
        }
        Ok(comparison)
    }

    fn compare(&self, pack: &Pack, settings: &CompareSettings) -> Result<Comparison> {
        // First, so that a wrong slide is reported at once and not after minutes.
        let slide = match &self.source {
            Some(path) => Some(self.open(path, pack, settings)?),
            None => None,
        };
        let levels = progress(pack, "bytes", pack.pyramid().tile_count())
            .during(|advance| compare::bytes(pack, settings.workers, &settings.interrupted, advance))?;
        let Some(ComparedSlide { source, facts }) = slide else {
            return Ok(Comparison::new(pack, levels, None, Vec::new()));
        };
        let samples = compare::quality_samples(pack, settings.sample)?;
        let tiles = samples.iter().map(|sample| sample.ids.len() as u64).sum();
        let quality = progress(pack, "quality", tiles)
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
}

/// Progress of a step of comparing `pack`, counted in tiles.
fn progress(pack: &Pack, step: &str, tiles: u64) -> Progress {
    Progress::tiles(&format!("{}: {step}", pack.path().display()), tiles)
}
