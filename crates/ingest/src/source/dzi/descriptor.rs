//! The XML beside a Deep Zoom image's tiles.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::str::FromStr;

/// Largest tile with its overlaps, in pixels a side.
const MAX_TILE: u32 = 8192;

/// What a `.dzi` file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub width: u64,
    pub height: u64,
    /// Side of a tile without overlap, in pixels.
    pub tile_size: u32,
    /// Pixels that a tile shows of each neighbour.
    pub overlap: u32,
    /// Extension of the tiles, without the dot.
    pub format: String,
}

impl Descriptor {
    /// Reads a descriptor.
    ///
    /// # Errors
    /// What is missing or out of range.
    pub(super) fn parse(xml: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
        let mut image: Option<(u32, u32, String)> = None;
        let mut size = None;
        loop {
            let event = reader.read_event();
            match event.map_err(|error| format!("at byte {}: {error}", reader.error_position()))? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "Image" if image.is_none() => {
                        let (tile_size, overlap) = (integer(&tag, "TileSize")?, integer(&tag, "Overlap")?);
                        image = Some((tile_size, overlap, required(&tag, "Format")?));
                    }
                    "Size" if size.is_none() => {
                        size = Some((integer(&tag, "Width")?, integer(&tag, "Height")?));
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        let (tile_size, overlap, format) = image.ok_or("there is no Image element")?;
        let (width, height) = size.ok_or("there is no Size element")?;
        let whole = tile_size.saturating_add(overlap.saturating_mul(2));
        if tile_size == 0 || overlap > tile_size || whole > MAX_TILE {
            return Err(format!(
                "tiles of {tile_size} px with an overlap of {overlap} px; 1 to {MAX_TILE} px in all can be read"
            ));
        }
        if format.is_empty() || !format.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("the tile format {format:?} is no file extension"));
        }
        Ok(Self { width, height, tile_size, overlap, format })
    }
}

/// Pixel size and magnification from the properties that `vips dzsave` leaves
/// beside the tiles, or those of an SZI: micrometres per pixel, objective.
pub(super) fn scan_properties(xml: &str) -> (Option<(f64, f64)>, Option<f64>) {
    let mut reader = Reader::from_str(xml);
    let mut properties = std::collections::HashMap::new();
    let (mut element, mut name) = (String::new(), String::new());
    // What stands before an error is still good.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) => tag.local_name().as_ref().clone_into(&mut element),
            Event::End(_) => element.clear(),
            Event::Text(text) if element == "name" => name = text.xml10_content().trim().to_owned(),
            Event::Text(text) if element == "value" => {
                properties.insert(std::mem::take(&mut name), text.xml10_content().trim().to_owned());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let number = |key: &str| properties.get(key)?.parse::<f64>().ok();
    let micrometres = |axis: &str| {
        let said = number(&format!("openslide.mpp-{axis}"))
            .or_else(|| number("aperio.MPP"))
            .or_else(|| number(&format!("MicronsPerPixel{}", axis.to_uppercase())));
        // vips counts pixels per millimetre.
        said.or_else(|| Some(1000.0 / number(&format!("{axis}res"))?))
    };
    let mpp = micrometres("x").zip(micrometres("y")).and_then(|(x, y)| crate::source::believable(x, y));
    let objective = number("openslide.objective-power")
        .or_else(|| number("aperio.AppMag"))
        .or_else(|| number("ObjectiveMagnification"));
    (mpp, objective.filter(|power| power.is_finite() && *power > 0.0))
}

fn required(tag: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let attribute = tag.try_get_attribute(name).map_err(|error| error.to_string())?;
    let attribute = attribute.ok_or_else(|| format!("{name} is missing"))?;
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    Ok(value.into_owned())
}

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
    fn what_is_wrong_with_a_descriptor_is_named() {
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

    #[test]
    fn properties_give_pixel_size_and_magnification() {
        let property = |name: &str, value: &str| {
            format!("<property><name>{name}</name><value type=\"x\">{value}</value></property>")
        };
        let plain = property("xres", "4000") + &property("yres", "2000");
        assert_eq!(scan_properties(&format!("<image>{plain}</image>")), (Some((0.25, 0.5)), None));
        let aperio = plain + &property("aperio.MPP", "0.26") + &property("aperio.AppMag", "40");
        assert_eq!(scan_properties(&format!("<image>{aperio}</image>")), (Some((0.26, 0.26)), Some(40.0)));
        let szi = ["MicronsPerPixel", "MicronsPerPixelX", "MicronsPerPixelY", "ObjectiveMagnification"];
        let szi: String =
            szi.iter().zip(["9", "0.4", "0.5", "20"]).map(|(name, value)| property(name, value)).collect();
        assert_eq!(scan_properties(&format!("<image>{szi}</image>")), (Some((0.4, 0.5)), Some(20.0)));
        assert_eq!(scan_properties("<image><property>"), (None, None));
    }
}
