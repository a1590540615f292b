//! The comparison as one page that needs nothing else: styles and pictures are
//! inside, there are no scripts, and every name is escaped. It is well-formed
//! XML too.
//!
//! `page.html` is the page. What it shows is put into words here, fine levels
//! first.

mod facts;
mod tables;
mod worst;

use super::{Comparison, PackFacts};
use askama::Template;
use askama::filters::Escaper;
use facts::{Fact, facts};
use quick_xml::escape::escape;
use std::fmt;
use tables::{BytesTable, QualityRow};
use worst::WorstTile;

/// The page.
#[must_use]
pub fn html(comparison: &Comparison) -> String {
    // A template's last line has no end.
    format!("{}\n", ReportPage::of(comparison))
}

/// What the page shows.
#[derive(Template)]
#[template(path = "page.html", config = "src/compare/html/askama.toml")]
struct ReportPage<'a> {
    /// Of the pack's file.
    name: &'a str,
    pack: &'a PackFacts,
    facts: Vec<Fact>,
    bytes: BytesTable,
    /// Empty without the slide.
    quality: Vec<QualityRow>,
    worst: Vec<WorstTile>,
}

impl<'a> ReportPage<'a> {
    fn of(comparison: &'a Comparison) -> Self {
        let Comparison { pack, levels, quality, .. } = comparison;
        let fine_first = quality.iter().rev();
        let worst = fine_first.clone().flat_map(|level| &level.worst);
        Self {
            name: pack.path.rsplit('/').next().unwrap_or(&pack.path),
            pack,
            facts: facts(comparison),
            bytes: BytesTable::of(comparison),
            quality: fine_first.map(|level| QualityRow::of(level, levels)).collect(),
            worst: worst.map(|tile| WorstTile::of(tile, levels)).collect(),
        }
    }
}

/// How the page is told anything: what means something to a browser is escaped,
/// and control characters, which no XML may hold, are replaced.
#[derive(Clone, Copy)]
struct Xml;

impl Escaper for Xml {
    fn write_escaped_str<W: fmt::Write>(&self, mut page: W, text: &str) -> fmt::Result {
        page.write_str(&escape(text.replace(char::is_control, "\u{fffd}")))
    }
}
