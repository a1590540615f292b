//! The index of a pack that is being written. It is kept in a temporary file: a large
//! slide's does not fit into memory.

use crate::index::{BLOCK_LEN, ENTRY_LEN};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Binary logarithm of the number of blocks in memory, which take 4 MiB. The families of
/// a row are written one after another, and their entries are in seven rows of tiles:
/// about 80 blocks for a slide of a million pixels across.
const PLACES_LOG2: u32 = 10;

/// The index so far. In the file, and in the blocks, all bits are inverted: bytes that were
/// never written are zeros, which as an entry are all ones, and no entry is that.
#[derive(Debug)]
pub(crate) struct IndexDraft {
    /// All blocks, each of full length, but for those in memory that have changed.
    file: File,
    /// Number of entries.
    entries: u64,
    /// Number of entries that have not been set yet.
    missing: u64,
    /// The blocks that were used last. A block's place depends on its number alone.
    recent: Vec<Option<Box<Block>>>,
    /// The first error of the file. Nothing is of use after one.
    failure: Option<io::Error>,
}

/// A block of the index in memory.
#[derive(Debug)]
struct Block {
    /// `None` as long as it has never been read.
    number: Option<u64>,
    /// Whether the file has something else.
    is_changed: bool,
    bytes: [u8; BLOCK_LEN],
}

impl IndexDraft {
    /// An index of this number of entries, none of them set, in `file`, which is empty.
    pub fn new(file: File, entries: u64) -> io::Result<Self> {
        // A hole, which takes no room on the disk.
        file.set_len(block_count(entries) * BLOCK_LEN as u64)?;
        let recent = (0..1 << PLACES_LOG2).map(|_| None).collect();
        Ok(Self { file, entries, missing: entries, recent, failure: None })
    }

    /// Sets entry `number`; `false` if it was set before. Errors of the file are reported
    /// by [`Self::check`] from now on.
    #[must_use]
    pub fn set(&mut self, number: u64, entry: [u8; ENTRY_LEN]) -> bool {
        if self.failure.is_some() {
            return true;
        }
        let is_first = self.try_set(number, entry);
        is_first.unwrap_or_else(|error| {
            self.failure = Some(error);
            true
        })
    }

    fn try_set(&mut self, number: u64, entry: [u8; ENTRY_LEN]) -> io::Result<bool> {
        let offset = number * ENTRY_LEN as u64;
        let block = self.load(offset / BLOCK_LEN as u64)?;
        let at = (offset % BLOCK_LEN as u64) as usize;
        let slot = &mut block.bytes[at..at + ENTRY_LEN];
        if slot.iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
        slot.copy_from_slice(&entry.map(|byte| !byte));
        block.is_changed = true;
        self.missing -= 1;
        Ok(true)
    }

    /// Fails if the file did.
    pub fn check(&self) -> io::Result<()> {
        let Some(error) = &self.failure else { return Ok(()) };
        Err(error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error))
    }

    /// Number of entries that have not been set.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Number of blocks.
    pub fn block_count(&self) -> u64 {
        block_count(self.entries)
    }

    /// Copies block `number` to `out` as packs have it, and returns its length in bytes.
    pub fn read_block(&mut self, number: u64, out: &mut [u8; BLOCK_LEN]) -> io::Result<usize> {
        let block = self.load(number)?;
        for (out, byte) in out.iter_mut().zip(&block.bytes) {
            *out = !byte;
        }
        let rest = self.entries * ENTRY_LEN as u64 - number * BLOCK_LEN as u64;
        Ok(rest.min(BLOCK_LEN as u64) as usize)
    }

    /// Block `number`, which is read if it is not in memory.
    fn load(&mut self, number: u64) -> io::Result<&mut Block> {
        let block = self.recent[place_of(number)].get_or_insert_with(Box::default);
        block.switch_to(number, &mut self.file)?;
        Ok(block)
    }
}

impl Default for Block {
    fn default() -> Self {
        Self { number: None, is_changed: false, bytes: [0; BLOCK_LEN] }
    }
}

impl Block {
    /// Becomes block `number` of `file`, after the block that it was is written back.
    fn switch_to(&mut self, number: u64, file: &mut File) -> io::Result<()> {
        if self.number == Some(number) {
            return Ok(());
        }
        if let Some(number) = self.number.filter(|_| self.is_changed) {
            file.seek(SeekFrom::Start(number * BLOCK_LEN as u64))?;
            file.write_all(&self.bytes)?;
        }
        *self = Self::default();
        file.seek(SeekFrom::Start(number * BLOCK_LEN as u64))?;
        file.read_exact(&mut self.bytes)?;
        self.number = Some(number);
        Ok(())
    }
}

/// Number of blocks of an index of this number of entries.
fn block_count(entries: u64) -> u64 {
    (entries * ENTRY_LEN as u64).div_ceil(BLOCK_LEN as u64)
}

/// The place of block `number` in memory. The multiplication (by 2^64 over the golden
/// ratio) spreads neighbours evenly, and also rows of tiles, which are at even distances.
fn place_of(number: u64) -> usize {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES_LOG2)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES_PER_BLOCK: u64 = (BLOCK_LEN / ENTRY_LEN) as u64;

    fn entry(number: u64) -> [u8; ENTRY_LEN] {
        [number.to_le_bytes(), (!number).to_be_bytes()].concat().try_into().unwrap()
    }

    fn draft(entries: u64) -> IndexDraft {
        IndexDraft::new(tempfile::tempfile().unwrap(), entries).unwrap()
    }

    /// The whole index.
    fn bytes(mut draft: IndexDraft) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in 0..draft.block_count() {
            let mut block = [0; BLOCK_LEN];
            let len = draft.read_block(number, &mut block).unwrap();
            bytes.extend_from_slice(&block[..len]);
        }
        bytes
    }

    #[test]
    fn entries_that_come_in_any_order_are_in_their_places() {
        // A hundred blocks more than are in memory, and a shorter one.
        let entries = ((1 << PLACES_LOG2) + 100) * ENTRIES_PER_BLOCK + 17;
        let mut draft = draft(entries);
        // Each in another block than the one before. The step is a prime, so that all
        // entries are met.
        let step = 100_003;
        for turn in 0..entries {
            let number = turn * step % entries;
            assert!(draft.set(number, entry(number)), "{number}");
        }
        assert_eq!(draft.missing(), 0);
        let expected: Vec<u8> = (0..entries).flat_map(entry).collect();
        assert!(bytes(draft) == expected);
    }

    #[test]
    fn an_entry_that_is_set_twice_is_noticed_even_after_its_block_was_written_back() {
        let blocks = 5 << PLACES_LOG2;
        let mut draft = draft(blocks * ENTRIES_PER_BLOCK);
        for block in 0..blocks {
            assert!(draft.set(block * ENTRIES_PER_BLOCK + 3, entry(block)));
        }
        for block in 0..blocks {
            assert!(!draft.set(block * ENTRIES_PER_BLOCK + 3, entry(7)), "block {block}");
        }
        assert_eq!(draft.missing(), blocks * (ENTRIES_PER_BLOCK - 1));
        // The entry of zeros is one too.
        assert!(draft.set(0, [0; ENTRY_LEN]));
        assert!(!draft.set(0, [0; ENTRY_LEN]));
    }

    #[test]
    fn an_error_of_the_file_is_reported_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        std::fs::write(&path, "").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let mut draft = IndexDraft::new(file, 1000).unwrap();
        // What is read later is gone.
        File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
        assert!(draft.check().is_ok());
        assert!(draft.set(0, entry(0)) && draft.set(0, entry(0)), "errors are not repetitions");
        assert_eq!(draft.check().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(draft.missing(), 1000);
    }

    #[test]
    fn neighbours_and_rows_have_places_of_their_own() {
        for step in [1, 2, 15, 16, 256, 1024, 4096] {
            let places: std::collections::HashSet<usize> = (0..64).map(|n| place_of(n * step)).collect();
            assert!(places.len() > 48, "{} places at step {step}", places.len());
        }
    }
}
