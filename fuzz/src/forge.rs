//! Splits packs into parts and builds packs with correct checksums from them,
//! following `crates/pack/FORMAT.md`.

mod change;
pub mod index;

use blake3::Hasher;
pub use change::change_entries;
use index::{BLOCK, BLOCK_RECORD, BlobEntry, IndexEntry};
use std::ops::Range;

const HEADER: usize = 128;
/// Bytes of the directory for each section.
const RECORD: usize = 32;
const LEVEL: usize = 32;

const LEVELS: u32 = 1;
const TABLES: u32 = 2;
const INDEX: u32 = 3;
const BLOCKS: u32 = 4;
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
    /// The blob of index entry number `entry`. `None` if the entry has no blob within the
    /// `len` bytes of all blobs.
    fn of(entry: usize, index_entry: &IndexEntry, len: usize) -> Option<Self> {
        let IndexEntry::Blob(BlobEntry { start, len: blob_len, .. }) = *index_entry else { return None };
        let start = usize::try_from(start).ok()?.checked_sub(HEADER)?;
        let range = start..start.checked_add(usize::try_from(blob_len).ok()?)?;
        (!range.is_empty() && range.end <= len).then_some(Self { entry, range })
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

    /// The number of planes of its tiles.
    pub fn planes(&self) -> usize {
        if self.header[32] == 3 { 1 } else { 3 }
    }

    /// All entries of the index; `None` if a block cannot be read, or the blocks are not
    /// the index.
    pub fn entries(&self) -> Option<Vec<IndexEntry>> {
        let (mut entries, mut rest) = (Vec::new(), self.section(INDEX));
        for record in self.section(BLOCKS).chunks_exact(BLOCK_RECORD) {
            let (first, len) = index::first_and_len(record);
            let (block, after) = rest.split_at_checked(len)?;
            entries.extend(index::read_block(block, first, self.planes())?);
            rest = after;
        }
        rest.is_empty().then_some(entries)
    }

    /// Replaces the index.
    pub fn set_entries(&mut self, entries: &[IndexEntry]) {
        let (mut bytes, mut records) = (Vec::new(), Vec::new());
        for block in entries.chunks(BLOCK) {
            let (block, first) = index::write_block(block, self.planes());
            records.extend(index::record(&block, first));
            bytes.extend(block);
        }
        for (kind, new) in [(INDEX, bytes), (BLOCKS, records)] {
            if let Some(section) = self.section_mut(kind) {
                *section = new;
            }
        }
    }

    /// Replaces the index by a single block.
    pub fn set_block(&mut self, block: &[u8], first_blob: u64) {
        let record = index::record(block, first_blob);
        for (kind, new) in [(INDEX, block), (BLOCKS, &record[..])] {
            if let Some(section) = self.section_mut(kind) {
                *section = new.to_vec();
            }
        }
    }

    /// All blobs that the index refers to.
    fn blob_locations(&self) -> Vec<BlobLocation> {
        let entries = self.entries().unwrap_or_default();
        let blobs = entries.iter().enumerate();
        blobs.filter_map(|(number, entry)| BlobLocation::of(number, entry, self.blobs.len())).collect()
    }

    /// Builds the pack, with all dependent fields correct.
    pub fn build(mut self) -> Vec<u8> {
        self.update_blob_checksums();
        self.update_blocks();
        self.seal()
    }

    /// The pack of this index and these blobs, with the fields correct that depend on its
    /// sections.
    pub fn seal(&self) -> Vec<u8> {
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
        let Some(mut entries) = self.entries() else { return };
        for BlobLocation { entry, range } in self.blob_locations() {
            if let IndexEntry::Blob(blob) = &mut entries[entry] {
                blob.crc = crc32fast::hash(&self.blobs[range]);
            }
        }
        self.set_entries(&entries);
    }

    /// Lets the last of the index blocks end where the index does, and sets their CRCs.
    fn update_blocks(&mut self) {
        let index = self.section(INDEX).to_vec();
        let Some(section) = self.section_mut(BLOCKS) else { return };
        let records = section.chunks_exact_mut(BLOCK_RECORD);
        let last = records.len().saturating_sub(1);
        let mut rest = &index[..];
        for (number, bytes) in records.enumerate() {
            let (first, len) = index::first_and_len(bytes);
            let len = if number == last { rest.len() } else { len.min(rest.len()) };
            let (block, after) = rest.split_at(len);
            bytes.copy_from_slice(&index::record(block, first));
            rest = after;
        }
    }
}
