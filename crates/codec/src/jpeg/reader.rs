//! Reads the coefficients of any Huffman-coded JPEG.

use super::scan_header::ScanHeader;
use super::scan_progress::ScanProgress;
use super::segments::StreamState;
use crate::error::malformed;
use crate::kept::Kept;
use crate::markers::{EOI, SOI, SOS, find_segment, segment_at};
use crate::{CodecError, Coefficients, Quantisation, Tidiness};
use std::ops::Range;

/// Properties of a JPEG other than its coefficients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The steps of each plane, 1 to 65,535. Those of gray are given three times.
    pub quantisation: Quantisation,
    /// Whether the JPEG is progressive.
    pub progressive: bool,
    /// Number of MCUs between restart markers in the last scan, 0 without them.
    pub restart_interval: u16,
    /// Number of bytes after EOI, 0 without it.
    pub trailing: usize,
    /// Whether EOI is there and nothing had to be passed over before it.
    pub tidiness: Tidiness,
    /// Where the entropy-coded bytes are in the stream, if that is tidy and there is
    /// only one scan, sequential, with all planes and without restart markers.
    pub scan: Option<Range<usize>>,
    /// Whether all scans are sequential and use exactly the Huffman tables that
    /// [`TileHeader::new`](crate::TileHeader::new) gives their planes.
    pub standard_huffman: bool,
}

/// Reads the coefficients of `jpeg`, baseline, extended sequential or
/// progressive, into `out`, which is reshaped. They are those that libjpeg-turbo
/// reads. Blocks that only fill up MCUs have the coefficients coded for them,
/// or 0 if there are none.
///
/// A complete stream may be untidy ([`Facts::tidiness`]): EOI may be missing, any
/// bytes may stand between segments, restart markers and TEM among them, and zeros
/// between the last block of a scan or restart interval and the marker that follows;
/// also others, unless they look like more blocks. Zeros in place of blocks that were
/// cut off are told from these by the blocks that they would be read as.
///
/// # Errors
/// If `jpeg` is malformed or truncated, claims more blocks than `max_blocks` or
/// than it can have (checked before any memory is allocated), or is not 8-bit
/// Huffman-coded 4:4:4, 4:2:2 or 4:2:0 YCbCr, 4:4:4 RGB or gray; `out` is then
/// partly written.
///
/// # Examples
/// ```
/// use origami_codec::{Coefficients, Colour, TileHeader, read_coefficients};
/// use origami_pyramid::Subsampling;
///
/// let header = TileHeader::new(&[[16; 64]; 3], Subsampling::S420, Colour::Ycc)?;
/// let mut tile = Coefficients::zeros(header.frame(20, 10).expect("a valid size"));
/// tile.fill([5, -6, 7]);
/// let jpeg = header.jpeg(&tile)?;
///
/// let mut back = Coefficients::default();
/// let facts = read_coefficients(&jpeg, 100, &mut back)?;
/// assert_eq!(back, tile);
/// assert_eq!(facts.quantisation, [[16; 64]; 3]);
/// assert!(facts.standard_huffman && !facts.progressive);
/// # Ok::<(), origami_codec::CodecError>(())
/// ```
pub fn read_coefficients(
    jpeg: &[u8],
    max_blocks: usize,
    out: &mut Coefficients,
) -> Result<Facts, CodecError> {
    read_keeping(jpeg, max_blocks, out, &mut Kept::after_start(jpeg, None))
}

/// [`read_coefficients`], which tells `kept` what of the stream counts: segments,
/// restart markers and entropy-coded bytes, but not SOI and EOI.
pub(super) fn read_keeping(
    jpeg: &[u8],
    max_blocks: usize,
    out: &mut Coefficients,
    kept: &mut Kept<'_>,
) -> Result<Facts, CodecError> {
    if !jpeg.starts_with(&SOI) {
        return malformed(0, "no SOI marker");
    }
    let mut state = StreamState::default();
    let mut scans: Option<ScanProgress> = None;
    let mut offset = SOI.len();
    loop {
        let Some(marker) = find_segment(jpeg, offset) else {
            let Some(scans) = scans else { return malformed(jpeg.len(), "no scan") };
            return scans.facts_without_end(jpeg.len());
        };
        if jpeg[marker..].starts_with(&EOI) {
            kept.leave_out(marker..marker + EOI.len());
            let Some(scans) = scans else { return malformed(marker, "no scan") };
            return scans.facts(marker, jpeg.len() - marker - EOI.len(), kept.tidiness());
        }
        let segment = segment_at(jpeg, marker)?;
        kept.keep(marker..segment.end);
        if segment.marker == SOS {
            let header = ScanHeader::parse(&state, segment, jpeg)?;
            let scans = match &mut scans {
                Some(scans) => scans,
                None => scans.insert(ScanProgress::begin(&header, jpeg.len(), max_blocks, out)?),
            };
            offset = scans.read(&header, jpeg, out, kept)?;
        } else {
            state.apply(segment, jpeg)?;
            offset = segment.end;
        }
    }
}
