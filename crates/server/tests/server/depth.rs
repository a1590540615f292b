//! Packs with any number of predicted levels: a pack says which tile each is predicted
//! from, and what is served is the same as if nothing were predicted.

use crate::exact_packs::{CONSTANT, ExactPlan, VERBATIM};
use crate::packs::{BLANK, Plan, TOP, finest_first, folder, pyramid};
use crate::test_server::{TestServer, eventually};
use origami_codec::Colour;
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::{Pools, Rebuilder, Uncached};
use serde_json::Value;

const DECODES: &str = "origami_parent_decodes_total";
const SPECULATIVE_BUILDS: &str = "origami_speculative_built_total";
const CACHE_HITS: &str = r#"origami_tile_requests_total{source="cache"}"#;

/// Numbers of predicted levels, up to all but level 0.
const DEPTHS: [u32; 5] = [0, 1, 2, 3, TOP];

fn path(id: TileId) -> String {
    format!("/tiles/a/{id}.jpg")
}

/// Number of tiles in the finest `predicted` levels.
fn count_predicted(predicted: u32) -> usize {
    finest_first().filter(|id| id.z > TOP - predicted).count()
}

#[test]
fn exact_tiles_are_those_that_were_packed_however_many_levels_are_predicted() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        for predicted in DEPTHS {
            let packs = folder(&[]);
            let jpegs = ExactPlan { colour, predicted }.write(packs.path(), "a");
            let server = TestServer::start(packs.path());
            for id in finest_first() {
                let response = server.get(&path(id));
                assert_eq!(response.status, 200, "{id}, {predicted} levels: {response:?}");
                assert!(response.body == jpegs[&id], "{id}, {predicted} levels of {colour:?}");
            }
            // All predicted tiles but the two that need no parent.
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
        let server = TestServer::start(packs.path());
        for id in finest_first() {
            let response = server.get(&path(id));
            assert_eq!(response.status, 200, "{id}, {predicted} levels: {response:?}");
            let plain = rebuilder.tile(&pack, id, &Uncached).unwrap();
            assert!(response.body == *plain, "{id}, {predicted} levels");
        }
        let rebuilt = count_predicted(predicted).saturating_sub(1);
        assert_eq!(server.metric("origami_tile_builds_total"), rebuilt as f64, "{predicted} levels");
    }
}

#[test]
fn the_description_of_a_slide_names_the_mode_and_the_quality_of_each_level() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        ExactPlan { colour: Colour::Ycc, predicted }.write(packs.path(), "a");
        let server = TestServer::start(packs.path());
        let slide = server.get("/slides/a").json();
        for z in 0..=TOP {
            let mode = if z > TOP - predicted { "exact" } else { "stored" };
            let level = &slide["level_table"][z as usize];
            assert_eq!(level["mode"], mode, "level {z} of {predicted} predicted");
            // Tables of no quality, whose steps are those of about this one.
            assert_eq!((&level["quality"], &level["quality_estimate"]), (&Value::Null, &95.into()));
        }
    }
}

#[test]
fn a_cold_tile_decodes_each_of_its_ancestors_once_and_its_siblings_reuse_them() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        ExactPlan { colour: Colour::Ycc, predicted }.write(packs.path(), "a");
        let server = TestServer::start(packs.path());
        for (x, y) in [(1, 1), (0, 1), (1, 0)] {
            assert_eq!(server.get(&path(TileId { z: TOP, x, y })).status, 200);
            assert_eq!(server.metric(DECODES), f64::from(predicted), "tile {x}/{y}");
        }
    }
}

#[test]
fn tiles_served_from_coarse_to_fine_decode_only_the_stored_one() {
    let packs = folder(&[]);
    ExactPlan { colour: Colour::Ycc, predicted: TOP }.write(packs.path(), "a");
    let server = TestServer::start(packs.path());
    // Every rebuilt tile leaves its samples in the parent cache.
    for z in 0..=TOP {
        assert_eq!(server.get(&path(TileId { z, x: 0, y: 0 })).status, 200);
    }
    assert_eq!(server.metric(DECODES), 1.0);
}

#[test]
fn idle_workers_build_the_rest_of_the_family_on_the_level_that_is_viewed() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        Plan { predicted, ..Plan::default() }.write(packs.path(), "a");
        let server = TestServer::start_with(packs.path(), |config| config.speculate = true);
        for z in (0..=TOP).rev() {
            assert_siblings_are_built(&server, z, predicted);
        }
    }
}

/// Requests a tile of level `z` and checks that its siblings are built speculatively and then
/// served from the cache if the level is one of the `predicted` ones, and otherwise are not.
fn assert_siblings_are_built(server: &TestServer, z: u32, predicted: u32) {
    let what = format!("level {z} of {predicted} predicted");
    let (builds, requested) = (server.metric(SPECULATIVE_BUILDS), TileId { z, x: 0, y: 0 });
    assert_eq!(server.get(&path(requested)).status, 200);
    let root = pyramid().family_of(requested).unwrap().root;
    // A root is alone in its family on its level; beside it are those with the same parent.
    let common = if root == requested { root.parent(1).unwrap_or(root) } else { root };
    let siblings: Vec<_> = pyramid().tiles_under(common, z).filter(|id| *id != requested).collect();
    let expected = if z > TOP - predicted { siblings.len() as f64 } else { 0.0 };
    eventually("the rest of the family", || server.metric(SPECULATIVE_BUILDS) >= builds + expected);
    assert_eq!(server.metric(SPECULATIVE_BUILDS), builds + expected, "{what}");
    let hits = server.metric(CACHE_HITS);
    for id in siblings {
        assert_eq!(server.get(&path(id)).status, 200);
    }
    assert_eq!(server.metric(CACHE_HITS), hits + expected, "{what}");
}

#[test]
fn every_predicted_tile_of_a_warmed_slide_is_built() {
    for predicted in DEPTHS {
        let packs = folder(&[]);
        Plan { predicted, ..Plan::default() }.write(packs.path(), "a");
        let server = TestServer::start_with(packs.path(), |config| config.warm = vec!["a".into()]);
        let all = count_predicted(predicted).saturating_sub([BLANK].len()) as f64;
        eventually("the warm tiles", || server.metric(SPECULATIVE_BUILDS) >= all);
        for id in finest_first() {
            assert_eq!(server.get(&path(id)).status, 200);
        }
        let metrics = server.scrape();
        assert_eq!(metrics["origami_tile_builds_total"], all, "{predicted} levels");
        assert_eq!(metrics[CACHE_HITS], all, "{predicted} levels");
    }
}

#[test]
fn thumbnails_and_lossless_tiles_do_not_depend_on_how_many_levels_are_predicted() {
    let mut expected = None;
    for predicted in DEPTHS {
        let packs = folder(&[]);
        ExactPlan { colour: Colour::Ycc, predicted }.write(packs.path(), "a");
        let server = TestServer::start(packs.path());
        let mut pictures = Vec::new();
        for path in [
            "/slides/a/thumbnail?size=16".to_owned(),
            "/slides/a/thumbnail.png?size=200".to_owned(),
            "/slides/a/thumbnail?size=1024".to_owned(),
            format!("/tiles/a/{TOP}/2/1.png"),
            format!("/tiles/a/{}/0/0.png", TOP - 2),
            format!("/tiles/a/{}/0/0.png", TOP - 4),
        ] {
            let response = server.get(&path);
            assert_eq!(response.status, 200, "{path}");
            pictures.push(response.body);
        }
        assert!(*expected.get_or_insert_with(|| pictures.clone()) == pictures, "{predicted} levels");
    }
}
