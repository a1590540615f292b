//! The text of a comparison.

use crate::level_rows::{level_name, split};
use origami_quality::compare::{self, Comparison, LevelQuality, Match, PackFacts, SourceFacts, TileCounts};
use origami_units::size::megabytes;
use origami_units::text::Line;

/// The totals, a table of the bytes of the levels, and one of their quality if it was
/// measured.
pub fn describe(comparison: &Comparison) -> String {
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

/// The size of the pack beside all that it can be compared with.
fn totals(comparison: &Comparison) -> Vec<String> {
    let (pack, totals) = (&comparison.pack, &comparison.totals);
    let facts = format!(", mode {}, {}, {}; {}", pack.mode, pack.quality_text(), pack.subsampling, pack.path);
    let TileCounts { served, scans, .. } = totals.counts;
    let scans = format!("{}; {} of it scans", against(pack, served), megabytes(scans));
    let mut lines = vec![total("pack", pack.bytes, &facts), total("tiles served", served, &scans)];
    if let Some(plain) = totals.plain {
        lines.push(total("plain JPEGs", plain, &against(pack, plain)));
    }
    if let Some(source) = &comparison.source {
        lines.extend(source_totals(comparison, source));
    }
    lines
}

/// The size of the slide's file and of its tiles, where they are known.
fn source_totals(comparison: &Comparison, source: &SourceFacts) -> Vec<String> {
    let SourceFacts { name, format, bytes, tile_bytes, matched } = source;
    let matched = match matched {
        Match::Sha256 => "",
        Match::Pixels => " (known by its size in pixels alone)",
        Match::Forced => " (NOT the file the pack was made from)",
    };
    let name = name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
    let mut lines = Vec::new();
    if let Some(bytes) = *bytes {
        let note = format!("{}; {format}{name}{matched}", against(&comparison.pack, bytes));
        lines.push(total("source", bytes, &note));
    }
    if let (Some(bytes), Some(level)) = (*tile_bytes, comparison.levels.last()) {
        let ratio = level.counts.pack as f64 / bytes.max(1) as f64;
        let note = format!(" at full resolution, the pack's take {ratio:.3} of it");
        lines.push(total("source tiles", bytes, &note));
    }
    lines
}

/// A line of the totals.
fn total(name: &str, bytes: u64, note: &str) -> String {
    format!("{name:<14} {:>9}{}", megabytes(bytes), Line(note))
}

/// The size of the pack as a fraction of `bytes`, in words.
fn against(pack: &PackFacts, bytes: u64) -> String {
    format!(", the pack is {:.3} of it", pack.bytes as f64 / bytes.max(1) as f64)
}

/// A table of the bytes of the levels from fine to coarse, in which those of a
/// single tile share a row, except the finest.
fn bytes(comparison: &Comparison) -> Vec<String> {
    let heads =
        "level    mode     tiles  blank  empty  glass      pack    served     scans plain JPEG pack/served";
    let mut lines = vec![heads.to_owned()];
    let finest = comparison.levels.last().map_or(0, |level| level.z);
    let (separate, together) = split(&comparison.levels, |level| level.counts.tiles > 1 || level.z == finest);
    for level in separate {
        lines.push(bytes_row(&level_name(level.z, finest), level.mode, level.counts, level.plain));
    }
    if let (Some(first), Some(last)) = (together.first(), together.last()) {
        let name = format!("{}-{}", last.z, first.z);
        let counts = together.iter().fold(TileCounts::default(), |sum, level| sum + level.counts);
        let plain = together.iter().map(|level| level.plain).sum();
        // Coarse levels may be stored below finer ones that are not.
        let mode = if first.mode == last.mode { first.mode } else { "both" };
        lines.push(bytes_row(&name, mode, counts, plain));
    }
    lines.push(bytes_row("all", "", comparison.totals.counts, comparison.totals.plain));
    lines
}

fn bytes_row(name: &str, mode: &str, counts: TileCounts, plain: Option<u64>) -> String {
    let [tiles, blank, empty, glass, pack, served, scans, plain, ratio] = counts.cells(plain);
    format!(
        "{name:<8} {mode:<6} {tiles:>7} {blank:>6} {empty:>6} {glass:>6} {pack:>9} {served:>9} {scans:>9} {plain:>10} {ratio:>11}"
    )
}

/// A table of what is lost against the slide, from fine to coarse.
fn quality(comparison: &Comparison) -> Vec<String> {
    let heads = [
        "level     tiles                     PSNR-Y, dB                     SSIM         SSIMULACRA 2             dE2000",
        "                              p1 / p5 / median         p1 / p5 / median     p1 / p5 / median p99 / p95 / median",
    ];
    let mut lines = heads.map(String::from).to_vec();
    let finest = comparison.levels.last().map_or(0, |level| level.z);
    for LevelQuality { z, tiles, identical, served, plain, .. } in comparison.quality.iter().rev() {
        let name = level_name(*z, finest);
        for (name, tiles, what, summary) in
            [(&*name, &*tiles.to_string(), "served", served), ("", "", "plain JPEG", plain)]
        {
            let [psnr, ssim, score, delta_e] = summary.cells();
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
