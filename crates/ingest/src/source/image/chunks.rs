//! Reads the chunks of PNG and WebP files that are about the whole picture.

use super::raw_profile;
use crate::source::scale::{Density, METRE};
use crate::source::tiff::is_tiff;
use ::image::ImageFormat;
use origami_pack::Storage;

/// Maximum number of bytes of a chunk that is read here.
const MAX_CHUNK: u64 = 16 << 20;
/// The chunk that ends a PNG.
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// What the chunks say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// The TIFF structure of the EXIF metadata.
    pub exif: Option<Vec<u8>>,
    /// The density of a PNG.
    pub density: Option<Density>,
    /// Whether more pictures follow the first.
    pub is_animated: bool,
    /// What a PNG lacks at its end if that is no more than the chunk which says that it
    /// ends; otherwise empty.
    pub missing_end: &'static [u8],
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
        let (mut has_pixels, mut has_end) = (false, false);
        while let Some(chunk) = Chunk::read(file, format, offset) {
            has_pixels |= chunk.kind == *b"IDAT";
            has_end |= chunk.kind == *b"IEND";
            facts.note(file, &chunk);
            offset = chunk.end(format);
        }
        if format == ImageFormat::Png && has_pixels && !has_end {
            facts.missing_end = missing_end(file, offset).unwrap_or_default();
        }
        facts
    }

    fn note(&mut self, file: &dyn Storage, chunk: &Chunk) {
        match &chunk.kind {
            b"eXIf" | b"EXIF" => self.exif = chunk.data(file).map(without_prefix),
            b"pHYs" => self.density = chunk.data(file).and_then(|data| png_density(&data)),
            b"acTL" | b"ANIM" => self.is_animated = true,
            // The chunk for EXIF counts before a text, wherever it is.
            b"tEXt" | b"zTXt" if self.exif.is_none() => self.exif = chunk.exif_text(file),
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

    /// The TIFF structure of EXIF metadata that are written as a text.
    fn exif_text(&self, file: &dyn Storage) -> Option<Vec<u8>> {
        let metadata = raw_profile::metadata(&self.data(file)?, self.kind == *b"zTXt")?;
        Some(without_prefix(metadata)).filter(|exif| is_tiff(exif))
    }
}

/// What a PNG lacks if all that it has from `offset` on is a part of its last chunk, or
/// nothing.
fn missing_end(file: &dyn Storage, offset: u64) -> Option<&'static [u8]> {
    let len = file.len().checked_sub(offset).filter(|&len| len < END.len() as u64)?;
    let mut rest = vec![0; len as usize];
    file.read_at(offset, &mut rest).ok()?;
    END.strip_prefix(rest.as_slice())
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

    fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, data) in chunks {
            bytes.extend((data.len() as u32).to_be_bytes());
            bytes.extend(*kind);
            bytes.extend(*data);
            bytes.extend([0; 4]);
        }
        bytes
    }

    /// What a PNG of these chunks lacks after which the bytes `rest` come.
    fn missing(chunks: &[(&[u8; 4], &[u8])], rest: &[u8]) -> &'static [u8] {
        let file = MemoryStorage::new([&png(chunks), rest].concat());
        Facts::read(&file, ImageFormat::Png).missing_end
    }

    #[test]
    fn a_png_gives_its_density_and_metadata_that_stand_after_the_pixels() {
        let density = [[0, 0x3d, 0x09, 0], [0, 0x1e, 0x84, 0x80]].concat();
        let chunks: [(&[u8; 4], &[u8]); 5] = [
            (b"acTL", &[0; 8]),
            (b"pHYs", &[&density[..], &[1]].concat()),
            (b"IDAT", &[7; 100]),
            (b"eXIf", b"Exif\0\0II*\0"),
            (b"IEND", &[]),
        ];
        let facts = Facts::read(&MemoryStorage::new(png(&chunks)), ImageFormat::Png);
        let density = Density { x: 4_000_000.0, y: 2_000_000.0, unit: Some(METRE) };
        let exif = Some(b"II*\0".to_vec());
        assert_eq!(facts, Facts { exif, density: Some(density), is_animated: true, ..Facts::default() });
    }

    #[test]
    fn only_a_png_that_stops_after_whole_pixels_lacks_its_end() {
        let pixels: &[(&[u8; 4], &[u8])] = &[(b"IDAT", &[7; 9]), (b"tEXt", b"after the pixels")];
        assert_eq!(missing(pixels, b""), END);
        assert_eq!(missing(pixels, &END[..5]), &END[5..]);
        for rest in [END, b"\0\0\0\x01", b"\0\0\0\x09IDAT\x07\x07"] {
            assert_eq!(missing(pixels, rest), b"", "{rest:?}");
        }
        assert_eq!(missing(&[(b"tEXt", b"no pixels")], b""), b"");
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
