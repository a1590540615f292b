//! The list of a pack's sections, at the end of the file.

use crate::fields::{check_crc, check_field, supported, u32_at, u64_at};
use crate::header::{BLOBS_END_AT, HEADER_LEN, Header};
use crate::index::block::MAX_ENTRY_LEN;
use crate::index::{RECORD_LEN as BLOCK_RECORD_LEN, block_count};
use crate::level::RECORD_LEN as LEVEL_LEN;
use crate::metadata::MAX_COMPRESSED;
use crate::tables::MAX_TABLES;
use crate::{PackProblem, Storage};
use origami_pyramid::Pyramid;
use std::ops::{Range, RangeInclusive};

pub(crate) const RECORD_LEN: usize = 32;
const MANDATORY: u32 = 1;
/// Kinds of sections that readers may skip, most of them reserved.
const OPTIONAL: RangeInclusive<u32> = 16..=21;
/// The kind of sections that sign the content hash, which therefore does not cover them.
const SIGNATURE: u32 = 20;

/// The sections that every pack has once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectionKind {
    Levels = 1,
    Tables,
    Index,
    Blocks,
    Metadata,
}

impl SectionKind {
    /// In the order in which they are written.
    pub const ALL: [Self; 5] = [Self::Levels, Self::Tables, Self::Index, Self::Blocks, Self::Metadata];

    fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u32 == code)
    }

    /// What errors call the section.
    pub fn name(self) -> &'static str {
        match self {
            Self::Levels => "levels section",
            Self::Tables => "tables section",
            Self::Index => "index section",
            Self::Blocks => "blocks section",
            Self::Metadata => "metadata section",
        }
    }

    /// What errors call the number of such sections.
    fn count_name(self) -> &'static str {
        match self {
            Self::Levels => "number of levels sections",
            Self::Tables => "number of tables sections",
            Self::Index => "number of index sections",
            Self::Blocks => "number of blocks sections",
            Self::Metadata => "number of metadata sections",
        }
    }

    /// Valid lengths of the section in bytes.
    fn lengths(self, pyramid: &Pyramid) -> RangeInclusive<u64> {
        let levels = u64::from(pyramid.level_count()) * LEVEL_LEN as u64;
        let tiles = pyramid.tile_count();
        let blocks = block_count(tiles) * BLOCK_RECORD_LEN as u64;
        match self {
            Self::Levels => levels..=levels,
            Self::Tables => 4..=MAX_TABLES,
            Self::Index => tiles..=tiles * MAX_ENTRY_LEN,
            Self::Blocks => blocks..=blocks,
            Self::Metadata => 8..=MAX_COMPRESSED,
        }
    }
}

/// The sections that some packs have and that readers may skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionalKind {
    Image = 17,
    Description = 21,
}

/// The directory's record of one section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    kind: u32,
    flags: u32,
    /// Its bytes in the file.
    pub range: Range<u64>,
    pub crc: u32,
}

impl Section {
    /// The record of a section with these `bytes` at `offset`.
    pub fn new(kind: SectionKind, offset: u64, bytes: &[u8]) -> Self {
        let crc = crc32fast::hash(bytes);
        Self { kind: kind as u32, flags: MANDATORY, range: offset..offset + bytes.len() as u64, crc }
    }

    /// The record of an index in these bytes of the file. Its blocks have checksums.
    pub fn index(range: Range<u64>) -> Self {
        Self { kind: SectionKind::Index as u32, flags: MANDATORY, range, crc: 0 }
    }

    /// The record of a section with these `bytes` at `offset`, which readers may skip.
    pub fn optional(kind: OptionalKind, offset: u64, bytes: &[u8]) -> Self {
        let crc = crc32fast::hash(bytes);
        Self { kind: kind as u32, flags: 0, range: offset..offset + bytes.len() as u64, crc }
    }

    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut out = [0; RECORD_LEN];
        out[..4].copy_from_slice(&self.kind.to_le_bytes());
        out[4..8].copy_from_slice(&self.flags.to_le_bytes());
        out[8..16].copy_from_slice(&self.range.start.to_le_bytes());
        out[16..24].copy_from_slice(&self.len().to_le_bytes());
        out[24..28].copy_from_slice(&self.crc.to_le_bytes());
        out
    }

    pub fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Whether it is of this kind.
    pub fn is(&self, kind: OptionalKind) -> bool {
        self.kind == kind as u32
    }

    /// Whether the content hash leaves out its bytes.
    pub fn is_signature(&self) -> bool {
        self.kind == SIGNATURE
    }

    /// Whether opening a pack skips it.
    pub fn is_skipped(&self) -> bool {
        SectionKind::from_code(self.kind).is_none()
    }

    /// Reads and checks the record at `offset` of the file. The section has to begin
    /// where `space` begins, and to end in it.
    fn read(bytes: &[u8], offset: u64, space: &Range<u64>, pyramid: &Pyramid) -> Result<Self, PackProblem> {
        let (kind, flags) = (u32_at(bytes, 0), u32_at(bytes, 4));
        let (start, len, crc) = (u64_at(bytes, 8), u64_at(bytes, 16), u32_at(bytes, 24));
        let known = SectionKind::from_code(kind);
        let expected_flags = match known {
            Some(_) => MANDATORY,
            None if OPTIONAL.contains(&kind) => 0,
            None => flags & MANDATORY,
        };
        check_field("flags of a section", offset + 4, expected_flags, flags)?;
        supported("mandatory section", offset, kind, (known.is_some() || flags == 0).then_some(()))?;
        check_field("reserved word of a section", offset + 28, 0u64, u32_at(bytes, 28))?;
        check_field("offset of a section", offset + 8, space.start, start)?;
        let lengths = known.map_or(0..=u64::MAX, |kind| kind.lengths(pyramid));
        check_field("length of a section", offset + 16, len.clamp(*lengths.start(), *lengths.end()), len)?;
        check_field("length of a section", offset + 16, len.min(space.end - space.start), len)?;
        if known == Some(SectionKind::Index) || kind == SIGNATURE {
            check_field("checksum word of a section without one", offset + 24, 0u64, crc)?;
        }
        Ok(Self { kind, flags, range: start..start + len, crc })
    }
}

/// All sections, in file order.
#[derive(Clone, Debug)]
pub(crate) struct SectionDirectory {
    sections: Vec<Section>,
}

impl SectionDirectory {
    /// Reads and checks the directory of a pack with this header.
    pub fn read(storage: &dyn Storage, header: &Header) -> Result<Self, PackProblem> {
        let len = usize::from(header.sections) * RECORD_LEN;
        let at = header.file_len.checked_sub(len as u64).filter(|&at| at >= HEADER_LEN as u64);
        let Some(at) = at else {
            let expected = (HEADER_LEN + len) as u64;
            return Err(PackProblem::Length { expected, found: header.file_len });
        };
        let mut bytes = vec![0; len];
        storage.read_at(at, &mut bytes)?;
        check_crc("directory", at, &bytes, header.directory_crc)?;
        let first = header.blobs_end.clamp(HEADER_LEN as u64, at);
        check_field("end of the blobs", BLOBS_END_AT as u64, first, header.blobs_end)?;
        let mut space = first..at;
        let mut sections = Vec::with_capacity(usize::from(header.sections));
        for (record, offset) in bytes.as_chunks::<RECORD_LEN>().0.iter().zip((at..).step_by(RECORD_LEN)) {
            let section = Section::read(record, offset, &space, &header.pyramid)?;
            space.start = section.range.end;
            sections.push(section);
        }
        for kind in SectionKind::ALL {
            let count = sections.iter().filter(|section| section.kind == kind as u32).count();
            check_field(kind.count_name(), at, 1u64, count as u64)?;
        }
        check_field("end of the last section", at, at, space.start)?;
        Ok(Self { sections })
    }

    /// The section of a kind that every pack has.
    pub fn section(&self, kind: SectionKind) -> &Section {
        let section = self.sections.iter().find(|section| section.kind == kind as u32);
        section.expect("a directory that was checked has all of these")
    }

    /// The sections of a kind that packs may have, in file order.
    pub fn optional(&self, kind: OptionalKind) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(move |section| section.is(kind))
    }

    /// All sections, in file order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }
}
