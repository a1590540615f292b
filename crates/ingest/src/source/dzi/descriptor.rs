//! The descriptor of a Deep Zoom image, in XML or JSON.

use super::coverage::DisplayRect;
use super::{json, xml};
use std::ops::RangeInclusive;

/// Maximum side of a tile with its overlaps, in pixels.
const MAX_TILE: u32 = 8192;
/// Maximum length of an extension in bytes.
const MAX_EXTENSION: usize = 16;

/// What a text describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One image.
    Image,
    /// Many images that share their thumbnails.
    Collection,
}

/// The content of a descriptor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub width: u64,
    pub height: u64,
    /// Side of a tile without overlap, in pixels.
    pub tile_size: u32,
    /// Number of pixels by which a tile extends into each neighbour.
    pub overlap: u32,
    /// Extension of the tiles, without the dot.
    pub format: String,
    /// Path of the folder of tiles from that of the descriptor, with slashes, if the
    /// descriptor names one below it.
    pub tiles: Option<String>,
    /// The parts that exist, if the image is sparse; none if all of it does.
    pub rects: Vec<DisplayRect>,
}

/// A text in one of the languages of descriptors.
enum Markup<'a> {
    Xml(&'a str),
    Json(&'a str),
}

impl<'a> Markup<'a> {
    /// The markup in a text; `None` if a text begins like something else.
    fn find(text: &'a str) -> Option<Self> {
        let text = text.trim_start();
        match text.chars().next()? {
            '<' => Some(Self::Xml(text)),
            '{' | '[' => Some(Self::Json(text)),
            _ => script_object(text).map(Self::Json),
        }
    }
}

/// The object of a script that only keeps it in a variable or calls a function with it:
/// from the first brace to the last one, or to the end. `None` if a text is no script.
fn script_object(script: &str) -> Option<&str> {
    let begins_with_name =
        script.starts_with(|first: char| first.is_ascii_alphabetic() || "_$".contains(first));
    if !begins_with_name && !script.starts_with("//") && !script.starts_with("/*") {
        return None;
    }
    let (before, object) = script.split_at(script.find('{')?);
    // Files that are no text may begin with letters as well.
    if before.chars().any(|character| character.is_control() && !character.is_whitespace()) {
        return None;
    }
    Some(&object[..object.rfind('}').map_or(object.len(), |last| last + 1)])
}

/// Whether a text may be a descriptor, by its beginning.
pub(super) fn is_markup(text: &str) -> bool {
    Markup::find(text).is_some()
}

/// Recognises a descriptor by its content; `None` if a text is something else.
pub(super) fn recognise(text: &str) -> Option<Kind> {
    match Markup::find(text)? {
        Markup::Xml(xml) => xml::recognise(xml),
        Markup::Json(json) => json::recognise(json),
    }
}

/// A whole number of pixels or levels, which may be written with a decimal point.
pub(super) fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let number = finite(text).filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number))?;
        Some(number as u64)
    })
}

fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// The levels of a display rectangle, whose members `member` gives as texts: all of them
/// where it has none. `None` if they are malformed.
pub(super) fn levels(member: impl Fn(&str) -> Option<String>) -> Option<RangeInclusive<u32>> {
    let [first, last] = [("MinLevel", 0), ("MaxLevel", u32::MAX)].map(|(name, usual)| match member(name) {
        Some(text) => finite(&text).map(|level| level as u32),
        None => Some(usual),
    });
    Some(first?..=last?)
}

/// A display rectangle on these levels, whose members `member` gives as texts; `None` if
/// they are missing or malformed.
pub(super) fn display_rect(
    levels: RangeInclusive<u32>,
    member: impl Fn(&str) -> Option<String>,
) -> Option<DisplayRect> {
    let [x, y, width, height] =
        ["X", "Y", "Width", "Height"].map(|name| member(name).and_then(|text| finite(&text)));
    let ((x, width), (y, height)) = (pixels(x?, width?), pixels(y?, height?));
    Some(DisplayRect { levels, x, y, width, height })
}

/// The first pixel and the number of pixels that a range touches, without those before
/// the image.
fn pixels(start: f64, length: f64) -> (u64, u64) {
    // Conversions saturate, so that what is negative becomes 0.
    let (first, end) = (start.floor() as u64, (start + length).ceil() as u64);
    (first, end.saturating_sub(first))
}

impl Descriptor {
    /// Reads the descriptor of an image.
    ///
    /// # Errors
    /// What is missing or out of range.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut descriptor = match Markup::find(text) {
            Some(Markup::Json(json)) => json::parse(json),
            _ => xml::parse(text.trim_start()),
        }?;
        // Some programs write the extension with its dot.
        let format = descriptor.format.trim();
        descriptor.format = format.strip_prefix('.').unwrap_or(format).to_owned();
        descriptor.check()?;
        Ok(descriptor)
    }

    fn check(&self) -> Result<(), String> {
        let Self { tile_size, overlap, ref format, .. } = *self;
        let whole = tile_size.saturating_add(overlap.saturating_mul(2));
        if tile_size == 0 || overlap > tile_size || whole > MAX_TILE {
            return Err(format!(
                "tiles of {tile_size} px with an overlap of {overlap} px; 1 to {MAX_TILE} px in all can be read"
            ));
        }
        let has_length = (1..=MAX_EXTENSION).contains(&format.len());
        if !has_length || !format.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("the tile format {format:?} is no file extension"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
