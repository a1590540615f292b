//! Packs taken apart, and put together with every checksum right, after
//! `crates/pack/FORMAT.md`.

use crate::Random;
use crate::mutation::{mutate, mutate_jpeg};
use sha2::{Digest, Sha256};

const HEADER: usize = 256;
const SECTIONS: usize = 5;
const LEVELS: usize = 0;
const TABLES: usize = 1;
const INDEX: usize = 2;
const SUMS: usize = 3;
const METADATA: usize = 4;
const LEVEL: usize = 32;
const ENTRY: usize = 16;
const BLOCK: usize = 4096;

/// The fields of a pack without the ones that follow from others.
#[derive(Clone)]
pub struct Parts {
    header: Vec<u8>,
    blobs: Vec<u8>,
    sections: [Vec<u8>; SECTIONS],
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

/// Offset in the header of the record of a section.
fn record(section: usize) -> usize {
    48 + 24 * section
}

impl Parts {
    /// Takes a good pack apart.
    pub fn of(bytes: &[u8]) -> Self {
        let section = |number| {
            let start = u64_at(bytes, record(number)) as usize;
            bytes[start..start + u64_at(bytes, record(number) + 8) as usize].to_vec()
        };
        let sections = [LEVELS, TABLES, INDEX, SUMS, METADATA].map(section);
        let blobs = bytes[HEADER..u64_at(bytes, record(LEVELS)) as usize].to_vec();
        Self { header: bytes[..HEADER].to_vec(), blobs, sections }
    }

    /// Makes one to three changes. Those to blobs are made in place or at the
    /// end, so that entries still find theirs.
    pub fn mutate(&mut self, random: &mut Random, other: &Self) {
        for _ in 0..1 + random.small(3) {
            match random.below(20) {
                0 => self.change_header(random),
                1 => mutate(random, &mut self.sections[METADATA], &other.sections[METADATA]),
                2 | 3 => self.change_level(random, other),
                4..=7 => self.change_table(random, other),
                8..=11 => self.change_entry(random),
                12 => {
                    let section = random.below(SECTIONS);
                    self.sections[section].clone_from(&other.sections[section]);
                }
                _ => self.change_blob(random, other),
            }
        }
    }

    /// Sizes, version and flags.
    fn change_header(&mut self, random: &mut Random) {
        let at = *random.choose(&[8, 12, 16, 20, 24, 28]);
        let old = u32_at(&self.header, at);
        let new = match random.below(3) {
            0 => old.wrapping_add(*random.choose(&[1, 8, u32::MAX, u32::MAX - 7])),
            1 => old ^ 1 << random.below(32),
            _ => *random.choose(&[0, 1, 2, 16, 1024, 1 << 24, u32::MAX]),
        };
        put(&mut self.header, at, &new.to_le_bytes());
    }

    fn change_level(&mut self, random: &mut Random, other: &Self) {
        let levels = &mut self.sections[LEVELS];
        let count = levels.len() / LEVEL;
        if count == 0 || random.one_in(4) {
            return mutate(random, levels, &other.sections[LEVELS]);
        }
        // What does not follow from the geometry: mode, quality, subsampling,
        // tile header, table.
        let z = count - 1 - random.small(count);
        let at = LEVEL * z + 24 + random.below(5);
        levels[at] = if random.one_in(4) { random.byte() } else { random.below(5) as u8 };
    }

    fn change_table(&mut self, random: &mut Random, other: &Self) {
        let (mut own, others) = (self.tables(), other.tables());
        if own.is_empty() || random.one_in(8) {
            return mutate(random, &mut self.sections[TABLES], &other.sections[TABLES]);
        }
        let (at, to) = (random.below(own.len()), random.below(own.len()));
        match random.below(8) {
            0 => own.swap(at, to),
            1 => drop(own.remove(at)),
            2 => own.push(own[at].clone()),
            3 if !others.is_empty() => own[at] = random.choose(&others).clone(),
            4 => own[at].0 = random.below(5) as u32,
            5..=6 if own[at].0 < 3 => {
                mutate_jpeg(random, &mut own[at].1, &others.first().map_or(vec![], |t| t.1.clone()));
            }
            _ => mutate(random, &mut own[at].1, &[]),
        }
        let mut section = (own.len() as u32).to_le_bytes().to_vec();
        for (kind, bytes) in own {
            section.extend(kind.to_le_bytes());
            section.extend((bytes.len() as u32).to_le_bytes());
            section.extend(bytes);
        }
        self.sections[TABLES] = section;
    }

    /// Kind and bytes of each table, as far as they can be told apart.
    fn tables(&self) -> Vec<(u32, Vec<u8>)> {
        let mut tables = Vec::new();
        let mut rest = self.sections[TABLES].get(4..).unwrap_or_default();
        while let Some((head, after)) = rest.split_at_checked(8) {
            let (bytes, next) = after.split_at((u32_at(head, 4) as usize).min(after.len()));
            tables.push((u32_at(head, 0), bytes.to_vec()));
            rest = next;
        }
        tables
    }

    fn change_entry(&mut self, random: &mut Random) {
        let index = &mut self.sections[INDEX];
        let count = index.len() / ENTRY;
        if count == 0 {
            return;
        }
        let (at, from) = (ENTRY * random.below(count), ENTRY * random.below(count));
        match random.below(8) {
            0 => (0..ENTRY).for_each(|i| index.swap(at + i, from + i)),
            1 => index.copy_within(from..from + ENTRY, at),
            2 => index[at + 6] = random.below(5) as u8,
            3 => index[at + 7] = random.below(4) as u8,
            4 => {
                // A constant or blank tile, as good as any.
                let kind = *random.choose(&[1, 3]);
                let mut entry = [0; ENTRY];
                (0..6).for_each(|i| entry[i] = if random.one_in(3) { random.byte() } else { 0 });
                entry[6] = kind;
                put(index, at, &entry);
            }
            5 => {
                let len = u32_at(index, at + 8);
                let len = len.wrapping_add(*random.choose(&[1, 2, 16, u32::MAX, u32::MAX - 1]));
                put(index, at + 8, &len.to_le_bytes());
            }
            6 => {
                let start = u32_at(index, at).wrapping_add(*random.choose(&[1, 2, 16, u32::MAX]));
                put(index, at, &start.to_le_bytes());
            }
            _ => index[at + random.below(ENTRY)] ^= 1 << random.below(8),
        }
    }

    fn change_blob(&mut self, random: &mut Random, other: &Self) {
        let ranges = self.blobs();
        if ranges.is_empty() {
            return;
        }
        let (number, range) = random.choose(&ranges).clone();
        if random.one_in(3) {
            let from = random.byte();
            for _ in 0..1 + random.small(4) {
                let at = range.start + random.below(range.len());
                let values = [self.blobs[at] ^ 1 << random.below(8), from, 0, 0xff, random.byte()];
                self.blobs[at] = *random.choose(&values);
            }
            return;
        }
        let others = other.blobs();
        let mut blob = self.blobs[range].to_vec();
        let other =
            if others.is_empty() { vec![] } else { other.blobs[random.choose(&others).1.clone()].to_vec() };
        if random.one_in(6) && !other.is_empty() {
            blob = other;
        } else {
            mutate(random, &mut blob, &other);
        }
        let entry = &mut self.sections[INDEX][ENTRY * number..][..ENTRY];
        let at = (HEADER + self.blobs.len()) as u64;
        put(entry, 0, &at.to_le_bytes()[..6]);
        put(entry, 8, &(blob.len() as u32).to_le_bytes());
        self.blobs.extend(blob);
    }

    /// Number of the entry of each blob, and where its bytes are among all.
    fn blobs(&self) -> Vec<(usize, std::ops::Range<usize>)> {
        let entries = self.sections[INDEX].chunks_exact(ENTRY).enumerate();
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
            put(&mut self.sections[INDEX], ENTRY * number + 12, &crc.to_le_bytes());
        }
        self.sections[SUMS] = self.sections[INDEX]
            .chunks(BLOCK)
            .flat_map(|block| crc32fast::hash(block).to_le_bytes())
            .collect();
        let mut end = (HEADER + self.blobs.len()) as u64;
        for (number, section) in self.sections.iter().enumerate() {
            let crc = if number == INDEX { 0 } else { crc32fast::hash(section) };
            put(&mut self.header, record(number), &end.to_le_bytes());
            put(&mut self.header, record(number) + 8, &(section.len() as u64).to_le_bytes());
            put(&mut self.header, record(number) + 16, &crc.to_le_bytes());
            end += section.len() as u64;
        }
        put(&mut self.header, 32, &end.to_le_bytes());
        let mut hash = Sha256::new();
        hash.update(&self.header[..32]);
        [LEVELS, TABLES, INDEX].iter().for_each(|&section| hash.update(&self.sections[section]));
        put(&mut self.header, 40, &hash.finalize()[..8]);
        let crc = crc32fast::hash(&self.header[..252]);
        put(&mut self.header, 252, &crc.to_le_bytes());
        [&self.header[..], &self.blobs, &self.sections.concat()].concat()
    }
}
