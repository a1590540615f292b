//! Wrong index entries and blobs.

use super::{
    MalformedPack,
    Stage::{Decode, Lookup, Rebuild, Verify},
};
use crate::common::encode;
use crate::common::forge::{Blob, HEADER, IndexEntry, SECOND_MODEL};
use origami_pyramid::{Subsampling, TileId, Ycc};

/// A residual at full resolution, not in the index's first block.
const LUMA: TileId = TileId { z: 9, x: 1, y: 12 };
const BLANK: TileId = TileId { z: 9, x: 0, y: 0 };
/// A family's root that has bytes, and a residual predicted from it.
const ROOT: TileId = TileId { z: 7, x: 1, y: 0 };
const CHILD: TileId = TileId { z: 8, x: 2, y: 0 };
/// A stored tile without children that are predicted.
const COARSE: TileId = TileId { z: 4, x: 0, y: 0 };

/// A pack with another index entry of a tile.
fn entry(name: &str, id: TileId, entry: IndexEntry, text: &str) -> MalformedPack {
    MalformedPack::from_parts(name, Lookup(id), "entry", text, move |parts| *parts.entry(id) = entry.clone())
}

/// A pack in which the entry of a blob is changed.
fn blob(name: &str, id: TileId, text: &str, change: impl Fn(&mut Blob) + 'static) -> MalformedPack {
    MalformedPack::from_parts(name, Lookup(id), "entry", text, move |parts| change(parts.entry(id).blob()))
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
    packs.extend(entries_of_other_levels());
    packs.extend(wrong_ranges());
    packs.extend(overlapping_blobs());
    packs.extend(undecodable_blobs());
    packs
}

fn wrong_checksums() -> Vec<MalformedPack> {
    vec![
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
                parts.entry(LUMA).blob().crc = parts.entry(CHILD).blob().crc;
            },
        ),
    ]
}

fn entries_of_other_levels() -> Vec<MalformedPack> {
    let header = "in a level without a tile header";
    vec![
        blob("identity-without-a-tile-header", LUMA, header, |blob| blob.flags = 1),
        blob("verbatim-without-a-tile-header", ROOT, header, |blob| blob.flags = 2),
        blob("second-model-of-a-residual", LUMA, "second model in a level that has none", |blob| {
            blob.flags = SECOND_MODEL;
        }),
        entry("constant-in-a-luma-pack", BLANK, IndexEntry::constant(&[1, -1, 0]), header),
        entry("empty-in-a-stored-level", ROOT, IndexEntry::empty(), "level without prediction"),
    ]
}

fn wrong_ranges() -> Vec<MalformedPack> {
    vec![
        blob("blob-at-0", LUMA, "blob begins inside the header", |blob| blob.start = 0),
        blob("blob-in-the-header", LUMA, "blob begins inside the header", |blob| blob.start = 127),
        blob("blob-past-the-file", LUMA, "blob runs past the blobs", |blob| blob.start = 1 << 47),
        blob("blob-to-2-to-48", LUMA, "blob runs past the blobs", |blob| blob.start = (1 << 48) - blob.len),
        blob("blob-past-2-to-48", LUMA, "blob outside of any file", |blob| {
            blob.start = (1 << 48) + 1 - blob.len;
        }),
        blob("blob-before-the-file", LUMA, "blob outside of any file", |blob| blob.start = u64::MAX),
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
        blob("blob-of-0-bytes", LUMA, "blob of no bytes", |blob| blob.len = 0),
        blob("blob-of-4-gib", LUMA, "blob length above the limit", |blob| blob.len = 1 << 32),
        blob("blob-above-16-mib", LUMA, "blob length above the limit", |blob| blob.len = (16 << 20) + 1),
        blob("blob-of-16-mib", LUMA, "blob runs past the blobs", |blob| blob.len = 16 << 20),
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
                let other = parts.entry(CHILD).clone();
                *parts.entry(LUMA) = other;
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
                let blob = parts.entry(LUMA).blob();
                (blob.start, blob.len, blob.crc) = (start, len as u64, crc);
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
