//! Formats the totals at the top of the page.

use crate::compare::{Comparison, Match, SourceFacts};
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

/// The sizes of the pack and of everything that it is compared with.
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
        facts.extend(source_facts(comparison, source));
    }
    facts
}

/// The sizes of the slide's file and of its tiles, where they are known.
fn source_facts(comparison: &Comparison, source: &SourceFacts) -> Vec<Fact> {
    let matched = match source.matched {
        Match::Sha256 => "the pack's, by SHA-256",
        Match::Pixels => "the pack's, by its size in pixels",
        Match::Forced => "NOT the file the pack was made from",
    };
    let mut facts = Vec::new();
    if let Some(bytes) = source.bytes {
        let note = format!("{}; {}, {matched}", against(comparison.pack.bytes, bytes), source.format);
        facts.push(Fact::new("Source file", bytes, note));
    }
    if let Some(bytes) = source.tile_bytes {
        let level = comparison.levels.last().map_or(0, |level| level.counts.pack);
        let ratio = level as f64 / bytes.max(1) as f64;
        let note = format!("the pack's take {ratio:.3} of it");
        facts.push(Fact::new("Its full-resolution tiles", bytes, note));
    }
    facts
}

/// The size of a pack of `pack` bytes as a fraction of `bytes`, in words.
fn against(pack: u64, bytes: u64) -> String {
    format!("the pack is {:.3} of it", pack as f64 / bytes.max(1) as f64)
}
