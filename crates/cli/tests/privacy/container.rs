//! Writes TIFF directories and PNG chunks with whatever they are told to have.

/// Types of TIFF tags.
pub const BYTE: u16 = 1;
pub const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
pub const UNDEFINED: u16 = 7;

/// A little-endian TIFF while it is written.
pub struct TiffWriter {
    bytes: Vec<u8>,
    /// Where the offset of the next directory goes.
    link: usize,
}

/// A tag with its values.
pub struct Field {
    pub tag: u16,
    pub kind: u16,
    pub count: u32,
    pub values: Vec<u8>,
}

impl Field {
    pub fn short(tag: u16, value: u16) -> Self {
        Self { tag, kind: SHORT, count: 1, values: value.to_le_bytes().to_vec() }
    }

    pub fn longs(tag: u16, values: &[u32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { tag, kind: LONG, count: values.len() as u32, values: bytes }
    }

    pub fn text(tag: u16, text: &str) -> Self {
        Self::bytes(tag, ASCII, [text.as_bytes(), b"\0"].concat())
    }

    /// Values of one byte each.
    pub fn bytes(tag: u16, kind: u16, values: Vec<u8>) -> Self {
        Self { tag, kind, count: values.len() as u32, values }
    }

    /// Those of an uncompressed gray picture in one strip, whose samples are at `offset`.
    pub fn of_gray(width: u32, height: u32, offset: u32) -> Vec<Self> {
        vec![
            Self::longs(256, &[width]),
            Self::longs(257, &[height]),
            Self::short(258, 8),
            Self::short(259, 1),
            Self::short(262, 1),
            Self::longs(273, &[offset]),
            Self::short(277, 1),
            Self::longs(278, &[height]),
            Self::longs(279, &[width * height]),
        ]
    }

    /// Three samples of 8 bits.
    pub fn bits_of_rgb() -> Self {
        let values = [8u16; 3].iter().flat_map(|bits| bits.to_le_bytes()).collect();
        Self { tag: 258, kind: SHORT, count: 3, values }
    }
}

impl TiffWriter {
    pub fn new() -> Self {
        Self { bytes: b"II*\0\0\0\0\0".to_vec(), link: 4 }
    }

    /// Appends data and returns their offset.
    pub fn append(&mut self, data: &[u8]) -> u32 {
        if self.bytes.len() % 2 == 1 {
            self.bytes.push(0);
        }
        let offset = self.bytes.len() as u32;
        self.bytes.extend(data);
        offset
    }

    /// Appends a directory.
    pub fn directory(&mut self, mut fields: Vec<Field>) {
        fields.sort_by_key(|field| field.tag);
        let mut body = (fields.len() as u16).to_le_bytes().to_vec();
        for Field { tag, kind, count, values } in &fields {
            let mut value = values.clone();
            if value.len() > 4 {
                value = self.append(values).to_le_bytes().to_vec();
            }
            value.resize(4, 0);
            body.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            body.extend(count.to_le_bytes());
            body.extend(value);
        }
        body.extend([0; 4]);
        let start = self.append(&body);
        self.bytes[self.link..][..4].copy_from_slice(&start.to_le_bytes());
        self.link = start as usize + body.len() - 4;
    }

    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// `png` with a chunk after its header.
pub fn with_png_chunk(png: &[u8], name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    // Signature, length, name, 13 bytes, checksum.
    const HEADER: usize = 8 + 4 + 4 + 13 + 4;
    let checked = [&name[..], data].concat();
    let len = (data.len() as u32).to_be_bytes();
    [&png[..HEADER], &len, &checked, &crc32(&checked).to_be_bytes(), &png[HEADER..]].concat()
}

/// The checksum of PNG, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[test]
fn the_checksum_is_that_of_the_standard() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}
