//! Reads the XML form of a Deep Zoom descriptor.

use super::coverage::DisplayRect;
use super::descriptor::{Descriptor, Kind, display_rect, levels, whole};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::ops::RangeInclusive;

/// Part of the namespaces of Deep Zoom, which differ by their year.
const NAMESPACE: &str = "schemas.microsoft.com/deepzoom";

/// The elements of a descriptor that have been read.
#[derive(Default)]
struct Elements {
    image: Option<ImageElement>,
    /// Number of elements that are open, from that of the image on.
    depth: u32,
    size: Option<SizeElement>,
    /// Levels of the `DisplayRect` whose `Rect` comes next.
    levels: Option<RangeInclusive<u32>>,
    /// The display rectangles, `None` for those that are malformed.
    rects: Vec<Option<DisplayRect>>,
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
    let mut elements = Elements::default();
    while !elements.are_complete() {
        let event = reader.read_event();
        match event.map_err(|error| format!("at byte {}: {error}", reader.error_position()))? {
            Event::Start(tag) => elements.open(&tag)?,
            Event::Empty(tag) => {
                elements.open(&tag)?;
                elements.close();
            }
            Event::End(_) => elements.close(),
            Event::Eof => break,
            _ => {}
        }
    }
    let Elements { image, size, rects, .. } = elements;
    let ImageElement { tile_size, overlap, format } =
        image.ok_or("there is no Image element with a TileSize")?;
    let SizeElement { width, height } = size.ok_or("there is no Size element in the Image")?;
    // A rectangle that is malformed leaves out nothing.
    let rects = rects.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default();
    Ok(Descriptor { width, height, tile_size, overlap, format, tiles: None, rects })
}

impl Elements {
    /// Reads the beginning of an element.
    ///
    /// # Errors
    /// What is malformed or missing in the image or its size.
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = tag.local_name().into_inner();
        if self.image.is_none() {
            if name == "Image" && is_deep_zoom(tag) {
                self.image = Some(ImageElement {
                    tile_size: integer(tag, "TileSize")?,
                    overlap: integer(tag, "Overlap")?,
                    format: required(tag, "Format")?,
                });
                self.depth = 1;
            }
            return Ok(());
        }
        self.depth += 1;
        match name {
            // Elements inside may have sizes of their own.
            "Size" if self.depth == 2 && self.size.is_none() => {
                self.size =
                    Some(SizeElement { width: integer(tag, "Width")?, height: integer(tag, "Height")? });
            }
            "DisplayRect" => {
                self.levels = levels(|name| required(tag, name).ok());
                if self.levels.is_none() {
                    self.rects.push(None);
                }
            }
            "Rect" => {
                if let Some(levels) = self.levels.take() {
                    self.rects.push(display_rect(levels, |name| required(tag, name).ok()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads the end of an element.
    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether the image has ended.
    fn are_complete(&self) -> bool {
        self.image.is_some() && self.depth == 0
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
fn integer<T: TryFrom<u64>>(tag: &BytesStart<'_>, name: &str) -> Result<T, String> {
    let value = required(tag, name)?;
    let number = whole(&value).and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("{name}={value:?} is not a size in pixels"))
}
