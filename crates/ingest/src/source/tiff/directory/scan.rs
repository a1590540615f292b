//! Finds the directories of a file, within budgets for the whole file.

use super::conformance::DirectoryFlaw;
use super::{Entries, IfdEntry, ImageFileDirectory, NumberFormat, element_size};
use crate::source::error::SourceFault;
use crate::source::tiff::tags;
use origami_pack::Storage;
use std::collections::BTreeMap;
use std::ops::Range;

/// Maximum number of directories of a file; stacks of planes have thousands.
const MAX_DIRECTORIES: usize = 100_000;
/// Maximum number of tags in one directory; BigTIFF's counter could claim 2^64.
const MAX_TAGS: u64 = 65_535;
/// Maximum number of tags of all directories together, which take 24 bytes each.
const MAX_ALL_TAGS: u64 = 1_000_000;
/// Maximum number of flaws of a directory that are kept.
const MAX_FLAWS: usize = 16;
/// Maximum number of SubIFDs of a file that are tried; raw photographs have a few.
const MAX_SUB_DIRECTORIES: u64 = 1000;
/// Tag of the offsets of SubIFDs.
const SUB_IFDS: u16 = 330;

/// One pass over the directories of a file.
pub(super) struct Scan<'a> {
    file: &'a dyn Storage,
    numbers: NumberFormat,
    /// Where the directories so far begin and end. They may not overlap: otherwise a
    /// small file could have billions of tags.
    extents: BTreeMap<u64, u64>,
    /// Number of tags so far.
    tags: u64,
}

/// Directories of a file, in the order in which it names them.
pub(super) struct FoundDirectories {
    pub directories: Vec<ImageFileDirectory>,
    /// Why and where a further one that the file names, the first such, could not be read.
    pub fault: Option<SourceFault>,
    /// Whether that is because the file ends before it does, as where a copy was interrupted.
    pub is_cut_short: bool,
}

/// Where the entries of a directory are.
struct EntryTable {
    offset: u64,
    count: u64,
    /// The offset of the next directory (0 after the last); `None` if the file ends
    /// before it.
    next: Option<u64>,
}

/// Why there is no directory at an offset.
enum ScanFault {
    /// What is there cannot be one, or is one that was read already.
    NoDirectory(SourceFault),
    /// The file ends before or within it.
    CutShort(SourceFault),
    /// The file is refused, whatever else it has.
    Refused(SourceFault),
}

impl From<SourceFault> for ScanFault {
    fn from(fault: SourceFault) -> Self {
        Self::Refused(fault)
    }
}

impl From<ScanFault> for SourceFault {
    fn from(fault: ScanFault) -> Self {
        let (ScanFault::NoDirectory(fault) | ScanFault::CutShort(fault) | ScanFault::Refused(fault)) = fault;
        fault
    }
}

impl<'a> Scan<'a> {
    pub fn new(file: &'a dyn Storage, numbers: NumberFormat) -> Self {
        Self { file, numbers, extents: BTreeMap::new(), tags: 0 }
    }

    /// The list of directories, each of which names the next; the first is at the offset
    /// `next` (0 if there is none). As for libtiff, the list ends where no further
    /// directory can be.
    ///
    /// # Errors
    /// If the first directory is malformed, an array that pixels depend on lies outside
    /// the file, directories overlap, or there are absurdly many.
    pub fn list(&mut self, mut next: u64) -> Result<FoundDirectories, SourceFault> {
        let mut directories = Vec::new();
        while next != 0 {
            if directories.len() == MAX_DIRECTORIES {
                let reason = format!("there are more than {MAX_DIRECTORIES} directories");
                return Err(SourceFault::new(Some(next), reason));
            }
            let table = match self.table(next) {
                Ok(table) => table,
                Err(fault) if directories.is_empty() => return Err(fault.into()),
                Err(ScanFault::Refused(fault)) => return Err(fault),
                Err(fault) => {
                    let is_cut_short = matches!(fault, ScanFault::CutShort(_));
                    return Ok(FoundDirectories { directories, fault: Some(fault.into()), is_cut_short });
                }
            };
            directories.push(self.read(&table)?);
            let Some(following) = table.next else {
                let reason = "the offset of the next directory is cut off";
                let fault = SourceFault::new(Some(self.file.len()), reason);
                return Ok(FoundDirectories { directories, fault: Some(fault), is_cut_short: false });
            };
            next = following;
        }
        Ok(FoundDirectories { directories, fault: None, is_cut_short: false })
    }

    /// The SubIFDs of `directories` that were not read yet, without others that these
    /// name. Those that cannot be read are left out, as they are not needed to read the
    /// file.
    pub fn sub_directories(&mut self, directories: &[ImageFileDirectory]) -> FoundDirectories {
        let file = self.file;
        let mut found = FoundDirectories { directories: Vec::new(), fault: None, is_cut_short: false };
        let named =
            directories.iter().flat_map(|directory| directory.integers(file, SUB_IFDS, MAX_SUB_DIRECTORIES));
        for offset in named.take(MAX_SUB_DIRECTORIES as usize) {
            if offset == 0 || self.extents.contains_key(&offset) {
                continue;
            }
            match self.sub_directory(offset) {
                Ok(directory) => found.directories.push(directory),
                Err(fault) => {
                    found.fault.get_or_insert(fault);
                }
            }
        }
        found
    }

    fn sub_directory(&mut self, start: u64) -> Result<ImageFileDirectory, SourceFault> {
        let table = self.table(start)?;
        self.read(&table)
    }

    /// Checks the directory at `start` before memory is allocated for it.
    fn table(&mut self, start: u64) -> Result<EntryTable, ScanFault> {
        if self.extents.contains_key(&start) {
            let fault = SourceFault::new(Some(start), "the directories run in a circle");
            return Err(ScanFault::NoDirectory(fault));
        }
        let counter = if self.numbers.big { 8 } else { 2 };
        let Some(count) = self.numbers.uint(self.file, start, counter) else {
            return Err(ScanFault::CutShort(self.cut_short(start, "a directory stands")));
        };
        if count > MAX_TAGS {
            let fault = SourceFault::new(Some(start), format!("a directory claims {count} tags"));
            return Err(ScanFault::NoDirectory(fault));
        }
        // The counter was read, so its end is within the file.
        let offset = start + counter;
        let end = offset + count * self.entry_size();
        if end > self.file.len() {
            return Err(ScanFault::CutShort(self.cut_short(start, "a directory stands")));
        }
        self.tags += count;
        if self.tags > MAX_ALL_TAGS {
            let reason = format!("the directories have more than {MAX_ALL_TAGS} tags");
            return Err(ScanFault::Refused(SourceFault::new(Some(start), reason)));
        }
        let word = self.numbers.word();
        self.occupy(start..end + word)?;
        Ok(EntryTable { offset, count, next: self.numbers.uint(self.file, end, word) })
    }

    /// Notes the bytes of a directory.
    fn occupy(&mut self, extent: Range<u64>) -> Result<(), SourceFault> {
        // Of those that begin before this one ends, the last also ends last.
        let before = self.extents.range(..extent.end).next_back();
        if let Some((&other, _)) = before.filter(|&(_, &end)| end > extent.start) {
            let reason = format!("a directory overlaps the one at byte {other}");
            return Err(SourceFault::new(Some(extent.start), reason));
        }
        self.extents.insert(extent.start, extent.end);
        Ok(())
    }

    /// The directory with these entries.
    fn read(&self, table: &EntryTable) -> Result<ImageFileDirectory, SourceFault> {
        let size = self.entry_size() as usize;
        let mut bytes = vec![0; table.count as usize * size];
        let read = self.file.read_at(table.offset, &mut bytes);
        read.map_err(|error| SourceFault::new(Some(table.offset), error.to_string()))?;
        let (mut entries, mut flaws) = (Vec::with_capacity(table.count as usize), Vec::new());
        for (index, bytes) in (0..).zip(bytes.chunks_exact(size)) {
            match self.entry(bytes, table.offset + index * self.entry_size())? {
                Ok(entry) => entries.push(entry),
                Err(flaw) if flaws.len() < MAX_FLAWS => flaws.push(flaw),
                Err(_) => {}
            }
        }
        if !entries.is_sorted_by_key(|entry| entry.tag) {
            flaws.push(DirectoryFlaw::Order);
        }
        Ok(ImageFileDirectory { numbers: self.numbers, entries: Entries::new(entries), flaws })
    }

    /// The entry that `bytes`, which are at `offset`, describe; a flaw if its type is
    /// unknown, or if it has elements outside the file that no pixel depends on.
    fn entry(&self, bytes: &[u8], offset: u64) -> Result<Result<IfdEntry, DirectoryFlaw>, SourceFault> {
        let word = self.numbers.word();
        let (head, value) = bytes.split_at(4 + word as usize);
        let (tag, kind) = (self.numbers.number(&head[..2]) as u16, self.numbers.number(&head[2..4]) as u16);
        let count = self.numbers.number(&head[4..]);
        let Some(size) = element_size(kind) else { return Ok(Err(DirectoryFlaw::UnknownType(tag))) };
        let length = count.saturating_mul(size);
        // Small values are in the entry itself.
        let offset = if length <= word { offset + 4 + word } else { self.numbers.number(value) };
        if offset.checked_add(length).is_some_and(|end| end <= self.file.len()) {
            return Ok(Ok(IfdEntry { tag, kind, count, offset }));
        }
        if tags::DEPENDED_ON.contains(&tag) {
            return Err(self.cut_short(offset, &format!("tag {tag} has {length} bytes")));
        }
        tracing::debug!(tag, offset, length, "a tag is ignored: its value lies outside the file");
        Ok(Err(DirectoryFlaw::Outside(tag)))
    }

    /// Bytes of an entry.
    fn entry_size(&self) -> u64 {
        4 + 2 * self.numbers.word()
    }

    fn cut_short(&self, offset: u64, what: &str) -> SourceFault {
        let len = self.file.len();
        let reason = format!("{what} here, but the file ends at byte {len}; was it copied completely?");
        SourceFault::new(Some(offset), reason)
    }
}
