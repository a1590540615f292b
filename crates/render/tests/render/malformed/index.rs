//! Index blocks and their records that break the format, mostly under right checksums.

use super::{
    MalformedPack,
    Stage::{self, Lookup, Open},
};
use crate::common::forge::{
    BLOCK_RECORD, BLOCKS, INDEX, IndexEntry, Parts, number, put, range, seal_blocks, seal_section, signed,
};
use origami_pyramid::TileId;

/// The first tile of the first block, and the last one.
const FIRST: TileId = TileId { z: 0, x: 0, y: 0 };
const LAST: TileId = TileId { z: 9, x: 18, y: 12 };
/// A residual in the second block, not its first blob.
const LUMA: TileId = TileId { z: 9, x: 1, y: 12 };
/// The first tile of the second block that has a blob.
const FIRST_BLOB: TileId = TileId { z: 9, x: 2, y: 8 };
/// A tile of one colour.
const BLANK: TileId = TileId { z: 9, x: 0, y: 0 };

/// A pack with another index entry of the tile [`LUMA`], made of these parts.
fn entry(name: &str, text: &str, parts: &[&[u8]]) -> MalformedPack {
    entry_of(LUMA, name, text, parts)
}

/// The same for any tile.
fn entry_of(id: TileId, name: &str, text: &str, parts: &[&[u8]]) -> MalformedPack {
    let bytes = parts.concat();
    MalformedPack::from_parts(name, Lookup(id), "entry", text, move |parts| {
        *parts.entry(id) = IndexEntry::Other(bytes.clone());
    })
}

/// A pack in which `change` was made to the bytes of the blocks section, whose checksum is
/// right.
fn records(
    name: &str,
    stage: Stage,
    kind: &'static str,
    text: &str,
    change: impl Fn(&mut [u8]) + 'static,
) -> MalformedPack {
    MalformedPack::new(name, stage, kind, text, move |valid| {
        let mut bytes = valid.to_vec();
        change(&mut bytes[range(valid, BLOCKS)]);
        seal_section(&mut bytes, BLOCKS);
        bytes
    })
}

/// Length of block `number`, from the bytes of the blocks section.
fn block_len(records: &[u8], number: usize) -> u16 {
    let at = BLOCK_RECORD * number + 6;
    u16::from_le_bytes([records[at], records[at + 1]])
}

fn set_block_len(records: &mut [u8], number: usize, len: u16) {
    put(records, BLOCK_RECORD * number + 6, &len.to_le_bytes());
}

/// A pack whose second block begins `by` bytes late, under right checksums.
fn with_moved_boundary(valid: &[u8], by: i16) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    let records = &mut bytes[range(valid, BLOCKS)];
    let [first, second] = [0, 1].map(|number| block_len(records, number));
    set_block_len(records, 0, first.wrapping_add_signed(by));
    set_block_len(records, 1, second.wrapping_add_signed(-by));
    seal_blocks(&mut bytes);
    bytes
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = wrong_records();
    packs.extend(wrong_boundaries());
    packs.extend(wrong_checksums());
    packs.extend(wrong_numbers());
    packs.extend(wrong_forms());
    packs.extend(wrong_distances());
    packs
}

/// Records that contradict the index.
fn wrong_records() -> Vec<MalformedPack> {
    let (one, all) = ("length of an index block", "length of all index blocks");
    vec![
        records("index-block-of-0-bytes", Open, "field", one, |records| set_block_len(records, 1, 0)),
        records("index-block-of-a-byte-for-two-entries", Open, "field", one, |records| {
            set_block_len(records, 0, 255);
        }),
        records("index-block-above-4-kib", Open, "field", one, |records| set_block_len(records, 0, 4097)),
        // As long as a full block may be, but it has fewer entries.
        records("last-index-block-above-16-bytes-an-entry", Open, "field", one, |records| {
            set_block_len(records, 1, 4096);
        }),
        records("index-block-of-64-kib", Open, "field", one, |records| set_block_len(records, 0, u16::MAX)),
        records("index-blocks-that-exceed-the-index", Open, "field", all, |records| {
            set_block_len(records, 0, block_len(records, 0) + 1);
        }),
        records("index-blocks-that-end-before-the-index", Open, "field", all, |records| {
            set_block_len(records, 1, block_len(records, 1) - 1);
        }),
        records(
            "first-blob-of-a-block-at-0",
            Lookup(FIRST_BLOB),
            "entry",
            "blob begins inside the header",
            |records| put(records, BLOCK_RECORD, &[0; 6]),
        ),
        records(
            "first-blob-of-a-block-past-the-file",
            Lookup(LUMA),
            "entry",
            "blob outside of any file",
            |records| put(records, BLOCK_RECORD, &[0xff; 6]),
        ),
        records("first-blob-of-a-block-elsewhere", Lookup(LUMA), "checksum", "checksum of blob", |records| {
            records[BLOCK_RECORD] ^= 1;
        }),
        MalformedPack::new(
            "offset-of-a-block-without-blobs",
            Lookup(LUMA),
            "entry",
            "offset of a blob for a block without blobs",
            |valid| {
                let mut parts = Parts::of(valid);
                parts.entries[256..].fill(IndexEntry::blank([1, 2, 3]));
                let mut bytes = parts.build();
                let second = range(&bytes, BLOCKS).start + BLOCK_RECORD;
                put(&mut bytes, second, &[200]);
                seal_section(&mut bytes, BLOCKS);
                bytes
            },
        ),
    ]
}

/// Blocks whose entries do not fill them.
fn wrong_boundaries() -> Vec<MalformedPack> {
    let (missing, left) = ("past its block", "bytes after the last entry of its block");
    vec![
        MalformedPack::new("index-block-that-begins-early", Lookup(FIRST), "entry", missing, |valid| {
            with_moved_boundary(valid, -1)
        }),
        MalformedPack::new("index-block-that-begins-late", Lookup(FIRST), "entry", left, |valid| {
            with_moved_boundary(valid, 1)
        }),
        entry_of(BLANK, "two-entries-for-a-tile", left, &[&[3, 1, 2, 3], &[3, 1, 2, 3]]),
        entry_of(LAST, "entry-missing", missing, &[]),
        entry_of(LAST, "entry-cut-in-its-number", missing, &[&[0x84]]),
        entry_of(LAST, "entry-cut-before-its-checksum", missing, &[&number(4 * 50)]),
        entry_of(LAST, "entry-cut-in-its-checksum", missing, &[&number(4 * 50), &[1, 2, 3]]),
        entry_of(LAST, "blank-of-two-samples", missing, &[&[3, 128, 128]]),
    ]
}

fn wrong_checksums() -> Vec<MalformedPack> {
    let text = "checksum of index block";
    vec![
        MalformedPack::new("index-damaged", Lookup(LUMA), "checksum", text, |valid| {
            let mut bytes = valid.to_vec();
            bytes[range(valid, INDEX).end - 1] ^= 1;
            bytes
        }),
        records("index-checksum-of-other-bytes", Lookup(FIRST), "checksum", text, |records| {
            records[8] ^= 1;
        }),
        records("index-checksums-swapped", Lookup(LUMA), "checksum", text, |records| {
            for at in 8..BLOCK_RECORD {
                records.swap(at, BLOCK_RECORD + at);
            }
        }),
    ]
}

/// Numbers that run on, or that shorter bytes say.
fn wrong_numbers() -> Vec<MalformedPack> {
    let (long, needless) = ("number of too many bytes", "number with needless bytes");
    let crc: &[u8] = &[1, 2, 3, 4];
    vec![
        entry("entry-of-a-number-of-6-bytes", long, &[&[0x84, 0x80, 0x80, 0x80, 0x80, 1], crc]),
        entry("entry-of-a-number-beyond-64-bits", long, &[&[0xff; 10], &[1], crc]),
        entry("entry-of-a-number-without-an-end", long, &[&[0x80; 16]]),
        entry("entry-of-a-needless-byte", needless, &[&[0x84, 0], crc]),
        entry("entry-of-four-needless-bytes", needless, &[&[0x84, 0x80, 0x80, 0x80, 0], crc]),
        entry("distance-of-a-needless-byte", needless, &[&[5, 0x82, 0], crc]),
        entry("distance-of-8-bytes", long, &[&[5], &[0xff; 7], &[1], crc]),
        entry("distance-beyond-64-bits", long, &[&[5], &[0xff; 10], &[1], crc]),
    ]
}

/// Forms and flags that are not defined, or that a shorter form says.
fn wrong_forms() -> Vec<MalformedPack> {
    let crc: &[u8] = &[1, 2, 3, 4];
    let flagged = |len: u64, flags: u64| number(4 * (16 * len + flags) + 2);
    let shorter = "flags that a shorter form has";
    vec![
        entry("entry-form-3", "unknown form", &[&number(4 * 3 + 3)]),
        entry("entry-form-of-30-bits", "unknown form", &[&number(4 << 30 | 3)]),
        entry("flags-of-an-ordinary-blob", shorter, &[&flagged(50, 0), crc]),
        entry("flags-of-a-distant-blob", shorter, &[&flagged(50, 8), &signed(7), crc]),
        entry("identity-3", "unknown flags", &[&flagged(50, 3), crc]),
        entry("second-model-of-identity-3", "unknown flags", &[&flagged(50, 7), crc]),
        entry("second-model-of-a-verbatim-tile", "model of a verbatim tile", &[&flagged(50, 6), crc]),
        entry("flagged-blob-of-0-bytes", "blob of no bytes", &[&flagged(0, 1), crc]),
        entry(
            "flagged-blob-above-16-mib",
            "blob length above the limit",
            &[&flagged((16 << 20) + 1, 1), crc],
        ),
        entry("constant-of-17-bits", "DC value of more than 16 bits", &[&[11], &signed(1 << 15), &[0, 0]]),
        entry("constant-of-4-bytes", "number of too many bytes", &[&[11], &[0x80; 4], &[0, 0]]),
    ]
}

fn wrong_distances() -> Vec<MalformedPack> {
    let crc: &[u8] = &[1, 2, 3, 4];
    let outside = "blob outside of any file";
    let first = "distance of the first blob of a block";
    vec![
        entry("distance-of-0", "distance of 0", &[&number(4 * 50 + 1), &signed(0), crc]),
        entry("distance-before-the-file", outside, &[&number(4 * 50 + 1), &signed(-(1 << 48)), crc]),
        entry("distance-past-2-to-48", outside, &[&number(4 * 50 + 1), &signed((1 << 48) - 1), crc]),
        entry_of(FIRST, "distance-of-the-first-blob", first, &[&number(4 * 50 + 1), &signed(9), crc]),
    ]
}
