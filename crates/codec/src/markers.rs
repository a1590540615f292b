//! The marker segments before a JPEG's first scan.

use crate::CodecError;
use crate::error::broken;

pub(crate) const SOI: [u8; 2] = [0xff, 0xd8];
pub(crate) const EOI: [u8; 2] = [0xff, 0xd9];
pub(crate) const SOS: u8 = 0xda;
pub(crate) const DHT: u8 = 0xc4;
pub(crate) const DQT: u8 = 0xdb;
pub(crate) const DRI: u8 = 0xdd;
/// An Adobe APP14 segment that says "three components, no transform": RGB.
pub(crate) const ADOBE_RGB: [u8; 16] =
    [0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];

/// One segment: its marker code, and where its payload (after the two length
/// bytes) lies in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub marker: u8,
    pub start: usize,
    pub end: usize,
}

impl Segment {
    /// Whether this is a frame header (SOF0 to SOF15 without DHT, JPG and DAC).
    pub fn is_frame(self) -> bool {
        (0xc0..=0xcf).contains(&self.marker) && !matches!(self.marker, 0xc4 | 0xc8 | 0xcc)
    }
}

/// The offset from `at` on after all 0xff but the last of a row: any number of
/// them may fill the space before a marker.
pub(crate) fn skip_fill(jpeg: &[u8], mut at: usize) -> usize {
    while jpeg.get(at..at + 2) == Some(&[0xff, 0xff]) {
        at += 1;
    }
    at
}

/// The segment that begins at `at` or after fill bytes there.
pub(crate) fn segment_at(jpeg: &[u8], at: usize) -> Result<Segment, CodecError> {
    let offset = skip_fill(jpeg, at);
    let Some(&[0xff, marker, high, low]) = jpeg.get(offset..offset + 4) else {
        return broken(offset, "no marker segment where one has to be");
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (start, end) = (offset + 4, offset + 2 + length);
    if length < 2 || end > jpeg.len() {
        return broken(offset, "marker segment runs past the end");
    }
    Ok(Segment { marker, start, end })
}

/// The segments from SOI through the first SOS, or the error that ended them.
pub(crate) fn segments(jpeg: &[u8]) -> impl Iterator<Item = Result<Segment, CodecError>> + '_ {
    let first = if jpeg.starts_with(&SOI) { segment_at(jpeg, SOI.len()) } else { broken(0, "no SOI marker") };
    std::iter::successors(Some(first), move |before| match before {
        Ok(segment) if segment.marker != SOS => Some(segment_at(jpeg, segment.end)),
        _ => None,
    })
}

/// Fails unless `jpeg` defines every quantisation table its frame names and
/// every Huffman table its first scan names.
#[cfg(feature = "turbo")]
pub(crate) fn require_own_tables(jpeg: &[u8]) -> Result<(), CodecError> {
    // Bit n of each: quantisation table n; DC table n, and AC table n at bit 16 + n.
    let (mut quantisation, mut huffman) = (0u32, 0u32);
    let (mut frame, mut scan) = (None, None);
    for segment in segments(jpeg) {
        let segment = segment?;
        let (start, payload) = (segment.start, &jpeg[segment.start..segment.end]);
        match segment.marker {
            DQT => {
                let mut at = 0;
                while let Some(&head) = payload.get(at) {
                    quantisation |= 1 << (head & 15);
                    at += if head >> 4 == 0 { 65 } else { 129 };
                }
            }
            DHT => {
                let mut at = 0;
                while let Some(counts) = payload.get(at + 1..at + 17) {
                    huffman |= 1 << (payload[at] & 31);
                    at += 17 + counts.iter().map(|&n| usize::from(n)).sum::<usize>();
                }
            }
            SOS => scan = Some((start, payload)),
            _ if segment.is_frame() => frame = Some((start, payload, segment.marker)),
            _ => {}
        }
    }
    let (Some((frame_at, frame, kind)), Some((scan_at, scan))) = (frame, scan) else {
        return broken(jpeg.len(), "no frame header before the first scan");
    };
    let named = frame.get(6..).unwrap_or_default().chunks_exact(3).map(|component| component[2] & 15);
    if !named.into_iter().all(|table| quantisation & (1 << table) != 0) {
        return broken(frame_at, "frame names a quantisation table that is not in the stream");
    }
    let components = scan.first().map_or(0, |&n| usize::from(n));
    let tables = scan.get(1..1 + 2 * components).unwrap_or_default().chunks_exact(2);
    // A progressive stream begins with a DC scan, which needs no AC tables.
    let progressive = kind == 0xc2;
    // Arithmetic coding (SOF9 to SOF15) has no Huffman tables.
    for table in tables.map(|component| component[1]).filter(|_| kind < 0xc9) {
        let (dc, ac) = (1 << (table >> 4 & 15), 1 << (16 + (table & 15)));
        if huffman & dc == 0 || (!progressive && huffman & ac == 0) {
            return broken(scan_at, "scan names a Huffman table that is not in the stream");
        }
    }
    Ok(())
}
