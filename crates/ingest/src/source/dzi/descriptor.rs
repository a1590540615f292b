//! The descriptor of a Deep Zoom image, in XML or JSON.

use super::coverage::DisplayRect;
use super::{json, xml};

/// Maximum side of a tile with its overlaps, in pixels.
const MAX_TILE: u32 = 8192;

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
    /// The parts that exist, if the image is sparse; none if all of it does.
    pub rects: Vec<DisplayRect>,
}

/// Whether a text may be a descriptor, by its first character.
pub(super) fn is_markup(text: &str) -> bool {
    text.trim_start().starts_with(['<', '{', '['])
}

/// Recognises a descriptor by its content; `None` if a text is something else.
pub(super) fn recognise(text: &str) -> Option<Kind> {
    let text = text.trim_start();
    if text.starts_with('<') { xml::recognise(text) } else { json::recognise(text) }
}

impl Descriptor {
    /// Reads the descriptor of an image.
    ///
    /// # Errors
    /// What is missing or out of range.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start();
        let descriptor = if text.starts_with(['{', '[']) { json::parse(text) } else { xml::parse(text) }?;
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

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpeg" Overlap="1" TileSize="254"><Size Height="12368" Width="17931"/></Image>"#;
    const JSON: &str = r#"{"Image": {"Url": "x_files/", "Format": "jpeg", "Overlap": "1", "TileSize": "254", "Size": {"Width": "17931", "Height": "12368"}}}"#;

    fn expected() -> Descriptor {
        let (width, height) = (17_931, 12_368);
        Descriptor { width, height, tile_size: 254, overlap: 1, format: "jpeg".into(), rects: Vec::new() }
    }

    #[test]
    fn a_descriptor_gives_size_tiles_and_format_in_every_form() {
        let prefixed = XML.replace("<Image xmlns=", "<dz:Image xmlns:dz=").replace("</Image", "</dz:Image");
        let bare = XML.replace(" xmlns=\"http://schemas.microsoft.com/deepzoom/2008\"", "");
        let numbers = JSON.replace("\"254\"", "254").replace("\"17931\"", "17931.0");
        let inline = format!("\n {{\"id\": \"viewer\", \"tileSources\": [{JSON}]}}");
        for text in [XML, &prefixed, &bare, JSON, &numbers, &inline] {
            assert_eq!(recognise(text), Some(Kind::Image), "{text}");
            assert_eq!(Descriptor::parse(text), Ok(expected()), "{text}");
        }
    }

    #[test]
    fn texts_of_other_kinds_are_no_descriptors() {
        for text in [
            "<OME><Image ID=\"1\"/></OME>",
            "<Image src=\"x\"/>",
            "<html><Image",
            "{\"Image\": {\"Size\": 3}}",
            "{\"Image\"",
            "[1, 2]",
            "{}",
            "<",
            "Image TileSize",
            "",
        ] {
            assert_eq!(recognise(text), None, "{text}");
        }
    }

    #[test]
    fn a_collection_is_recognised_as_such() {
        let text = r#"<Collection xmlns="http://schemas.microsoft.com/deepzoom/2008" MaxLevel="8" TileSize="256" Format="jpg"><Items/></Collection>"#;
        assert_eq!(recognise(text), Some(Kind::Collection));
    }

    #[test]
    fn display_rects_are_read_from_both_forms() {
        let rect = DisplayRect { levels: 1..=10, x: 0, y: 8, width: 508, height: 400 };
        let xml = XML.replace(
            "</Image>",
            r#"<DisplayRects><DisplayRect MinLevel="1" MaxLevel="10"><Rect X="0" Y="8" Width="508" Height="400"/></DisplayRect></DisplayRects></Image>"#,
        );
        let one =
            r#"{"MinLevel": 1, "MaxLevel": "10", "Rect": {"X": 0, "Y": "8", "Width": 508, "Height": 400}}"#;
        let [single, list] = [one.to_owned(), format!("[{one}]")]
            .map(|rects| JSON.replace("\"Url\"", &format!("\"DisplayRect\": {rects}, \"Url\"")));
        for text in [xml, single, list] {
            assert_eq!(Descriptor::parse(&text).unwrap().rects, std::slice::from_ref(&rect), "{text}");
        }
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
            let error = Descriptor::parse(&XML.replace(from, to)).unwrap_err();
            assert!(error.contains(expected), "{to:?} gave {error:?}");
        }
        for (from, to, expected) in [
            ("\"TileSize\": \"254\"", "\"TileSize\": -4", "TileSize=-4"),
            ("\"Overlap\": \"1\"", "\"Overlap\": \"4294967296\"", "Overlap=\"4294967296\""),
            ("\"Size\"", "\"Other\"", "Size is missing"),
            ("\"17931\"", "\"wide\"", "Width=\"wide\""),
            ("\"17931\"", "1e300", "Width=1e"),
            ("\"jpeg\"", "7", "Format is missing"),
        ] {
            let error = Descriptor::parse(&JSON.replace(from, to)).unwrap_err();
            assert!(error.contains(expected), "{to:?} gave {error:?}");
        }
    }
}
