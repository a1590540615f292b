//! Overviews are built from the description of a slide on, before a viewer requests them.

use crate::exact_packs::{CONSTANT, ExactPlan, VERBATIM};
use crate::packs::{TOP, finest_first, folder};
use crate::test_server::{TestServer, eventually};
use origami_codec::Colour;
use std::collections::HashMap;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

const BUILT: &str = "origami_speculative_built_total";
const USED: &str = "origami_speculative_used_total";

/// Slide `a`, all of whose levels but the coarsest are predicted. It is smaller than a screen, so
/// that all of it is its overview.
fn deep_slide() -> TempDir {
    let packs = folder(&[]);
    ExactPlan { colour: Colour::Ycc, predicted: TOP }.write(packs.path(), "a");
    packs
}

/// Number of its tiles that a worker has to build.
fn count_rebuilt() -> f64 {
    let stored = 1;
    (finest_first().count() - [CONSTANT, VERBATIM].len() - stored) as f64
}

fn speculating(packs: &TempDir) -> TestServer {
    TestServer::start_with(packs.path(), |config| config.speculate = true)
}

#[test]
fn after_the_descriptor_alone_the_overview_is_served_from_the_cache() {
    let packs = deep_slide();
    // With two workers, one may need a parent that the other is just building as a tile.
    let server = TestServer::start_with(packs.path(), |config| {
        (config.workers, config.speculate) = (1, true);
    });
    assert_eq!(server.get("/dzi/a.dzi").status, 200);
    eventually("the overview", || server.metric(BUILT) >= count_rebuilt());
    let mut sources: HashMap<String, usize> = HashMap::new();
    for id in finest_first() {
        let response = server.get(&format!("/dzi/a_files/{}/{}_{}.jpg", id.z, id.x, id.y));
        assert_eq!(response.status, 200, "{id}");
        *sources.entry(response.header("server-timing").unwrap().to_owned()).or_default() += 1;
    }
    let expected = [("cache", count_rebuilt() as usize), ("stored", 2), ("blank", 1)];
    assert_eq!(sources, expected.map(|(source, count)| (source.to_owned(), count)).into());
    assert_eq!((server.metric(BUILT), server.metric(USED)), (count_rebuilt(), count_rebuilt()));
    // Each tile is decoded as the parent of others when it is built, coarse to fine.
    assert_eq!(server.metric("origami_parent_decodes_total"), 1.0, "the stored one");
}

#[test]
fn whatever_a_viewer_reads_first_announces_the_slide() {
    let packs = deep_slide();
    for target in [
        "/dzi/a.json",
        "/view/a",
        "/iiif/2/a/info.json",
        "/iiif/3/a/info.json",
        "/xyz/a/tilejson.json",
        "/zoomify/a/ImageProperties.xml",
        "/slides/a/metadata",
    ] {
        let server = speculating(&packs);
        assert_eq!(server.get(target).status, 200, "{target}");
        eventually(target, || server.metric(BUILT) >= count_rebuilt());
    }
}

#[test]
fn what_galleries_read_of_every_slide_announces_none() {
    let packs = deep_slide();
    let tag = speculating(&packs).get("/dzi/a.dzi").header("etag").unwrap().to_owned();
    let server = speculating(&packs);
    for target in [
        "/",
        "/slides",
        "/slides/a",
        "/slides/a/neighbours",
        "/slides/a/thumbnail",
        "/about/a",
        "/iiif/presentation/3/a/manifest",
    ] {
        assert_eq!(server.get(target).status, 200, "{target}");
    }
    let unchanged = server.request("GET", "/dzi/a.dzi", &[&format!("If-None-Match: {tag}")]);
    assert_eq!((unchanged.status, server.get("/dzi/b.dzi").status), (304, 404));
    sleep(Duration::from_millis(50));
    assert_eq!(server.metric(BUILT), 0.0);
}

#[test]
fn nothing_is_built_for_a_description_if_speculation_is_off() {
    let packs = deep_slide();
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/dzi/a.dzi").status, 200);
    sleep(Duration::from_millis(50));
    assert_eq!(server.metric(BUILT), 0.0);
}
