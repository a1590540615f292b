//! Wrong index entries and blobs.

use super::{CODED, CONSTANT, GRAY, LAST, NARROW, PARENT, ROOT, STORED, VALID, VERBATIM, changed};
use crate::common::encode;
use crate::common::forge::{IndexEntry, Parts, SECOND_MODEL};
use crate::malformed::{
    MalformedPack,
    Stage::{self, Decode, Lookup, Rebuild},
};
use origami_pyramid::{Subsampling, TileId, Ycc};

/// A constant tile with a DC value that has no Huffman code.
fn unwritable() -> IndexEntry {
    IndexEntry::constant(&[0x7fff, 0, 0])
}

/// A pack with another index entry of a tile, which is invalid.
fn entry(name: &str, id: TileId, entry: IndexEntry, text: &str) -> MalformedPack {
    changed(&VALID, name, Lookup(id), "entry", text, move |parts| *parts.entry(id) = entry.clone())
}

/// A pack with other flags in the index entry of a tile.
fn flags(name: &str, id: TileId, flags: u64, stage: Stage, kind: &'static str, text: &str) -> MalformedPack {
    changed(&VALID, name, stage, kind, text, move |parts| parts.entry(id).blob().flags = flags)
}

/// A pack in which a tile has another blob, under a right checksum.
fn blob(
    name: &str,
    id: TileId,
    stage: Stage,
    text: &str,
    bytes: impl Fn(&mut Parts) -> Vec<u8> + 'static,
) -> MalformedPack {
    changed(&VALID, name, stage, "codec", &format!("tile {id}: {text}"), move |parts| {
        let bytes = bytes(parts);
        parts.set_blob(id, &bytes);
    })
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = wrong_entries();
    packs.extend(unwritable_constants());
    packs.extend(wrong_coded_tiles());
    packs.extend(wrong_verbatim_tiles());
    packs.extend(wrong_scans());
    packs
}

fn wrong_entries() -> Vec<MalformedPack> {
    let verbatim = "verbatim tile in a level that";
    let second = "second model in a level that has none";
    vec![
        entry(
            "blank-in-a-pack-of-coefficients",
            CONSTANT,
            IndexEntry::blank([9; 3]),
            "blank colour in a level with",
        ),
        entry(
            "empty-in-an-exact-level",
            CODED,
            IndexEntry::empty(),
            "empty tile in a level without prediction",
        ),
        flags("verbatim-at-l1", PARENT, 2, Lookup(PARENT), "entry", verbatim),
        flags("verbatim-at-a-root", ROOT, 2, Lookup(ROOT), "entry", verbatim),
        flags("second-model-in-a-level-without", PARENT, SECOND_MODEL, Lookup(PARENT), "entry", second),
        flags("second-model-of-a-stored-scan", STORED, SECOND_MODEL, Lookup(STORED), "entry", second),
        changed(
            &GRAY,
            "constant-of-planes-that-are-not-there",
            Lookup(LAST),
            "entry",
            "bytes after the last entry of its block",
            |parts| *parts.entry(LAST) = IndexEntry::constant(&[1, 1, -1]),
        ),
        entry("constant-of-one-plane", LAST, IndexEntry::constant(&[1]), "number that runs past its block"),
    ]
}

/// Constant tiles are coded as JPEG only when they are served.
fn unwritable_constants() -> Vec<MalformedPack> {
    let text = "no Huffman code";
    vec![
        changed(&VALID, "constant-without-a-code", Rebuild(CONSTANT), "codec", text, |parts| {
            *parts.entry(CONSTANT) = unwritable();
        }),
        changed(&VALID, "coarse-constant-without-a-code", Rebuild(STORED), "codec", text, |parts| {
            *parts.entry(STORED) = unwritable();
        }),
    ]
}

fn wrong_coded_tiles() -> Vec<MalformedPack> {
    vec![
        blob("coded-tile-of-noise", CODED, Rebuild(CODED), "exact tile", |_| {
            (0..200u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
        }),
        blob("coded-tile-of-one-byte", CODED, Rebuild(CODED), "exact tile", |_| vec![0]),
        blob("coded-tile-of-ones", CODED, Rebuild(CODED), "exact tile", |_| vec![0xff; 64]),
        blob("coded-tile-cut", CODED, Rebuild(CODED), "exact tile", |parts| {
            let blob = parts.blob(CODED);
            blob[..blob.len() - 1].to_vec()
        }),
        blob("bytes-after-a-coded-tile", CODED, Rebuild(CODED), "exact tile", |parts| {
            [&*parts.blob(CODED), &[0, 0]].concat()
        }),
        // The blob of a tile of the same size may well decode, to another picture.
        changed(&GRAY, "coded-tile-of-another-size", Rebuild(CODED), "codec", "exact tile", |parts| {
            let blob = parts.blob(NARROW).to_vec();
            parts.set_blob(CODED, &blob);
        }),
        blob("coded-parent-of-noise", PARENT, Rebuild(CODED), "exact tile", |_| vec![0x5a; 90]),
        blob("coded-tile-a-jpeg", CODED, Rebuild(CODED), "exact tile", |parts| parts.blob(VERBATIM).to_vec()),
        // Without the flag, the JPEG of a verbatim tile is not decoded as one.
        flags("verbatim-tile-not-called-so", VERBATIM, 0, Rebuild(VERBATIM), "codec", "exact tile"),
    ]
}

/// Verbatim tiles are served as they are stored.
fn wrong_verbatim_tiles() -> Vec<MalformedPack> {
    vec![
        flags("coded-tile-called-verbatim", CODED, 2, Decode, "codec", "JPEG"),
        blob("verbatim-not-a-jpeg", VERBATIM, Decode, "JPEG", |_| b"not a JPEG at all".to_vec()),
        blob("verbatim-cut-short", VERBATIM, Decode, "JPEG", |parts| {
            let jpeg = parts.blob(VERBATIM);
            [&jpeg[..jpeg.len() - 40], &[0xff, 0xd9]].concat()
        }),
        blob("verbatim-of-another-size", VERBATIM, Decode, "JPEG is 8x16 px where 16x16", |_| {
            encode(&mut Ycc::zeros(8, 16, Subsampling::S420), 60)
        }),
        blob("verbatim-that-is-larger", VERBATIM, Decode, "JPEG claims 1000x1000 px", |_| {
            encode(&mut Ycc::zeros(1000, 1000, Subsampling::S420), 60)
        }),
    ]
}

fn wrong_scans() -> Vec<MalformedPack> {
    vec![
        blob("stored-scan-cut", STORED, Decode, "JPEG", |parts| {
            let scan = parts.blob(STORED);
            scan[..scan.len() - 2].to_vec()
        }),
        blob("stored-scan-with-more-behind", STORED, Decode, "JPEG", |parts| {
            [&*parts.blob(STORED), &[0x55; 4]].concat()
        }),
        blob("stored-scan-a-jpeg", STORED, Decode, "JPEG", |parts| parts.blob(VERBATIM).to_vec()),
        blob("root-scan-cut", ROOT, Rebuild(PARENT), "JPEG", |parts| {
            let scan = parts.blob(ROOT);
            scan[..scan.len() / 2].to_vec()
        }),
    ]
}
