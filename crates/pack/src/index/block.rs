//! The bytes of a block of the index.

use super::varint;
use crate::{Entry, Identity, MAX_BLOB, ModelChoice};

/// Entries in a block; the last block may have fewer.
pub(crate) const ENTRIES: u64 = 256;
/// Maximum length of an entry in bytes: a length, flags and a distance take 12 at most, a
/// checksum 4.
pub(crate) const MAX_ENTRY_LEN: u64 = 16;
/// Maximum length of a block in bytes.
pub(crate) const MAX_LEN: usize = (ENTRIES * MAX_ENTRY_LEN) as usize;

/// Maximum lengths of varints: of the number that an entry begins with, for which a blob
/// of 16 MiB with all flags needs 31 bits; of a distance between blobs, at most 2^48 either
/// way; of a DC value of 16 bits.
const MAX_HEAD_LEN: usize = 5;
const MAX_DISTANCE_LEN: usize = 7;
const MAX_DC_LEN: usize = 3;

/// Blobs end at this offset at most, so that offsets have 48 bits.
pub(crate) const MAX_END: u64 = 1 << 48;

/// Forms of entries: the low two bits of the number that they begin with.
const PLAIN: u64 = 0;
const DISTANT: u64 = 1;
const FLAGGED: u64 = 2;
const WITHOUT_BLOB: u64 = 3;

/// Flags of form [`FLAGGED`], after two bits of identity.
const SECOND_MODEL: u64 = 4;
const HAS_DISTANCE: u64 = 8;

/// What form [`WITHOUT_BLOB`] says.
const BLANK: u64 = 0;
const EMPTY: u64 = 1;
const CONSTANT: u64 = 2;

/// A rule of the format that a block breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockError {
    /// Number of the entry in the block; the number of entries for what is behind them.
    pub entry: usize,
    /// Where the entry begins, in bytes from the beginning of the block.
    pub at: usize,
    pub what: &'static str,
}

/// Appends the block of these `entries` to `out`, and returns the offset of its first blob,
/// 0 without blobs. `planes`, 1 or 3, is the number of DC values of a constant tile.
///
/// # Panics
/// If a blob does not end at 2^48 or before.
pub(crate) fn encode(entries: &[Entry], planes: usize, out: &mut Vec<u8>) -> u64 {
    let mut encoder = BlockEncoder { out, planes, blobs: None };
    entries.iter().for_each(|&entry| encoder.put(entry));
    encoder.blobs.map_or(0, |blobs| blobs.start)
}

/// Reads the block of `count` entries that is `bytes`, to `out`. `first_blob` is the offset
/// in its record. Rules of levels and the range of the blobs remain to be checked.
pub(crate) fn decode(
    bytes: &[u8],
    first_blob: u64,
    count: usize,
    planes: usize,
    out: &mut Vec<Entry>,
) -> Result<(), BlockError> {
    let mut decoder = BlockDecoder { rest: bytes, planes, first_blob, end: None };
    out.clear();
    out.reserve(count);
    for entry in 0..count {
        let at = bytes.len() - decoder.rest.len();
        out.push(decoder.entry().map_err(|what| BlockError { entry, at, what })?);
    }
    let what = match decoder {
        BlockDecoder { rest: [_, ..], .. } => "bytes after the last entry of its block",
        BlockDecoder { end: None, .. } if first_blob != 0 => "offset of a blob for a block without blobs",
        _ => return Ok(()),
    };
    Err(BlockError { entry: count, at: bytes.len() - decoder.rest.len(), what })
}

/// Where the blobs of a block so far begin, and where the last one ends.
#[derive(Clone, Copy)]
struct BlobSpan {
    start: u64,
    end: u64,
}

struct BlockEncoder<'a> {
    out: &'a mut Vec<u8>,
    planes: usize,
    blobs: Option<BlobSpan>,
}

impl BlockEncoder<'_> {
    fn put(&mut self, entry: Entry) {
        match entry {
            Entry::Blob { offset, len, crc, identity, model } => {
                let distance = self.advance(offset, len);
                let flags = identity as u64 | if model == ModelChoice::Second { SECOND_MODEL } else { 0 };
                let len = u64::from(len);
                let far = if distance == 0 { 0 } else { HAS_DISTANCE };
                let head = match (flags, distance) {
                    (0, 0) => len << 2 | PLAIN,
                    (0, _) => len << 2 | DISTANT,
                    _ => (len << 4 | flags | far) << 2 | FLAGGED,
                };
                varint::put(head, self.out);
                if distance != 0 {
                    varint::put_signed(distance, self.out);
                }
                self.out.extend(crc.to_le_bytes());
            }
            Entry::Blank { colour } => {
                varint::put(BLANK << 2 | WITHOUT_BLOB, self.out);
                self.out.extend(colour);
            }
            Entry::Empty => varint::put(EMPTY << 2 | WITHOUT_BLOB, self.out),
            Entry::Constant { dc } => {
                varint::put(CONSTANT << 2 | WITHOUT_BLOB, self.out);
                dc[..self.planes].iter().for_each(|&dc| varint::put_signed(dc.into(), self.out));
            }
        }
    }

    /// Notes a blob, and returns its distance from where it would begin without one.
    fn advance(&mut self, offset: u64, len: u32) -> i64 {
        let end = offset + u64::from(len);
        assert!(end <= MAX_END, "blobs are within 2^48 bytes");
        let blobs = self.blobs.get_or_insert(BlobSpan { start: offset, end: offset });
        let distance = offset as i64 - blobs.end as i64;
        blobs.end = end;
        distance
    }
}

struct BlockDecoder<'a> {
    /// The bytes that have not been read.
    rest: &'a [u8],
    planes: usize,
    first_blob: u64,
    /// Where the blob before ends, if there is one.
    end: Option<u64>,
}

impl BlockDecoder<'_> {
    fn entry(&mut self) -> Result<Entry, &'static str> {
        let head = varint::take(&mut self.rest, MAX_HEAD_LEN)?;
        let content = head >> 2;
        match head & 3 {
            PLAIN => self.blob(content, 0, Identity::Bytes, ModelChoice::First),
            DISTANT => {
                let distance = self.distance()?;
                self.blob(content, distance, Identity::Bytes, ModelChoice::First)
            }
            FLAGGED => self.flagged_blob(content >> 4, content & 15),
            _ => match content {
                BLANK => Ok(Entry::Blank { colour: self.take()? }),
                EMPTY => Ok(Entry::Empty),
                CONSTANT => self.constant(),
                _ => Err("unknown form"),
            },
        }
    }

    fn flagged_blob(&mut self, len: u64, flags: u64) -> Result<Entry, &'static str> {
        let model = if flags & SECOND_MODEL == 0 { ModelChoice::First } else { ModelChoice::Second };
        let identity = *Identity::ALL.get((flags & 3) as usize).ok_or("unknown flags")?;
        match (identity, model) {
            (Identity::Bytes, ModelChoice::First) => return Err("flags that a shorter form has"),
            (Identity::Verbatim, ModelChoice::Second) => return Err("model of a verbatim tile"),
            _ => {}
        }
        let distance = if flags & HAS_DISTANCE == 0 { 0 } else { self.distance()? };
        self.blob(len, distance, identity, model)
    }

    fn blob(
        &mut self,
        len: u64,
        distance: i64,
        identity: Identity,
        model: ModelChoice,
    ) -> Result<Entry, &'static str> {
        if len == 0 {
            return Err("blob of no bytes");
        }
        let len = u32::try_from(len).ok().filter(|&len| len as usize <= MAX_BLOB);
        let len = len.ok_or("blob length above the limit")?;
        let offset = self.end.unwrap_or(self.first_blob).checked_add_signed(distance);
        let offset = offset.filter(|&offset| offset <= MAX_END - u64::from(len));
        let offset = offset.ok_or("blob outside of any file")?;
        self.end = Some(offset + u64::from(len));
        Ok(Entry::Blob { offset, len, crc: u32::from_le_bytes(self.take()?), identity, model })
    }

    fn distance(&mut self) -> Result<i64, &'static str> {
        if self.end.is_none() {
            return Err("distance of the first blob of a block");
        }
        match varint::take_signed(&mut self.rest, MAX_DISTANCE_LEN)? {
            0 => Err("distance of 0"),
            distance => Ok(distance),
        }
    }

    fn constant(&mut self) -> Result<Entry, &'static str> {
        let mut dc = [0; 3];
        for dc in &mut dc[..self.planes] {
            let value = varint::take_signed(&mut self.rest, MAX_DC_LEN)?;
            *dc = i16::try_from(value).map_err(|_| "DC value of more than 16 bits")?;
        }
        Ok(Entry::Constant { dc })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or("entry that runs past its block")?;
        self.rest = rest;
        Ok(*taken)
    }
}

#[cfg(test)]
mod tests;
