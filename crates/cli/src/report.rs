//! What a pack takes and how good it is, as text.

use origami_pack::{LevelReport, Metadata, QualityReport};

/// A table of the levels that have more than one tile, fine to coarse, with
/// the rest in one line.
pub fn levels(metadata: &Metadata) -> String {
    let mut lines = vec![format!(
        "{:<7} {:>9} {:>7} {:>7} {:>13} {:>13} {:>6}   {:>17} {:>19} {:>13}",
        "level",
        "tiles",
        "blank",
        "empty",
        "bytes",
        "plain JPEG",
        "ratio",
        "PSNR-Y p1/median",
        "dE2000 median/p99",
        "wire mean/p99"
    )];
    let finest = metadata.levels.last().map_or(0, |level| level.z);
    let (fine, coarse): (Vec<&LevelReport>, Vec<_>) =
        metadata.levels.iter().rev().partition(|level| level.tiles > 1 || level.z == finest);
    for level in fine {
        let name = format!("{} (L{})", level.z, finest - level.z);
        let quality = metadata.quality.iter().find(|quality| quality.z == level.z);
        lines.push(line(&name, level, quality));
    }
    if let (Some(top), Some(bottom)) = (coarse.first(), coarse.last()) {
        lines.push(line(&format!("{}-{}", bottom.z, top.z), &sum(&coarse), None));
    }
    lines.push(line("all", &sum(&metadata.levels.iter().collect::<Vec<_>>()), None));
    lines.join("\n")
}

/// The levels together.
fn sum(levels: &[&LevelReport]) -> LevelReport {
    let add = |value: fn(&LevelReport) -> u64| levels.iter().map(|level| value(level)).sum();
    LevelReport {
        z: 0,
        tiles: add(|level| level.tiles),
        blank: add(|level| level.blank),
        empty: add(|level| level.empty),
        bytes: add(|level| level.bytes),
        jpeg_bytes: add(|level| level.jpeg_bytes),
    }
}

fn line(name: &str, level: &LevelReport, quality: Option<&QualityReport>) -> String {
    let measured = level.jpeg_bytes > 0;
    let jpeg = if measured { level.jpeg_bytes.to_string() } else { "-".into() };
    let ratio =
        if measured { format!("{:.3}", level.bytes as f64 / level.jpeg_bytes as f64) } else { "-".into() };
    let (psnr, delta_e, wire) = quality.map_or(("-".into(), "-".into(), "-".into()), |quality| {
        (
            format!("{:.1} / {:.1} dB", quality.psnr_y_p1, quality.psnr_y_median),
            format!("{:.2} / {:.2}", quality.delta_e_median, quality.delta_e_p99),
            format!("{:.2} / {:.2}", quality.wire_ratio, quality.wire_ratio_p99),
        )
    });
    format!(
        "{name:<7} {:>9} {:>7} {:>7} {:>13} {jpeg:>13} {ratio:>6}   {psnr:>17} {delta_e:>19} {wire:>13}",
        level.tiles, level.blank, level.empty, level.bytes
    )
}

/// Bytes for people: `14.2 MB`.
pub fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
