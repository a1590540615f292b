//! Packs damaged at random: the damage is detected, and nothing panics, hangs or
//! reads out of bounds.

use crate::common::coefficients::CoefficientPlan;
use crate::common::forge::{BLOCKS, HEADER, INDEX, IndexEntry, LEVELS, METADATA, Parts, TABLES};
use crate::common::forge::{deflated, inflated, range, seal_blocks, seal_header, seal_section};
use crate::common::{Plan, all_tiles};
use origami_pack::{Entry, Pack, verify};
use origami_pyramid::{Rect, Rgb, TileId};
use origami_render::{Pools, Rebuilder, Uncached, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Valid packs with all kinds of entries: luma and coefficients, and the same with
/// all levels predicted.
static VALID: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let (luma, coefficients) = (Plan::luma(131, 67), CoefficientPlan::sample());
    [
        luma.bytes(),
        coefficients.bytes(),
        luma.predicting(u32::MAX).bytes(),
        coefficients.predicting(u32::MAX).bytes(),
    ]
});

/// Any of the valid packs.
fn any_valid() -> impl Strategy<Value = &'static Vec<u8>> {
    (0..VALID.len()).prop_map(|number| &VALID[number])
}

/// The tiles of a pack that have bytes.
fn blobs(valid: &[u8]) -> Vec<TileId> {
    let pack = Pack::open(&Scratch::new().write(valid)).unwrap();
    let tiles = all_tiles(pack.pyramid());
    tiles.filter(|&id| matches!(pack.entry(id), Ok(Entry::Blob { .. }))).collect()
}

/// A folder whose only file is written again for every case of a test.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("hostile.origami");
        // Never in place: an earlier case may still have the file mapped.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Whether opening or verifying the pack reports a problem.
    fn is_detected(&self, bytes: &[u8]) -> bool {
        match Pack::open(&self.write(bytes)) {
            Err(_) => true,
            Ok(pack) => !verify::verify(&pack, |_| {}).problems.is_empty(),
        }
    }

    /// Opens a pack, looks up and rebuilds all of its tiles, as JPEGs and as pixels, and
    /// verifies it. Returns whether it opened.
    fn exercise(&self, bytes: &[u8]) -> bool {
        let Ok(pack) = Pack::open(&self.write(bytes)) else { return false };
        assert!(pack.pyramid().tile_count() <= bytes.len() as u64, "the index bounds the tiles");
        let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
        let mut pixels = Rgb::filled(0, 0, [0; 3]);
        for id in all_tiles(pack.pyramid()) {
            if let Ok(Some(blob)) = pack.entry(id).and_then(|entry| pack.blob(entry)) {
                assert!(!blob.is_empty() && blob.len() <= bytes.len());
            }
            let _ = rebuilder.tile(&pack, id, &Uncached);
            let window = Rect::whole(pack.pyramid().tile_rect(id).unwrap().size());
            let _ = rebuilder.pixels(&pack, id, window, &Uncached, &mut pixels);
        }
        let report = verify::verify(&pack, |_| {});
        let failed = decode(&pack, |_| {});
        assert!(report.problems.len() <= verify::MAX_PROBLEMS && failed.len() <= verify::MAX_PROBLEMS);
        true
    }
}

#[test]
fn a_flipped_bit_of_any_byte_of_header_and_sections_is_detected() {
    let scratch = Scratch::new();
    for valid in &VALID[..2] {
        let start = range(valid, LEVELS).start;
        for at in (0..HEADER).chain(start..valid.len()) {
            let mut bytes = valid.clone();
            bytes[at] ^= 1 << (at % 8);
            assert!(scratch.is_detected(&bytes), "a bit of byte {at}");
        }
    }
}

#[test]
fn packs_cut_anywhere_do_not_open() {
    let scratch = Scratch::new();
    for valid in &VALID[..2] {
        for len in (0..valid.len()).step_by(53).chain(0..300) {
            assert!(Pack::open(&scratch.write(&valid[..len])).is_err(), "cut to {len} bytes");
        }
    }
}

/// Random bytes for random positions.
fn pokes() -> impl Strategy<Value = Vec<(Index, u8)>> {
    vec((any::<Index>(), any::<u8>()), 1..12)
}

fn poke(bytes: &mut [u8], pokes: &[(Index, u8)]) {
    for (at, value) in pokes {
        bytes[at.index(bytes.len())] = *value;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn any_flipped_bit_is_detected(valid in any_valid(), at in any::<Index>(), bit in 0u32..8) {
        let mut bytes = valid.clone();
        bytes[at.index(valid.len())] ^= 1 << bit;
        prop_assert!(Scratch::new().is_detected(&bytes));
    }

    #[test]
    fn noise_in_a_pack_does_no_harm(valid in any_valid(), pokes in pokes()) {
        let mut bytes = valid.clone();
        poke(&mut bytes, &pokes);
        Scratch::new().exercise(&bytes);
    }

    #[test]
    fn noise_in_the_header_under_a_right_checksum_does_no_harm(valid in any_valid(), pokes in pokes()) {
        let mut bytes = valid.clone();
        poke(&mut bytes[12..124], &pokes);
        seal_header(&mut bytes);
        Scratch::new().exercise(&bytes);
    }

    #[test]
    fn noise_in_levels_tables_and_metadata_under_right_checksums_does_no_harm(
        valid in any_valid(),
        section in prop::sample::select(&[LEVELS, TABLES, METADATA][..]),
        inflate in any::<bool>(),
        pokes in vec((any::<Index>(), any::<u8>()), 1..3),
    ) {
        let mut parts = Parts::of(valid);
        let bytes = parts.section(section);
        if inflate && section == METADATA {
            let mut text = inflated(bytes);
            poke(&mut text, &pokes);
            *bytes = deflated(&text);
        } else {
            poke(bytes, &pokes);
        }
        Scratch::new().exercise(&parts.build());
    }

    #[test]
    fn noise_in_index_blocks_under_right_checksums_does_no_harm(valid in any_valid(), pokes in pokes()) {
        let mut bytes = valid.clone();
        poke(&mut bytes[range(valid, INDEX)], &pokes);
        seal_blocks(&mut bytes);
        prop_assert!(Scratch::new().exercise(&bytes), "opening does not read entries");
    }

    #[test]
    fn noise_in_the_records_of_index_blocks_does_no_harm(valid in any_valid(), pokes in pokes()) {
        let mut bytes = valid.clone();
        poke(&mut bytes[range(valid, BLOCKS)], &pokes);
        seal_section(&mut bytes, BLOCKS);
        Scratch::new().exercise(&bytes);
    }

    #[test]
    fn other_index_entries_under_right_checksums_do_no_harm(
        valid in any_valid(),
        changes in vec((any::<Index>(), 0u8..6, any::<u64>()), 1..20),
    ) {
        let mut parts = Parts::of(valid);
        for (entry, field, value) in changes {
            let at = entry.index(parts.entries.len());
            match (&mut parts.entries[at], field) {
                (IndexEntry::Blob(blob), 0) => blob.start = value >> 16,
                (IndexEntry::Blob(blob), 1) => blob.start = blob.start.wrapping_add(value % 7) - 3,
                (IndexEntry::Blob(blob), 2) => blob.len = value >> 40,
                (IndexEntry::Blob(blob), 3) => blob.flags = value % 8,
                (entry, 4) => *entry = IndexEntry::blank([value as u8; 3]),
                (entry, _) => *entry = IndexEntry::constant(&[value as i16; 3].map(i64::from)),
            }
        }
        prop_assert!(Scratch::new().exercise(&parts.build()), "opening does not read entries");
    }

    #[test]
    fn noise_in_blobs_under_right_checksums_does_no_harm(
        valid in any_valid(),
        tile in any::<Index>(),
        pokes in pokes(),
        cut in any::<Index>(),
    ) {
        let mut parts = Parts::of(valid);
        let blobs = blobs(valid);
        let id = blobs[tile.index(blobs.len())];
        let mut blob = parts.blob(id).to_vec();
        poke(&mut blob, &pokes);
        blob.truncate(1 + cut.index(blob.len()));
        parts.set_blob(id, &blob);
        prop_assert!(Scratch::new().exercise(&parts.build()));
    }
}
