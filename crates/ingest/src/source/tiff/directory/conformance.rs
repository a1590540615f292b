//! Checks tags against what TIFF requires, where libtiff warns and reads on.
//!
//! A directory that breaks the rules may have been damaged, so that whoever packs the slide
//! should hear of it, even if its pixels could be read.

use super::{IfdEntry, ImageFileDirectory};
use crate::source::tiff::tags;
use origami_pack::Storage;
use std::borrow::Cow;

/// Maximum number of bytes of a text that are checked.
const MAX_CHECKED_TEXT: usize = 1 << 20;
/// The data type of texts.
const ASCII: u16 = 2;

/// A flaw of a directory that its entries no longer show when it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DirectoryFlaw {
    /// The entries are not in the order of their tags.
    Order,
    /// The entry of this tag is ignored: its value lies outside the file.
    Outside(u16),
    /// The entry of this tag is ignored: its data type is unknown.
    UnknownType(u16),
}

/// What the value of a tag has to be.
#[derive(Clone, Copy)]
enum Rule {
    Integer,
    /// An integer from 1 to this one.
    UpTo(u64),
    /// An integer for each sample.
    IntegerPerSample,
    Number,
    Text,
}

/// The tags that are checked, with their names and rules.
const RULES: [(u16, &str, Rule); 19] = [
    (tags::NEW_SUBFILE_TYPE, "NewSubfileType", Rule::Integer),
    (tags::WIDTH, "ImageWidth", Rule::Integer),
    (tags::HEIGHT, "ImageLength", Rule::Integer),
    (tags::BITS_PER_SAMPLE, "BitsPerSample", Rule::IntegerPerSample),
    (tags::COMPRESSION, "Compression", Rule::Integer),
    (tags::PHOTOMETRIC, "PhotometricInterpretation", Rule::Integer),
    (tags::FILL_ORDER, "FillOrder", Rule::UpTo(2)),
    (tags::DESCRIPTION, "ImageDescription", Rule::Text),
    (tags::ORIENTATION, "Orientation", Rule::UpTo(8)),
    (tags::SAMPLES_PER_PIXEL, "SamplesPerPixel", Rule::Integer),
    (tags::ROWS_PER_STRIP, "RowsPerStrip", Rule::Integer),
    (tags::X_RESOLUTION, "XResolution", Rule::Number),
    (tags::Y_RESOLUTION, "YResolution", Rule::Number),
    (tags::PLANAR_CONFIGURATION, "PlanarConfiguration", Rule::UpTo(2)),
    (tags::RESOLUTION_UNIT, "ResolutionUnit", Rule::UpTo(3)),
    (tags::SOFTWARE, "Software", Rule::Text),
    (tags::PREDICTOR, "Predictor", Rule::Integer),
    (tags::TILE_WIDTH, "TileWidth", Rule::Integer),
    (tags::TILE_HEIGHT, "TileLength", Rule::Integer),
];

fn rule(tag: u16) -> Option<(&'static str, Rule)> {
    RULES.into_iter().find(|&(other, ..)| other == tag).map(|(_, name, rule)| (name, rule))
}

/// The name of a tag, for people.
fn name(tag: u16) -> Cow<'static, str> {
    rule(tag).map_or_else(|| format!("tag {tag}").into(), |(name, _)| name.into())
}

impl DirectoryFlaw {
    fn describe(self) -> String {
        match self {
            Self::Order => "its tags are not in order".into(),
            Self::Outside(tag) => format!("{} lies outside the file", name(tag)),
            Self::UnknownType(tag) => format!("{} has an unknown type", name(tag)),
        }
    }
}

impl ImageFileDirectory {
    /// What is wrong with the tags, a phrase each: `XResolution has 0 values`.
    pub fn flaws(&self, file: &dyn Storage) -> Vec<String> {
        let samples = self.samples_per_pixel(file);
        let noticed = self.flaws.iter().map(|flaw| flaw.describe());
        noticed.chain(self.entries.0.iter().filter_map(|entry| self.flaw(file, entry, samples))).collect()
    }

    fn flaw(&self, file: &dyn Storage, entry: &IfdEntry, samples: u64) -> Option<String> {
        let IfdEntry { tag, kind, count, .. } = *entry;
        let (_, rule) = rule(tag)?;
        let is_integer = self.array(tag).is_some();
        let (has_type, has_count) = match rule {
            Rule::Integer | Rule::UpTo(_) => (is_integer, count == 1),
            Rule::IntegerPerSample => (is_integer, count == samples),
            Rule::Number => (is_integer || matches!(kind, 5 | 11 | 12), count == 1),
            Rule::Text => (matches!(kind, 1 | ASCII | 7), true),
        };
        if !has_type {
            return Some(format!("{} has the wrong type", name(tag)));
        }
        if !has_count {
            return Some(format!("{} has {count} values", name(tag)));
        }
        match rule {
            Rule::UpTo(max) => self.value_flaw(file, tag, max),
            Rule::Text if kind == ASCII => self.text_flaw(file, tag),
            _ => None,
        }
    }

    fn value_flaw(&self, file: &dyn Storage, tag: u16, max: u64) -> Option<String> {
        let value = self.integer(file, tag).filter(|value| !(1..=max).contains(value))?;
        Some(format!("{} is {value}", name(tag)))
    }

    /// Texts have to end with their only NUL; more of them at the end are common.
    fn text_flaw(&self, file: &dyn Storage, tag: u16) -> Option<String> {
        let text = self.start(file, tag, MAX_CHECKED_TEXT).filter(|text| text.len() < MAX_CHECKED_TEXT)?;
        let words = &text[..text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)];
        if words.contains(&0) {
            return Some(format!("{} goes on after its end", name(tag)));
        }
        (text.last() != Some(&0)).then(|| format!("{} has no end", name(tag)))
    }
}
