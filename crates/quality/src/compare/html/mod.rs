//! Renders a comparison as one self-contained page: styles and pictures are embedded,
//! there are no scripts, and every name is escaped. The page is also well-formed XML.
//!
//! `page.html` is the template; its texts and numbers are formatted here, fine levels
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

/// The page of a comparison.
#[must_use]
pub fn html(comparison: &Comparison) -> String {
    // askama drops the newline at the end of a template.
    format!("{}\n", ReportPage::new(comparison))
}

/// The contents of the page.
#[derive(Template)]
#[template(path = "page.html", config = "src/compare/html/askama.toml")]
struct ReportPage<'a> {
    /// Name of the pack's file.
    name: &'a str,
    pack: &'a PackFacts,
    facts: Vec<Fact>,
    bytes: BytesTable,
    /// Empty without a slide.
    quality: Vec<QualityRow>,
    worst: Vec<WorstTile>,
}

impl<'a> ReportPage<'a> {
    fn new(comparison: &'a Comparison) -> Self {
        let Comparison { pack, levels, quality, .. } = comparison;
        let fine_first = quality.iter().rev();
        let worst = fine_first.clone().flat_map(|level| &level.worst);
        Self {
            name: pack.path.rsplit('/').next().unwrap_or(&pack.path),
            pack,
            facts: facts(comparison),
            bytes: BytesTable::new(comparison),
            quality: fine_first.map(|level| QualityRow::new(level, levels)).collect(),
            worst: worst.map(|tile| WorstTile::new(tile, levels)).collect(),
        }
    }
}

/// Escapes all text on the page: the special characters of XML, and control
/// characters, which are not allowed in XML and are replaced.
#[derive(Clone, Copy)]
struct Xml;

impl Escaper for Xml {
    fn write_escaped_str<W: fmt::Write>(&self, mut page: W, text: &str) -> fmt::Result {
        page.write_str(&escape(text.replace(char::is_control, "\u{fffd}")))
    }
}
