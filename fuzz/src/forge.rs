//! Splits packs into parts and builds packs with correct checksums from them,
//! following `crates/pack/FORMAT.md`.

mod change;

use blake3::Hasher;
use std::ops::Range;

const HEADER: usize = 128;
/// Bytes of the directory for each section.
const RECORD: usize = 32;
const LEVEL: usize = 32;
const ENTRY: usize = 16;
const BLOCK: usize = 4096;

const LEVELS: u32 = 1;
const TABLES: u32 = 2;
const INDEX: u32 = 3;
const SUMS: u32 = 4;
const METADATA: u32 = 5;
const SIGNATURE: u32 = 20;

/// The contents of a pack. [`Self::build`] computes the fields that depend on
/// others.
#[derive(Clone)]
pub struct PackParts {
    header: Vec<u8>,
    blobs: Vec<u8>,
    /// In file order.
    sections: Vec<Section>,
}

/// A section, with the fields of its directory record that do not depend on
/// others.
#[derive(Clone)]
struct Section {
    kind: u32,
    flags: u32,
    bytes: Vec<u8>,
}

/// A blob and its index entry.
#[derive(Clone)]
struct BlobLocation {
    /// Number of the entry.
    entry: usize,
    /// Where the blob is in [`PackParts::blobs`].
    range: Range<usize>,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

impl Section {
    /// The section of `pack` with this directory record. `None` if it is not
    /// within the pack.
    fn read(record: &[u8], pack: &[u8]) -> Option<Self> {
        let start = u64_at(record, 8) as usize;
        let bytes = pack.get(start..start.checked_add(u64_at(record, 16) as usize)?)?.to_vec();
        Some(Self { kind: u32_at(record, 0), flags: u32_at(record, 4), bytes })
    }

    /// Its directory record if it begins at `offset`.
    fn record(&self, offset: usize) -> [u8; RECORD] {
        let has_crc = ![INDEX, SIGNATURE].contains(&self.kind);
        let crc = if has_crc { crc32fast::hash(&self.bytes) } else { 0 };
        let mut record = [0; RECORD];
        put(&mut record, 0, &self.kind.to_le_bytes());
        put(&mut record, 4, &self.flags.to_le_bytes());
        put(&mut record, 8, &(offset as u64).to_le_bytes());
        put(&mut record, 16, &(self.bytes.len() as u64).to_le_bytes());
        put(&mut record, 24, &crc.to_le_bytes());
        record
    }
}

impl BlobLocation {
    /// The blob of index entry number `entry`, whose bytes are `bytes`. `None` if
    /// the entry has no blob within the `len` bytes of all blobs.
    fn read(entry: usize, bytes: &[u8], len: usize) -> Option<Self> {
        let start = ((u64_at(bytes, 0) & 0xffff_ffff_ffff) as usize).checked_sub(HEADER)?;
        let range = start..start.checked_add(u32_at(bytes, 8) as usize)?;
        let valid = bytes[6] == 0 && !range.is_empty() && range.end <= len;
        valid.then_some(Self { entry, range })
    }
}

impl PackParts {
    /// Splits a pack, valid or not. `None` if its sections are not within it.
    pub fn split(pack: &[u8]) -> Option<Self> {
        let header = pack.get(..HEADER)?;
        let count = usize::from(u16::from_le_bytes([header[34], header[35]]));
        let directory = &pack[pack.len().checked_sub(RECORD * count)?..];
        let (mut sections, mut available) = (Vec::new(), pack.len());
        for record in directory.chunks_exact(RECORD) {
            let section = Section::read(record, pack)?;
            // Overlapping sections could take any amount of memory.
            available = available.checked_sub(section.bytes.len())?;
            sections.push(section);
        }
        let blobs = pack.get(HEADER..u64_at(header, 48) as usize)?.to_vec();
        Some(Self { header: header.to_vec(), blobs, sections })
    }

    /// The bytes of the first section of a kind; empty if there is none.
    fn section(&self, kind: u32) -> &[u8] {
        self.sections
            .iter()
            .find(|section| section.kind == kind)
            .map_or(&[][..], |section| &section.bytes[..])
    }

    fn section_mut(&mut self, kind: u32) -> Option<&mut Vec<u8>> {
        self.sections.iter_mut().find(|section| section.kind == kind).map(|section| &mut section.bytes)
    }

    /// All blobs that the index refers to.
    fn blob_locations(&self) -> Vec<BlobLocation> {
        self.section(INDEX)
            .chunks_exact(ENTRY)
            .enumerate()
            .filter_map(|(number, entry)| BlobLocation::read(number, entry, self.blobs.len()))
            .collect()
    }

    /// Builds the pack, with all dependent fields correct.
    pub fn build(mut self) -> Vec<u8> {
        self.update_blob_checksums();
        self.update_block_checksums();
        let mut pack = [&self.header[..], &self.blobs].concat();
        let blobs_end = pack.len() as u64;
        let mut hasher = Hasher::new();
        hasher.update(&self.blobs);
        let mut directory = Vec::new();
        for section in &self.sections {
            directory.extend(section.record(pack.len()));
            pack.extend_from_slice(&section.bytes);
            if section.kind != SIGNATURE {
                hasher.update(&section.bytes);
            }
        }
        pack.extend_from_slice(&directory);
        let len = pack.len() as u64;
        put(&mut pack, 34, &(self.sections.len() as u16).to_le_bytes());
        put(&mut pack, 36, &crc32fast::hash(&directory).to_le_bytes());
        put(&mut pack, 40, &len.to_le_bytes());
        put(&mut pack, 48, &blobs_end.to_le_bytes());
        // The content hash covers the header without itself and the header's CRC.
        put(&mut pack, 56, &[0; 32]);
        put(&mut pack, 124, &[0; 4]);
        hasher.update(&directory).update(&pack[..HEADER]);
        put(&mut pack, 56, hasher.finalize().as_bytes());
        let crc = crc32fast::hash(&pack[..124]);
        put(&mut pack, 124, &crc.to_le_bytes());
        pack
    }

    /// Sets the CRC of every blob in its index entry.
    fn update_blob_checksums(&mut self) {
        for BlobLocation { entry, range } in self.blob_locations() {
            let crc = crc32fast::hash(&self.blobs[range]);
            let index = self.section_mut(INDEX).expect("the index that refers to the blob");
            put(index, ENTRY * entry + 12, &crc.to_le_bytes());
        }
    }

    /// Sets the CRCs of the index blocks.
    fn update_block_checksums(&mut self) {
        let blocks = self.section(INDEX).chunks(BLOCK);
        let sums = blocks.flat_map(|block| crc32fast::hash(block).to_le_bytes()).collect();
        if let Some(section) = self.section_mut(SUMS) {
            *section = sums;
        }
    }
}
