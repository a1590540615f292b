//! Reads the XML descriptor of a Deep Zoom image.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::str::FromStr;

/// Maximum side of a tile with its overlaps, in pixels.
const MAX_TILE: u32 = 8192;

/// The content of a `.dzi` file.
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

impl Descriptor {
    /// Reads a descriptor.
    ///
    /// # Errors
    /// What is missing or out of range.
    pub(super) fn parse(xml: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
        let (mut image, mut size) = (None, None);
        loop {
            let event = reader.read_event();
            match event.map_err(|error| format!("at byte {}: {error}", reader.error_position()))? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "Image" if image.is_none() => image = Some(ImageElement::read(&tag)?),
                    "Size" if size.is_none() => size = Some(SizeElement::read(&tag)?),
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        let ImageElement { tile_size, overlap, format } = image.ok_or("there is no Image element")?;
        let SizeElement { width, height } = size.ok_or("there is no Size element")?;
        let descriptor = Self { width, height, tile_size, overlap, format };
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
        if format.is_empty() || !format.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("the tile format {format:?} is no file extension"));
        }
        Ok(())
    }
}

impl ImageElement {
    fn read(tag: &BytesStart<'_>) -> Result<Self, String> {
        Ok(Self {
            tile_size: integer(tag, "TileSize")?,
            overlap: integer(tag, "Overlap")?,
            format: required(tag, "Format")?,
        })
    }
}

impl SizeElement {
    fn read(tag: &BytesStart<'_>) -> Result<Self, String> {
        Ok(Self { width: integer(tag, "Width")?, height: integer(tag, "Height")? })
    }
}

/// The value of an attribute.
fn required(tag: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let attribute = tag.try_get_attribute(name).map_err(|error| error.to_string())?;
    let attribute = attribute.ok_or_else(|| format!("{name} is missing"))?;
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    Ok(value.into_owned())
}

/// The value of an attribute that is a number of pixels.
fn integer<T: FromStr>(tag: &BytesStart<'_>, name: &str) -> Result<T, String> {
    let value = required(tag, name)?;
    value.trim().parse().map_err(|_| format!("{name}={value:?} is not a size in pixels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpeg" Overlap="1" TileSize="254"><Size Height="12368" Width="17931"/></Image>"#;

    #[test]
    fn a_descriptor_gives_size_tiles_and_format() {
        let expected =
            Descriptor { width: 17_931, height: 12_368, tile_size: 254, overlap: 1, format: "jpeg".into() };
        assert_eq!(Descriptor::parse(GOOD), Ok(expected));
    }

    #[test]
    fn errors_name_the_problem_of_a_descriptor() {
        for (from, to, expected) in [
            ("TileSize=\"254\"", "", "TileSize is missing"),
            ("TileSize=\"254\"", "TileSize=\"-4\"", "TileSize=\"-4\""),
            ("TileSize=\"254\"", "TileSize=\"0\"", "tiles of 0 px"),
            ("TileSize=\"254\"", "TileSize=\"4000000000\"", "tiles of 4000000000 px"),
            ("Overlap=\"1\"", "Overlap=\"4294967295\"", "overlap of 4294967295 px"),
            ("jpeg", "../x", "no file extension"),
            ("<Size Height=\"12368\" Width=\"17931\"/>", "", "no Size"),
            ("Width=\"17931\"", "Width=\"wide\"", "Width=\"wide\""),
        ] {
            let error = Descriptor::parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(expected), "{to:?} gave {error:?}");
        }
    }
}
