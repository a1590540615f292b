//! Taking packs apart and putting them together with every checksum right,
//! from `FORMAT.md` alone: nothing here is shared with the crate.

use origami_pyramid::{Pyramid, TileId};
use sha2::{Digest, Sha256};

pub const LEVELS: usize = 0;
pub const TABLES: usize = 1;
pub const INDEX: usize = 2;
pub const SUMS: usize = 3;
pub const METADATA: usize = 4;

/// The fields of a pack without the ones that follow from others.
#[derive(Clone, Debug)]
pub struct Parts {
    pub header: Vec<u8>,
    pub blobs: Vec<u8>,
    pub sections: [Vec<u8>; 5],
}

/// Offset in the header of the record of a section.
pub fn record(section: usize) -> usize {
    48 + 24 * section
}

pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

pub fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Where a section lies in a pack.
pub fn range(bytes: &[u8], section: usize) -> std::ops::Range<usize> {
    let start = u64_at(bytes, record(section)) as usize;
    start..start + u64_at(bytes, record(section) + 8) as usize
}

/// Makes the header's checksum right.
pub fn seal(bytes: &mut [u8]) {
    let crc = crc32fast::hash(&bytes[..252]);
    put(bytes, 252, &crc.to_le_bytes());
}

/// Makes a section's checksum right, and the header's.
pub fn seal_section(bytes: &mut [u8], section: usize) {
    let crc = crc32fast::hash(&bytes[range(bytes, section)]);
    put(bytes, record(section) + 16, &crc.to_le_bytes());
    seal(bytes);
}

impl Parts {
    pub fn of(bytes: &[u8]) -> Self {
        let blobs = bytes[256..range(bytes, LEVELS).start].to_vec();
        let sections = [0, 1, 2, 3, 4].map(|section| bytes[range(bytes, section)].to_vec());
        Self { header: bytes[..256].to_vec(), blobs, sections }
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.header[at..at + 4].try_into().unwrap())
    }

    /// The record of level `z`.
    pub fn level(&mut self, z: u32) -> &mut [u8] {
        &mut self.sections[LEVELS][32 * z as usize..][..32]
    }

    /// The index entry of a tile.
    pub fn entry(&mut self, id: TileId) -> &mut [u8] {
        let pyramid = Pyramid::new(self.u32(16), self.u32(20), self.u32(24)).unwrap();
        let (columns, _) = pyramid.grid(id.z).unwrap();
        let first = u64_at(self.level(id.z), 16);
        let number = first + u64::from(id.y * columns + id.x);
        &mut self.sections[INDEX][16 * number as usize..][..16]
    }

    /// The bytes of a tile.
    pub fn blob(&mut self, id: TileId) -> &mut [u8] {
        let entry = self.entry(id).to_vec();
        assert_eq!(entry[6], 0, "tile {id} has no blob");
        let start = (u64_at(&entry, 0) & 0xffff_ffff_ffff) as usize - 256;
        let len = u32::from_le_bytes(entry[8..12].try_into().unwrap()) as usize;
        &mut self.blobs[start..start + len]
    }

    /// Gives a tile other bytes, behind all others, with a good checksum. Its
    /// flags stay.
    pub fn set_blob(&mut self, id: TileId, bytes: &[u8]) {
        let at = 256 + self.blobs.len() as u64;
        self.blobs.extend_from_slice(bytes);
        let entry = self.entry(id);
        put(entry, 0, &at.to_le_bytes()[..7]);
        put(entry, 8, &(bytes.len() as u32).to_le_bytes());
        put(entry, 12, &crc32fast::hash(bytes).to_le_bytes());
    }

    /// Computes what follows from the rest for sections that begin at `at`:
    /// the header, and the sections' bytes.
    pub fn seal(&mut self, at: u64) -> (Vec<u8>, Vec<u8>) {
        self.sections[SUMS] = self.sections[INDEX]
            .chunks(4096)
            .flat_map(|block| crc32fast::hash(block).to_le_bytes())
            .collect();
        let mut header = self.header.clone();
        let mut end = at;
        for (number, section) in self.sections.iter().enumerate() {
            let crc = if number == INDEX { 0 } else { crc32fast::hash(section) };
            put(&mut header, record(number), &end.to_le_bytes());
            put(&mut header, record(number) + 8, &(section.len() as u64).to_le_bytes());
            put(&mut header, record(number) + 16, &crc.to_le_bytes());
            end += section.len() as u64;
        }
        put(&mut header, 32, &end.to_le_bytes());
        let mut hash = Sha256::new();
        hash.update(&header[..32]);
        for section in [LEVELS, TABLES, INDEX] {
            hash.update(&self.sections[section]);
        }
        put(&mut header, 40, &hash.finalize()[..8]);
        seal(&mut header);
        (header, self.sections.concat())
    }

    /// The whole pack.
    pub fn build(mut self) -> Vec<u8> {
        let (header, rest) = self.seal(256 + self.blobs.len() as u64);
        [header, self.blobs, rest].concat()
    }
}
