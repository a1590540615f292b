//! Reads the directories of TIFF and BigTIFF.
//!
//! Arrays stay in the file, so a slide with millions of tiles opens without
//! copying its offsets. (The `tiff` crate decodes the first directory into
//! memory with a fixed limit of 1 MiB for each tag, which such slides exceed.)

use crate::source::error::SourceFault;
use origami_pack::Storage;
use std::collections::{BTreeMap, HashSet};

/// Maximum number of directories of a file; slides have a dozen.
const MAX_DIRECTORIES: usize = 4096;
/// Maximum number of tags in one directory; BigTIFF's counter could claim 2^64.
const MAX_TAGS: u64 = 65_535;

/// Maximum number of bytes of a tag that are copied: of a description, of JPEG tables.
const MAX_BYTES: usize = 64 << 20;

/// How numbers are stored in a file.
#[derive(Clone, Copy)]
pub(super) struct NumberFormat {
    big_endian: bool,
    /// Counts and offsets have 8 bytes.
    big: bool,
}

/// One entry of a directory: the type of its elements, and where they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct IfdEntry {
    /// Number of a TIFF data type.
    kind: u16,
    pub count: u64,
    offset: u64,
}

/// One image file directory.
pub(super) struct ImageFileDirectory {
    numbers: NumberFormat,
    /// Entries by tag.
    pub entries: BTreeMap<u16, IfdEntry>,
}

/// All directories of a file, in order.
pub(super) struct Directories {
    pub numbers: NumberFormat,
    pub directories: Vec<ImageFileDirectory>,
}

/// Reads all directories of a file.
pub(super) fn directories(file: &dyn Storage) -> Result<Directories, SourceFault> {
    let (numbers, mut next) = NumberFormat::read(file)?;
    let mut offsets = HashSet::new();
    let mut directories = Vec::new();
    while next != 0 {
        if !offsets.insert(next) || directories.len() == MAX_DIRECTORIES {
            return Err(SourceFault::new(Some(next), "the directories run in a circle"));
        }
        let (directory, following) = DirectoryReader { file, numbers, start: next }.read()?;
        directories.push(directory);
        next = following;
    }
    Ok(Directories { numbers, directories })
}

/// Reads one directory.
struct DirectoryReader<'a> {
    file: &'a dyn Storage,
    numbers: NumberFormat,
    /// Offset of the directory.
    start: u64,
}

impl DirectoryReader<'_> {
    /// The directory, and the offset of the next one (0 after the last).
    fn read(&self) -> Result<(ImageFileDirectory, u64), SourceFault> {
        let word = self.numbers.word();
        let counter = if self.numbers.big { 8 } else { 2 };
        let tags = self.uint(self.start, counter)?;
        if tags > MAX_TAGS {
            return Err(SourceFault::new(Some(self.start), format!("a directory claims {tags} tags")));
        }
        let mut entries = BTreeMap::new();
        let mut offset = self.start + counter;
        for _ in 0..tags {
            let tag = self.uint(offset, 2)? as u16;
            entries.extend(self.entry(offset, tag)?.map(|entry| (tag, entry)));
            offset += 4 + 2 * word;
        }
        Ok((ImageFileDirectory { numbers: self.numbers, entries }, self.uint(offset, word)?))
    }

    /// The entry at `offset`; `None` if its type is unknown.
    fn entry(&self, offset: u64, tag: u16) -> Result<Option<IfdEntry>, SourceFault> {
        let word = self.numbers.word();
        let kind = self.uint(offset + 2, 2)? as u16;
        let count = self.uint(offset + 4, word)?;
        let Some(size) = element_size(kind) else { return Ok(None) };
        let value = offset + 4 + word;
        let bytes = count.saturating_mul(size);
        // Small values are in the entry itself.
        let offset = if bytes <= word { value } else { self.uint(value, word)? };
        if offset.checked_add(bytes).is_none_or(|end| end > self.file.len()) {
            return Err(self.cut_short(offset, &format!("tag {tag} has {bytes} bytes")));
        }
        Ok(Some(IfdEntry { kind, count, offset }))
    }

    fn uint(&self, offset: u64, size: u64) -> Result<u64, SourceFault> {
        let value = self.numbers.uint(self.file, offset, size);
        value.ok_or_else(|| self.cut_short(self.start, "a directory stands"))
    }

    fn cut_short(&self, offset: u64, what: &str) -> SourceFault {
        let len = self.file.len();
        let reason = format!("{what} here, but the file ends at byte {len}; was it copied completely?");
        SourceFault::new(Some(offset), reason)
    }
}

/// Bytes of one element; `None` for unknown types, which readers should skip.
fn element_size(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

impl NumberFormat {
    /// Reads the header of a file: the format of its numbers, and the offset of the
    /// first directory.
    fn read(file: &dyn Storage) -> Result<(Self, u64), SourceFault> {
        let mut numbers = Self { big_endian: true, big: false };
        numbers.big_endian = numbers.uint(file, 0, 2) == Some(u64::from(u16::from_be_bytes(*b"MM")));
        numbers.big = numbers.uint(file, 2, 2) == Some(43);
        let first = if numbers.big {
            if (numbers.uint(file, 4, 2), numbers.uint(file, 6, 2)) != (Some(8), Some(0)) {
                return Err(SourceFault::new(Some(4), "a BigTIFF header has 8-byte offsets"));
            }
            numbers.uint(file, 8, 8)
        } else {
            numbers.uint(file, 4, 4)
        };
        let first = first.ok_or_else(|| SourceFault::new(Some(4), "the file ends within its header"))?;
        Ok((numbers, first))
    }

    /// Whether the file is a BigTIFF.
    pub(super) fn is_big(self) -> bool {
        self.big
    }

    /// Bytes of a count or an offset.
    fn word(self) -> u64 {
        if self.big { 8 } else { 4 }
    }

    /// The unsigned integer of `size` (at most 8) bytes at `offset`.
    fn uint(self, file: &dyn Storage, offset: u64, size: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let bytes = bytes.get_mut(..usize::try_from(size).ok()?)?;
        file.read_at(offset, bytes).ok()?;
        if self.big_endian {
            bytes.reverse();
        }
        Some(bytes.iter().rev().fold(0, |value: u64, &byte| value << 8 | u64::from(byte)))
    }
}

impl ImageFileDirectory {
    /// Element `index` of an array of unsigned integers (bytes, shorts, longs).
    pub(super) fn element(&self, file: &dyn Storage, entry: IfdEntry, index: u64) -> Option<u64> {
        let size = element_size(entry.kind).filter(|_| matches!(entry.kind, 1 | 3 | 4 | 13 | 16 | 18))?;
        if index >= entry.count {
            return None;
        }
        self.numbers.uint(file, entry.offset.checked_add(index.checked_mul(size)?)?, size)
    }

    /// The first or only integer of a tag.
    pub(super) fn integer(&self, file: &dyn Storage, tag: u16) -> Option<u64> {
        self.element(file, *self.entries.get(&tag)?, 0)
    }

    /// A copy of the raw bytes of a tag; `None` if there are more than any tag that is
    /// read this way has.
    pub(super) fn bytes(&self, file: &dyn Storage, tag: u16) -> Option<Vec<u8>> {
        let entry = self.entries.get(&tag)?;
        let length = entry.count.checked_mul(element_size(entry.kind)?)?;
        let mut bytes = vec![0; usize::try_from(length).ok().filter(|&length| length <= MAX_BYTES)?];
        file.read_at(entry.offset, &mut bytes).ok()?;
        Some(bytes)
    }

    /// A tag's text up to the first NUL.
    pub(super) fn text(&self, file: &dyn Storage, tag: u16) -> Option<String> {
        let bytes = self.bytes(file, tag)?;
        let text = bytes.split(|&byte| byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// An unsigned fraction, or a float.
    pub(super) fn number(&self, file: &dyn Storage, tag: u16) -> Option<f64> {
        let entry = self.entries.get(&tag)?;
        let (numbers, offset) = (self.numbers, entry.offset);
        let value = match entry.kind {
            5 => numbers.uint(file, offset, 4)? as f64 / numbers.uint(file, offset + 4, 4)? as f64,
            11 => f32::from_bits(numbers.uint(file, offset, 4)? as u32).into(),
            12 => f64::from_bits(numbers.uint(file, offset, 8)?),
            _ => self.element(file, *entry, 0)? as f64,
        };
        value.is_finite().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pack::MemoryStorage;

    fn stored(file: &[u8]) -> MemoryStorage {
        MemoryStorage::new(file)
    }

    fn classic(entries: &[[u8; 12]], next: u32) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((entries.len() as u16).to_le_bytes());
        file.extend(entries.iter().flatten());
        file.extend(next.to_le_bytes());
        file
    }

    #[test]
    fn short_values_are_in_the_directory_itself() {
        let file = classic(&[[0, 1, 3, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0]], 0);
        let file = stored(&file);
        let Directories { directories, .. } = directories(&file).unwrap();
        assert_eq!(directories[0].integer(&file, 256), Some(0x1234));
        assert_eq!(directories[0].integer(&file, 257), None);
    }

    #[test]
    fn directories_in_a_circle_are_refused() {
        let error = directories(&stored(&classic(&[], 8))).err().unwrap();
        assert_eq!((error.offset, error.reason.contains("circle")), (Some(8), true));
    }

    #[test]
    fn an_array_beyond_the_file_is_refused_without_being_allocated() {
        let file = classic(&[[0x44, 1, 4, 0, 0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0]], 0);
        let error = directories(&stored(&file)).err().unwrap();
        assert!(error.reason.contains("tag 324"), "{}", error.reason);
    }

    #[test]
    fn every_cut_through_a_file_is_an_error_and_not_a_panic() {
        let file = classic(&[[0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0]], 0);
        for length in 4..file.len() {
            assert!(directories(&stored(&file[..length])).is_err(), "{length}");
        }
    }
}
