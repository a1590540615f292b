//! Takes packs apart and puts them together with correct checksums, according to
//! `FORMAT.md` alone: no code is shared with the crate.

mod index;

pub use index::{BLOCK_RECORD, Blob, IndexEntry, SECOND_MODEL, number, signed};

use blake3::Hasher;
use origami_pyramid::{Pyramid, Size, TileId};

/// Numbers of the sections that every pack has, in the order they are written.
pub const LEVELS: usize = 0;
pub const TABLES: usize = 1;
pub const INDEX: usize = 2;
pub const BLOCKS: usize = 3;
pub const METADATA: usize = 4;

pub const HEADER: usize = 128;
const RECORD: usize = 32;

/// A section and the fields of its directory record, without those that follow from
/// its bytes and place.
#[derive(Clone, Debug)]
pub struct Section {
    pub kind: u32,
    pub flags: u32,
    pub bytes: Vec<u8>,
}

/// The parts of a pack, without the fields that follow from others.
#[derive(Clone, Debug)]
pub struct Parts {
    pub header: Vec<u8>,
    pub blobs: Vec<u8>,
    /// The five that every pack has are first. Those of the index and of its blocks are made
    /// of the entries.
    pub sections: Vec<Section>,
    /// The index, tile by tile.
    pub entries: Vec<IndexEntry>,
}

pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

pub fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Offset of the directory.
pub fn directory(bytes: &[u8]) -> usize {
    bytes.len() - RECORD * usize::from(u16::from_le_bytes([bytes[34], bytes[35]]))
}

/// Offset of the directory record of a section.
pub fn record(bytes: &[u8], section: usize) -> usize {
    directory(bytes) + RECORD * section
}

/// The bytes of a section in a pack.
pub fn range(bytes: &[u8], section: usize) -> std::ops::Range<usize> {
    let record = record(bytes, section);
    let start = u64_at(bytes, record + 8) as usize;
    start..start + u64_at(bytes, record + 16) as usize
}

/// Corrects the checksums of the header and the directory, and the content hash.
pub fn seal(bytes: &mut [u8]) {
    let crc = crc32fast::hash(&bytes[directory(bytes)..]);
    put(bytes, 36, &crc.to_le_bytes());
    put(bytes, 56, &[0; 32]);
    put(bytes, 124, &[0; 4]);
    let mut hash = Hasher::new();
    hash.update(&bytes[HEADER..]).update(&bytes[..HEADER]);
    put(bytes, 56, hash.finalize().as_bytes());
    seal_header(bytes);
}

/// Corrects the checksum of the header.
pub fn seal_header(bytes: &mut [u8]) {
    let crc = crc32fast::hash(&bytes[..124]);
    put(bytes, 124, &crc.to_le_bytes());
}

/// Corrects a section's checksum and everything that depends on it.
pub fn seal_section(bytes: &mut [u8], section: usize) {
    let crc = crc32fast::hash(&bytes[range(bytes, section)]);
    let record = record(bytes, section);
    put(bytes, record + 24, &crc.to_le_bytes());
    seal(bytes);
}

/// Corrects the checksums of the index blocks, which have the lengths of their records, and
/// everything that depends on them.
pub fn seal_blocks(bytes: &mut [u8]) {
    let mut start = range(bytes, INDEX).start;
    for record in range(bytes, BLOCKS).step_by(BLOCK_RECORD) {
        let end = start + usize::from(u16::from_le_bytes([bytes[record + 6], bytes[record + 7]]));
        let crc = crc32fast::hash(&bytes[start..end]);
        put(bytes, record + 8, &crc.to_le_bytes());
        start = end;
    }
    seal_section(bytes, BLOCKS);
}

/// The text of a metadata section.
pub fn inflated(section: &[u8]) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec_zlib(section).unwrap()
}

/// The metadata section with this text.
pub fn deflated(text: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(text, 9)
}

impl Section {
    /// Section `number` of a pack.
    fn of(pack: &[u8], number: usize) -> Self {
        let record = record(pack, number);
        let (kind, flags) = (u32_at(pack, record), u32_at(pack, record + 4));
        Self { kind, flags, bytes: pack[range(pack, number)].to_vec() }
    }
}

impl Parts {
    pub fn of(bytes: &[u8]) -> Self {
        let blobs = bytes[HEADER..range(bytes, LEVELS).start].to_vec();
        let count = (bytes.len() - directory(bytes)) / RECORD;
        let sections = (0..count).map(|number| Section::of(bytes, number)).collect();
        let planes = if bytes[32] == 3 { 1 } else { 3 };
        let entries = index::split(&bytes[range(bytes, INDEX)], &bytes[range(bytes, BLOCKS)], planes);
        Self { header: bytes[..HEADER].to_vec(), blobs, sections, entries }
    }

    /// The bytes of a section.
    pub fn section(&mut self, section: usize) -> &mut Vec<u8> {
        let kind = section as u32 + 1;
        &mut self.sections.iter_mut().find(|section| section.kind == kind).expect("the section").bytes
    }

    /// The record of level `z`.
    pub fn level(&mut self, z: u32) -> &mut [u8] {
        &mut self.section(LEVELS)[32 * z as usize..][..32]
    }

    /// The index entry of a tile.
    pub fn entry(&mut self, id: TileId) -> &mut IndexEntry {
        let [width, height, tile] = [16, 20, 24].map(|at| u32_at(&self.header, at));
        let pyramid = Pyramid::new(Size::new(width, height), tile).unwrap();
        let first = u64_at(self.level(id.z), 16);
        let number = first + u64::from(id.y * pyramid.grid(id.z).unwrap().columns + id.x);
        &mut self.entries[number as usize]
    }

    /// The bytes of a tile.
    pub fn blob(&mut self, id: TileId) -> &mut [u8] {
        let Blob { start, len, .. } = *self.entry(id).blob();
        &mut self.blobs[start as usize - HEADER..][..len as usize]
    }

    /// Gives a tile other bytes, after those of all others, with a correct checksum.
    /// Its flags do not change.
    pub fn set_blob(&mut self, id: TileId, bytes: &[u8]) {
        let at = (HEADER + self.blobs.len()) as u64;
        self.blobs.extend_from_slice(bytes);
        let blob = self.entry(id).blob();
        (blob.start, blob.len, blob.crc) = (at, bytes.len() as u64, crc32fast::hash(bytes));
    }

    /// Adds a section after all others.
    pub fn add(&mut self, kind: u32, flags: u32, bytes: &[u8]) {
        self.sections.push(Section { kind, flags, bytes: bytes.to_vec() });
    }

    /// Computes the dependent fields, for sections that begin at `at`: returns the
    /// header without the content hash, and everything after the blobs.
    pub fn seal(&mut self, at: u64) -> (Vec<u8>, Vec<u8>) {
        (*self.section(INDEX), *self.section(BLOCKS)) = index::join(&self.entries);
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for section in &self.sections {
            let crc = if matches!(section.kind, 3 | 20) { 0 } else { crc32fast::hash(&section.bytes) };
            directory.extend(section.kind.to_le_bytes());
            directory.extend(section.flags.to_le_bytes());
            directory.extend((at + bytes.len() as u64).to_le_bytes());
            directory.extend((section.bytes.len() as u64).to_le_bytes());
            directory.extend(u64::from(crc).to_le_bytes());
            bytes.extend_from_slice(&section.bytes);
        }
        let mut header = self.header.clone();
        put(&mut header, 34, &(self.sections.len() as u16).to_le_bytes());
        put(&mut header, 36, &crc32fast::hash(&directory).to_le_bytes());
        put(&mut header, 48, &at.to_le_bytes());
        bytes.extend(directory);
        put(&mut header, 40, &(at + bytes.len() as u64).to_le_bytes());
        put(&mut header, 56, &[0; 32]);
        put(&mut header, 124, &[0; 4]);
        (header, bytes)
    }

    /// The whole pack.
    pub fn build(mut self) -> Vec<u8> {
        let at = HEADER + self.blobs.len();
        let (mut header, rest) = self.seal(at as u64);
        let mut hash = Hasher::new();
        hash.update(&self.blobs);
        let mut remaining = &rest[..];
        for section in &self.sections {
            let bytes;
            (bytes, remaining) = remaining.split_at(section.bytes.len());
            if section.kind != 20 {
                hash.update(bytes);
            }
        }
        hash.update(remaining).update(&header);
        put(&mut header, 56, hash.finalize().as_bytes());
        seal_header(&mut header);
        [header, self.blobs, rest].concat()
    }
}
