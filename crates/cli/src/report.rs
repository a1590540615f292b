//! The size of a pack and the quality of its tiles, as text.

use crate::columns::wrapped;
use crate::level_rows::{level_name, split};
use origami_pack::{EncodingSettings, LevelReport, Metadata, QualityReport};
use origami_units::count;
use origami_units::size::megabytes;
use std::cmp::Reverse;

/// The PSNR in dB that stands for tiles that do not differ.
const IDENTICAL: f64 = 99.0;

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

/// What was chosen while packing, and why: a sentence each.
pub fn choices(settings: &EncodingSettings) -> impl Iterator<Item = &str> {
    [&*settings.depth, &*settings.models].into_iter().filter(|text| !text.is_empty())
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

/// Tables of the levels from fine to coarse: of their bytes, and of their quality if that
/// was measured. Levels of a single tile share a row, except the finest.
pub fn levels(metadata: &Metadata) -> String {
    let mut lines = bytes(metadata);
    if !metadata.quality.is_empty() {
        lines.push(String::new());
        lines.extend(quality(metadata));
    }
    let all = sum(&metadata.levels);
    if all.coefficients + all.verbatim > 0 {
        lines.push(String::new());
        lines.push(wrapped(0, &identity(&all)));
    }
    lines.join("\n")
}

/// What the served tiles of a pack of coefficients are beside those of the slide.
fn identity(all: &LevelReport) -> String {
    let LevelReport { coefficients, verbatim, .. } = *all;
    let same = count::text(all.tiles - coefficients - verbatim);
    let (coefficients, verbatim) = (count::text(coefficients), count::text(verbatim));
    format!(
        "{same} tiles come back byte for byte, {coefficients} with the same coefficients, {verbatim} are kept verbatim"
    )
}

/// The table of bytes.
fn bytes(metadata: &Metadata) -> Vec<String> {
    let heads = [
        "              tiles                                        bytes",
        "level           all  one colour  as predicted   in the pack   as JPEGs      part",
    ];
    let mut lines = heads.map(String::from).to_vec();
    let finest = finest(metadata);
    let (separate, together) = split(&metadata.levels, |level| level.tiles > 1 || level.z == finest);
    lines.extend(separate.into_iter().map(|level| bytes_row(&level_name(level.z, finest), level)));
    if let (Some(first), Some(last)) = (together.first(), together.last()) {
        let name = format!("{}-{}", last.z, first.z);
        lines.push(bytes_row(&name, &sum(together.iter().copied())));
    }
    lines.push(bytes_row("all", &sum(&metadata.levels)));
    lines
}

fn bytes_row(name: &str, level: &LevelReport) -> String {
    let [tiles, blank, empty] = [level.tiles, level.blank, level.empty].map(count::text);
    let bytes = megabytes(level.bytes);
    let [jpeg, part] = match level.jpeg_bytes {
        0 => ["-"; 2].map(String::from),
        jpeg => [megabytes(jpeg), format!("{:.0} %", 100.0 * level.bytes as f64 / jpeg as f64)],
    };
    format!("{name:<9} {tiles:>9} {blank:>11} {empty:>13} {bytes:>13} {jpeg:>10} {part:>9}")
}

/// The table of quality.
fn quality(metadata: &Metadata) -> Vec<String> {
    let heads = [
        "            brightness, PSNR in dB  colour difference, dE2000        bytes sent",
        "level         worst 1 %     median       median     worst 1 %  per byte of JPEG",
    ];
    let mut lines = heads.map(String::from).to_vec();
    let mut reports: Vec<&QualityReport> = metadata.quality.iter().collect();
    reports.sort_by_key(|report| Reverse(report.z));
    lines.extend(reports.into_iter().map(|report| quality_row(report, finest(metadata))));
    lines
}

fn quality_row(report: &QualityReport, finest: u32) -> String {
    let name = level_name(report.z, finest);
    let [psnr_p1, psnr] = [report.psnr_y_p1, report.psnr_y_median].map(decibels);
    let QualityReport { delta_e_median, delta_e_p99, wire_ratio, .. } = report;
    format!(
        "{name:<9} {psnr_p1:>13} {psnr:>10} {delta_e_median:>12.2} {delta_e_p99:>13.2} {wire_ratio:>17.2}"
    )
}

/// A PSNR, which is endless where nothing differs.
fn decibels(psnr: f64) -> String {
    if psnr >= IDENTICAL { "identical".to_owned() } else { format!("{psnr:.1}") }
}

/// The number of the finest level.
fn finest(metadata: &Metadata) -> u32 {
    metadata.levels.last().map_or(0, |level| level.z)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{COLUMNS, width};

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

    #[test]
    fn the_tables_fit_80_columns_and_explain_themselves() {
        let level = LevelReport {
            z: 17,
            tiles: 1_234_567,
            blank: 123_456,
            empty: 123_456,
            coefficients: 123_456,
            bytes: 123_450_000_000,
            jpeg_bytes: 246_900_000_000,
            ..LevelReport::default()
        };
        let report = QualityReport {
            z: 17,
            psnr_y_p1: 34.25,
            psnr_y_median: 99.0,
            delta_e_median: 1.5,
            delta_e_p99: 12.25,
            wire_ratio: 1.0,
            ..QualityReport::default()
        };
        let metadata = Metadata { levels: vec![level], quality: vec![report], ..Metadata::default() };
        let text = levels(&metadata);
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        for part in ["17 (L0)", "1,234,567", "123.45 GB", " 50 %", " 34.2 ", "identical", "PSNR", "dE2000"] {
            assert!(text.contains(part), "no '{part}' in\n{text}");
        }
        for word in ["wire", "famil", "99.0"] {
            assert!(!text.contains(word), "'{word}' in\n{text}");
        }
    }
}
