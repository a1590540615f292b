use crate::CodecError;
use crate::markers::{EOI, SOI};

/// An Adobe APP14 segment that says "three components, no transform": RGB.
const ADOBE_RGB: [u8; 16] = [0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];

/// Makes a self-contained JPEG from the raw bytes of a TIFF tile: the tables
/// of `JPEGTables` without their EOI, an Adobe marker if the photometric tag
/// says `rgb`, then the tile without its SOI. `out` is cleared first.
///
/// (TIFF Technical Note 2, and what Aperio scanners write.)
///
/// # Errors
/// If tables or tile do not start with SOI.
pub fn splice_tables(
    tables: Option<&[u8]>,
    tile: &[u8],
    rgb: bool,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let body = tile
        .strip_prefix(&SOI)
        .ok_or(CodecError::Structure { offset: 0, what: "tile does not start with an SOI marker" })?;
    out.clear();
    match tables {
        Some(tables) if tables.starts_with(&SOI) => {
            out.extend_from_slice(tables.strip_suffix(&EOI).unwrap_or(tables));
        }
        Some(_) => {
            return Err(CodecError::Structure {
                offset: 0,
                what: "JPEGTables do not start with an SOI marker",
            });
        }
        None => out.extend_from_slice(&SOI),
    }
    if rgb {
        out.extend_from_slice(&ADOBE_RGB);
    }
    out.extend_from_slice(body);
    Ok(())
}
