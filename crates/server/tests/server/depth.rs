//! Packs with any number of predicted levels: which tile one is predicted from is
//! the pack's to say, and what is served is the same as if nothing were predicted.

use crate::client::get;
use crate::exact_packs::{CONSTANT, ExactPlan, VERBATIM};
use crate::packs::{BLANK, Plan, TOP, finest_first, folder, pyramid};
use crate::running::{Running, eventually};
use origami_codec::Colour;
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::{Pools, Rebuilder, Uncached};

/// Nothing is predicted; one, two, three levels are; all but level 0.
const DEPTHS: [u32; 5] = [0, 1, 2, 3, TOP];

fn path(id: TileId) -> String {
    format!("/tiles/a/{id}.jpg")
}

/// Tiles of all levels that are predicted, if `predicted` levels are.
fn count_predicted(predicted: u32) -> usize {
    finest_first().filter(|id| id.z > TOP - predicted).count()
}

#[test]
fn exact_tiles_are_those_that_were_packed_however_many_levels_are_predicted() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        for predicted in DEPTHS {
            let packs = folder(&[]);
            let jpegs = ExactPlan { colour, predicted }.write(packs.path(), "a");
            let server = Running::start(packs.path());
            for id in finest_first() {
                let answer = get(server.addr, &path(id));
                assert_eq!(answer.status, 200, "{id}, {predicted} levels: {answer:?}");
                assert!(answer.body == jpegs[&id], "{id}, {predicted} levels of {colour:?}");
            }
            // All of them predicted, but for the two that need no parent.
            let rebuilt = count_predicted(predicted).saturating_sub([CONSTANT, VERBATIM].len());
            let metrics = server.scrape();
            assert_eq!(metrics["origami_tile_builds_total"], rebuilt as f64, "{predicted} levels");
            let stored = (jpegs.len() - rebuilt - 1) as f64;
            assert_eq!(
                metrics[r#"origami_tile_requests_total{source="stored"}"#], stored,
                "{predicted} levels"
            );
        }
    }
}

#[test]
fn luma_tiles_are_those_of_a_plain_rebuild_however_many_levels_are_predicted() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        Plan { predicted, ..Plan::default() }.write(packs.path(), "a");
        let pack = Pack::open(&packs.path().join("a.origami")).unwrap();
        let mut rebuilder = Rebuilder::new(Pools::new(64 << 20)).unwrap();
        let server = Running::start(packs.path());
        for id in finest_first() {
            let answer = get(server.addr, &path(id));
            assert_eq!(answer.status, 200, "{id}, {predicted} levels: {answer:?}");
            let plain = rebuilder.tile(&pack, id, &Uncached).unwrap();
            assert!(answer.body == *plain, "{id}, {predicted} levels");
        }
        let rebuilt = count_predicted(predicted).saturating_sub(1);
        assert_eq!(server.metric("origami_tile_builds_total"), rebuilt as f64, "{predicted} levels");
    }
}

#[test]
fn a_slide_tells_of_each_level_how_it_is_kept() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        ExactPlan { colour: Colour::Ycc, predicted }.write(packs.path(), "a");
        let server = Running::start(packs.path());
        let slide = get(server.addr, "/slides/a").json();
        for z in 0..=TOP {
            let mode = if z > TOP - predicted { "exact" } else { "stored" };
            assert_eq!(slide["level_table"][z as usize]["mode"], mode, "level {z} of {predicted} predicted");
        }
    }
}

#[test]
fn a_cold_tile_decodes_each_of_its_ancestors_once_and_its_child_finds_them() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        ExactPlan { colour: Colour::Ycc, predicted }.write(packs.path(), "a");
        let server = Running::start(packs.path());
        let decodes = || server.metric("origami_parent_decodes_total");
        for (x, y) in [(1, 1), (0, 1), (1, 0)] {
            assert_eq!(get(server.addr, &path(TileId { z: TOP, x, y })).status, 200);
            assert_eq!(decodes(), f64::from(predicted), "tile {x}/{y}");
        }
    }
    // From coarse to fine there is nothing left to decode but the one that is stored:
    // every tile leaves its samples when it is served.
    let packs = folder(&[]);
    ExactPlan { colour: Colour::Ycc, predicted: TOP }.write(packs.path(), "a");
    let server = Running::start(packs.path());
    for z in 0..=TOP {
        assert_eq!(get(server.addr, &path(TileId { z, x: 0, y: 0 })).status, 200);
    }
    assert_eq!(server.metric("origami_parent_decodes_total"), 1.0);
}

#[test]
fn idle_workers_build_the_rest_of_the_family_on_the_level_that_is_looked_at() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        Plan { predicted, ..Plan::default() }.write(packs.path(), "a");
        let server = Running::start_with(packs.path(), |config| config.speculate = true);
        let built = || server.metric("origami_speculative_built_total");
        for z in (0..=TOP).rev() {
            let (before, asked) = (built(), TileId { z, x: 0, y: 0 });
            assert_eq!(get(server.addr, &path(asked)).status, 200);
            let family = pyramid().family_of(asked).unwrap();
            let siblings: Vec<_> = pyramid().tiles_under(family.root, z).filter(|id| *id != asked).collect();
            let expected = if z > TOP - predicted { siblings.len() as f64 } else { 0.0 };
            eventually("the rest of the family", || built() >= before + expected);
            assert_eq!(built(), before + expected, "level {z} of {predicted} predicted");
            let cached = || server.metric(r#"origami_tile_requests_total{source="cache"}"#);
            let found = cached();
            for id in siblings {
                assert_eq!(get(server.addr, &path(id)).status, 200);
            }
            assert_eq!(cached(), found + expected, "level {z} of {predicted} predicted");
        }
    }
}

#[test]
fn every_predicted_tile_of_a_warmed_slide_is_built() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        Plan { predicted, ..Plan::default() }.write(packs.path(), "a");
        let server = Running::start_with(packs.path(), |config| config.warm = vec!["a".into()]);
        let all = count_predicted(predicted).saturating_sub([BLANK].len()) as f64;
        eventually("the warm tiles", || server.metric("origami_speculative_built_total") >= all);
        for id in finest_first() {
            assert_eq!(get(server.addr, &path(id)).status, 200);
        }
        let metrics = server.scrape();
        assert_eq!(metrics["origami_tile_builds_total"], all, "{predicted} levels");
        assert_eq!(metrics[r#"origami_tile_requests_total{source="cache"}"#], all, "{predicted} levels");
    }
}

#[test]
fn thumbnails_and_lossless_tiles_do_not_depend_on_how_many_levels_are_predicted() {
    let mut first = None;
    for predicted in DEPTHS {
        let packs = folder(&[]);
        ExactPlan { colour: Colour::Ycc, predicted }.write(packs.path(), "a");
        let server = Running::start(packs.path());
        let mut pictures = Vec::new();
        for path in [
            "/slides/a/thumbnail?size=16".to_owned(),
            "/slides/a/thumbnail.png?size=200".to_owned(),
            "/slides/a/thumbnail?size=1024".to_owned(),
            format!("/tiles/a/{TOP}/2/1.png"),
            format!("/tiles/a/{}/0/0.png", TOP - 2),
            format!("/tiles/a/{}/0/0.png", TOP - 4),
        ] {
            let answer = get(server.addr, &path);
            assert_eq!(answer.status, 200, "{path}");
            pictures.push(answer.body);
        }
        assert!(*first.get_or_insert_with(|| pictures.clone()) == pictures, "{predicted} levels");
    }
}
