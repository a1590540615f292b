//! Finds the marker segments of a JPEG.

use crate::CodecError;
use crate::error::{malformed, unsupported};

/// A marker for temporary use in arithmetic coding, which stands alone.
const TEM: u8 = 0x01;
pub(crate) const SOI: [u8; 2] = [0xff, 0xd8];
pub(crate) const EOI: [u8; 2] = [0xff, 0xd9];
/// Frame header of baseline JPEG.
pub(crate) const SOF0: u8 = 0xc0;
/// Frame header of extended sequential JPEG.
pub(crate) const SOF1: u8 = 0xc1;
/// Frame header of progressive JPEG.
pub(crate) const SOF2: u8 = 0xc2;
pub(crate) const DHT: u8 = 0xc4;
/// Conditioning of arithmetic coding.
pub(crate) const DAC: u8 = 0xcc;
pub(crate) const SOS: u8 = 0xda;
pub(crate) const DQT: u8 = 0xdb;
pub(crate) const DRI: u8 = 0xdd;
/// The segment that JFIF uses.
pub(crate) const APP0: u8 = 0xe0;
/// The segment that Adobe uses.
pub(crate) const APP14: u8 = 0xee;
/// An Adobe APP14 segment that says "three components, no transform": RGB.
pub(crate) const ADOBE_RGB: [u8; 16] = adobe(0);

/// An Adobe APP14 segment with this transform: 0 none, 1 YCbCr, 2 YCCK.
pub(crate) const fn adobe(transform: u8) -> [u8; 16] {
    [0xff, APP14, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, transform]
}

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
        is_frame(self.marker)
    }

    /// Fails if this segment says that the stream is lossless or hierarchical JPEG, which
    /// have little in common with the others: lossless frames, for example, name no
    /// quantisation tables.
    pub fn require_supported_mode(self) -> Result<(), CodecError> {
        match self.marker {
            0xc3 | 0xc7 | 0xcb | 0xcf => unsupported("lossless JPEG coding"),
            // Frames that refine another, and the DHP and EXP segments.
            0xc5 | 0xc6 | 0xcd | 0xce | 0xde | 0xdf => unsupported("hierarchical JPEG coding"),
            _ => Ok(()),
        }
    }

    /// Whether this is an application's own segment (APPn) or a comment (COM).
    pub fn is_foreign(self) -> bool {
        is_foreign(self.marker)
    }

    /// The segment's payload in `jpeg`, the stream it was found in.
    pub fn payload(self, jpeg: &[u8]) -> &[u8] {
        &jpeg[self.start..self.end]
    }
}

/// Whether a marker is that of a frame header (SOF0 to SOF15 without DHT, JPG and DAC).
pub(crate) fn is_frame(marker: u8) -> bool {
    (SOF0..=0xcf).contains(&marker) && !matches!(marker, DHT | 0xc8 | DAC)
}

/// Whether a marker is that of an application's own segment (APPn) or a comment (COM).
fn is_foreign(marker: u8) -> bool {
    matches!(marker, APP0..=0xef | 0xfe)
}

/// Skips from `offset` to the last of a run of 0xff bytes: any number of them
/// may precede a marker.
pub(crate) fn skip_fill(jpeg: &[u8], mut offset: usize) -> usize {
    while jpeg.get(offset..offset + 2) == Some(&[0xff, 0xff]) {
        offset += 1;
    }
    offset
}

/// Whether any of the eight bytes is 0xff.
#[inline(always)]
pub(crate) fn has_ff(bytes: u64) -> bool {
    let zero = !bytes;
    zero.wrapping_sub(0x0101_0101_0101_0101) & bytes & 0x8080_8080_8080_8080 != 0
}

/// The offset of the end of entropy-coded bytes from `offset` on: that of the
/// first 0xff that is not followed by 0, or the length of the stream.
pub(crate) fn end_of_bits(jpeg: &[u8], mut offset: usize) -> usize {
    loop {
        while let Some(next) = jpeg.get(offset..).and_then(|rest| rest.first_chunk())
            && !has_ff(u64::from_be_bytes(*next))
        {
            offset += 8;
        }
        match jpeg.get(offset..) {
            Some([0xff, 0, ..]) => offset += 2,
            Some([0xff, ..]) => return offset,
            Some([_, ..]) => offset += 1,
            _ => return jpeg.len(),
        }
    }
}

/// The offset of the first marker from `offset` on, which is a 0xff followed by
/// neither 0 nor 0xff. Anything before it is passed over, as libjpeg does. `None`
/// if there is no marker.
fn find_marker(jpeg: &[u8], mut offset: usize) -> Option<usize> {
    loop {
        offset = skip_fill(jpeg, end_of_bits(jpeg, offset));
        match jpeg.get(offset + 1) {
            Some(0) => offset += 2,
            Some(_) => return Some(offset),
            None => return None,
        }
    }
}

/// The offset of the first marker from `offset` on that begins a segment, or is SOI or
/// EOI. Passed over as well, as libjpeg does, are restart markers and TEM, which have no
/// place between segments, and segments of applications whose length is below its own
/// two bytes. `None` if there is no such marker.
pub(crate) fn find_segment(jpeg: &[u8], mut offset: usize) -> Option<usize> {
    loop {
        let marker = find_marker(jpeg, offset)?;
        let empty = matches!(jpeg[marker + 1..], [code, 0, 0 | 1, ..] if is_foreign(code));
        if !empty && !lone_marker_at(jpeg, marker) {
            return Some(marker);
        }
        offset = marker + 2;
    }
}

/// Whether there is a marker at `offset` after which a scan goes on: a restart marker or
/// TEM, which stand alone.
pub(crate) fn lone_marker_at(jpeg: &[u8], offset: usize) -> bool {
    restart_at(jpeg, offset).is_some() || jpeg.get(offset..offset + 2) == Some(&[0xff, TEM])
}

/// The number of the restart marker at `offset`, 0 to 7, if there is one.
pub(crate) fn restart_at(jpeg: &[u8], offset: usize) -> Option<u8> {
    match jpeg.get(offset..offset + 2) {
        Some(&[0xff, code @ 0xd0..=0xd7]) => Some(code & 7),
        _ => None,
    }
}

/// The offset of the end of a scan whose entropy-coded bytes begin at `offset`: of the
/// first marker that is neither a restart marker nor TEM, or the fill bytes before it.
pub(crate) fn end_of_scan(jpeg: &[u8], mut offset: usize) -> usize {
    loop {
        let end = end_of_bits(jpeg, offset);
        let marker = skip_fill(jpeg, end);
        if !lone_marker_at(jpeg, marker) {
            return end;
        }
        offset = marker + 2;
    }
}

/// The segment that begins at `offset` or after the fill bytes there.
pub(crate) fn segment_at(jpeg: &[u8], offset: usize) -> Result<Segment, CodecError> {
    let offset = skip_fill(jpeg, offset);
    let segment = match jpeg.get(offset..offset + 4) {
        // These stand alone: TEM, restart markers, SOI and EOI.
        Some(&[0xff, TEM | 0xd0..=0xd9, ..]) => None,
        Some(&[0xff, marker, high, low]) => Some((marker, u16::from_be_bytes([high, low]))),
        _ => None,
    };
    let Some((marker, length)) = segment else {
        return malformed(offset, "no marker segment where one has to be");
    };
    let (start, end) = (offset + 4, offset + 2 + usize::from(length));
    if end < start {
        return malformed(offset, "marker segment of a length below 2");
    }
    if end > jpeg.len() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_behind_anything() {
        for (bytes, expected) in [
            (&b"\xff\xd9"[..], Some(0)),
            (b"\0\0\0\xff\xd9", Some(3)),
            (b"text\xff\0text\xff\xff\xff\xdb", Some(12)),
            (b"\xff\xff\0\xff\xd0", Some(3)),
            (b"0123456789\xff\x01", Some(10)),
            (b"\0\xff", None),
            (b"\0\xff\xff\xff", None),
            (b"\xff\0", None),
            (b"", None),
        ] {
            assert_eq!(find_marker(bytes, 0), expected, "{bytes:?}");
        }
    }

    #[test]
    fn segments_are_found_behind_markers_without_any() {
        for (bytes, expected) in [
            (&b"\xff\xdb\0\x02"[..], Some(0)),
            (b"\xff\xd0\xff\x01\xff\xd7\xff\xdb", Some(6)),
            (b"\xff\xe5\0\0\xff\xfe\0\x01\xff\xdb", Some(8)),
            (b"\xff\xd3\xff\xd9", Some(2)),
            (b"\xff\xd3\xff\xd8", Some(2)),
            (b"\xff\xe5\0\x02\xff\xdb", Some(0)),
            (b"\xff\xe5\0", Some(0)),
            (b"\xff\xdb\0\0", Some(0)),
            (b"\xff\xd3", None),
        ] {
            assert_eq!(find_segment(bytes, 0), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_segment_is_refused_for_the_right_reason() {
        for (bytes, expected) in [
            (&b"\xff\xd3\0\x02"[..], "no marker segment where one has to be"),
            (b"\xff\x01\0\x02", "no marker segment where one has to be"),
            (b"\xff\xd8\0\x02", "no marker segment where one has to be"),
            (b"\xff\xd9\0\x02", "no marker segment where one has to be"),
            (b"\xff\xdb\0", "no marker segment where one has to be"),
            (b"text", "no marker segment where one has to be"),
            (b"\xff\xdb\0\x01", "of a length below 2"),
            (b"\xff\xdb\0\x03", "runs past the end"),
        ] {
            let error = segment_at(bytes, 0).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{bytes:x?}: {error}");
        }
    }

    #[test]
    fn bits_end_at_the_first_byte_of_a_marker_or_of_the_fill_before_it() {
        assert_eq!(end_of_bits(b"0123456789\xff\0a\xff\xff\xd9", 0), 13);
        assert_eq!(end_of_bits(b"0123456\xff\0", 0), 9);
        assert_eq!(end_of_bits(b"0123456\xff", 0), 7);
    }
}
