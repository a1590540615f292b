//! Reads the central directory of a zip, which lists its files.
//!
//! It is read entry by entry and kept nowhere, since a zip may have millions of tiles.

use super::archive::{Member, Packing};
use origami_pack::Storage;
use std::io::{self, BufReader, Read};
use std::ops::Range;

/// Beginning of the record at the end of a zip, which says where its directory is.
const END: &[u8] = b"PK\x05\x06";
/// Length of that record in bytes, without the comment after it.
const END_LEN: u64 = 22;
/// Maximum length in bytes of that record and its comment.
const MAX_END: u64 = END_LEN + u16::MAX as u64;
/// Beginning of the record that says where the end record of 64 bits is.
const LOCATOR64: &[u8] = b"PK\x06\x07";
/// Length of that record in bytes, which lies before the end record.
const LOCATOR64_LEN: u64 = 20;
/// Beginning of the end record of 64 bits.
const END64: &[u8] = b"PK\x06\x06";
/// Length of that record in bytes, without extensions.
const END64_LEN: u64 = 56;
/// Beginning of an entry.
const ENTRY: &[u8] = b"PK\x01\x02";
/// Length of an entry in bytes, before its name.
const ENTRY_LEN: usize = 46;

/// The place of a central directory.
#[derive(Clone, Debug)]
pub(super) struct CentralDirectory {
    /// Where its entries are in the file.
    range: Range<u64>,
    /// Number of bytes before the zip, which its offsets do not count.
    shift: u64,
    claimed: ClaimedCount,
}

/// Number of files that a zip claims to have.
#[derive(Clone, Copy, Debug)]
enum ClaimedCount {
    /// In 16 bits, of which some programs keep the lowest of a larger number.
    Short(u16),
    Long(u64),
}

/// An entry of a central directory.
#[derive(Debug)]
pub(super) struct CentralEntry {
    /// Where the entry is in the file.
    pub at: u64,
    /// The name of the file, as it is written.
    pub name: String,
    pub member: Member,
}

/// What the record at the end says.
struct End {
    /// Where the directory ends.
    at: u64,
    size: u64,
    offset: u64,
    claimed: ClaimedCount,
}

impl CentralDirectory {
    /// Finds the directory from the end of a file.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(file: &dyn Storage) -> Result<Self, String> {
        let tail_start = file.len().saturating_sub(MAX_END);
        let mut tail = vec![0; (file.len() - tail_start) as usize];
        file.read_at(tail_start, &mut tail).map_err(|error| error.to_string())?;
        let records = tail.windows(END_LEN as usize).enumerate().rev();
        records
            .filter(|(_, record)| record.starts_with(END))
            .find_map(|(at, record)| Self::at_end(file, tail_start + at as u64, record))
            .ok_or_else(|| "there is no directory of its files at the end; was it copied completely?".into())
    }

    /// The directory that an end record at `position` says; `None` if there is none.
    fn at_end(file: &dyn Storage, position: u64, record: &[u8]) -> Option<Self> {
        let End { at, size, offset, claimed } =
            End::read64(file, position).unwrap_or_else(|| End::read(position, record));
        let start = at.checked_sub(size)?;
        // Usually the directory ends where the record begins.
        let adjacent = start.checked_sub(offset).map(|shift| (start, shift));
        let stated = offset.checked_add(size).filter(|&end| end <= at).map(|_| (offset, 0));
        let (start, shift) = [adjacent, stated]
            .into_iter()
            .flatten()
            .find(|&(start, _)| size == 0 || is_entry(file, start))?;
        Some(Self { range: start..start + size, shift, claimed })
    }

    /// The entries, with the errors of those that are malformed.
    pub fn entries<'a>(&self, file: &'a dyn Storage) -> Entries<'a> {
        let reader = BufReader::with_capacity(64 << 10, Cursor { file, position: self.range.start });
        Entries { reader, directory: self.clone(), at: self.range.start, count: 0 }
    }

    /// The entry at this place in the file.
    ///
    /// # Errors
    /// If there is none.
    pub fn entry(&self, file: &dyn Storage, at: u64) -> Result<CentralEntry, String> {
        self.read(&mut Cursor { file, position: at }, at).map(|(entry, _)| entry)
    }

    /// Reads the entry at `at`, and returns it with the place after it.
    fn read(&self, reader: &mut impl Read, at: u64) -> Result<(CentralEntry, u64), String> {
        let mut fixed = [0; ENTRY_LEN];
        read_exact(reader, &mut fixed, at)?;
        if !fixed.starts_with(ENTRY) {
            return Err(format!("its directory is malformed at byte {at}"));
        }
        let [name_len, extra_len, comment_len] = [28, 30, 32].map(|field| usize::from(u16_at(&fixed, field)));
        let mut variable = vec![0; name_len + extra_len + comment_len];
        read_exact(reader, &mut variable, at)?;
        let (name, rest) = variable.split_at(name_len);
        let mut wide = WideFields(wide_fields(&rest[..extra_len]).unwrap_or_default());
        let name = decode_name(name);
        // In this order.
        let sizes = [24, 20].map(|field| wide.value(u32_at(&fixed, field)));
        let offset = wide.value(u32_at(&fixed, 42)).and_then(|offset| offset.checked_add(self.shift));
        let ([Some(size), Some(packed)], Some(offset)) = (sizes, offset) else {
            return Err(format!("the sizes of {name} are malformed"));
        };
        let packing = Packing::new(u16_at(&fixed, 8), u16_at(&fixed, 10));
        let member = Member { offset, packed, size, crc: u32_at(&fixed, 16), packing };
        let next = at + (ENTRY_LEN + variable.len()) as u64;
        Ok((CentralEntry { at, name, member }, next))
    }
}

/// The entries of a central directory.
pub(super) struct Entries<'a> {
    reader: BufReader<Cursor<'a>>,
    directory: CentralDirectory,
    /// Where the next entry is.
    at: u64,
    count: u64,
}

impl Iterator for Entries<'_> {
    type Item = Result<CentralEntry, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.directory.range.end;
        if self.at >= end {
            return None;
        }
        let result = self.directory.read(&mut self.reader, self.at);
        self.count += 1;
        self.at = result.as_ref().map_or(end, |&(_, next)| next);
        if self.at >= end && result.is_ok() && !self.directory.claimed.is(self.count) {
            return Some(Err(format!("its directory has {} entries, not as many as it claims", self.count)));
        }
        Some(result.map(|(entry, _)| entry))
    }
}

impl CentralEntry {
    /// The name with slashes between folders, which some programs write as backslashes,
    /// and from the top of the zip.
    pub fn path(&self) -> String {
        self.name.replace('\\', "/").trim_start_matches("./").to_owned()
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with(['/', '\\'])
    }
}

impl ClaimedCount {
    fn is(self, count: u64) -> bool {
        match self {
            Self::Short(claimed) => count as u16 == claimed,
            Self::Long(claimed) => count == claimed,
        }
    }
}

impl End {
    fn read(at: u64, record: &[u8]) -> Self {
        let [size, offset] = [12, 16].map(|field| u64::from(u32_at(record, field)));
        Self { at, size, offset, claimed: ClaimedCount::Short(u16_at(record, 10)) }
    }

    /// The record of 64 bits that belongs to the one at `position`, if there is one.
    fn read64(file: &dyn Storage, position: u64) -> Option<Self> {
        let mut locator = [0; LOCATOR64_LEN as usize];
        let locator_at = position.checked_sub(LOCATOR64_LEN)?;
        file.read_at(locator_at, &mut locator).ok().filter(|()| locator.starts_with(LOCATOR64))?;
        // Bytes before the zip make the stated place wrong.
        let places = [locator_at.checked_sub(END64_LEN), Some(u64_at(&locator, 8))];
        places.into_iter().flatten().find_map(|at| {
            let mut record = [0; END64_LEN as usize];
            file.read_at(at, &mut record).ok().filter(|()| record.starts_with(END64))?;
            let [count, size, offset] = [32, 40, 48].map(|field| u64_at(&record, field));
            Some(Self { at, size, offset, claimed: ClaimedCount::Long(count) })
        })
    }
}

/// The 64-bit values of an entry, which replace those that do not fit into 32 bits.
struct WideFields<'a>(&'a [u8]);

impl WideFields<'_> {
    fn value(&mut self, short: u32) -> Option<u64> {
        if short != u32::MAX {
            return Some(u64::from(short));
        }
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*value))
    }
}

/// The 64-bit values among the extra fields of an entry.
fn wide_fields(mut extra: &[u8]) -> Option<&[u8]> {
    while let [a, b, c, d, rest @ ..] = extra {
        let len = usize::from(u16::from_le_bytes([*c, *d]));
        let value = rest.get(..len)?;
        if u16::from_le_bytes([*a, *b]) == 1 {
            return Some(value);
        }
        extra = &rest[len..];
    }
    None
}

/// A name in UTF-8, or in another code whose bytes become characters of their own.
fn decode_name(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Whether an entry begins at `at`.
fn is_entry(file: &dyn Storage, at: u64) -> bool {
    let mut start = [0; ENTRY.len()];
    file.read_at(at, &mut start).is_ok() && start == *ENTRY
}

fn read_exact(reader: &mut impl Read, out: &mut [u8], at: u64) -> Result<(), String> {
    reader.read_exact(out).map_err(|error| format!("its directory cannot be read at byte {at}: {error}"))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | (u64::from(u32_at(bytes, at + 4)) << 32)
}

/// Reads a storage from a current position.
struct Cursor<'a> {
    file: &'a dyn Storage,
    position: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let remaining = self.file.len().saturating_sub(self.position);
        let len = out.len().min(usize::try_from(remaining).unwrap_or(usize::MAX));
        self.file.read_at(self.position, &mut out[..len])?;
        self.position += len as u64;
        Ok(len)
    }
}
