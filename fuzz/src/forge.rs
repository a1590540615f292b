//! Packs taken apart, and put together with every checksum right, after
//! `crates/pack/FORMAT.md`.

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

/// The fields of a pack without the ones that follow from others.
#[derive(Clone)]
pub struct Parts {
    header: Vec<u8>,
    blobs: Vec<u8>,
    /// In file order.
    sections: Vec<Section>,
}

/// A section, and what the directory says of it but for what follows.
#[derive(Clone)]
struct Section {
    kind: u32,
    flags: u32,
    bytes: Vec<u8>,
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
    /// The section of a pack that has this record.
    fn of(record: &[u8], pack: &[u8]) -> Option<Self> {
        let start = u64_at(record, 8) as usize;
        let bytes = pack.get(start..start.checked_add(u64_at(record, 16) as usize)?)?.to_vec();
        Some(Self { kind: u32_at(record, 0), flags: u32_at(record, 4), bytes })
    }

    /// Its record if it begins at `offset`.
    fn record(&self, offset: usize) -> [u8; RECORD] {
        let without = [INDEX, SIGNATURE].contains(&self.kind);
        let crc = if without { 0 } else { crc32fast::hash(&self.bytes) };
        let mut record = [0; RECORD];
        put(&mut record, 0, &self.kind.to_le_bytes());
        put(&mut record, 4, &self.flags.to_le_bytes());
        put(&mut record, 8, &(offset as u64).to_le_bytes());
        put(&mut record, 16, &(self.bytes.len() as u64).to_le_bytes());
        put(&mut record, 24, &crc.to_le_bytes());
        record
    }
}

impl Parts {
    /// Takes a pack apart, good or not. `None` if its sections are not in it.
    pub fn of(pack: &[u8]) -> Option<Self> {
        let header = pack.get(..HEADER)?;
        let count = usize::from(u16::from_le_bytes([header[34], header[35]]));
        let directory = &pack[pack.len().checked_sub(RECORD * count)?..];
        let (mut sections, mut room) = (Vec::new(), pack.len());
        for record in directory.chunks_exact(RECORD) {
            let section = Section::of(record, pack)?;
            // Sections that lie over one another could take any memory.
            room = room.checked_sub(section.bytes.len())?;
            sections.push(section);
        }
        let blobs = pack.get(HEADER..u64_at(header, 48) as usize)?.to_vec();
        Some(Self { header: header.to_vec(), blobs, sections })
    }

    /// The bytes of the first section of a kind; none if there is no such one.
    fn section(&self, kind: u32) -> &[u8] {
        self.sections
            .iter()
            .find(|section| section.kind == kind)
            .map_or(&[][..], |section| &section.bytes[..])
    }

    fn section_mut(&mut self, kind: u32) -> Option<&mut Vec<u8>> {
        self.sections.iter_mut().find(|section| section.kind == kind).map(|section| &mut section.bytes)
    }

    /// Number of the entry of each blob, and where its bytes are among all.
    fn blobs(&self) -> Vec<(usize, Range<usize>)> {
        let entries = self.section(INDEX).chunks_exact(ENTRY).enumerate();
        let blob = |(number, entry): (usize, &[u8])| {
            let start = ((u64_at(entry, 0) & 0xffff_ffff_ffff) as usize).checked_sub(HEADER)?;
            let range = start..start.checked_add(u32_at(entry, 8) as usize)?;
            let good = entry[6] == 0 && !range.is_empty() && range.end <= self.blobs.len();
            good.then_some((number, range))
        };
        entries.filter_map(blob).collect()
    }

    /// The pack, with all that follows from the rest made right.
    pub fn build(mut self) -> Vec<u8> {
        for (number, range) in self.blobs() {
            let crc = crc32fast::hash(&self.blobs[range]);
            let index = self.section_mut(INDEX).expect("where blobs are told of");
            put(index, ENTRY * number + 12, &crc.to_le_bytes());
        }
        let blocks = self.section(INDEX).chunks(BLOCK);
        let right = blocks.flat_map(|block| crc32fast::hash(block).to_le_bytes()).collect();
        if let Some(sums) = self.section_mut(SUMS) {
            *sums = right;
        }
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
        put(&mut pack, 56, &[0; 32]);
        put(&mut pack, 124, &[0; 4]);
        hasher.update(&directory).update(&pack[..HEADER]);
        put(&mut pack, 56, hasher.finalize().as_bytes());
        let crc = crc32fast::hash(&pack[..124]);
        put(&mut pack, 124, &crc.to_le_bytes());
        pack
    }
}
