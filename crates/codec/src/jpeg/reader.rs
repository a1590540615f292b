//! Reads the coefficients of any Huffman-coded JPEG.

use super::scan_header::ScanHeader;
use super::scan_progress::ScanProgress;
use super::segments::StreamState;
use crate::error::malformed;
use crate::markers::{EOI, SOI, SOS, segment_at, skip_fill};
use crate::{CodecError, Coefficients, Quantisation};
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
    /// Number of bytes after EOI.
    pub trailing: usize,
    /// Where the entropy-coded bytes are in the stream, if there is only one scan,
    /// sequential, with all planes and without restart markers.
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
/// # Errors
/// If `jpeg` is malformed, lacks EOI, claims more than `max_blocks` blocks
/// (checked before any memory is allocated), or is not 8-bit Huffman-coded
/// 4:4:4, 4:2:2 or 4:2:0 YCbCr, 4:4:4 RGB or gray; `out` is then partly written.
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
    if !jpeg.starts_with(&SOI) {
        return malformed(0, "no SOI marker");
    }
    let mut state = StreamState::default();
    let mut scans: Option<ScanProgress> = None;
    let mut offset = SOI.len();
    loop {
        offset = skip_fill(jpeg, offset);
        if jpeg[offset..].starts_with(&EOI) {
            let Some(scans) = scans else { return malformed(offset, "no scan") };
            return scans.facts(offset, jpeg.len());
        }
        let segment = segment_at(jpeg, offset)?;
        if segment.marker == SOS {
            let header = ScanHeader::parse(&state, segment, jpeg)?;
            let scans = match &mut scans {
                Some(scans) => scans,
                None => scans.insert(ScanProgress::begin(&header, max_blocks, out)?),
            };
            offset = scans.read(&header, jpeg, out)?;
        } else {
            state.apply(segment, jpeg)?;
            offset = segment.end;
        }
    }
}
