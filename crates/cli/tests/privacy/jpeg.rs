//! JPEGs with secrets in all segments that may have some.

use crate::secrets::{secret, utf16};
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

const DQT: u8 = 0xdb;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
const COM: u8 = 0xfe;
const APP1: u8 = 0xe1;
const APP13: u8 = 0xed;

/// A part of the test picture as a JPEG.
pub fn encode(x: u32, y: u32, side: u32, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(&pixels(x, y, side, side), side, side, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// A part of the test picture, which is nowhere of one colour.
pub fn pixels(left: u32, top: u32, width: u32, height: u32) -> Vec<u8> {
    let rows = top..top + height;
    let colours = rows.flat_map(|y| (left..left + width).map(move |x| [x * 3 + y, y * 2 + x / 3, x ^ y]));
    colours.flatten().map(|sample| (60 + sample % 150) as u8).collect()
}

/// A segment of a JPEG.
fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker][..], &len, payload].concat()
}

/// Exif without any entry, followed by a secret in both encodings.
pub fn exif(place: &str) -> Vec<u8> {
    let text = secret(place);
    [&b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"[..], text.as_bytes(), &utf16(&text)].concat()
}

/// Comments, Exif and Photoshop's resources.
fn planted() -> Vec<u8> {
    let resources = [&b"Photoshop 3.0\08BIM\x04\x04\0\0"[..], secret("resource").as_bytes()].concat();
    let parts = [(COM, secret("comment").into_bytes()), (APP1, exif("exif")), (APP13, resources)];
    parts.iter().flat_map(|(marker, payload)| segment(*marker, payload)).collect()
}

/// A complete JPEG with secrets.
pub fn with_secrets(jpeg: &[u8]) -> Vec<u8> {
    [&jpeg[..2], &planted(), &jpeg[2..]].concat()
}

/// A JPEG whose tables may be taken out.
pub struct Split {
    /// The tables as a stream of their own, with secrets.
    pub tables: Vec<u8>,
    /// The rest, with secrets.
    pub rest: Vec<u8>,
}

impl Split {
    pub fn new(jpeg: &[u8]) -> Self {
        let (mut tables, mut rest) = (vec![0xff, 0xd8], vec![0xff, 0xd8]);
        tables.extend(segment(COM, secret("tablecomment").as_bytes()));
        tables.extend(segment(APP1, &exif("tableexif")));
        rest.extend(planted());
        let mut at = 2;
        loop {
            let (marker, len) = (jpeg[at + 1], usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])));
            let part = &jpeg[at..at + 2 + len];
            at += 2 + len;
            match marker {
                DQT | DHT => tables.extend(part),
                // The tag says what the samples are.
                0xe0..=0xef => {}
                _ => rest.extend(part),
            }
            if marker == SOS {
                break;
            }
        }
        rest.extend(&jpeg[at..]);
        tables.extend([0xff, 0xd9]);
        Self { tables, rest }
    }
}
