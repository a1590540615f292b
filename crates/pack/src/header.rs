//! The header of a pack: its first 128 bytes.

use crate::fields::{check_crc, check_field, check_length, supported, u16_at, u32_at, u64_at};
use crate::{ContentHash, PackProblem};
use origami_pyramid::{Pyramid, Size, Subsampling};
use std::ops::Range;

pub(crate) const HEADER_LEN: usize = 128;
/// The version that is read and written.
pub(crate) const VERSION: u32 = 3;
/// Stands for the number of a level where there is none.
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

/// Maximum number of sections, which keeps the directory small.
pub(crate) const MAX_SECTIONS: u16 = 64;
/// Number of sections that every pack has.
pub(crate) const MIN_SECTIONS: u16 = 5;

/// The fields of the header.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub pyramid: Pyramid,
    pub subsampling: Subsampling,
    /// The number in the file; checked when the levels have been read.
    pub chroma_level: u8,
    pub sections: u16,
    pub directory_crc: u32,
    pub file_len: u64,
    pub blobs_end: u64,
    pub content_hash: ContentHash,
}

/// In the order of their codes.
const SUBSAMPLINGS: [Subsampling; 4] =
    [Subsampling::S444, Subsampling::S422, Subsampling::S420, Subsampling::Gray];

impl Header {
    /// Reads and checks the header of a file of `file_len` bytes, of which `bytes`
    /// are the first, at most 128.
    pub fn read(bytes: &[u8], file_len: u64) -> Result<Self, PackProblem> {
        check_version(bytes, file_len)?;
        check_crc("header", 0, &bytes[..CRC_AT], u32_at(bytes, CRC_AT))?;
        let flags = u32_at(bytes, FLAGS_AT);
        supported("feature flags", FLAGS_AT as u64, flags, (flags == 0).then_some(()))?;
        for at in RESERVED {
            check_field("reserved header byte", at as u64, 0u64, bytes[at])?;
        }
        check_length(u64_at(bytes, FILE_LEN_AT), file_len)?;
        let pyramid = read_pyramid(bytes)?;
        let subsampling = bytes[SUBSAMPLING_AT];
        let sections = u16_at(bytes, SECTIONS_AT);
        let in_range = (MIN_SECTIONS..=MAX_SECTIONS).contains(&sections);
        supported("number of sections", SECTIONS_AT as u64, sections, in_range.then_some(()))?;
        Ok(Self {
            pyramid,
            subsampling: supported(
                "subsampling",
                SUBSAMPLING_AT as u64,
                subsampling,
                SUBSAMPLINGS.get(usize::from(subsampling)).copied(),
            )?,
            chroma_level: bytes[CHROMA_LEVEL_AT],
            sections,
            directory_crc: u32_at(bytes, DIRECTORY_CRC_AT),
            file_len,
            blobs_end: u64_at(bytes, BLOBS_END_AT),
            content_hash: ContentHash(bytes[CONTENT_HASH_AT..][..32].try_into().expect("32 bytes")),
        })
    }

    /// The bytes that the content hash covers: without the hash itself and the checksum.
    pub fn hashed_bytes(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        put(&mut out, 0, &MAGIC);
        put(&mut out, MAGIC.len(), &VERSION.to_le_bytes());
        let size = self.pyramid.size();
        let numbers = [size.width, size.height, self.pyramid.tile_size(), self.pyramid.level_count()];
        put(&mut out, SIZE_AT, numbers.map(u32::to_le_bytes).as_flattened());
        let subsampling = SUBSAMPLINGS.iter().position(|&subsampling| subsampling == self.subsampling);
        out[SUBSAMPLING_AT] = subsampling.expect("every subsampling has a code") as u8;
        out[CHROMA_LEVEL_AT] = self.chroma_level;
        put(&mut out, SECTIONS_AT, &self.sections.to_le_bytes());
        put(&mut out, DIRECTORY_CRC_AT, &self.directory_crc.to_le_bytes());
        put(&mut out, FILE_LEN_AT, &self.file_len.to_le_bytes());
        put(&mut out, BLOBS_END_AT, &self.blobs_end.to_le_bytes());
        out
    }

    /// The bytes in the file.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = self.hashed_bytes();
        put(&mut out, CONTENT_HASH_AT, &self.content_hash.0);
        let crc = crc32fast::hash(&out[..CRC_AT]);
        put(&mut out, CRC_AT, &crc.to_le_bytes());
        out
    }
}

fn put(out: &mut [u8; HEADER_LEN], at: usize, bytes: &[u8]) {
    out[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Fails unless `bytes` are a whole header of this version. Checks the magic first,
/// so that a file of another kind is reported as one, and the version before anything
/// else, because the header of another version may be different.
fn check_version(bytes: &[u8], file_len: u64) -> Result<(), PackProblem> {
    if !bytes.starts_with(&MAGIC) {
        return Err(PackProblem::Magic);
    }
    // The version ends where the flags begin.
    if bytes.len() < FLAGS_AT {
        check_length(HEADER_LEN as u64, file_len)?;
    }
    let version = u32_at(bytes, MAGIC.len());
    if version != VERSION {
        return Err(PackProblem::Version { found: version });
    }
    if bytes.len() < HEADER_LEN {
        check_length(HEADER_LEN as u64, file_len)?;
    }
    Ok(())
}

/// Reads and checks the size, tile size and number of levels.
fn read_pyramid(bytes: &[u8]) -> Result<Pyramid, PackProblem> {
    let at = SIZE_AT as u64;
    let [width, height, tile_size, levels] = [0, 4, 8, 12].map(|at| u32_at(bytes, SIZE_AT + at));
    let (size, sides) = (Size::new(width, height), u64::from(width) << 32 | u64::from(height));
    // A good tile size, so that only the sides can be at fault.
    supported("width and height", at, sides, Pyramid::new(size, 256))?;
    let pyramid = supported("tile size", at + 8, tile_size, Pyramid::new(size, tile_size))?;
    check_field("number of levels", at + 12, pyramid.level_count(), levels)?;
    Ok(pyramid)
}
