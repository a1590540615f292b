//! Packs with any number of predicted levels.

#[path = "../common/mod.rs"]
mod common;

mod exact;
mod luma;
mod progress;

use common::{Coding, Tiff, assert_same_with_any_workers, options, pack_tiff};
use origami_ingest::{KeepSource, PackOptions, Predicted};
use origami_pack::{Mode, Pack};
use origami_pyramid::Size;
use turbojpeg::Subsamp;

/// The depths that are tested; all slides have more levels than these.
const DEPTHS: [Predicted; 6] = [
    Predicted::Levels(0),
    Predicted::Levels(1),
    Predicted::Levels(2),
    Predicted::Levels(3),
    Predicted::Levels(5),
    Predicted::All,
];

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
        Predicted::All => max,
    };
    for (z, level) in (0..).zip(pack.levels()) {
        let parent = if z + predicted_levels > max { Some(z - 1) } else { None };
        assert_eq!(level.parent, parent, "level {z} of {what}");
    }
    let has_luma = predicted_levels > 0 && pack.mode() == Mode::Luma;
    assert_eq!(pack.chroma_level(), has_luma.then(|| max - predicted_levels), "{what}");
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
        (Mode::Luma, Predicted::Levels(4), true),
        (Mode::Luma, Predicted::All, true),
    ] {
        let options = PackOptions { mode, predicted, measure, ..reencoding_options(32) };
        assert_same_with_any_workers(&slide(&ycc()), &options, &format!("{mode:?}, {predicted:?}"));
    }
}

#[test]
fn the_tiles_of_a_family_are_contiguous_and_families_are_in_order_at_every_depth() {
    for predicted in DEPTHS {
        let packed = pack_tiff(&slide(&ycc()), &PackOptions { predicted, ..reencoding_options(32) }).unwrap();
        let pyramid = packed.pack.pyramid();
        let mut end = 0;
        for family in pyramid.families(pyramid.max_level()) {
            let range = packed.pack.family_range(family).unwrap();
            let range = range.unwrap_or_else(|| panic!("{family:?} is scattered, {predicted:?}"));
            assert!(range.start >= end, "{family:?} comes too early, {predicted:?}");
            end = range.end;
        }
    }
}
