//! Changes to packs that leave all checksums right.

use super::{ENTRY, HEADER, INDEX, LEVEL, LEVELS, METADATA, Parts, Section, TABLES, put, u32_at};
use crate::mutation::{mutate, mutate_jpeg};
use crate::{Bytewise, Random};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

/// More than the text of metadata may take.
const MAX_TEXT: usize = 128 << 10;

impl Parts {
    /// Makes one to three changes. Those to blobs are made in place or at the
    /// end, so that entries still find theirs.
    pub fn mutate(&mut self, random: &mut Random, other: &Self) {
        for _ in 0..1 + random.small(3) {
            match random.below(20) {
                0 => self.change_header(random),
                1 => self.change_metadata(random, other),
                2 | 3 => self.change_level(random, other),
                4..=7 => self.change_table(random, other),
                8..=11 => self.change_entry(random),
                12 => self.change_directory(random, other),
                _ => self.change_blob(random, other),
            }
        }
    }

    /// Has `bytewise` change a section or, in place, a blob.
    pub fn mutate_bytewise(&mut self, random: &mut Random, bytewise: Bytewise) {
        let blobs = self.blobs();
        if blobs.is_empty() || random.one_in(2) {
            let kind = *random.choose(&[LEVELS, TABLES, INDEX, METADATA]);
            let Some(section) = self.section_mut(kind) else { return };
            return if kind == METADATA { change_text(section, bytewise) } else { bytewise(section) };
        }
        let range = random.choose(&blobs).1.clone();
        let mut blob = self.blobs[range.clone()].to_vec();
        bytewise(&mut blob);
        blob.resize(range.len(), 0);
        self.blobs[range].copy_from_slice(&blob);
    }

    /// Sizes, version and flags; subsampling and chroma level.
    fn change_header(&mut self, random: &mut Random) {
        if random.one_in(4) {
            self.header[32 + random.below(2)] = *random.choose(&[0, 1, 2, 3, 4, 5, 6, 255]);
            return;
        }
        let at = *random.choose(&[8, 12, 16, 20, 24, 28]);
        let old = u32_at(&self.header, at);
        let new = match random.below(3) {
            0 => old.wrapping_add(*random.choose(&[1, 8, u32::MAX, u32::MAX - 7])),
            1 => old ^ 1 << random.below(32),
            _ => *random.choose(&[0, 1, 2, 16, 1024, 1 << 24, u32::MAX]),
        };
        put(&mut self.header, at, &new.to_le_bytes());
    }

    fn change_metadata(&mut self, random: &mut Random, other: &Self) {
        let Some(section) = self.section_mut(METADATA) else { return };
        if random.one_in(4) {
            return mutate(random, section, other.section(METADATA));
        }
        change_text(section, |text| mutate(random, text, b"[[{\"\\u0000\":-1e999}]]"));
    }

    fn change_level(&mut self, random: &mut Random, other: &Self) {
        let Some(levels) = self.section_mut(LEVELS) else { return };
        let count = levels.len() / LEVEL;
        if count == 0 || random.one_in(4) {
            return mutate(random, levels, other.section(LEVELS));
        }
        // What does not follow from the geometry: mode, quality, parent, tile
        // header, table.
        let z = count - 1 - random.small(count);
        let at = LEVEL * z + 24 + random.below(5);
        let known = [0, 1, 2, 3, 4, 255, (z as u8).wrapping_sub(1)];
        levels[at] = if random.one_in(4) { random.byte() } else { *random.choose(&known) };
    }

    fn change_table(&mut self, random: &mut Random, other: &Self) {
        let (mut own, others) = (self.tables(), other.tables());
        let Some(section) = self.section_mut(TABLES) else { return };
        if own.is_empty() || random.one_in(8) {
            return mutate(random, section, other.section(TABLES));
        }
        let (at, to) = (random.below(own.len()), random.below(own.len()));
        match random.below(8) {
            0 => own.swap(at, to),
            1 => drop(own.remove(at)),
            2 => own.push(own[at].clone()),
            3 if !others.is_empty() => own[at] = random.choose(&others).clone(),
            4 => own[at].0 = random.below(6) as u32,
            5..=6 if own[at].0 < 3 => {
                mutate_jpeg(random, &mut own[at].1, &others.first().map_or(vec![], |t| t.1.clone()));
            }
            _ => mutate(random, &mut own[at].1, &[]),
        }
        *section = (own.len() as u32).to_le_bytes().to_vec();
        for (kind, bytes) in own {
            section.extend(kind.to_le_bytes());
            section.extend((bytes.len() as u32).to_le_bytes());
            section.extend(bytes);
        }
    }

    /// Kind and bytes of each table, as far as they can be told apart.
    fn tables(&self) -> Vec<(u32, Vec<u8>)> {
        let mut tables = Vec::new();
        let mut rest = self.section(TABLES).get(4..).unwrap_or_default();
        while let Some((head, after)) = rest.split_at_checked(8) {
            let (bytes, next) = after.split_at((u32_at(head, 4) as usize).min(after.len()));
            tables.push((u32_at(head, 0), bytes.to_vec()));
            rest = next;
        }
        tables
    }

    fn change_entry(&mut self, random: &mut Random) {
        let Some(index) = self.section_mut(INDEX) else { return };
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

    /// Which sections there are, in which order, and what they are called.
    fn change_directory(&mut self, random: &mut Random, other: &Self) {
        if self.sections.is_empty() {
            return;
        }
        let count = self.sections.len();
        let (at, to) = (random.below(count), random.below(count));
        match random.below(8) {
            0..=2 => self.sections.swap(at, to),
            3 => drop(self.sections.remove(at)),
            4 => self.sections[at].kind = *random.choose(&[0, 1, 2, 3, 4, 5, 6, 16, 20, 21, u32::MAX]),
            5 => self.sections[at].flags ^= 1 << random.small(32),
            6 => {
                // One that a reader skips, or now and then has to refuse.
                let kind = *random.choose(&[16, 17, 18, 19, 20, 6, 255]);
                let flags = u32::from(random.one_in(4));
                let bytes = (0..random.small(64)).map(|_| random.byte()).collect();
                self.sections.insert(at, Section { kind, flags, bytes });
            }
            _ => {
                let kind = self.sections[at].kind;
                self.sections[at].bytes = other.section(kind).to_vec();
            }
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
        let at = (HEADER + self.blobs.len()) as u64;
        let index = self.section_mut(INDEX).expect("where blobs are told of");
        let entry = &mut index[ENTRY * number..][..ENTRY];
        put(entry, 0, &at.to_le_bytes()[..6]);
        put(entry, 8, &(blob.len() as u32).to_le_bytes());
        self.blobs.extend(blob);
    }
}

/// Has `change` change the text of a metadata section, or the section itself
/// where it holds none.
fn change_text(section: &mut Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) {
    match decompress_to_vec_zlib_with_limit(section, MAX_TEXT) {
        Ok(mut text) => {
            change(&mut text);
            *section = compress_to_vec_zlib(&text, 1);
        }
        Err(_) => change(section),
    }
}
