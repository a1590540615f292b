//! What a pack takes and how good it is, as text.

use origami_pack::{EncodingSettings, LevelReport, Metadata, QualityReport};
use origami_units::size::megabytes;

/// How the tiles were encoded, in a line.
pub fn encoding(settings: &EncodingSettings) -> String {
    let residuals = match settings.residual_quality {
        0 => String::new(),
        quality => format!(", residuals {quality}"),
    };
    let tiles = match (settings.kept_source, settings.quality) {
        (true, _) => "the slide's own tiles".to_owned(),
        (false, quality) => format!("quality {quality}"),
    };
    let again = match &*settings.encoded_again {
        "" => String::new(),
        reason => format!(" (encoded again, for the slide's own tiles cannot be kept: {reason})"),
    };
    format!("{}, {tiles}{residuals}, {}{again}", settings.mode, settings.subsampling)
}

/// A table of the levels that have more than one tile, fine to coarse, with
/// the rest in one line.
pub fn levels(metadata: &Metadata) -> String {
    let heads = [
        "level       tiles   blank   empty    bytes plain JPEG  ratio   PSNR-Y, dB        dE2000  wire ratio",
        "                                                              p1 / median  median / p99  mean / p99",
    ];
    let mut lines = heads.map(String::from).to_vec();
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
    let all = sum(&metadata.levels.iter().collect::<Vec<_>>());
    lines.push(line("all", &all, None));
    if all.coefficients + all.verbatim > 0 {
        let same = all.tiles - all.coefficients - all.verbatim;
        lines.push(format!(
            "{same} tiles come back byte for byte, {} with the same coefficients, {} are kept verbatim",
            all.coefficients, all.verbatim
        ));
    }
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
        coefficients: add(|level| level.coefficients),
        verbatim: add(|level| level.verbatim),
        bytes: add(|level| level.bytes),
        jpeg_bytes: add(|level| level.jpeg_bytes),
    }
}

/// A row of the table.
fn line(name: &str, level: &LevelReport, quality: Option<&QualityReport>) -> String {
    let LevelReport { tiles, blank, empty, .. } = level;
    let bytes = megabytes(level.bytes);
    let [jpeg, ratio] = match level.jpeg_bytes {
        0 => ["-"; 2].map(String::from),
        jpeg => [megabytes(jpeg), format!("{:.3}", level.bytes as f64 / jpeg as f64)],
    };
    let [psnr, delta_e, wire] = quality.map_or(["-"; 3].map(String::from), |quality| {
        [
            format!("{:.1} / {:.1}", quality.psnr_y_p1, quality.psnr_y_median),
            format!("{:.2} / {:.2}", quality.delta_e_median, quality.delta_e_p99),
            format!("{:.2} / {:.2}", quality.wire_ratio, quality.wire_ratio_p99),
        ]
    });
    format!(
        "{name:<8} {tiles:>8} {blank:>7} {empty:>7} {bytes:>8} {jpeg:>10} {ratio:>6} {psnr:>12} {delta_e:>13} {wire:>11}"
    )
}
