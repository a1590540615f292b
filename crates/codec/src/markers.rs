//! Finds the marker segments of a JPEG.

use crate::CodecError;
use crate::error::malformed;

pub(crate) const SOI: [u8; 2] = [0xff, 0xd8];
pub(crate) const EOI: [u8; 2] = [0xff, 0xd9];
/// Frame header of baseline JPEG.
pub(crate) const SOF0: u8 = 0xc0;
/// Frame header of progressive JPEG.
pub(crate) const SOF2: u8 = 0xc2;
pub(crate) const DHT: u8 = 0xc4;
pub(crate) const SOS: u8 = 0xda;
pub(crate) const DQT: u8 = 0xdb;
pub(crate) const DRI: u8 = 0xdd;
/// The segment that JFIF uses.
pub(crate) const APP0: u8 = 0xe0;
/// The segment that Adobe uses.
pub(crate) const APP14: u8 = 0xee;
/// An Adobe APP14 segment that says "three components, no transform": RGB.
pub(crate) const ADOBE_RGB: [u8; 16] =
    [0xff, APP14, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];

/// Maximum number of scans of a JPEG. A progressive stream could repeat scans
/// without end; the largest sensible script has about a dozen.
pub(crate) const MAX_SCANS: u32 = 100;

/// A marker segment: its marker code, and the offsets in the stream at which
/// its payload (after the two length bytes) starts and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub marker: u8,
    pub start: usize,
    pub end: usize,
}

impl Segment {
    /// Whether this is a frame header (SOF0 to SOF15 without DHT, JPG and DAC).
    pub fn is_frame(self) -> bool {
        (SOF0..=0xcf).contains(&self.marker) && !matches!(self.marker, DHT | 0xc8 | 0xcc)
    }

    /// The segment's payload in `jpeg`, the stream it was found in.
    pub fn payload(self, jpeg: &[u8]) -> &[u8] {
        &jpeg[self.start..self.end]
    }
}

/// Skips from `offset` to the last of a run of 0xff bytes: any number of them
/// may precede a marker.
pub(crate) fn skip_fill(jpeg: &[u8], mut offset: usize) -> usize {
    while jpeg.get(offset..offset + 2) == Some(&[0xff, 0xff]) {
        offset += 1;
    }
    offset
}

/// The segment that begins at `offset` or after the fill bytes there.
pub(crate) fn segment_at(jpeg: &[u8], offset: usize) -> Result<Segment, CodecError> {
    let offset = skip_fill(jpeg, offset);
    let Some(&[0xff, marker, high, low]) = jpeg.get(offset..offset + 4) else {
        return malformed(offset, "no marker segment where one has to be");
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (start, end) = (offset + 4, offset + 2 + length);
    if length < 2 || end > jpeg.len() {
        return malformed(offset, "marker segment runs past the end");
    }
    Ok(Segment { marker, start, end })
}

/// The segments from SOI through the first SOS, or up to an error.
pub(crate) fn segments(jpeg: &[u8]) -> impl Iterator<Item = Result<Segment, CodecError>> + '_ {
    let first =
        if jpeg.starts_with(&SOI) { segment_at(jpeg, SOI.len()) } else { malformed(0, "no SOI marker") };
    std::iter::successors(Some(first), move |previous| match previous {
        Ok(segment) if segment.marker != SOS => Some(segment_at(jpeg, segment.end)),
        _ => None,
    })
}
