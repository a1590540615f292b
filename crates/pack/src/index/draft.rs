//! The index of a pack that is being written. It is kept in a temporary file: a large
//! slide's does not fit into memory.

use super::block::ENTRIES;
use super::fixed::{self, LEN as ENTRY_LEN};
use super::record::{block_count, entries_in};
use crate::Entry;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes of a block here, where entries have a fixed length: those of different blocks are
/// written in turns.
const BLOCK_LEN: usize = ENTRIES as usize * ENTRY_LEN;

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
    pub fn set(&mut self, number: u64, entry: Entry) -> bool {
        if self.failure.is_some() {
            return true;
        }
        let is_first = self.try_set(number, entry);
        is_first.unwrap_or_else(|error| {
            self.failure = Some(error);
            true
        })
    }

    fn try_set(&mut self, number: u64, entry: Entry) -> io::Result<bool> {
        let block = self.load(number / ENTRIES)?;
        let at = (number % ENTRIES) as usize * ENTRY_LEN;
        let slot = &mut block.bytes[at..at + ENTRY_LEN];
        if slot.iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
        slot.copy_from_slice(&fixed::to_bytes(entry).map(|byte| !byte));
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

    /// The entries of block `number`, all of which have been set.
    pub fn read_block(&mut self, number: u64, out: &mut Vec<Entry>) -> io::Result<()> {
        let count = entries_in(number, self.entries) as usize;
        let block = self.load(number)?;
        out.clear();
        for slot in &block.bytes.as_chunks::<ENTRY_LEN>().0[..count] {
            let entry = fixed::from_bytes(&slot.map(|byte| !byte));
            // Only a disk that fails gives other bytes back.
            out.push(entry.ok_or(io::ErrorKind::InvalidData)?);
        }
        Ok(())
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

/// The place of block `number` in memory. The multiplication (by 2^64 over the golden
/// ratio) spreads neighbours evenly, and also rows of tiles, which are at even distances.
fn place_of(number: u64) -> usize {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES_LOG2)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Identity, ModelChoice};

    fn entry(number: u64) -> Entry {
        let (identity, model) = (Identity::Bytes, ModelChoice::First);
        let crc = !number as u32;
        [
            Entry::Blob { offset: number, len: number as u32, crc, identity, model },
            Entry::Blob { offset: (1 << 48) - 7, len: 7, crc, identity: Identity::Verbatim, model },
            Entry::Blob {
                offset: 0,
                len: u32::MAX,
                crc,
                identity: Identity::Coefficients,
                model: ModelChoice::Second,
            },
            Entry::Constant { dc: [number as i16, -1, i16::MIN] },
            Entry::Blank { colour: [number as u8, (number >> 8) as u8, 255] },
            Entry::Empty,
        ][number as usize % 6]
    }

    const ZEROS: Entry =
        Entry::Blob { offset: 0, len: 0, crc: 0, identity: Identity::Bytes, model: ModelChoice::First };

    fn draft(entries: u64) -> IndexDraft {
        IndexDraft::new(tempfile::tempfile().unwrap(), entries).unwrap()
    }

    /// The whole index.
    fn all(mut draft: IndexDraft) -> Vec<Entry> {
        let (mut all, mut block) = (Vec::new(), Vec::new());
        for number in 0..draft.block_count() {
            draft.read_block(number, &mut block).unwrap();
            all.extend_from_slice(&block);
        }
        all
    }

    #[test]
    fn entries_that_come_in_any_order_are_in_their_places() {
        // A hundred blocks more than are in memory, and a shorter one.
        let entries = ((1 << PLACES_LOG2) + 100) * ENTRIES + 17;
        let mut draft = draft(entries);
        // Each in another block than the one before. The step is a prime, so that all
        // entries are met.
        let step = 100_003;
        for turn in 0..entries {
            let number = turn * step % entries;
            assert!(draft.set(number, entry(number)), "{number}");
        }
        assert_eq!(draft.missing(), 0);
        let expected: Vec<Entry> = (0..entries).map(entry).collect();
        assert!(all(draft) == expected);
    }

    #[test]
    fn an_entry_that_is_set_twice_is_noticed_even_after_its_block_was_written_back() {
        let blocks = 5 << PLACES_LOG2;
        let mut draft = draft(blocks * ENTRIES);
        for block in 0..blocks {
            assert!(draft.set(block * ENTRIES + 3, entry(block)));
        }
        for block in 0..blocks {
            assert!(!draft.set(block * ENTRIES + 3, entry(7)), "block {block}");
        }
        assert_eq!(draft.missing(), blocks * (ENTRIES - 1));
        // The entry whose bytes are zeros is one too.
        assert_eq!(fixed::to_bytes(ZEROS), [0; ENTRY_LEN]);
        assert!(draft.set(0, ZEROS));
        assert!(!draft.set(0, ZEROS));
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
