//! The tables of the page, fine levels first.

use crate::compare::{Comparison, Counts, LevelBytes, identity};
use origami_units::size::megabytes;
use std::fmt::Write;

/// `12 (L0)`.
pub(super) fn level_name(levels: &[LevelBytes], z: u32) -> String {
    let finest = levels.last().map_or(z, |level| level.z);
    format!("{z} (L{})", finest.saturating_sub(z))
}

/// Bytes by level and glass.
pub(super) fn bytes(comparison: &Comparison) -> String {
    let levels = &comparison.levels;
    let longest = levels.iter().map(|level| level.counts.pack.max(level.counts.served)).max().unwrap_or(0);
    let mut text = String::from(
        "<h2>Bytes by level and glass</h2>\n<p>Blank tiles have one colour and empty ones are what their parent \
         predicts: neither takes bytes in the pack. Glass shows next to nothing: as served, its scan takes at \
         most twice that of a one-colour tile. <span class=\"key pack\"></span>in the pack \
         <span class=\"key served\"></span>as served</p>\n<div class=\"table\"><table>\n<thead><tr><th>Level</th>\
         <th class=\"word\">Mode</th><th>Tiles</th><th>Blank</th><th>Empty</th><th>Glass</th><th>Pack</th>\
         <th>Served</th><th>Scans</th><th>Plain JPEG</th><th>Pack / served</th><th></th></tr></thead>\n<tbody>\n",
    );
    for level in levels.iter().rev() {
        let bar = |class: &str, bytes: u64| {
            let percent = 100.0 * bytes as f64 / longest.max(1) as f64;
            format!("<span class=\"bar {class}\" style=\"width:{percent:.1}%\"></span>")
        };
        let bars = bar("pack", level.counts.pack) + &bar("served", level.counts.served);
        let name = level_name(levels, level.z);
        text.push_str(&row("", &name, level.mode, &level.counts.shown(level.plain), &bars));
    }
    let totals = &comparison.totals;
    text.push_str(&row(" class=\"total\"", "all", "", &totals.counts.shown(totals.plain), ""));
    let Counts { tiles, glass, pack_glass, served_glass, .. } = totals.counts;
    let (pack, served) = (megabytes(pack_glass), megabytes(served_glass));
    let _ = writeln!(
        text,
        "</tbody>\n</table></div>\n<p>{glass} of {tiles} tiles are glass: {pack} in the pack, {served} as served.</p>"
    );
    if let Some(identity) = identity(&totals.counts) {
        let _ = writeln!(text, "<p>{identity}.</p>");
    }
    text
}

fn row(class: &str, name: &str, mode: &str, counts: &[String], bars: &str) -> String {
    let counts = counts.join("</td><td>");
    format!(
        "<tr{class}><td>{name}</td><td class=\"word\">{mode}</td><td>{counts}</td>\
         <td class=\"bars\">{bars}</td></tr>\n"
    )
}

/// Quality by level; nothing without the slide.
pub(super) fn quality(comparison: &Comparison) -> String {
    if comparison.quality.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<h2>Quality against the slide</h2>\n<p>Served tiles, and plain JPEGs of the same quality, against the \
         slide's own pixels, halved to their level: the same sample of tiles for both, none of them blank. \
         99+ dB is identical luma, or next to it.</p>\n<div class=\"table\"><table>\n<thead><tr><th>Level</th>\
         <th>Tiles</th><th>Byte-identical</th><th class=\"word\"></th><th>PSNR-Y, dB<br/>p1 / p5 / median</th>\
         <th>SSIM<br/>p1 / p5 / median</th><th>SSIMULACRA 2<br/>p1 / p5 / median</th>\
         <th>dE2000<br/>p99 / p95 / median</th></tr></thead>\n<tbody>\n",
    );
    for level in comparison.quality.iter().rev() {
        let name = level_name(&comparison.levels, level.z);
        let _ = write!(
            text,
            "<tr><td>{name}</td><td>{}</td><td>{}</td><td class=\"word\">served</td><td>{}</td></tr>\n\
             <tr><td></td><td></td><td></td><td class=\"word\">plain JPEG</td><td>{}</td></tr>\n",
            level.tiles,
            level.identical.map_or("-".into(), |tiles| tiles.to_string()),
            level.served.shown().join("</td><td>"),
            level.plain.shown().join("</td><td>"),
        );
    }
    text.push_str("</tbody>\n</table></div>\n");
    text
}
