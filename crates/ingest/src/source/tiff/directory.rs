//! Reads the directories of TIFF and BigTIFF.
//!
//! Arrays stay in the file, so a slide with millions of tiles opens without
//! copying its offsets. (The `tiff` crate decodes the first directory into
//! memory with a fixed limit of 1 MiB for each tag, which such slides exceed.)

mod array;
mod conformance;
mod scan;
#[cfg(test)]
mod tests;

pub(super) use array::{ByteOrder, UintArray};

use crate::source::error::SourceFault;
use crate::source::tiff::images::is_full;
use crate::source::tiff::tags;
use conformance::DirectoryFlaw;
use origami_pack::Storage;
use scan::{FoundDirectories, Scan};

/// Maximum number of bytes of a tag that are copied: of JPEG tables, of a colour map.
const MAX_BYTES: usize = 64 << 20;
/// Maximum number of bytes of a text; the OME-XML of a stack can have some MB.
const MAX_TEXT: usize = 16 << 20;

/// How numbers are stored in a file.
#[derive(Clone, Copy, Debug)]
pub struct NumberFormat {
    order: ByteOrder,
    /// Counts and offsets have 8 bytes.
    big: bool,
}

/// One entry of a directory: the type of its elements, and where they are.
#[derive(Clone, Copy, Debug)]
pub struct IfdEntry {
    tag: u16,
    /// Number of a TIFF data type.
    kind: u16,
    count: u64,
    offset: u64,
}

/// The entries of a directory, in the order of their tags.
#[derive(Clone, Debug)]
pub struct Entries(Vec<IfdEntry>);

/// One image file directory.
#[derive(Clone, Debug)]
pub struct ImageFileDirectory {
    numbers: NumberFormat,
    pub entries: Entries,
    flaws: Vec<DirectoryFlaw>,
}

/// The directories of a file that may have its image; at least one.
#[derive(Debug)]
pub struct Directories {
    pub numbers: NumberFormat,
    /// Those of the file's list in their order, then SubIFDs.
    pub directories: Vec<ImageFileDirectory>,
    /// How many of them are in the file's list, at least 1. Numbers of directories in
    /// OME-XML are of these.
    pub listed: usize,
    /// Remarks on directories that could not be read, a phrase each.
    pub notes: Vec<String>,
    /// The fault if the file ends before its list of directories does: there, other things
    /// are probably missing as well.
    pub cut_short: Option<SourceFault>,
}

/// Reads all directories of a file. Those of SubIFDs are among them only if no other has
/// an image of full resolution: mostly they hold coarser levels and thumbnails.
///
/// # Errors
/// If the first directory or an array that pixels depend on lies outside the file,
/// directories overlap, there are absurdly many, or there is none.
pub fn directories(file: &dyn Storage) -> Result<Directories, SourceFault> {
    let (numbers, first) = NumberFormat::read(file)?;
    let mut scan = Scan::new(file, numbers);
    let FoundDirectories { mut directories, fault, is_cut_short } = scan.list(first)?;
    let listed = directories.len();
    if listed == 0 {
        return Err(SourceFault::new(Some(4), "the file holds no image"));
    }
    let mut notes = Vec::new();
    notes.extend(fault.as_ref().map(|fault| note("the list of its directories ends", fault)));
    let cut_short = fault.filter(|_| is_cut_short);
    if !directories.iter().any(|directory| is_full(file, directory)) {
        let sub = scan.sub_directories(&directories);
        directories.extend(sub.directories);
        notes.extend(sub.fault.map(|fault| note("it has an unreadable SubIFD", &fault)));
    }
    Ok(Directories { numbers, directories, listed, notes, cut_short })
}

/// A remark on what follows from a fault.
fn note(consequence: &str, fault: &SourceFault) -> String {
    let SourceFault { offset, reason } = fault;
    let place = offset.map_or_else(String::new, |offset| format!(" at byte {offset}"));
    format!("{consequence}{place}: {reason}")
}

/// The tags of the first directory of a little-endian classic TIFF whose header has an
/// offset of 8 bytes, as that of an NDPI does; none of other files.
pub fn first_tags(file: &dyn Storage) -> Vec<u16> {
    let numbers = NumberFormat { order: ByteOrder::Little, big: false };
    if numbers.uint(file, 0, 4) != Some(u64::from(u32::from_le_bytes(*b"II*\0"))) {
        return Vec::new();
    }
    let start = numbers.uint(file, 4, 8).unwrap_or(0);
    let count = numbers.uint(file, start, 2).unwrap_or(0);
    let mut entries = vec![0; 12 * count as usize];
    if file.read_at(start.saturating_add(2), &mut entries).is_err() {
        return Vec::new();
    }
    entries.chunks_exact(12).map(|entry| numbers.number(&entry[..2]) as u16).collect()
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
        let mut numbers = Self { order: ByteOrder::Little, big: false };
        if numbers.uint(file, 0, 2) == Some(u64::from(u16::from_le_bytes(*b"MM"))) {
            numbers.order = ByteOrder::Big;
        }
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
    pub fn is_big(self) -> bool {
        self.big
    }

    /// Bytes of a count or an offset.
    fn word(self) -> u64 {
        if self.big { 8 } else { 4 }
    }

    /// The unsigned integer that at most 8 bytes are.
    fn number(self, bytes: &[u8]) -> u64 {
        self.order.number(bytes)
    }

    /// The unsigned integer of `size` (at most 8) bytes at `offset`.
    fn uint(self, file: &dyn Storage, offset: u64, size: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let bytes = bytes.get_mut(..usize::try_from(size).ok()?)?;
        file.read_at(offset, bytes).ok()?;
        Some(self.number(bytes))
    }
}

impl Entries {
    /// Of a tag that is given twice, the first counts, as for libtiff.
    fn new(mut entries: Vec<IfdEntry>) -> Self {
        entries.sort_by_key(|entry| entry.tag);
        entries.dedup_by_key(|entry| entry.tag);
        entries.shrink_to_fit();
        Self(entries)
    }

    /// The entry of a tag.
    pub fn get(&self, tag: u16) -> Option<&IfdEntry> {
        let position = self.0.binary_search_by_key(&tag, |entry| entry.tag).ok()?;
        self.0.get(position)
    }

    /// Whether there is an entry of this tag.
    pub fn contains(&self, tag: u16) -> bool {
        self.get(tag).is_some()
    }
}

impl ImageFileDirectory {
    /// The order of the bytes of numbers, samples of several bytes among them.
    pub(super) fn byte_order(&self) -> ByteOrder {
        self.numbers.order
    }

    /// The array of unsigned integers (bytes, shorts, longs) of a tag.
    pub(super) fn array(&self, tag: u16) -> Option<UintArray> {
        let IfdEntry { kind, count, offset, .. } = *self.entries.get(tag)?;
        UintArray::new(self.byte_order(), kind, count, offset)
    }

    /// The first or only integer of a tag.
    pub fn integer(&self, file: &dyn Storage, tag: u16) -> Option<u64> {
        self.array(tag)?.get(file, 0)
    }

    /// The first `max_count` integers of a tag, or as many as it has.
    pub fn integers(&self, file: &dyn Storage, tag: u16, max_count: u64) -> Vec<u64> {
        let Some(array) = self.array(tag) else { return Vec::new() };
        (0..array.count().min(max_count)).map_while(|index| array.get(file, index)).collect()
    }

    /// Number of samples of a pixel: where it is not given, as many as have bits.
    pub fn samples_per_pixel(&self, file: &dyn Storage) -> u64 {
        let bits = || self.array(tags::BITS_PER_SAMPLE).map(UintArray::count);
        self.integer(file, tags::SAMPLES_PER_PIXEL).or_else(bits).unwrap_or(1)
    }

    /// A copy of the raw bytes of a tag; `None` if there are more than any tag that is
    /// read this way has.
    pub fn bytes(&self, file: &dyn Storage, tag: u16) -> Option<Vec<u8>> {
        let entry = self.entries.get(tag)?;
        let length = entry.count.checked_mul(element_size(entry.kind)?)?;
        let length = usize::try_from(length).ok().filter(|&length| length <= MAX_BYTES)?;
        self.start(file, tag, length)
    }

    /// A copy of at most the first `limit` raw bytes of a tag.
    pub fn start(&self, file: &dyn Storage, tag: u16, limit: usize) -> Option<Vec<u8>> {
        let entry = self.entries.get(tag)?;
        let length = entry.count.checked_mul(element_size(entry.kind)?)?;
        let mut bytes = vec![0; length.min(limit as u64) as usize];
        file.read_at(entry.offset, &mut bytes).ok()?;
        Some(bytes)
    }

    /// A tag's text up to the first NUL, or as much of it as a text may have.
    pub fn text(&self, file: &dyn Storage, tag: u16) -> Option<String> {
        self.text_start(file, tag, MAX_TEXT)
    }

    /// A tag's text up to the first NUL, but at most `limit` bytes of it.
    pub fn text_start(&self, file: &dyn Storage, tag: u16, limit: usize) -> Option<String> {
        let bytes = self.start(file, tag, limit)?;
        let text = bytes.split(|&byte| byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// An unsigned fraction, or a float.
    pub fn number(&self, file: &dyn Storage, tag: u16) -> Option<f64> {
        let entry = self.entries.get(tag)?;
        let (numbers, offset) = (self.numbers, entry.offset);
        let value = match entry.kind {
            5 => numbers.uint(file, offset, 4)? as f64 / numbers.uint(file, offset + 4, 4)? as f64,
            11 => f32::from_bits(numbers.uint(file, offset, 4)? as u32).into(),
            12 => f64::from_bits(numbers.uint(file, offset, 8)?),
            _ => self.integer(file, tag)? as f64,
        };
        value.is_finite().then_some(value)
    }
}
