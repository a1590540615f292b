//! The comparison as one page that needs nothing else: styles and pictures are
//! inside, there are no scripts, and every name is escaped. It is well-formed
//! XML too.

mod tables;

use super::{AMPLIFIED, Comparison, Fidelity, Match, PackFacts, Pictures, TileQuality, decibels};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use origami_units::size::megabytes;
use std::fmt::Write;

/// Nothing may be loaded, should a name ever slip through unescaped.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The page.
#[must_use]
pub fn html(comparison: &Comparison) -> String {
    let PackFacts { path, generation, width, height, tile_size, mode, quality, subsampling, .. } =
        &comparison.pack;
    let name = escaped(path.rsplit('/').next().unwrap_or(path));
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>
<title>{name} compared</title>
<style>
{}</style>
</head>
<body>
<main>
<h1>{name}</h1>
<p>{width} x {height} px, mode {mode}, quality {quality}, {subsampling}, tiles of {tile_size} px, generation {generation}</p>
{}{}{}{}</main>
</body>
</html>
"#,
        include_str!("style.css"),
        facts(comparison),
        tables::bytes(comparison),
        tables::quality(comparison),
        worst(comparison),
    )
}

/// Text that means nothing to a browser. Control characters, which no XML may
/// hold, are replaced.
fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text.replace(char::is_control, "\u{fffd}")).into_owned()
}

/// The totals.
fn facts(comparison: &Comparison) -> String {
    let (pack, totals) = (comparison.pack.bytes, &comparison.totals);
    let against = |bytes: u64| format!("the pack is {:.3} of it", pack as f64 / bytes.max(1) as f64);
    let mut text = String::from("<dl class=\"facts\">\n");
    let mut fact = |name: &str, bytes: u64, note: &str| {
        let bytes = megabytes(bytes);
        let _ = writeln!(text, "<div><dt>{name}</dt><dd>{bytes}<small>{}</small></dd></div>", escaped(note));
    };
    let overhead = pack.saturating_sub(totals.counts.pack);
    fact("Pack file", pack, &format!("{} of it header, tables and index", megabytes(overhead)));
    let note = format!("{}; {} of it scans", against(totals.counts.served), megabytes(totals.counts.scans));
    fact("All tiles as served", totals.counts.served, &note);
    if let Some(plain) = totals.plain {
        fact("Plain JPEG pyramid", plain, &against(plain));
    }
    if let Some(source) = &comparison.source {
        let matched = match source.matched {
            Match::Sha256 => "the pack's, by SHA-256",
            Match::Pixels => "the pack's, by its size in pixels",
            Match::Forced => "NOT the file the pack was made from",
        };
        if let Some(bytes) = source.bytes {
            fact("Source file", bytes, &format!("{}; {}, {matched}", against(bytes), source.format));
        }
        if let Some(bytes) = source.tile_bytes {
            let level = comparison.levels.last().map_or(0, |level| level.counts.pack);
            let ratio = level as f64 / bytes.max(1) as f64;
            fact("Its full-resolution tiles", bytes, &format!("the pack's take {ratio:.3} of it"));
        }
    }
    text.push_str("</dl>\n");
    text
}

/// The worst tiles, fine to coarse.
fn worst(comparison: &Comparison) -> String {
    if comparison.quality.iter().all(|level| level.worst.is_empty()) {
        return String::new();
    }
    let mut text = format!(
        "<h2>Worst tiles</h2>\n<p>Those of the sample with the lowest SSIMULACRA 2 and the highest dE2000. \
         Differences are served less source, {AMPLIFIED} times, about a middle gray.</p>\n"
    );
    for level in comparison.quality.iter().rev() {
        for tile in &level.worst {
            text.push_str(&worst_tile(comparison, tile));
        }
    }
    text
}

fn worst_tile(comparison: &Comparison, tile: &TileQuality) -> String {
    let TileQuality { z, x, y, served_bytes, plain_bytes, .. } = tile;
    let mut text = format!(
        "<article class=\"tile\">\n<h3>Tile {z}/{x}/{y}</h3>\n<p>{}: among the worst by {}</p>\n<div class=\"pictures\">\n",
        tables::level_name(&comparison.levels, *z),
        tile.reasons.join(" and "),
    );
    let Pictures { size, source, served, difference } = &tile.pictures;
    for (name, kind, bytes) in
        [("Source", "webp", source), ("Served", "jpeg", served), ("Difference", "webp", difference)]
    {
        let _ = writeln!(
            text,
            "<figure><img src=\"data:image/{kind};base64,{}\" width=\"{}\" height=\"{}\" alt=\"{name} of tile {z}/{x}/{y}\"/><figcaption>{name}</figcaption></figure>",
            BASE64_STANDARD.encode(bytes),
            size.0,
            size.1,
        );
    }
    text.push_str("</div>\n<div class=\"table\"><table>\n<thead><tr><th></th><th>PSNR-Y, dB</th><th>SSIM</th><th>SSIMULACRA 2</th><th>dE2000</th><th>Bytes</th></tr></thead>\n<tbody>\n");
    for (name, found, bytes) in
        [("served", tile.served, served_bytes), ("plain JPEG", tile.plain, plain_bytes)]
    {
        let Fidelity { psnr_y, ssim, ssimulacra2, delta_e } = found;
        let _ = writeln!(
            text,
            "<tr><td>{name}</td><td>{}</td><td>{ssim:.4}</td><td>{}</td><td>{delta_e:.2}</td><td>{bytes}</td></tr>",
            decibels(psnr_y),
            ssimulacra2.map_or("-".into(), |score| format!("{score:.1}")),
        );
    }
    text.push_str("</tbody>\n</table></div>\n</article>\n");
    text
}
