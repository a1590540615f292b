use crate::CodecError;
use crate::error::broken;
use crate::markers::{ADOBE_RGB, EOI, SOI};

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
    let Some(body) = tile.strip_prefix(&SOI) else {
        return broken(0, "tile does not start with an SOI marker");
    };
    out.clear();
    let tables = tables.unwrap_or(&SOI);
    if !tables.starts_with(&SOI) {
        return broken(0, "JPEGTables do not start with an SOI marker");
    }
    out.extend_from_slice(tables.strip_suffix(&EOI).unwrap_or(tables));
    if rgb {
        out.extend_from_slice(&ADOBE_RGB);
    }
    out.extend_from_slice(body);
    Ok(())
}
