//! Reads the chunks of PNG and WebP files that are about the whole picture.

use crate::source::scale::{Density, METRE};
use ::image::ImageFormat;
use origami_pack::Storage;

/// Maximum number of bytes of a chunk that is read here.
const MAX_CHUNK: u64 = 16 << 20;

/// What the chunks say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// The TIFF structure of the EXIF metadata.
    pub exif: Option<Vec<u8>>,
    /// The density of a PNG.
    pub density: Option<Density>,
    /// Whether more pictures follow the first.
    pub is_animated: bool,
}

/// A chunk of a file.
struct Chunk {
    kind: [u8; 4],
    /// Offset of its data.
    start: u64,
    /// Bytes of its data.
    len: u64,
}

impl Facts {
    /// Reads the chunks up to the first that is malformed.
    pub fn read(file: &dyn Storage, format: ImageFormat) -> Self {
        let mut facts = Self::default();
        let mut offset = if format == ImageFormat::Png { 8 } else { 12 };
        while let Some(chunk) = Chunk::read(file, format, offset) {
            facts.note(file, &chunk);
            offset = chunk.end(format);
        }
        facts
    }

    fn note(&mut self, file: &dyn Storage, chunk: &Chunk) {
        match &chunk.kind {
            b"eXIf" | b"EXIF" => self.exif = chunk.data(file).map(without_prefix),
            b"pHYs" => self.density = chunk.data(file).and_then(|data| png_density(&data)),
            b"acTL" | b"ANIM" => self.is_animated = true,
            _ => {}
        }
    }
}

impl Chunk {
    /// The chunk at `offset`, if all of it is in the file.
    fn read(file: &dyn Storage, format: ImageFormat, offset: u64) -> Option<Self> {
        let mut header = [0; 8];
        file.read_at(offset, &mut header).ok()?;
        let [a, b, c, d, e, f, g, h] = header;
        let (kind, len) = if format == ImageFormat::Png {
            ([e, f, g, h], u32::from_be_bytes([a, b, c, d]))
        } else {
            ([a, b, c, d], u32::from_le_bytes([e, f, g, h]))
        };
        let chunk = Self { kind, start: offset + 8, len: len.into() };
        (chunk.start + chunk.len <= file.len()).then_some(chunk)
    }

    /// Offset of the next chunk: a checksum follows in PNG, padding in WebP.
    fn end(&self, format: ImageFormat) -> u64 {
        self.start + if format == ImageFormat::Png { self.len + 4 } else { self.len.next_multiple_of(2) }
    }

    fn data(&self, file: &dyn Storage) -> Option<Vec<u8>> {
        let mut data = vec![0; usize::try_from(self.len).ok().filter(|_| self.len <= MAX_CHUNK)?];
        file.read_at(self.start, &mut data).ok()?;
        Some(data)
    }
}

/// EXIF metadata without what some programs copy from a JPEG's segment with them.
fn without_prefix(exif: Vec<u8>) -> Vec<u8> {
    exif.strip_prefix(b"Exif\0\0").map(<[u8]>::to_vec).unwrap_or(exif)
}

/// The density that `pHYs` gives. Without a unit its numbers are only the shape of a
/// pixel.
fn png_density(data: &[u8]) -> Option<Density> {
    let &[a, b, c, d, e, f, g, h, unit] = data else { return None };
    let [x, y] = [[a, b, c, d], [e, f, g, h]].map(|bytes| u32::from_be_bytes(bytes).into());
    Some(Density { x, y, unit: (unit == 1).then_some(METRE) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pack::MemoryStorage;

    fn png(chunks: &[(&[u8; 4], &[u8])]) -> MemoryStorage {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, data) in chunks {
            bytes.extend((data.len() as u32).to_be_bytes());
            bytes.extend(*kind);
            bytes.extend(*data);
            bytes.extend([0; 4]);
        }
        MemoryStorage::new(bytes)
    }

    #[test]
    fn a_png_gives_its_density_and_metadata_that_stand_after_the_pixels() {
        let density = [[0, 0x3d, 0x09, 0], [0, 0x1e, 0x84, 0x80]].concat();
        let chunks: [(&[u8; 4], &[u8]); 4] = [
            (b"acTL", &[0; 8]),
            (b"pHYs", &[&density[..], &[1]].concat()),
            (b"IDAT", &[7; 100]),
            (b"eXIf", b"Exif\0\0II*\0"),
        ];
        let facts = Facts::read(&png(&chunks), ImageFormat::Png);
        let density = Density { x: 4_000_000.0, y: 2_000_000.0, unit: Some(METRE) };
        assert_eq!(facts, Facts { exif: Some(b"II*\0".to_vec()), density: Some(density), is_animated: true });
    }

    #[test]
    fn odd_chunks_of_a_webp_are_padded() {
        let bytes = b"RIFF\0\0\0\0WEBPVP8X\x01\0\0\0\0\0EXIF\x04\0\0\0MM\0*".to_vec();
        let facts = Facts::read(&MemoryStorage::new(bytes), ImageFormat::WebP);
        assert_eq!(facts, Facts { exif: Some(b"MM\0*".to_vec()), ..Facts::default() });
    }

    #[test]
    fn a_chunk_that_claims_more_than_the_file_has_is_not_read() {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.extend(*b"\xff\xff\xff\xffeXIf");
        assert_eq!(Facts::read(&MemoryStorage::new(bytes), ImageFormat::Png), Facts::default());
    }
}
