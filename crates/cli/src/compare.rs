use crate::progress::Progress;
use crate::{interruption, output};
use anyhow::{Context, Result, bail};
use clap::Args;
use origami_ingest::PackOptions;
use origami_ingest::source::{self, OpenOptions};
use origami_pack::Pack;
use origami_quality::compare::{
    self, CompareSettings, Comparison, LevelQuality, Match, SourceFacts, TileCounts,
};
use origami_units::size::megabytes;
use origami_units::text::Line;
use std::iter;
use std::num::NonZeroUsize;
use std::path::PathBuf;

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
    if let Some(report) = &arguments.report {
        let same =
            |kept: &PathBuf| report.canonicalize().is_ok_and(|a| kept.canonicalize().is_ok_and(|b| a == b));
        if iter::once(&arguments.pack).chain(&arguments.source).any(same) {
            bail!("{}: is not replaced by a report; name another file", report.display());
        }
    }
    let settings = CompareSettings {
        workers: arguments.jobs.unwrap_or(PackOptions::default().workers),
        sample: arguments.sample,
        interrupted: interruption::watch()?,
    };
    let comparison = compare(&pack, arguments, &settings)?;
    if let Some(report) = &arguments.report {
        std::fs::write(report, compare::html(&comparison))
            .with_context(|| format!("cannot write {}", report.display()))?;
    }
    if arguments.json { output::print_json(&comparison) } else { output::print_lines(as_text(&comparison)) }
}

fn compare(pack: &Pack, arguments: &Arguments, settings: &CompareSettings) -> Result<Comparison> {
    let progress =
        |what: &str, tiles: u64| Progress::tiles(&format!("{}: {what}", arguments.pack.display()), tiles);
    let open = |slide: &PathBuf| -> Result<_> {
        // As it was opened when it was packed.
        let metadata = pack.metadata();
        let options =
            OpenOptions { background: Some(metadata.background), tolerant: metadata.damaged_tiles > 0 };
        let source = source::open(slide, &options)?;
        let facts = compare::origin(pack, &&*source, slide, arguments.force, &settings.interrupted)?;
        Ok((source, facts))
    };
    // The slide first: a wrong one should not be told after minutes.
    let source = arguments.source.as_ref().map(open).transpose()?;
    let levels = progress("bytes", pack.pyramid().tile_count())
        .during(|advance| compare::bytes(pack, settings.workers, &settings.interrupted, advance))?;
    let Some((source, facts)) = source else {
        return Ok(Comparison::new(pack, levels, None, Vec::new()));
    };
    let samples = compare::sampled(pack, settings.sample)?;
    let tiles = samples.iter().map(|(_, ids)| ids.len() as u64).sum();
    let quality = progress("quality", tiles)
        .during(|advance| compare::quality(pack, &&*source, &samples, settings, advance))?;
    Ok(Comparison::new(pack, levels, Some(facts), quality))
}

fn as_text(comparison: &Comparison) -> String {
    let mut lines = totals(comparison);
    lines.push(String::new());
    lines.extend(bytes(comparison));
    lines.push(String::new());
    let TileCounts { tiles, glass, pack_glass, served_glass, .. } = comparison.totals.counts;
    lines.push(format!(
        "{glass} of {tiles} tiles are glass (scans of at most twice a one-colour tile's): {} in the pack, {} served",
        megabytes(pack_glass),
        megabytes(served_glass),
    ));
    lines.extend(compare::identity(&comparison.totals.counts));
    if !comparison.quality.is_empty() {
        lines.push(String::new());
        lines.extend(quality(comparison));
    }
    lines.join("\n")
}

/// What the pack takes, against all there is to compare it with.
fn totals(comparison: &Comparison) -> Vec<String> {
    let (pack, totals) = (&comparison.pack, &comparison.totals);
    let line =
        |name: &str, bytes: u64, note: String| format!("{name:<14} {:>9}{}", megabytes(bytes), Line(note));
    let against = |bytes: u64| format!(", the pack is {:.3} of it", pack.bytes as f64 / bytes.max(1) as f64);
    let facts =
        format!(", mode {}, quality {}, {}; {}", pack.mode, pack.quality, pack.subsampling, pack.path);
    let served = totals.counts.served;
    let scans = format!("{}; {} of it scans", against(served), megabytes(totals.counts.scans));
    let mut lines = vec![line("pack", pack.bytes, facts), line("tiles served", served, scans)];
    if let Some(plain) = totals.plain {
        lines.push(line("plain JPEGs", plain, against(plain)));
    }
    let Some(source) = &comparison.source else { return lines };
    let SourceFacts { path, format, bytes, tile_bytes, matched } = source;
    let matched = match matched {
        Match::Sha256 => "",
        Match::Pixels => " (known by its size in pixels alone)",
        Match::Forced => " (NOT the file the pack was made from)",
    };
    if let Some(bytes) = *bytes {
        lines.push(line("source", bytes, format!("{}; {format}, {path}{matched}", against(bytes))));
    }
    if let (Some(bytes), Some(level)) = (*tile_bytes, comparison.levels.last()) {
        let ratio = level.counts.pack as f64 / bytes.max(1) as f64;
        let note = format!(" at full resolution, the pack's take {ratio:.3} of it");
        lines.push(line("source tiles", bytes, note));
    }
    lines
}

/// A table of the levels that have more than one tile, fine to coarse, with the
/// rest in one line.
fn bytes(comparison: &Comparison) -> Vec<String> {
    let line = |name: &str, mode: &str, counts: TileCounts, plain: Option<u64>| {
        let [tiles, blank, empty, glass, pack, served, scans, plain, ratio] = counts.shown(plain);
        format!(
            "{name:<8} {mode:<6} {tiles:>7} {blank:>6} {empty:>6} {glass:>6} {pack:>9} {served:>9} {scans:>9} {plain:>10} {ratio:>11}"
        )
    };
    let heads =
        "level    mode     tiles  blank  empty  glass      pack    served     scans plain JPEG pack/served";
    let mut lines = vec![heads.to_owned()];
    let finest = comparison.levels.last().map_or(0, |level| level.z);
    let (fine, coarse): (Vec<_>, Vec<_>) =
        comparison.levels.iter().rev().partition(|level| level.counts.tiles > 1 || level.z == finest);
    for level in fine {
        let name = format!("{} (L{})", level.z, finest - level.z);
        lines.push(line(&name, level.mode, level.counts, level.plain));
    }
    if let (Some(top), Some(bottom)) = (coarse.first(), coarse.last()) {
        let counts = coarse.iter().fold(TileCounts::default(), |sum, level| sum + level.counts);
        let plain = coarse.iter().map(|level| level.plain).sum();
        lines.push(line(&format!("{}-{}", bottom.z, top.z), top.mode, counts, plain));
    }
    lines.push(line("all", "", comparison.totals.counts, comparison.totals.plain));
    lines
}

/// A table of what is lost against the slide, fine to coarse.
fn quality(comparison: &Comparison) -> Vec<String> {
    let heads = [
        "level     tiles                     PSNR-Y, dB                     SSIM         SSIMULACRA 2             dE2000",
        "                              p1 / p5 / median         p1 / p5 / median     p1 / p5 / median p99 / p95 / median",
    ];
    let mut lines = heads.map(String::from).to_vec();
    let finest = comparison.levels.last().map_or(0, |level| level.z);
    for LevelQuality { z, tiles, identical, served, plain, .. } in comparison.quality.iter().rev() {
        let name = format!("{z} (L{})", finest - z);
        for (name, tiles, what, summary) in
            [(&*name, &*tiles.to_string(), "served", served), ("", "", "plain JPEG", plain)]
        {
            let [psnr, ssim, score, delta_e] = summary.shown();
            lines.push(format!(
                "{name:<8} {tiles:>6} {what:<11}{psnr:>19} {ssim:>24} {score:>20} {delta_e:>18}"
            ));
        }
        if let Some(identical) = identical {
            lines.push(format!("{:15} {identical} of {tiles} served byte for byte as the plain JPEG", ""));
        }
    }
    lines
}
