//! Packs damaged at random: damage is noticed, and nothing panics, hangs or
//! reads where it must not.

use crate::common::coefficients::CoefficientPlan;
use crate::common::forge::{HEADER, INDEX, LEVELS, METADATA, Parts, TABLES};
use crate::common::forge::{deflated, inflated, put, range, seal_header};
use crate::common::{Plan, all_tiles};
use origami_pack::{Entry, Pack, verify};
use origami_pyramid::TileId;
use origami_render::{Pools, Rebuilder, Uncached, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Honest packs with all kinds of entries: luma and coefficients, and the same
/// with all levels predicted.
static HONEST: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let (luma, coefficients) = (Plan::luma(131, 67), CoefficientPlan::sample());
    [
        luma.bytes(),
        coefficients.bytes(),
        luma.predicting(u32::MAX).bytes(),
        coefficients.predicting(u32::MAX).bytes(),
    ]
});

/// One of them.
fn honest() -> impl Strategy<Value = &'static Vec<u8>> {
    (0..HONEST.len()).prop_map(|number| &HONEST[number])
}

/// The tiles of a pack that have bytes.
fn blobs(honest: &[u8]) -> Vec<TileId> {
    let pack = Pack::open(&Scratch::new().write(honest)).unwrap();
    let has_bytes = |&id: &TileId| matches!(pack.entry(id), Ok(Entry::Blob { .. }));
    all_tiles(pack.pyramid()).filter(has_bytes).collect()
}

/// A folder whose one file is written anew for every case of a test.
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

    /// Whether opening or verifying notices that something is wrong.
    fn noticed(&self, bytes: &[u8]) -> bool {
        match Pack::open(&self.write(bytes)) {
            Err(_) => true,
            Ok(pack) => !verify::verify(&pack, |_| {}).problems.is_empty(),
        }
    }

    /// Does with a pack all that can be done with one. Returns whether it opened.
    fn exercise(&self, bytes: &[u8]) -> bool {
        let Ok(pack) = Pack::open(&self.write(bytes)) else { return false };
        assert!(pack.pyramid().tile_count() * 16 <= bytes.len() as u64, "the index bounds the tiles");
        let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
        for id in all_tiles(pack.pyramid()) {
            if let Ok(Some(blob)) = pack.entry(id).and_then(|entry| pack.blob(entry)) {
                assert!(!blob.is_empty() && blob.len() <= bytes.len());
            }
            let _ = rebuilder.tile(&pack, id, &Uncached);
        }
        let report = verify::verify(&pack, |_| {});
        let failed = decode(&pack, |_| {});
        assert!(report.problems.len() <= verify::MAX_PROBLEMS && failed.len() <= verify::MAX_PROBLEMS);
        true
    }
}

#[test]
fn every_byte_of_header_and_sections_is_watched() {
    let scratch = Scratch::new();
    for honest in &HONEST[..2] {
        let start = range(honest, LEVELS).start;
        for at in (0..HEADER).chain(start..honest.len()) {
            let mut bytes = honest.clone();
            bytes[at] ^= 1 << (at % 8);
            assert!(scratch.noticed(&bytes), "byte {at} turned over");
        }
    }
}

#[test]
fn packs_cut_anywhere_do_not_open() {
    let scratch = Scratch::new();
    for honest in &HONEST[..2] {
        for len in (0..honest.len()).step_by(53).chain(0..300) {
            assert!(Pack::open(&scratch.write(&honest[..len])).is_err(), "cut to {len} bytes");
        }
    }
}

/// Random bytes for random places.
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
    fn any_flipped_bit_is_noticed(honest in honest(), at in any::<Index>(), bit in 0u32..8) {
        let mut bytes = honest.clone();
        bytes[at.index(honest.len())] ^= 1 << bit;
        prop_assert!(Scratch::new().noticed(&bytes));
    }

    #[test]
    fn noise_in_a_pack_does_no_harm(honest in honest(), pokes in pokes()) {
        let mut bytes = honest.clone();
        poke(&mut bytes, &pokes);
        Scratch::new().exercise(&bytes);
    }

    #[test]
    fn a_header_of_noise_under_a_good_checksum_does_no_harm(honest in honest(), pokes in pokes()) {
        let mut bytes = honest.clone();
        poke(&mut bytes[12..124], &pokes);
        seal_header(&mut bytes);
        Scratch::new().exercise(&bytes);
    }

    #[test]
    fn noise_in_levels_tables_and_metadata_under_good_checksums_does_no_harm(
        honest in honest(),
        section in prop::sample::select(&[LEVELS, TABLES, METADATA][..]),
        inflate in any::<bool>(),
        pokes in vec((any::<Index>(), any::<u8>()), 1..3),
    ) {
        let mut parts = Parts::of(honest);
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
    fn noise_in_index_entries_under_good_checksums_does_no_harm(
        honest in honest(),
        // The fields' bytes that matter most are changed most often.
        changes in vec((any::<Index>(), 0usize..16, any::<u8>()), 1..20),
    ) {
        let mut parts = Parts::of(honest);
        for (entry, byte, value) in changes {
            let index = parts.section(INDEX);
            let entry = entry.index(index.len() / 16);
            put(index, 16 * entry + byte, &[value]);
        }
        prop_assert!(Scratch::new().exercise(&parts.build()), "opening does not look at tiles");
    }

    #[test]
    fn noise_in_blobs_under_good_checksums_does_no_harm(
        honest in honest(),
        tile in any::<Index>(),
        pokes in pokes(),
        cut in any::<Index>(),
    ) {
        let mut parts = Parts::of(honest);
        let blobs = blobs(honest);
        let id = blobs[tile.index(blobs.len())];
        let mut blob = parts.blob(id).to_vec();
        poke(&mut blob, &pokes);
        blob.truncate(1 + cut.index(blob.len()));
        parts.set_blob(id, &blob);
        prop_assert!(Scratch::new().exercise(&parts.build()));
    }
}
