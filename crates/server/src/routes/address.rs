//! Reading tile coordinates out of URLs.
//!
//! A number that is one but lies outside anything a slide can have names a tile
//! that does not exist (404); anything else does not parse (400).

use crate::error::Error;
use origami_pyramid::TileId;

const NO_TILE: Error = Error::NotFound("tile");
const NOT_A_NUMBER: Error =
    Error::BadRequest("tile coordinates are whole numbers: /tiles/{slide}/{z}/{x}/{y}.jpg");

/// The tile of `/tiles/{slide}/{z}/{x}/{y}`, `y` with or without `.jpg` or
/// `.jpeg`.
pub fn tile(z: &str, x: &str, y: &str) -> Result<TileId, Error> {
    let (y, extension) = y.split_once('.').map_or((y, None), |(y, extension)| (y, Some(extension)));
    id(z, x, y, extension.unwrap_or("jpg"))
}

/// The tile of `/dzi/{slide}_files/{z}/{x}_{y}.jpg`.
pub fn dzi_tile(z: &str, file: &str) -> Result<TileId, Error> {
    const SHAPE: Error = Error::BadRequest("Deep Zoom tiles are named {x}_{y}.jpg");
    let (name, extension) = file.split_once('.').ok_or(SHAPE)?;
    let (x, y) = name.split_once('_').ok_or(SHAPE)?;
    id(z, x, y, extension)
}

fn id(z: &str, x: &str, y: &str, extension: &str) -> Result<TileId, Error> {
    let (z, x, y) = (number(z)?, number(x)?, number(y)?);
    if !matches!(extension, "jpg" | "jpeg") {
        return Err(Error::NotFound("tile format; tiles are .jpg"));
    }
    match (z, x, y) {
        (Some(z), Some(x), Some(y)) => Ok(TileId { z, x, y }),
        _ => Err(NO_TILE),
    }
}

/// A decimal whole number; `None` if it is negative or too large. One number
/// has one spelling, so that one tile has one URL.
fn number(text: &str) -> Result<Option<u32>, Error> {
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
        for y in ["3", "3.jpg", "3.jpeg"] {
            assert_eq!(tile("1", "2", y), Ok(TileId { z: 1, x: 2, y: 3 }));
        }
        assert_eq!(dzi_tile("1", "2_3.jpg"), Ok(TileId { z: 1, x: 2, y: 3 }));
        assert_eq!(tile("0", "0", "4294967295").map(|id| id.y), Ok(u32::MAX));
    }

    #[test]
    fn numbers_no_slide_can_have_name_missing_tiles() {
        for number in ["-1", "4294967296", "99999999999999999999999999", "-99999999999999999999999999"] {
            assert_eq!(tile(number, "0", "0"), Err(NO_TILE), "{number}");
            assert_eq!(tile("0", number, "0"), Err(NO_TILE), "{number}");
            assert_eq!(tile("0", "0", number), Err(NO_TILE), "{number}");
        }
    }

    #[test]
    fn other_extensions_are_not_there() {
        for name in ["0.png", "0.", "0.jpg.jpg", "0.JPG", "0.5"] {
            assert!(matches!(tile("0", "0", name), Err(Error::NotFound(_))), "{name}");
        }
        assert!(matches!(dzi_tile("0", "0_0.png"), Err(Error::NotFound(_))));
    }

    #[test]
    fn what_is_no_number_does_not_parse() {
        for text in
            ["", "abc", "+1", "01", "00", "-", "--1", "1e3", "0x1", " 1", "1 ", "1\0", "\u{fffd}", "١"]
        {
            assert_eq!(tile(text, "0", "0"), Err(NOT_A_NUMBER), "{text:?}");
            assert_eq!(tile("0", text, "0"), Err(NOT_A_NUMBER), "{text:?}");
        }
        for file in ["", "0", "0.jpg", "0_0", "_.jpg", "0_.jpg", "a_b.jpg", "0__0.jpg"] {
            assert!(matches!(dzi_tile("0", file), Err(Error::BadRequest(_))), "{file:?}");
        }
    }
}
