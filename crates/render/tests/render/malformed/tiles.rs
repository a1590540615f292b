//! Wrong index entries and blobs.

use super::{
    MalformedPack,
    Stage::{Decode, Lookup, Rebuild, Verify},
};
use crate::common::encode;
use crate::common::forge::{HEADER, INDEX, SUMS, put, range, seal_section};
use origami_pyramid::{Subsampling, TileId, Ycc};

/// A residual at full resolution, not in the index's first block.
const LUMA: TileId = TileId { z: 9, x: 1, y: 12 };
/// A tile that is its prediction.
const EMPTY: TileId = TileId { z: 9, x: 3, y: 0 };
const BLANK: TileId = TileId { z: 9, x: 0, y: 0 };
/// A family's root that has bytes, and a residual predicted from it.
const ROOT: TileId = TileId { z: 7, x: 1, y: 0 };
const CHILD: TileId = TileId { z: 8, x: 2, y: 0 };
/// A stored tile without children that are predicted.
const COARSE: TileId = TileId { z: 4, x: 0, y: 0 };

/// A pack with `value` at byte `at` of the index entry of a tile.
fn entry(name: &str, id: TileId, at: usize, value: &[u8], text: &str) -> MalformedPack {
    let value = value.to_vec();
    MalformedPack::from_parts(name, Lookup(id), "entry", text, move |parts| {
        put(parts.entry(id), at, &value);
    })
}

/// A pack in which tile `id` has other bytes, under a right checksum, so that `child`
/// cannot be rebuilt.
fn undecodable(name: &str, id: TileId, child: TileId, text: &str, bytes: Vec<u8>) -> MalformedPack {
    let stage = if id == COARSE { Decode } else { Rebuild(child) };
    MalformedPack::from_parts(name, stage, "codec", format!("tile {id}: JPEG{text}"), move |parts| {
        parts.set_blob(id, &bytes);
    })
}

fn jpeg(width: usize, height: usize, subsampling: Subsampling) -> Vec<u8> {
    let mut tile = Ycc::zeros(width, height, subsampling);
    tile.samples_mut().iter_mut().zip(0..).for_each(|(sample, n)| *sample = (n * 37 % 251) as u8);
    encode(&mut tile, 80)
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = wrong_checksums();
    packs.extend(wrong_kinds_and_flags());
    packs.extend(wrong_ranges());
    packs.extend(wrong_entries_without_blobs());
    packs.extend(overlapping_blobs());
    packs.extend(undecodable_blobs());
    packs
}

fn wrong_checksums() -> Vec<MalformedPack> {
    vec![
        MalformedPack::new("index-damaged", Lookup(LUMA), "checksum", "checksum of index block", |valid| {
            let mut bytes = valid.to_vec();
            let last = range(valid, INDEX).end - 1;
            bytes[last] ^= 1;
            bytes
        }),
        MalformedPack::new(
            "sums-of-other-bytes",
            Lookup(BLANK),
            "checksum",
            "checksum of index block",
            |valid| {
                let mut bytes = valid.to_vec();
                bytes[range(valid, SUMS).start] ^= 1;
                seal_section(&mut bytes, SUMS);
                bytes
            },
        ),
        MalformedPack::from_parts("blob-damaged", Lookup(LUMA), "checksum", "checksum of blob", |parts| {
            parts.blob(LUMA)[3] ^= 4;
        }),
        MalformedPack::from_parts(
            "stored-jpeg-damaged",
            Lookup(ROOT),
            "checksum",
            "checksum of blob",
            |parts| *parts.blob(ROOT).last_mut().unwrap() ^= 1,
        ),
        MalformedPack::from_parts(
            "blob-with-the-checksum-of-another",
            Lookup(LUMA),
            "checksum",
            "checksum of blob",
            |parts| {
                let crc = parts.entry(CHILD)[12..].to_vec();
                put(parts.entry(LUMA), 12, &crc);
            },
        ),
    ]
}

fn wrong_kinds_and_flags() -> Vec<MalformedPack> {
    vec![
        entry("entry-kind-3", LUMA, 6, &[3], "length or checksum without a blob"),
        entry("entry-kind-255", EMPTY, 6, &[0xff], "unknown kind"),
        entry("entry-flags", LUMA, 7, &[3], "unknown flags"),
        entry("identity-without-a-tile-header", LUMA, 7, &[1], "flags in a level without a tile header"),
        entry("verbatim-without-a-tile-header", ROOT, 7, &[2], "flags in a level without a tile header"),
        entry("entry-flags-of-a-blank-tile", BLANK, 7, &[0x80], "unknown flags"),
        entry("constant-in-a-luma-pack", BLANK, 6, &[3], "constant tile in a level without a tile header"),
        MalformedPack::from_parts(
            "empty-in-a-stored-level",
            Lookup(ROOT),
            "entry",
            "level without prediction",
            |parts| put(parts.entry(ROOT), 0, &[0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ),
    ]
}

fn wrong_ranges() -> Vec<MalformedPack> {
    vec![
        entry("blob-at-0", LUMA, 0, &[0; 6], "blob begins inside the header"),
        entry("blob-in-the-header", LUMA, 0, &[127, 0, 0, 0, 0, 0], "blob begins inside the header"),
        entry("blob-past-2-to-48", LUMA, 0, &[0xff; 6], "blob runs past the blobs"),
        MalformedPack::from_parts(
            "blob-into-the-levels",
            Lookup(LUMA),
            "entry",
            "blob runs past the blobs",
            |parts| {
                let blob = parts.blob(LUMA).to_vec();
                parts.set_blob(LUMA, &blob);
                parts.blobs.pop();
            },
        ),
        entry("blob-of-0-bytes", LUMA, 8, &[0; 4], "blob of no bytes"),
        entry("blob-of-4-gib", LUMA, 8, &[0xff; 4], "blob length above the limit"),
        entry("blob-above-16-mib", LUMA, 8, &[1, 0, 0, 1], "blob length above the limit"),
        entry("blob-of-16-mib", LUMA, 8, &[0, 0, 0, 1], "blob runs past the blobs"),
    ]
}

fn wrong_entries_without_blobs() -> Vec<MalformedPack> {
    vec![
        entry("blank-of-four-samples", BLANK, 3, &[1], "blank colour of more than three samples"),
        entry("blank-with-a-length", BLANK, 8, &[1], "length or checksum without a blob"),
        entry("blank-with-a-checksum", BLANK, 12, &[1], "length or checksum without a blob"),
        entry("empty-with-a-payload", EMPTY, 0, &[1], "empty tile with a payload"),
    ]
}

fn overlapping_blobs() -> Vec<MalformedPack> {
    vec![
        MalformedPack::from_parts(
            "two-tiles-with-one-blob",
            Verify,
            "overlap",
            "begins before the one before it ends",
            |parts| {
                let other = parts.entry(CHILD).to_vec();
                put(parts.entry(LUMA), 0, &other);
            },
        ),
        MalformedPack::from_parts(
            "blobs-that-overlap-by-a-byte",
            Verify,
            "overlap",
            "begins before the one before it",
            |parts| {
                let at = parts.blob(LUMA).as_ptr() as usize - parts.blobs.as_ptr() as usize;
                let (len, start) = (parts.blob(LUMA).len() + 1, (HEADER + at) as u64);
                let crc = crc32fast::hash(&parts.blobs[at..at + len]);
                let entry = parts.entry(LUMA);
                put(entry, 0, &start.to_le_bytes()[..6]);
                put(entry, 8, &(len as u32).to_le_bytes());
                put(entry, 12, &crc.to_le_bytes());
            },
        ),
    ]
}

fn undecodable_blobs() -> Vec<MalformedPack> {
    let whole = jpeg(16, 16, Subsampling::S420);
    let cut = [&whole[..whole.len() - 40], &[0xff, 0xd9]].concat();
    let (smaller, in_422) = (jpeg(8, 8, Subsampling::S420), jpeg(10, 7, Subsampling::S422));
    vec![
        undecodable("residual-of-one-byte", LUMA, LUMA, "", vec![0]),
        undecodable("residual-of-markers", LUMA, LUMA, "", vec![0xff; 64]),
        undecodable("residual-a-whole-jpeg", CHILD, CHILD, "", jpeg(16, 16, Subsampling::Gray)),
        undecodable("root-not-a-jpeg", ROOT, CHILD, "", b"not a JPEG at all".to_vec()),
        undecodable("root-cut-short", ROOT, CHILD, "", cut),
        undecodable("root-of-another-size", ROOT, CHILD, " is 32x16 px", jpeg(32, 16, Subsampling::S420)),
        undecodable("root-in-444", ROOT, CHILD, " has subsampling 444", jpeg(16, 16, Subsampling::S444)),
        undecodable("root-in-gray", ROOT, CHILD, " has subsampling gray", jpeg(16, 16, Subsampling::Gray)),
        undecodable("stored-tile-of-another-size", COARSE, COARSE, " is 8x8 px", smaller),
        undecodable("stored-tile-in-422", COARSE, COARSE, " has subsampling 422", in_422),
    ]
}
