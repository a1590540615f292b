//! The target for blocks of the index.

use super::FixtureInput;
use super::pack::{folder, samples};
use crate::forge::index::{BlobEntry, IndexEntry, well_formed, write_block};
use crate::forge::{PackParts, change_entries};
use crate::mutation::mutate;
use crate::{Bytewise, Random, Tally, Target};
use origami_pack::{Entry, MemoryStorage, ModelChoice, Pack, PackError, PackProblem};
use origami_pyramid::TileId;
use std::path::Path;
use std::sync::Arc;

/// Bytes in front of a block: where its first blob begins.
const OFFSET: usize = 6;

/// The reader of index blocks.
///
/// A pack has an input for its index, under a right checksum. It has to open if the block's
/// length is possible. Its entries have to be those that a reader finds that was written
/// apart, or all of them are refused; an entry may be refused alone only if it is
/// well-formed.
pub struct IndexTarget {
    /// Valid packs with one block each.
    parts: Vec<PackParts>,
}

impl IndexTarget {
    /// Creates the target and its valid packs.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let packs = samples::packs(folder().path());
        // The last pack has the largest tiles, which add nothing here.
        let packs = packs[..packs.len() - 1].iter();
        Self { parts: packs.map(|pack| PackParts::split(pack).expect("a valid pack")).collect() }
    }

    /// The input of fixture `number` with these entries.
    fn encode(&self, number: usize, entries: &[IndexEntry]) -> Vec<u8> {
        let (block, first) = write_block(entries, self.parts[number].planes());
        let bytes = [&first.to_le_bytes()[..OFFSET], &block].concat();
        FixtureInput { number, bytes: &bytes }.to_vec()
    }

    /// The entries of the fixture, some of them changed.
    fn changed_entries(&self, number: usize, random: &mut Random) -> Vec<IndexEntry> {
        let mut entries = self.parts[number].entries().expect("a valid index");
        for _ in 0..1 + random.small(4) {
            change_entries(random, &mut entries);
        }
        entries
    }
}

impl Target for IndexTarget {
    fn name(&self) -> &'static str {
        "index"
    }

    fn max_memory(&self) -> usize {
        8 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let number = random.below(self.parts.len());
        let entries = self.changed_entries(number, random);
        let mut input = self.encode(number, &entries);
        if random.one_in(2) {
            let mut bytes = input.split_off(1);
            mutate(random, &mut bytes, &[]);
            input.extend(bytes);
        }
        input
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let count = self.parts.len();
        match FixtureInput::parse(input, count) {
            Some(FixtureInput { number, bytes }) if !random.one_in(4) => {
                let mut bytes = bytes.to_vec();
                bytewise(&mut bytes);
                FixtureInput { number, bytes: &bytes }.to_vec()
            }
            _ => self.input(random),
        }
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Some(FixtureInput { number, bytes }) = FixtureInput::parse(input, self.parts.len()) else {
            return Ok(());
        };
        let Some((first, block)) = bytes.split_at_checked(OFFSET) else { return Ok(()) };
        let first = first.iter().rev().fold(0, |offset, &byte| offset << 8 | u64::from(byte));
        let valid = &self.parts[number];
        let count = valid.entries().map_or(0, |entries| entries.len());
        let mut parts = valid.clone();
        parts.set_block(block, first);
        let storage = Arc::new(MemoryStorage::new(parts.seal()));
        let pack = match Pack::from_storage(Path::new("index"), storage) {
            Ok(pack) => pack,
            Err(_) if !(count..=16 * count).contains(&block.len()) => return Ok(()),
            Err(error) => return Err(format!("a pack with another index does not open: {error}")),
        };
        tally.reach("index of a possible length");
        let expected = well_formed(block, first, count, valid.planes());
        let tiles = (0..pack.pyramid().level_count()).flat_map(|z| pack.pyramid().tiles(z));
        for (at, id) in tiles.enumerate() {
            let expected = expected.as_ref().map(|entries| entries[at]);
            check_entry(&pack, id, expected, tally)?;
        }
        Ok(())
    }
}

/// Checks what a lookup of tile `id` finds. `expected` is its entry, if the block is
/// well-formed.
fn check_entry(
    pack: &Pack,
    id: TileId,
    expected: Option<IndexEntry>,
    tally: &mut Tally,
) -> Result<(), String> {
    match (pack.entry(id), expected) {
        (Ok(entry), Some(expected)) if read(entry) == expected => tally.reach("an entry"),
        (Err(PackError { problem: problem @ PackProblem::Entry { .. }, .. }), Some(_)) => {
            tally.reach("an entry that its level cannot have");
            tally.error(&problem);
        }
        (Err(PackError { problem: problem @ PackProblem::IndexBlock { .. }, .. }), None) => {
            tally.reach("a malformed block");
            tally.error(&problem);
        }
        (found, expected) => return Err(format!("tile {id}: expected {expected:?}, found {found:?}")),
    }
    Ok(())
}

/// What a lookup has found.
fn read(entry: Entry) -> IndexEntry {
    match entry {
        Entry::Blob { offset, len, crc, identity, model } => {
            let second = if model == ModelChoice::Second { 4 } else { 0 };
            let flags = identity as i64 | second;
            IndexEntry::Blob(BlobEntry { start: offset as i64, len: len.into(), crc, flags })
        }
        Entry::Blank { colour } => IndexEntry::Blank(colour),
        Entry::Constant { dc } => IndexEntry::Constant(dc.map(i64::from)),
        Entry::Empty => IndexEntry::Empty,
    }
}
