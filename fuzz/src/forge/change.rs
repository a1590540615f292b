//! Mutations of packs that leave all checksums correct.

use super::index::{BlobEntry, IndexEntry};
use super::{
    BLOCKS, BlobLocation, HEADER, INDEX, LEVEL, LEVELS, METADATA, PackParts, Section, TABLES, put, u32_at,
};
use crate::mutation::{mutate, mutate_jpeg};
use crate::{Bytewise, Random};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

/// More bytes than the text of the metadata may have.
const MAX_TEXT: usize = 128 << 10;

/// Kinds of tables that are the headers of JPEGs.
const JPEG_TABLES: [u32; 3] = [1, 2, 5];

/// One of the tables of a pack.
#[derive(Clone)]
struct Table {
    kind: u32,
    bytes: Vec<u8>,
}

impl PackParts {
    /// Makes one to three changes. Blobs are changed in place or appended, so
    /// that the entries of all others stay correct.
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

    /// Changes a section or, in place, a blob with `bytewise`.
    pub fn mutate_bytewise(&mut self, random: &mut Random, bytewise: Bytewise) {
        let blobs = self.blob_locations();
        if blobs.is_empty() || random.one_in(2) {
            let kind = *random.choose(&[LEVELS, TABLES, INDEX, BLOCKS, METADATA]);
            let Some(section) = self.section_mut(kind) else { return };
            return if kind == METADATA { change_text(section, bytewise) } else { bytewise(section) };
        }
        let range = random.choose(&blobs).range.clone();
        let mut blob = self.blobs[range.clone()].to_vec();
        bytewise(&mut blob);
        blob.resize(range.len(), 0);
        self.blobs[range].copy_from_slice(&blob);
    }

    /// Changes sizes, version and flags, subsampling or the chroma level.
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
        // The fields that do not follow from the geometry: mode, quality, parent,
        // tile header, table, second model.
        let z = count - 1 - random.small(count);
        let at = LEVEL * z + 24 + *random.choose(&[0, 1, 2, 3, 4, 6]);
        let known = [0, 1, 2, 3, 4, 255, (z as u8).wrapping_sub(1)];
        levels[at] = if random.one_in(4) { random.byte() } else { *random.choose(&known) };
    }

    fn change_table(&mut self, random: &mut Random, other: &Self) {
        let (mut tables, others) = (self.tables(), other.tables());
        let Some(section) = self.section_mut(TABLES) else { return };
        if tables.is_empty() || random.one_in(8) {
            return mutate(random, section, other.section(TABLES));
        }
        let (at, to) = (random.below(tables.len()), random.below(tables.len()));
        match random.below(8) {
            0 => tables.swap(at, to),
            1 => drop(tables.remove(at)),
            2 => tables.push(tables[at].clone()),
            3 if !others.is_empty() => tables[at] = random.choose(&others).clone(),
            4 => tables[at].kind = random.below(6) as u32,
            5..=6 if JPEG_TABLES.contains(&tables[at].kind) => {
                let other = others.first().map_or(&[][..], |table| &table.bytes[..]);
                mutate_jpeg(random, &mut tables[at].bytes, other);
            }
            _ => mutate(random, &mut tables[at].bytes, &[]),
        }
        *section = (tables.len() as u32).to_le_bytes().to_vec();
        for Table { kind, bytes } in tables {
            section.extend(kind.to_le_bytes());
            section.extend((bytes.len() as u32).to_le_bytes());
            section.extend(bytes);
        }
    }

    /// The tables, as far as the section can be read.
    fn tables(&self) -> Vec<Table> {
        let mut tables = Vec::new();
        let mut rest = self.section(TABLES).get(4..).unwrap_or_default();
        while let Some((head, after)) = rest.split_at_checked(8) {
            let (bytes, next) = after.split_at((u32_at(head, 4) as usize).min(after.len()));
            tables.push(Table { kind: u32_at(head, 0), bytes: bytes.to_vec() });
            rest = next;
        }
        tables
    }

    fn change_entry(&mut self, random: &mut Random) {
        match self.entries().filter(|entries| !entries.is_empty() && !random.one_in(8)) {
            Some(mut entries) => {
                change_entries(random, &mut entries);
                self.set_entries(&entries);
            }
            None => {
                let kind = *random.choose(&[INDEX, INDEX, BLOCKS]);
                let Some(section) = self.section_mut(kind) else { return };
                mutate(random, section, &[]);
            }
        }
    }

    /// Changes which sections exist, their order, their kinds or flags.
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
                // One that readers skip or, in some cases, have to refuse.
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
        let blobs = self.blob_locations();
        if blobs.is_empty() {
            return;
        }
        let BlobLocation { entry, range } = random.choose(&blobs).clone();
        if random.one_in(3) {
            let fill = random.byte();
            for _ in 0..1 + random.small(4) {
                let at = range.start + random.below(range.len());
                let values = [self.blobs[at] ^ 1 << random.below(8), fill, 0, 0xff, random.byte()];
                self.blobs[at] = *random.choose(&values);
            }
            return;
        }
        let mut blob = self.blobs[range].to_vec();
        let other = other.any_blob(random);
        if random.one_in(6) && !other.is_empty() {
            blob = other.to_vec();
        } else {
            mutate(random, &mut blob, other);
        }
        self.append_blob(entry, &blob);
    }

    /// One of the blobs; empty if there are none.
    fn any_blob(&self, random: &mut Random) -> &[u8] {
        let blobs = self.blob_locations();
        if blobs.is_empty() { &[] } else { &self.blobs[random.choose(&blobs).range.clone()] }
    }

    /// Appends a blob and lets the entry with this number refer to it.
    fn append_blob(&mut self, entry: usize, blob: &[u8]) {
        let Some(mut entries) = self.entries() else { return };
        if let IndexEntry::Blob(old) = &mut entries[entry] {
            let start = (HEADER + self.blobs.len()) as i64;
            *old = BlobEntry { start, len: blob.len() as i64, ..*old };
            self.set_entries(&entries);
            self.blobs.extend_from_slice(blob);
        }
    }
}

/// Changes one of the entries of an index, of which there must be one.
pub fn change_entries(random: &mut Random, entries: &mut [IndexEntry]) {
    let (at, from) = (random.below(entries.len()), random.below(entries.len()));
    match (random.below(8), &mut entries[at]) {
        (0, _) => entries.swap(at, from),
        (1, _) => entries[at] = entries[from],
        (2, entry) => *entry = IndexEntry::Blank([0; 3].map(|_: u8| random.byte())),
        (3, entry) => {
            let mut dc = [0; 3];
            dc[0] = i64::from(random.number() as i16) >> random.below(16);
            *entry = IndexEntry::Constant(dc);
        }
        (4, entry) if random.one_in(2) => *entry = IndexEntry::Empty,
        (4 | 5, IndexEntry::Blob(blob)) => blob.flags = random.below(8) as i64,
        (6, IndexEntry::Blob(blob)) => {
            let more = *random.choose(&[1, 2, 16, -1, -2, 1 << 24, -blob.len]);
            blob.len = (blob.len + more).max(0);
        }
        (_, IndexEntry::Blob(blob)) => {
            let far = *random.choose(&[1, 2, 16, -1, 1 << 40, -(1 << 40)]);
            blob.start = blob.start.wrapping_add(far);
        }
        (_, entry) => *entry = IndexEntry::Constant([1, -1, 0]),
    }
}

/// Applies `change` to the text of a metadata section, or to the section itself
/// if the text cannot be read.
fn change_text(section: &mut Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) {
    match decompress_to_vec_zlib_with_limit(section, MAX_TEXT) {
        Ok(mut text) => {
            change(&mut text);
            *section = compress_to_vec_zlib(&text, 1);
        }
        Err(_) => change(section),
    }
}
