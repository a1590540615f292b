//! TIFF and BigTIFF directories.
//!
//! Arrays stay in the file: a slide with millions of tiles opens without
//! copying its offsets. (The `tiff` crate decodes the first directory into
//! memory under a fixed limit of 1 MiB a tag, which such slides exceed.)

use crate::source::error::SourceFault;
use origami_pack::Storage;
use std::collections::{BTreeMap, HashSet};

/// Most directories that are followed; slides have a dozen.
const MAX_DIRECTORIES: usize = 4096;
/// Most tags in one directory; BigTIFF's counter could claim 2^64.
const MAX_TAGS: u64 = 65_535;

/// Most bytes of a tag that are copied: of a description, of JPEG tables.
const MAX_BYTES: usize = 64 << 20;

/// How numbers are stored in a file.
#[derive(Clone, Copy)]
pub(super) struct NumberFormat {
    big_endian: bool,
    pub big: bool,
}

/// One value or array: where its elements lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct IfdEntry {
    kind: u16,
    pub count: u64,
    offset: u64,
}

/// One image file directory.
pub(super) struct ImageFileDirectory {
    layout: NumberFormat,
    pub fields: BTreeMap<u16, IfdEntry>,
}

/// All directories of a file, in order.
pub(super) fn directories(
    file: &dyn Storage,
) -> Result<(NumberFormat, Vec<ImageFileDirectory>), SourceFault> {
    let malformed = |offset, reason: &str| SourceFault { offset: Some(offset), reason: reason.into() };
    let mut layout = NumberFormat { big_endian: true, big: false };
    layout.big_endian = layout.uint(file, 0, 2) == Some(u64::from(u16::from_be_bytes(*b"MM")));
    layout.big = layout.uint(file, 2, 2) == Some(43);
    let first = if layout.big {
        let header = (layout.uint(file, 4, 2), layout.uint(file, 6, 2));
        if header != (Some(8), Some(0)) {
            return Err(malformed(4, "a BigTIFF header has 8-byte offsets"));
        }
        layout.uint(file, 8, 8)
    } else {
        layout.uint(file, 4, 4)
    };
    let mut next = first.ok_or_else(|| malformed(4, "the file ends within its header"))?;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while next != 0 {
        if !seen.insert(next) || found.len() == MAX_DIRECTORIES {
            return Err(malformed(next, "the directories run in a circle"));
        }
        let (directory, following) = directory(file, layout, next)?;
        found.push(directory);
        next = following;
    }
    Ok((layout, found))
}

fn directory(
    file: &dyn Storage,
    layout: NumberFormat,
    start: u64,
) -> Result<(ImageFileDirectory, u64), SourceFault> {
    let cut_short = |offset, what: &str| SourceFault {
        offset: Some(offset),
        reason: format!("{what} here, but the file ends at byte {}; was it copied completely?", file.len()),
    };
    let uint =
        |offset, size| layout.uint(file, offset, size).ok_or_else(|| cut_short(start, "a directory stands"));
    let word = layout.word();
    let counter = if layout.big { 8 } else { 2 };
    let tags = uint(start, counter)?;
    if tags > MAX_TAGS {
        return Err(SourceFault { offset: Some(start), reason: format!("a directory claims {tags} tags") });
    }
    let mut fields = BTreeMap::new();
    let mut at = start + counter;
    for _ in 0..tags {
        let (tag, kind) = (uint(at, 2)? as u16, uint(at + 2, 2)? as u16);
        let count = uint(at + 4, word)?;
        let value = at + 4 + word;
        at = value + word;
        let Some(size) = element_size(kind) else { continue };
        let bytes = count.saturating_mul(size);
        let offset = if bytes <= word { value } else { uint(value, word)? };
        if offset.checked_add(bytes).is_none_or(|end| end > file.len()) {
            return Err(cut_short(offset, &format!("tag {tag} has {bytes} bytes")));
        }
        fields.insert(tag, IfdEntry { kind, count, offset });
    }
    Ok((ImageFileDirectory { layout, fields }, uint(at, word)?))
}

/// Bytes of one element; unknown types are skipped, as TIFF asks.
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
    /// Bytes of an offset.
    fn word(self) -> u64 {
        if self.big { 8 } else { 4 }
    }

    /// The unsigned integer of `size` (at most 8) bytes at `offset`.
    fn uint(self, file: &dyn Storage, offset: u64, size: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let bytes = bytes.get_mut(..usize::try_from(size).ok()?)?;
        file.read_at(offset, bytes).ok()?;
        let push = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
        Some(if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) })
    }
}

impl ImageFileDirectory {
    /// Element `index` of an array of unsigned integers (bytes, shorts, longs).
    pub(super) fn element(&self, file: &dyn Storage, field: IfdEntry, index: u64) -> Option<u64> {
        let size = element_size(field.kind).filter(|_| matches!(field.kind, 1 | 3 | 4 | 13 | 16 | 18))?;
        let at =
            (index < field.count).then(|| field.offset.checked_add(index.checked_mul(size)?)).flatten()?;
        self.layout.uint(file, at, size)
    }

    /// The first or only integer of a tag.
    pub(super) fn integer(&self, file: &dyn Storage, tag: u16) -> Option<u64> {
        self.element(file, *self.fields.get(&tag)?, 0)
    }

    /// A copy of the raw bytes of a tag, unless they are more than any tag that is
    /// read this way has.
    pub(super) fn bytes(&self, file: &dyn Storage, tag: u16) -> Option<Vec<u8>> {
        let field = self.fields.get(&tag)?;
        let length = field.count.checked_mul(element_size(field.kind)?)?;
        let mut bytes = vec![0; usize::try_from(length).ok().filter(|&length| length <= MAX_BYTES)?];
        file.read_at(field.offset, &mut bytes).ok()?;
        Some(bytes)
    }

    /// A tag's text, without what follows the first NUL.
    pub(super) fn text(&self, file: &dyn Storage, tag: u16) -> Option<String> {
        let bytes = self.bytes(file, tag)?;
        let text = bytes.split(|&byte| byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// An unsigned fraction, or a float.
    pub(super) fn number(&self, file: &dyn Storage, tag: u16) -> Option<f64> {
        let field = self.fields.get(&tag)?;
        let value = match field.kind {
            5 => {
                let part = |offset| self.layout.uint(file, field.offset + offset, 4).map(|part| part as f64);
                part(0)? / part(4)?
            }
            11 => f32::from_bits(self.layout.uint(file, field.offset, 4)? as u32).into(),
            12 => f64::from_bits(self.layout.uint(file, field.offset, 8)?),
            _ => self.element(file, *field, 0)? as f64,
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
    fn short_values_stand_in_the_directory_itself() {
        let file = classic(&[[0, 1, 3, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0]], 0);
        let file = stored(&file);
        let (_, found) = directories(&file).unwrap();
        assert_eq!(found[0].integer(&file, 256), Some(0x1234));
        assert_eq!(found[0].integer(&file, 257), None);
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
