//! Packs with any number of predicted levels.

#[path = "../common/mod.rs"]
mod common;

mod exact;
mod luma;
mod order;
mod progress;

use common::{Coding, Tiff, assert_same_with_any_workers, options, pack_tiff};
use origami_ingest::{KeepSource, PackOptions, Predicted};
use origami_pack::{Mode, Pack};
use origami_pyramid::Size;
use turbojpeg::Subsamp;

/// The depths that are tested; all slides have more levels than these.
const DEPTHS: [Predicted; 7] = [
    Predicted::Levels(0),
    Predicted::Levels(1),
    Predicted::Levels(2),
    Predicted::Levels(3),
    Predicted::Levels(5),
    Predicted::All,
    Predicted::Auto,
];

/// Those of them that luma packs can have.
const LUMA_DEPTHS: [Predicted; 4] =
    [Predicted::Levels(0), Predicted::Levels(1), Predicted::Levels(2), Predicted::Auto];

/// Options with which the slide's pixels are encoded in tiles of this size.
fn reencoding_options(tile_size: u32) -> PackOptions {
    PackOptions { keep_source: KeepSource::Never, tile_size, ..options() }
}

/// A slide of ten levels; its 3x3 families have their roots on the eighth.
fn slide(coding: &Coding) -> Tiff {
    Tiff::new(Size::new(331, 267), 32, coding)
}

fn ycc() -> Coding {
    Coding::new(Subsamp::Sub2x2)
}

/// Fails unless this number of finest levels is predicted, each from the next coarser
/// one.
fn assert_predicted(pack: &Pack, predicted: Predicted, what: &str) {
    let max = pack.pyramid().max_level();
    let predicted_levels = match predicted {
        Predicted::Levels(levels) => levels,
        Predicted::Auto if pack.mode() == Mode::Luma => 2,
        Predicted::All => max,
        Predicted::Auto => depth_by_size(pack),
    };
    for (z, level) in (0..).zip(pack.levels()) {
        let parent = if z + predicted_levels > max { Some(z - 1) } else { None };
        assert_eq!(level.parent, parent, "level {z} of {what}");
    }
    let has_luma = predicted_levels > 0 && pack.mode() == Mode::Luma;
    assert_eq!(pack.chroma_level(), has_luma.then(|| max - predicted_levels), "{what}");
}

/// Number of levels that are predicted where sizes decide. Stored ones take a part of the pack
/// that is small, though more than they add: coded they would take bytes too. A coarse level of
/// one tile is next to nothing of the pack, and the two finest are not.
fn depth_by_size(pack: &Pack) -> u32 {
    let predicted = pack.levels().iter().filter(|level| level.parent.is_some()).count() as u32;
    let stored: u64 = (1..=pack.pyramid().max_level() - predicted).map(|z| level_bytes(pack, z)).sum();
    assert!((2..=pack.pyramid().max_level()).contains(&predicted), "{predicted} levels");
    let all = std::fs::metadata(pack.path()).unwrap().len();
    assert!(stored * 20 < all, "{stored} of {all} bytes are stored");
    predicted
}

/// Bytes of the blobs of level `z`.
fn level_bytes(pack: &Pack, z: u32) -> u64 {
    let ids = pack.pyramid().tiles(z);
    ids.map(|id| pack.entry(id).unwrap().blob_len() as u64).sum()
}

#[test]
fn mode_stored_predicts_nothing_whatever_is_requested() {
    let [two, all] = [Predicted::Levels(2), Predicted::All].map(|predicted| {
        let options = PackOptions { mode: Mode::Stored, predicted, ..reencoding_options(32) };
        let stored = pack_tiff(&slide(&ycc()), &options).unwrap();
        assert_predicted(&stored.pack, Predicted::Levels(0), "a stored pack");
        std::fs::read(stored.pack.path()).unwrap()
    });
    assert!(two == all);
}

#[test]
fn deep_packs_are_the_same_on_every_run_with_any_number_of_workers() {
    for (mode, predicted, measure) in [
        (Mode::Exact, Predicted::Levels(3), true),
        (Mode::Exact, Predicted::All, false),
        (Mode::Luma, Predicted::Levels(1), false),
        (Mode::Luma, Predicted::Levels(2), true),
    ] {
        let options = PackOptions { mode, predicted, measure, ..reencoding_options(32) };
        assert_same_with_any_workers(&slide(&ycc()), &options, &format!("{mode:?}, {predicted:?}"));
    }
}

#[test]
fn the_default_stores_the_coarsest_levels_that_add_half_a_percent_and_no_more() {
    let bytes = |predicted| {
        let pack = pack_tiff(&slide(&ycc()), &PackOptions { predicted, ..reencoding_options(32) }).unwrap();
        let predicted = pack.pack.levels().iter().filter(|level| level.parent.is_some()).count() as u32;
        (predicted, std::fs::metadata(pack.pack.path()).unwrap().len() as f64)
    };
    let [(_, all), (chosen, default)] = [Predicted::All, Predicted::Auto].map(bytes);
    // What levels take is known from a sample of their tiles, and models differ a little.
    assert!(default <= 1.007 * all, "{chosen} levels: {default} bytes, all: {all}");
    let (_, fewer) = bytes(Predicted::Levels(chosen - 1));
    assert!(chosen == 2 || fewer > 1.003 * all, "{chosen} levels and not less: {fewer} bytes, all: {all}");
}

#[test]
fn luma_levels_deeper_than_two_are_refused() {
    for predicted in [Predicted::Levels(3), Predicted::All] {
        let options = PackOptions { mode: Mode::Luma, predicted, ..reencoding_options(32) };
        let error = pack_tiff(&slide(&ycc()), &options).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("mode luma") && error.contains("2 finest levels"), "{error}");
    }
}
