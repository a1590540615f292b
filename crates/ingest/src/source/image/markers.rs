//! Reads the marker segments of a JPEG that are about the whole picture.

use crate::source::scale::{CENTIMETRE, Density, INCH};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

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

/// A marker with what belongs to it.
struct Segment<'a> {
    code: u8,
    body: &'a [u8],
    /// The bytes after it.
    rest: &'a [u8],
}

impl<'a> Markers<'a> {
    /// Reads the segments up to the first that is malformed.
    pub fn read(jpeg: &'a [u8]) -> Self {
        let mut markers = Self::default();
        let mut rest = jpeg;
        while let Some(segment) = Segment::next(rest) {
            markers.note(segment.code, segment.body);
            rest = segment.rest;
        }
        markers
    }

    fn note(&mut self, code: u8, body: &'a [u8]) {
        match code {
            // All frame headers; the codes left out define tables, or are reserved.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if self.frame.is_none() => {
                self.frame = FrameHeader::read(code, body);
            }
            APP0 if body.starts_with(b"JFIF\0") && self.jfif.is_none() => self.jfif = jfif_density(body),
            APP1 if body.starts_with(b"Exif\0") && self.exif.is_none() => self.exif = body.get(6..),
            APP2 if body.starts_with(b"MPF\0") => self.is_first_of_several = true,
            APP14 if body.starts_with(b"Adobe") => self.has_adobe = true,
            _ => {}
        }
    }
}

impl FrameHeader {
    fn read(code: u8, body: &[u8]) -> Option<Self> {
        let &[_precision, h1, h0, w1, w0, planes, ..] = body else { return None };
        Some(Self {
            width: u16::from_be_bytes([w1, w0]).into(),
            height: u16::from_be_bytes([h1, h0]).into(),
            planes: planes.into(),
            is_progressive: matches!(code, 0xc2 | 0xc6 | 0xca | 0xce),
        })
    }
}

impl<'a> Segment<'a> {
    /// The first segment of `bytes`, whatever stands before it; `None` at the end of
    /// the headers.
    fn next(bytes: &'a [u8]) -> Option<Self> {
        let at = bytes.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
        let (code, rest) = (bytes[at + 1], &bytes[at + 2..]);
        match code {
            // Markers without a segment: TEM, restarts, SOI.
            0x01 | 0xd0..=SOI => Some(Self { code, body: &[], rest }),
            EOI | SOS => None,
            _ => {
                let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
                Some(Self { code, body: rest.get(2..length)?, rest: &rest[length..] })
            }
        }
    }
}

/// The density that a JFIF header gives. Without a unit its numbers are only the shape
/// of a pixel.
fn jfif_density(body: &[u8]) -> Option<Density> {
    let &[unit, x1, x0, y1, y0] = body.get(7..12)? else { return None };
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

    /// A JPEG of these segments, without a scan.
    fn jpeg(segments: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0xff, SOI];
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
        assert_eq!(Markers::read(&[0xff, 0xe0, 0, 1, 0xff, 0xc0]).frame, None);
    }
}
