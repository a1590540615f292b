//! Tests of the kinds of work and their costs.

use super::*;
use crate::test_pack;
use origami_pyramid::{Rect, Size, TileId};
use std::sync::Arc;

/// The kind of building `artifact` of `pack`.
fn kind(pack: &Arc<Pack>, artifact: Artifact) -> WorkKind {
    WorkKind::of(&Job { pack: Arc::clone(pack), artifact })
}

/// The first tile of the level that is full resolution of `pack` halved `halvings` times.
fn tile(pack: &Pack, halvings: u32) -> TileId {
    TileId { z: pack.pyramid().max_level() - halvings, x: 0, y: 0 }
}

#[test]
fn the_cost_of_one_kind_of_work_does_not_affect_another() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Arc::new(test_pack::create(folder.path()));
    let mut artifacts: Vec<_> = (0..3).map(|halvings| Artifact::Tile(tile(&pack, halvings))).collect();
    let sizes = [Pixels::Thumbnail(64), Pixels::Thumbnail(500)];
    for encoding in test_pack::encodings() {
        let tiles = (0..3).map(|halvings| Pixels::Tile(tile(&pack, halvings)));
        artifacts.extend(tiles.chain(sizes).map(|pixels| Artifact::Encoded(pixels, encoding)));
    }
    let streamed = [(100, RowFormat::Raw), (1000, RowFormat::Raw), (1000, RowFormat::Png)];
    let kinds: Vec<_> = artifacts
        .into_iter()
        .map(|artifact| kind(&pack, artifact))
        .chain(streamed.map(|(width, format)| {
            let rect = Rect { x: 0, y: 0, width, height: 1000 };
            WorkKind::of_rows(&RegionRows::new(&pack, rect, Size::square(width)), format)
        }))
        .collect();
    for slow in &kinds {
        let costs = Costs::default();
        let before: Vec<_> = kinds.iter().map(|kind| costs.of(*kind)).collect();
        for _ in 0..200 {
            costs.record(*slow, Duration::from_secs(40));
        }
        for (kind, before) in kinds.iter().zip(before) {
            let (after, is_slow) = (costs.of(*kind), kind == slow);
            assert!(if is_slow { after > 39_000_000 } else { after == before }, "{kind:?} after {slow:?}");
        }
    }
}

#[test]
fn tiles_of_stored_levels_padded_ones_and_other_qualities_are_of_the_same_kind() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Arc::new(test_pack::create(folder.path()));
    let [good, poor] = [90, 20].map(test_pack::jpeg);
    // The third level is stored, and so are all coarser ones.
    assert_eq!(kind(&pack, Artifact::Tile(tile(&pack, 2))), kind(&pack, Artifact::Tile(tile(&pack, 9))));
    assert_ne!(kind(&pack, Artifact::Tile(tile(&pack, 2))), kind(&pack, Artifact::Tile(tile(&pack, 1))));
    let id = tile(&pack, 0);
    let same = [
        Artifact::Encoded(Pixels::Tile(id), good),
        Artifact::Encoded(Pixels::Tile(id), poor),
        Artifact::Encoded(Pixels::PaddedTile(id), good),
    ];
    assert!(same.iter().all(|artifact| kind(&pack, *artifact) == kind(&pack, same[0])));
    assert_ne!(kind(&pack, same[0]), kind(&pack, Artifact::Tile(id)));
}

#[test]
fn more_pixels_and_more_effort_cost_more_until_measured() {
    let costs = Costs::default();
    let cost = |log2, encoding| {
        costs.of(WorkKind { making: Making::Picture { log2 }, coding: Some(Coding::of(encoding)) })
    };
    for encoding in test_pack::encodings() {
        assert!(cost(14, encoding) < cost(20, encoding), "{encoding:?}");
        if encoding.has_efforts() {
            let [fast, normal, best] = Effort::ALL.map(|effort| cost(20, encoding.with_effort(effort)));
            assert!(fast < normal && normal < best, "{encoding:?}");
        }
        assert!(cost(63, encoding) > 0, "no overflow");
    }
}

#[test]
fn a_tile_with_a_longer_chain_of_parents_costs_more_until_measured() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Arc::new(test_pack::create_predicting(folder.path(), 7));
    let costs = Costs::default();
    let of_depths: Vec<u64> =
        (0..=7).rev().map(|halvings| costs.of(kind(&pack, Artifact::Tile(tile(&pack, halvings))))).collect();
    assert!(of_depths.is_sorted_by(|coarser, finer| coarser < finer), "{of_depths:?}");
    assert!(of_depths[7] > 3 * of_depths[1], "seven parents, and not one: {of_depths:?}");
}
