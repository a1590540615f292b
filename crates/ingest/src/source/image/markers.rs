//! Reads the marker segments of a JPEG that are about the whole picture.

use crate::source::scale::{CENTIMETRE, Density, INCH};
use origami_codec::{MarkerSegment, marker_segments};

const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;

/// What the segments before the first scan say.
#[derive(Default)]
pub(super) struct Markers<'a> {
    /// The first frame header.
    pub frame: Option<FrameHeader>,
    /// The TIFF structure of the EXIF metadata.
    pub exif: Option<&'a [u8]>,
    /// The density of a JFIF header.
    pub jfif: Option<Density>,
    /// Whether there is an Adobe marker, with which inks are stored inverted.
    pub has_adobe: bool,
    /// Whether further pictures follow in the file (MPO).
    pub is_first_of_several: bool,
}

/// What a frame header claims.
#[derive(Debug, PartialEq)]
pub(super) struct FrameHeader {
    pub width: u64,
    pub height: u64,
    pub planes: u64,
    pub is_progressive: bool,
}

impl<'a> Markers<'a> {
    /// Reads the segments up to the first that is malformed.
    pub fn read(jpeg: &'a [u8]) -> Self {
        let mut markers = Self::default();
        for segment in marker_segments(jpeg) {
            markers.note(segment);
        }
        markers
    }

    fn note(&mut self, segment: MarkerSegment<'a>) {
        let MarkerSegment { marker, payload } = segment;
        self.has_adobe |= segment.adobe_transform().is_some();
        match marker {
            _ if segment.is_frame() && self.frame.is_none() => {
                self.frame = FrameHeader::read(marker, payload);
            }
            APP0 if payload.starts_with(b"JFIF\0") && self.jfif.is_none() => {
                self.jfif = jfif_density(payload);
            }
            APP1 if payload.starts_with(b"Exif\0") && self.exif.is_none() => self.exif = payload.get(6..),
            APP2 if payload.starts_with(b"MPF\0") => self.is_first_of_several = true,
            _ => {}
        }
    }
}

impl FrameHeader {
    fn read(marker: u8, payload: &[u8]) -> Option<Self> {
        let &[_precision, h1, h0, w1, w0, planes, ..] = payload else { return None };
        Some(Self {
            width: u16::from_be_bytes([w1, w0]).into(),
            height: u16::from_be_bytes([h1, h0]).into(),
            planes: planes.into(),
            is_progressive: matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce),
        })
    }
}

/// The density that a JFIF header gives. Without a unit its numbers are only the shape
/// of a pixel.
fn jfif_density(payload: &[u8]) -> Option<Density> {
    let &[unit, x1, x0, y1, y0] = payload.get(7..12)? else { return None };
    let unit = match unit {
        1 => Some(INCH),
        2 => Some(CENTIMETRE),
        _ => None,
    };
    let [x, y] = [[x1, x0], [y1, y0]].map(|bytes| u16::from_be_bytes(bytes).into());
    Some(Density { x, y, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP14: u8 = 0xee;

    /// A JPEG of these segments, without a scan.
    fn jpeg(segments: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8];
        for (code, body) in segments {
            bytes.extend([0xff, *code]);
            bytes.extend((body.len() as u16 + 2).to_be_bytes());
            bytes.extend(*body);
        }
        bytes
    }

    #[test]
    fn the_headers_of_a_picture_are_found_in_any_order() {
        let bytes = jpeg(&[
            (APP14, b"Adobe\0\x64\0\0\0\0\0"),
            (APP1, b"Exif\0\0II*\0"),
            (APP2, b"MPF\0"),
            (0xc4, &[0; 4]),
            (0xc2, &[8, 1, 44, 2, 0, 3, 0, 0, 0]),
            (APP0, b"JFIF\0\x01\x02\x02\x9c\x40\x4e\x20\0\0"),
        ]);
        let markers = Markers::read(&bytes);
        let frame = FrameHeader { width: 512, height: 300, planes: 3, is_progressive: true };
        assert_eq!(markers.frame, Some(frame));
        assert_eq!(markers.exif, Some(&b"II*\0"[..]));
        let density = Density { x: 40_000.0, y: 20_000.0, unit: Some(CENTIMETRE) };
        assert_eq!(markers.jfif, Some(density));
        assert!(markers.has_adobe && markers.is_first_of_several);
    }

    #[test]
    fn bytes_between_the_segments_are_passed_over() {
        let mut bytes = jpeg(&[(APP2, b"none of ours")]);
        bytes.extend([0, 0, 0xff, 0xff, 0xff]);
        bytes.extend(&jpeg(&[(0xc0, &[8, 0, 9, 0, 7, 1, 0, 0, 0])])[3..]);
        let frame = FrameHeader { width: 7, height: 9, planes: 1, is_progressive: false };
        assert_eq!(Markers::read(&bytes).frame, Some(frame));
    }

    #[test]
    fn every_cut_through_the_headers_ends_without_a_panic() {
        let bytes =
            jpeg(&[(APP0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0"), (0xc0, &[8, 0, 9, 0, 7, 1, 0, 0, 0])]);
        for length in 0..bytes.len() {
            assert_eq!(Markers::read(&bytes[..length]).frame, None, "{length}");
        }
        assert_eq!(Markers::read(&[0xff, 0xd8, 0xff, 0xdb, 0, 1, 0xff, 0xc0]).frame, None);
    }
}
