//! The size of a pack and the quality of its tiles, as text.

use crate::level_rows::{level_name, split};
use origami_pack::{EncodingSettings, LevelReport, Metadata, QualityReport};
use origami_units::size::megabytes;

/// The settings that the tiles were encoded with, in one line.
pub fn encoding(settings: &EncodingSettings) -> String {
    let residuals = match settings.residual_quality {
        0 => String::new(),
        quality => format!(", residuals {quality}"),
    };
    let tiles = match settings.quality {
        _ if settings.kept_source => kept_tiles(settings),
        0 => "unknown quality".to_owned(),
        quality => format!("quality {quality}"),
    };
    let again = match &*settings.encoded_again {
        "" => String::new(),
        reason => format!(" (encoded again, for the slide's own tiles cannot be kept: {reason})"),
    };
    format!("{}, {tiles}{residuals}, {}{again}", settings.mode, settings.subsampling)
}

/// What is kept of a slide, and how its coarser levels were encoded.
fn kept_tiles(settings: &EncodingSettings) -> String {
    let estimate = match settings.quality_estimate {
        0 => String::new(),
        quality => format!(" (about q{quality})"),
    };
    let coarser = match settings.coarse_quality {
        0 => "with the same tables".to_owned(),
        quality => format!("at quality {quality}"),
    };
    format!("the slide's own tiles{estimate}, coarser levels {coarser}")
}

/// What a pack keeps besides the pyramid, by its names, in one line.
pub fn associated(names: &[String]) -> String {
    match names {
        [] => "the slide has no label, macro or description to keep".into(),
        [only] => format!("{only} kept"),
        [first @ .., last] => format!("{} and {last} kept", first.join(", ")),
    }
}

/// A table of the levels from fine to coarse, in which those of a single tile share
/// a row, except the finest.
pub fn levels(metadata: &Metadata) -> String {
    let heads = [
        "level       tiles   blank   empty    bytes plain JPEG  ratio   PSNR-Y, dB        dE2000  wire ratio",
        "                                                              p1 / median  median / p99  mean / p99",
    ];
    let mut lines = heads.map(String::from).to_vec();
    let finest = metadata.levels.last().map_or(0, |level| level.z);
    let (separate, together) = split(&metadata.levels, |level| level.tiles > 1 || level.z == finest);
    for level in separate {
        let quality = metadata.quality.iter().find(|quality| quality.z == level.z);
        lines.push(row(&level_name(level.z, finest), level, quality));
    }
    if let (Some(first), Some(last)) = (together.first(), together.last()) {
        let name = format!("{}-{}", last.z, first.z);
        lines.push(row(&name, &sum(together.iter().copied()), None));
    }
    let all = sum(&metadata.levels);
    lines.push(row("all", &all, None));
    if all.coefficients + all.verbatim > 0 {
        let same = all.tiles - all.coefficients - all.verbatim;
        lines.push(format!(
            "{same} tiles come back byte for byte, {} with the same coefficients, {} are kept verbatim",
            all.coefficients, all.verbatim
        ));
    }
    lines.join("\n")
}

/// The totals of some levels.
fn sum<'a>(levels: impl IntoIterator<Item = &'a LevelReport>) -> LevelReport {
    let mut sum = LevelReport::default();
    for level in levels {
        sum.tiles += level.tiles;
        sum.blank += level.blank;
        sum.empty += level.empty;
        sum.coefficients += level.coefficients;
        sum.verbatim += level.verbatim;
        sum.bytes += level.bytes;
        sum.jpeg_bytes += level.jpeg_bytes;
    }
    sum
}

/// A row of the table.
fn row(name: &str, level: &LevelReport, quality: Option<&QualityReport>) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> EncodingSettings {
        EncodingSettings { mode: "exact".into(), subsampling: "420".into(), ..EncodingSettings::default() }
    }

    #[test]
    fn what_is_kept_besides_the_pyramid_is_listed() {
        for (names, expected) in [
            ("", "the slide has no label, macro or description to keep"),
            ("label", "label kept"),
            ("label description", "label and description kept"),
            ("label macro description", "label, macro and description kept"),
        ] {
            let names: Vec<String> = names.split_whitespace().map(String::from).collect();
            assert_eq!(associated(&names), expected);
        }
    }

    #[test]
    fn no_slide_has_quality_0() {
        let kept = EncodingSettings { kept_source: true, quality_estimate: 30, ..settings() };
        let finer = EncodingSettings { coarse_quality: 80, ..kept.clone() };
        let old = EncodingSettings { quality_estimate: 0, ..kept.clone() };
        let encoded = EncodingSettings { quality: 80, quality_estimate: 80, ..settings() };
        for (settings, expected) in [
            (finer, "exact, the slide's own tiles (about q30), coarser levels at quality 80, 420"),
            (kept, "exact, the slide's own tiles (about q30), coarser levels with the same tables, 420"),
            (old, "exact, the slide's own tiles, coarser levels with the same tables, 420"),
            (encoded, "exact, quality 80, 420"),
            (settings(), "exact, unknown quality, 420"),
        ] {
            assert_eq!(encoding(&settings), expected);
        }
    }
}
