//! The first 128 bytes of a pack.

use crate::fields::{field, known, length, u16_at, u32_at, u64_at};
use crate::{ContentHash, PackProblem};
use origami_pyramid::{Pyramid, Size, Subsampling};
use std::ops::Range;

pub(crate) const HEADER_LEN: usize = 128;
/// The version that is read and written.
pub(crate) const VERSION: u32 = 2;
/// A level or parent that is none.
pub(crate) const NO_LEVEL: u8 = 255;
pub(crate) const CONTENT_HASH_AT: usize = 56;

const MAGIC: [u8; 8] = *b"\x89ORIGAMI";
const FLAGS_AT: usize = 12;
const SIZE_AT: usize = 16;
const SUBSAMPLING_AT: usize = 32;
pub(crate) const CHROMA_LEVEL_AT: usize = 33;
const SECTIONS_AT: usize = 34;
const DIRECTORY_CRC_AT: usize = 36;
const FILE_LEN_AT: usize = 40;
pub(crate) const BLOBS_END_AT: usize = 48;
const RESERVED: Range<usize> = 88..CRC_AT;
const CRC_AT: usize = HEADER_LEN - 4;

/// Most sections, so that the directory stays small.
pub(crate) const MAX_SECTIONS: u16 = 64;
/// Sections that every pack has.
pub(crate) const MIN_SECTIONS: u16 = 5;

/// What the header says.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub pyramid: Pyramid,
    pub subsampling: Subsampling,
    /// The number in the file; checked when the levels are known.
    pub chroma_level: u8,
    pub sections: u16,
    pub directory_crc: u32,
    pub file_len: u64,
    pub blobs_end: u64,
    pub content_hash: ContentHash,
}

const SUBSAMPLINGS: [Subsampling; 4] =
    [Subsampling::S444, Subsampling::S422, Subsampling::S420, Subsampling::Gray];

impl Header {
    /// Reads and checks the header of a file of `file_len` bytes. Magic first, so
    /// that another kind of file is called that; version before the checksum, so
    /// that another version may have another header.
    pub fn read(bytes: &[u8], file_len: u64) -> Result<Self, PackProblem> {
        if !bytes.starts_with(&MAGIC) {
            return Err(PackProblem::Magic);
        }
        // The shortest that has a version.
        if bytes.len() < FLAGS_AT {
            length(HEADER_LEN as u64, file_len)?;
        }
        let version = u32_at(bytes, MAGIC.len());
        if version != VERSION {
            return Err(PackProblem::Version { found: version });
        }
        if bytes.len() < HEADER_LEN {
            length(HEADER_LEN as u64, file_len)?;
        }
        PackProblem::unless_checksum("header", 0, &bytes[..CRC_AT], u32_at(bytes, CRC_AT))?;
        let flags = u32_at(bytes, FLAGS_AT);
        known("feature flags", FLAGS_AT as u64, flags, (flags == 0).then_some(()))?;
        for at in RESERVED {
            field("reserved header byte", at as u64, 0u64, bytes[at])?;
        }
        length(u64_at(bytes, FILE_LEN_AT), file_len)?;
        let at = SIZE_AT as u64;
        let [width, height, tile_size, levels] = [0, 4, 8, 12].map(|at| u32_at(bytes, SIZE_AT + at));
        let (size, sides) = (Size::new(width, height), u64::from(width) << 32 | u64::from(height));
        known("width and height", at, sides, Pyramid::new(size, 256))?;
        let pyramid = known("tile size", at + 8, tile_size, Pyramid::new(size, tile_size))?;
        field("number of levels", at + 12, pyramid.level_count(), levels)?;
        let code = bytes[SUBSAMPLING_AT];
        let subsampling = SUBSAMPLINGS.get(usize::from(code)).copied();
        let sections = u16_at(bytes, SECTIONS_AT);
        let allowed = (MIN_SECTIONS..=MAX_SECTIONS).contains(&sections).then_some(());
        known("number of sections", SECTIONS_AT as u64, sections, allowed)?;
        Ok(Self {
            pyramid,
            subsampling: known("subsampling", SUBSAMPLING_AT as u64, code, subsampling)?,
            chroma_level: bytes[CHROMA_LEVEL_AT],
            sections,
            directory_crc: u32_at(bytes, DIRECTORY_CRC_AT),
            file_len,
            blobs_end: u64_at(bytes, BLOBS_END_AT),
            content_hash: ContentHash(bytes[CONTENT_HASH_AT..][..32].try_into().expect("32 bytes")),
        })
    }

    /// The bytes as the content hash takes them: without itself and the checksum.
    pub fn hashed(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(MAGIC.len(), &VERSION.to_le_bytes());
        let size = self.pyramid.size();
        let numbers = [size.width, size.height, self.pyramid.tile_size(), self.pyramid.level_count()];
        put(SIZE_AT, numbers.map(u32::to_le_bytes).as_flattened());
        let subsampling = SUBSAMPLINGS.iter().position(|&s| s == self.subsampling);
        put(SUBSAMPLING_AT, &[subsampling.expect("every subsampling has a code") as u8, self.chroma_level]);
        put(SECTIONS_AT, &self.sections.to_le_bytes());
        put(DIRECTORY_CRC_AT, &self.directory_crc.to_le_bytes());
        put(FILE_LEN_AT, &self.file_len.to_le_bytes());
        put(BLOBS_END_AT, &self.blobs_end.to_le_bytes());
        out
    }

    /// The bytes in the file.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = self.hashed();
        out[CONTENT_HASH_AT..][..32].copy_from_slice(&self.content_hash.0);
        let crc = crc32fast::hash(&out[..CRC_AT]);
        out[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        out
    }
}
