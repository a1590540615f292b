//! Makes self-contained JPEGs of the streams in containers.

use crate::colour_rule::ColourSigns;
use crate::error::malformed;
use crate::implied_tables::implies_standard_huffman;
use crate::jpeg::push_standard_huffman;
use crate::kept::Kept;
use crate::markers::{
    DAC, DHT, DQT, DRI, EOI, SOI, SOS, end_of_bits, end_of_scan, find_segment, restart_at, segment_at,
    skip_fill,
};
use crate::{CodecError, Photometric, Tidiness};

/// Makes a self-contained JPEG from the bytes of a tile: the `tables` that tiles
/// share, the standard Huffman tables where neither defines any and a sequential frame
/// therefore implies them, an Adobe marker where decoders would otherwise take the
/// samples for something else than they are, then the tile's segments and scans.
/// Applications' segments and comments are left out, as they may say whose slide it is,
/// or turn the picture. `out` is cleared first.
///
/// `photometric` is what the container says of the samples; without it the markers of
/// the tile decide. `docs/src/how/colours.md` has the rule.
///
/// The result says whether bytes had to be passed over, the standard Huffman tables were
/// left out, or the tables or the tile lack their end. Bytes after the tile's EOI do not
/// count; they are left out. A tile that lacks EOI still lacks it then.
///
/// # Errors
/// If tables or tile do not start with SOI, or a segment before the first scan is cut
/// short, or there is no scan.
///
/// # Examples
/// ```
/// use origami_codec::{Coefficients, Colour, Photometric, TileHeader, self_contained};
/// use origami_pyramid::Subsampling;
///
/// let header = TileHeader::new(&[[16; 64]; 3], Subsampling::Gray, Colour::Gray)?;
/// let tile = header.jpeg(&Coefficients::zeros(header.frame(8, 8).expect("a valid size")))?;
/// assert_eq!(tile[2..4], [0xff, 0xe0]);
///
/// let mut jpeg = Vec::new();
/// self_contained(None, &tile, Some(Photometric::Gray), &mut jpeg)?;
/// assert_eq!(jpeg, [&tile[..2], &tile[20..]].concat(), "without APP0");
/// # Ok::<(), origami_codec::CodecError>(())
/// ```
pub fn self_contained(
    tables: Option<&[u8]>,
    tile: &[u8],
    photometric: Option<Photometric>,
    out: &mut Vec<u8>,
) -> Result<Tidiness, CodecError> {
    out.clear();
    if !tile.starts_with(&SOI) {
        return malformed(0, "tile does not start with an SOI marker");
    }
    let opening = Opening::read(tile)?;
    out.reserve(tables.map_or(0, <[u8]>::len) + tile.len() + 16);
    out.extend_from_slice(&SOI);
    let mut tidiness = match tables {
        Some(tables) => copy_tables(tables, &opening, tile, out)?,
        None => Tidiness::Tidy,
    };
    if implies_standard_huffman(tables, tile) {
        push_standard_huffman(out, 4);
        tidiness = Tidiness::Untidy;
    }
    out.extend(opening.signs.adobe_needed(photometric).into_iter().flatten());
    Ok(tidiness.max(copy_tile(tile, out)))
}

/// What comes before the entropy-coded bytes of a tile.
struct Opening {
    signs: ColourSigns,
    /// Offset of the first entropy-coded byte.
    end: usize,
}

impl Opening {
    fn read(tile: &[u8]) -> Result<Self, CodecError> {
        let mut signs = ColourSigns::default();
        let mut offset = SOI.len();
        while let Some(marker) = find_segment(tile, offset) {
            if tile[marker..].starts_with(&EOI) {
                break;
            }
            let segment = segment_at(tile, marker)?;
            if segment.marker == SOS {
                return Ok(Self { signs, end: segment.end });
            }
            signs.note(segment.content(tile));
            offset = segment.end;
        }
        malformed(tile.len(), "no scan")
    }

    /// Whether the first scan of the tile has restart markers.
    fn has_restarts(&self, tile: &[u8]) -> bool {
        restart_at(tile, skip_fill(tile, end_of_bits(tile, self.end))).is_some()
    }
}

/// Appends the tables that tiles share.
fn copy_tables(
    tables: &[u8],
    opening: &Opening,
    tile: &[u8],
    out: &mut Vec<u8>,
) -> Result<Tidiness, CodecError> {
    if !tables.starts_with(&SOI) {
        return malformed(0, "the tables do not start with an SOI marker");
    }
    let mut kept = Kept::after_start(tables, Some(out));
    let mut offset = SOI.len();
    while let Some(marker) = find_segment(tables, offset) {
        if tables[marker..].starts_with(&EOI) {
            let end = marker + EOI.len();
            kept.leave_out(marker..end);
            return Ok(if end < tables.len() { Tidiness::Untidy } else { kept.tidiness() });
        }
        let segment = segment_at(tables, marker)?;
        offset = segment.end;
        match segment.marker {
            DQT | DHT | DAC => kept.keep(marker..offset),
            // A tile resets the interval, for libjpeg at least, so one without restart markers
            // must not get it.
            DRI if opening.has_restarts(tile) => kept.keep(marker..offset),
            _ => kept.leave_out(marker..offset),
        }
    }
    Ok(Tidiness::Untidy)
}

/// Appends a tile from behind its SOI to its EOI, or to its end if that is missing.
fn copy_tile(tile: &[u8], out: &mut Vec<u8>) -> Tidiness {
    let mut kept = Kept::after_start(tile, Some(out));
    let mut offset = SOI.len();
    while let Some(marker) = find_segment(tile, offset) {
        if tile[marker..].starts_with(&EOI) {
            kept.keep(marker..marker + EOI.len());
            return kept.tidiness();
        }
        let Ok(segment) = segment_at(tile, marker) else {
            // After the first scan: whoever decodes the stream says what is wrong with it.
            kept.keep(marker..tile.len());
            break;
        };
        offset = segment.end;
        if segment.is_foreign() {
            kept.leave_out(marker..offset);
            continue;
        }
        kept.keep(marker..offset);
        if segment.marker == SOS {
            let end = end_of_scan(tile, offset);
            kept.keep(offset..end);
            offset = end;
        }
    }
    Tidiness::Untidy
}
