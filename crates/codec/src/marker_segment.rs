//! The marker segments before the first scan of a JPEG, for who looks for a few of them.

use crate::markers::{APP14, SOI, SOS, Segment, find_segment, is_frame, segment_at};

/// A marker segment with what it contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkerSegment<'a> {
    /// The code of its marker, the byte after 0xff.
    pub marker: u8,
    /// What follows the two bytes of its length.
    pub payload: &'a [u8],
}

impl MarkerSegment<'_> {
    /// Whether this is a frame header (SOF0 to SOF15 without DHT, JPG and DAC).
    #[must_use]
    pub fn is_frame(self) -> bool {
        is_frame(self.marker)
    }

    /// The transform of an Adobe marker (0 none, 1 YCbCr, 2 YCCK); `None` if this is
    /// none. As for libjpeg it takes 12 bytes to be one.
    #[must_use]
    pub fn adobe_transform(self) -> Option<u8> {
        let adobe = self.marker == APP14 && self.payload.starts_with(b"Adobe");
        self.payload.get(11).copied().filter(|_| adobe)
    }
}

impl Segment {
    /// The segment with its payload in `jpeg`, the stream it was found in.
    pub fn content(self, jpeg: &[u8]) -> MarkerSegment<'_> {
        MarkerSegment { marker: self.marker, payload: self.payload(jpeg) }
    }
}

/// The segments of `jpeg` between SOI, with which it has to start, and the first SOS:
/// those before EOI and the first that is malformed. Bytes between them are passed over.
///
/// # Examples
/// ```
/// use origami_codec::{Coefficients, Colour, TileHeader, marker_segments};
/// use origami_pyramid::Subsampling;
///
/// let header = TileHeader::new(&[[16; 64]; 3], Subsampling::Gray, Colour::Gray)?;
/// let jpeg = header.jpeg(&Coefficients::zeros(header.frame(8, 8).expect("a valid size")))?;
///
/// let markers: Vec<u8> = marker_segments(&jpeg).map(|segment| segment.marker).collect();
/// assert_eq!(markers, [0xe0, 0xdb, 0xc0, 0xc4, 0xc4]);
/// # Ok::<(), origami_codec::CodecError>(())
/// ```
pub fn marker_segments(jpeg: &[u8]) -> impl Iterator<Item = MarkerSegment<'_>> {
    let mut offset = SOI.len();
    std::iter::from_fn(move || {
        let marker = find_segment(jpeg, offset)?;
        let segment = segment_at(jpeg, marker).ok().filter(|segment| segment.marker != SOS)?;
        offset = segment.end;
        Some(segment.content(jpeg))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(jpeg: &[u8]) -> Vec<(u8, &[u8])> {
        marker_segments(jpeg).map(|segment| (segment.marker, segment.payload)).collect()
    }

    #[test]
    fn segments_end_at_the_first_scan_the_end_or_a_malformed_one() {
        let comment: (u8, &[u8]) = (0xfe, b"a");
        for rest in
            [&b"\xff\xda\0\x02\xff\xfe\0\x03b"[..], b"\xff\xd9\xff\xfe\0\x03b", b"\xff\xdb\0\x01", b""]
        {
            let jpeg = [&b"\xff\xd8\xff\xfe\0\x03a"[..], rest].concat();
            assert_eq!(found(&jpeg), [comment], "{rest:x?}");
            let untidy = [&b"\xff\xd8text\xff\x01\xff\xd3\xff\xff\xff\xfe\0\x03a"[..], rest].concat();
            assert_eq!(found(&untidy), [comment], "{rest:x?}");
        }
        assert!(found(b"").is_empty() && found(b"\xff\xd8\xff").is_empty());
    }

    #[test]
    fn an_adobe_marker_has_twelve_bytes() {
        for (marker, payload, expected) in [
            (0xee, &b"Adobe\0\x64\0\0\0\0\x02"[..], Some(2)),
            (0xee, b"Adobe\0\x64\0\0\0\0\x01more", Some(1)),
            (0xee, b"Adobe\0\x64\0\0\0\0", None),
            (0xee, b"Adobe", None),
            (0xee, &[0; 12], None),
            (0xed, b"Adobe\0\x64\0\0\0\0\x02", None),
        ] {
            assert_eq!(MarkerSegment { marker, payload }.adobe_transform(), expected, "{payload:x?}");
        }
    }
}
