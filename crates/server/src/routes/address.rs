//! Parses tile coordinates and formats in URLs.
//!
//! A number that is negative or too large names a tile that does not exist (404), as
//! does an unknown extension; anything else that is not a number is malformed (400).

use crate::error::Error;
use crate::negotiation::RequestedFormat;
use origami_pyramid::TileId;
use origami_render::Format;

const NO_TILE: Error = Error::NotFound("tile");
const NO_LEVEL: Error = Error::NotFound("level");
const NO_FORMAT: Error = Error::NotFound(Format::UNKNOWN);
const NOT_A_NUMBER: Error =
    Error::BadRequest("levels and tile coordinates are whole numbers without leading zeros");

/// A tile and the format that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileAddress {
    /// The tile.
    pub id: TileId,
    /// The format, by name or to be negotiated.
    pub format: RequestedFormat,
}

/// The tile of `/tiles/{slide}/{z}/{x}/{y}`, `y` with or without the extension of a
/// format.
pub fn tile(z: &str, x: &str, y: &str) -> Result<TileAddress, Error> {
    let (y, extension) = y.split_once('.').map_or((y, None), |(y, extension)| (y, Some(extension)));
    address(z, x, y, extension)
}

/// The tile of `/dzi/{slide}_files/{z}/{x}_{y}.jpg`, or with the extension of another
/// format.
pub fn dzi_tile(z: &str, file: &str) -> Result<TileAddress, Error> {
    const SHAPE: Error = Error::BadRequest("Deep Zoom tiles are named {x}_{y}.jpg");
    let (name, extension) = file.split_once('.').ok_or(SHAPE)?;
    let (x, y) = name.split_once('_').ok_or(SHAPE)?;
    address(z, x, y, Some(extension))
}

/// The level of `/slides/{slide}/levels/{z}/tiles`.
pub fn level(z: &str) -> Result<u32, Error> {
    number(z)?.ok_or(NO_LEVEL)
}

/// The format with this extension.
pub fn format(extension: &str) -> Result<RequestedFormat, Error> {
    Format::of_extension(extension).map(RequestedFormat::Named).ok_or(NO_FORMAT)
}

fn address(z: &str, x: &str, y: &str, extension: Option<&str>) -> Result<TileAddress, Error> {
    let (z, x, y) = (number(z)?, number(x)?, number(y)?);
    let format = extension.map_or(Ok(RequestedFormat::Negotiated), format)?;
    match (z, x, y) {
        (Some(z), Some(x), Some(y)) => Ok(TileAddress { id: TileId { z, x, y }, format }),
        _ => Err(NO_TILE),
    }
}

/// A decimal integer; `None` if it is negative or too large. Each number has only one
/// spelling, so that each tile has only one URL.
///
/// # Errors
/// [`Error::BadRequest`] if it is anything else.
pub fn number(text: &str) -> Result<Option<u32>, Error> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let canonical = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if !canonical {
        return Err(NOT_A_NUMBER);
    }
    Ok(if negative { None } else { digits.parse().ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_named_with_or_without_an_extension() {
        let id = TileId { z: 1, x: 2, y: 3 };
        assert_eq!(tile("1", "2", "3"), Ok(TileAddress { id, format: RequestedFormat::Negotiated }));
        for (extension, format) in [
            ("jpg", Format::Jpeg),
            ("jpeg", Format::Jpeg),
            ("png", Format::Png),
            ("webp", Format::WebP),
            ("avif", Format::Avif),
        ] {
            let expected = Ok(TileAddress { id, format: RequestedFormat::Named(format) });
            assert_eq!(tile("1", "2", &format!("3.{extension}")), expected);
            assert_eq!(dzi_tile("1", &format!("2_3.{extension}")), expected);
        }
        assert_eq!(tile("0", "0", "4294967295").map(|address| address.id.y), Ok(u32::MAX));
    }

    #[test]
    fn the_error_for_an_unknown_format_names_all_formats() {
        let message = NO_FORMAT.to_string();
        for format in Format::ALL {
            assert!(message.contains(&format!(".{}", format.extension())), "{message}");
        }
    }

    #[test]
    fn numbers_that_are_negative_or_too_large_name_missing_tiles() {
        for number in ["-1", "4294967296", "99999999999999999999999999", "-99999999999999999999999999"] {
            assert_eq!(tile(number, "0", "0"), Err(NO_TILE), "{number}");
            assert_eq!(level(number), Err(NO_LEVEL), "{number}");
            assert_eq!(tile("0", number, "0"), Err(NO_TILE), "{number}");
            assert_eq!(tile("0", "0", number), Err(NO_TILE), "{number}");
        }
    }

    #[test]
    fn other_extensions_are_not_found() {
        for extension in
            ["gif", "bmp", "", "jpegx", "jpg.jpg", "png.png", "jpg.png", "JPG", "PNG", "WebP", "5"]
        {
            assert_eq!(tile("0", "0", &format!("0.{extension}")), Err(NO_FORMAT), "{extension}");
            assert_eq!(dzi_tile("0", &format!("0_0.{extension}")), Err(NO_FORMAT), "{extension}");
        }
    }

    #[test]
    fn malformed_numbers_are_bad_requests() {
        for text in
            ["", "abc", "+1", "01", "00", "-", "--1", "1e3", "0x1", " 1", "1 ", "1\0", "\u{fffd}", "١"]
        {
            assert_eq!(tile(text, "0", "0"), Err(NOT_A_NUMBER), "{text:?}");
            assert_eq!(level(text), Err(NOT_A_NUMBER), "{text:?}");
            assert_eq!(tile("0", text, "0"), Err(NOT_A_NUMBER), "{text:?}");
        }
        for file in ["", "0", "0.jpg", "0_0", "_.jpg", "0_.jpg", "a_b.jpg", "0__0.jpg"] {
            assert!(matches!(dzi_tile("0", file), Err(Error::BadRequest(_))), "{file:?}");
        }
    }
}
