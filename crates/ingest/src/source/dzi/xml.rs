//! Reads the XML form of a Deep Zoom descriptor.

use super::coverage::DisplayRect;
use super::descriptor::{Descriptor, Kind};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Part of the namespaces of Deep Zoom, which differ by their year.
const NAMESPACE: &str = "schemas.microsoft.com/deepzoom";

/// The elements of a descriptor that have been read.
struct Elements {
    image: Option<ImageElement>,
    size: Option<SizeElement>,
    /// Levels of the `DisplayRect` that the next `Rect` belongs to.
    levels: RangeInclusive<u32>,
    rects: Vec<DisplayRect>,
}

/// The attributes of the `Image` element.
struct ImageElement {
    tile_size: u32,
    overlap: u32,
    format: String,
}

/// The attributes of the `Size` element.
struct SizeElement {
    width: u64,
    height: u64,
}

/// Recognises a descriptor by its elements, before the first error in the XML.
pub(super) fn recognise(xml: &str) -> Option<Kind> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => match tag.local_name().as_ref() {
                "Image" if is_deep_zoom(&tag) => return Some(Kind::Image),
                "Collection" if is_deep_zoom(&tag) => return Some(Kind::Collection),
                _ => {}
            },
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Whether an element is one of Deep Zoom, and not of the same name elsewhere.
fn is_deep_zoom(tag: &BytesStart<'_>) -> bool {
    tag.attributes_raw().contains(NAMESPACE) || matches!(tag.try_get_attribute("TileSize"), Ok(Some(_)))
}

/// Reads the descriptor of an image.
///
/// # Errors
/// What is malformed or missing.
pub(super) fn parse(xml: &str) -> Result<Descriptor, String> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut elements = Elements { image: None, size: None, levels: 0..=u32::MAX, rects: Vec::new() };
    loop {
        let event = reader.read_event();
        match event.map_err(|error| format!("at byte {}: {error}", reader.error_position()))? {
            Event::Start(tag) | Event::Empty(tag) => elements.read(&tag)?,
            Event::Eof => break,
            _ => {}
        }
    }
    let Elements { image, size, rects, .. } = elements;
    let ImageElement { tile_size, overlap, format } = image.ok_or("there is no Image element")?;
    let SizeElement { width, height } = size.ok_or("there is no Size element")?;
    Ok(Descriptor { width, height, tile_size, overlap, format, rects })
}

impl Elements {
    fn read(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        match tag.local_name().as_ref() {
            "Image" if self.image.is_none() => {
                self.image = Some(ImageElement {
                    tile_size: integer(tag, "TileSize")?,
                    overlap: integer(tag, "Overlap")?,
                    format: required(tag, "Format")?,
                });
            }
            "Size" if self.size.is_none() => {
                self.size =
                    Some(SizeElement { width: integer(tag, "Width")?, height: integer(tag, "Height")? });
            }
            "DisplayRect" => self.levels = integer(tag, "MinLevel")?..=integer(tag, "MaxLevel")?,
            "Rect" => self.rects.push(DisplayRect {
                levels: self.levels.clone(),
                x: integer(tag, "X")?,
                y: integer(tag, "Y")?,
                width: integer(tag, "Width")?,
                height: integer(tag, "Height")?,
            }),
            _ => {}
        }
        Ok(())
    }
}

/// The value of an attribute.
fn required(tag: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let attribute = tag.try_get_attribute(name).map_err(|error| error.to_string())?;
    let attribute = attribute.ok_or_else(|| format!("{name} is missing"))?;
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    Ok(value.into_owned())
}

/// The value of an attribute that is a number of pixels or levels.
fn integer<T: FromStr>(tag: &BytesStart<'_>, name: &str) -> Result<T, String> {
    let value = required(tag, name)?;
    value.trim().parse().map_err(|_| format!("{name}={value:?} is not a size in pixels"))
}
