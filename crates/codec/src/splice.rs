//! Makes self-contained JPEGs from the abbreviated streams in TIFF files.

use crate::CodecError;
use crate::error::malformed;
use crate::markers::{ADOBE_RGB, EOI, SOI};

/// A TIFF's `PhotometricInterpretation`, as far as it decides how JPEG samples
/// are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Photometric {
    /// Red, green and blue (2).
    Rgb,
    /// Any other value, YCbCr (6) among them: the JPEG's own markers decide.
    Other,
}

/// Makes a self-contained JPEG from the raw bytes of a TIFF tile: the tables
/// of `JPEGTables` without their EOI, an Adobe marker if `photometric` is RGB,
/// then the tile without its SOI. `out` is cleared first.
///
/// (TIFF Technical Note 2, and what Aperio scanners write.)
///
/// # Errors
/// If tables or tile do not start with SOI.
///
/// # Examples
/// ```
/// use origami_codec::{Photometric, splice_tables};
///
/// let tables = [0xff, 0xd8, 0xff, 0xdb, 0xff, 0xd9]; // SOI, DQT, EOI
/// let tile = [0xff, 0xd8, 0xff, 0xda, 0xff, 0xd9]; // SOI, SOS, EOI
/// let mut jpeg = Vec::new();
/// splice_tables(Some(&tables), &tile, Photometric::Other, &mut jpeg)?;
/// assert_eq!(jpeg, [0xff, 0xd8, 0xff, 0xdb, 0xff, 0xda, 0xff, 0xd9]);
/// # Ok::<(), origami_codec::CodecError>(())
/// ```
pub fn splice_tables(
    tables: Option<&[u8]>,
    tile: &[u8],
    photometric: Photometric,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let Some(body) = tile.strip_prefix(&SOI) else {
        return malformed(0, "tile does not start with an SOI marker");
    };
    out.clear();
    let tables = tables.unwrap_or(&SOI);
    if !tables.starts_with(&SOI) {
        return malformed(0, "JPEGTables do not start with an SOI marker");
    }
    out.extend_from_slice(tables.strip_suffix(&EOI).unwrap_or(tables));
    if photometric == Photometric::Rgb {
        out.extend_from_slice(&ADOBE_RGB);
    }
    out.extend_from_slice(body);
    Ok(())
}
