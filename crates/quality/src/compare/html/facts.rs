//! The totals that the page begins with.

use crate::compare::{Comparison, Match};
use origami_units::size::megabytes;

/// One of the totals.
pub(super) struct Fact {
    pub name: &'static str,
    pub bytes: String,
    pub note: String,
}

impl Fact {
    fn new(name: &'static str, bytes: u64, note: String) -> Self {
        Self { name, bytes: megabytes(bytes), note }
    }
}

/// The pack, and what it is to be compared with.
pub(super) fn facts(comparison: &Comparison) -> Vec<Fact> {
    let (pack, totals) = (comparison.pack.bytes, &comparison.totals);
    let counts = &totals.counts;
    let overhead = megabytes(pack.saturating_sub(counts.pack));
    let served = format!("{}; {} of it scans", against(pack, counts.served), megabytes(counts.scans));
    let mut facts = vec![
        Fact::new("Pack file", pack, format!("{overhead} of it header, tables and index")),
        Fact::new("All tiles as served", counts.served, served),
    ];
    if let Some(plain) = totals.plain {
        facts.push(Fact::new("Plain JPEG pyramid", plain, against(pack, plain)));
    }
    if let Some(source) = &comparison.source {
        let matched = match source.matched {
            Match::Sha256 => "the pack's, by SHA-256",
            Match::Pixels => "the pack's, by its size in pixels",
            Match::Forced => "NOT the file the pack was made from",
        };
        if let Some(bytes) = source.bytes {
            let note = format!("{}; {}, {matched}", against(pack, bytes), source.format);
            facts.push(Fact::new("Source file", bytes, note));
        }
        if let Some(bytes) = source.tile_bytes {
            let level = comparison.levels.last().map_or(0, |level| level.counts.pack);
            let ratio = level as f64 / bytes.max(1) as f64;
            let note = format!("the pack's take {ratio:.3} of it");
            facts.push(Fact::new("Its full-resolution tiles", bytes, note));
        }
    }
    facts
}

/// How much of `bytes` a `pack` of so many bytes is.
fn against(pack: u64, bytes: u64) -> String {
    format!("the pack is {:.3} of it", pack as f64 / bytes.max(1) as f64)
}
