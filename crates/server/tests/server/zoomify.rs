//! Zoomify, as OpenSeadragon and OpenLayers read it.

use crate::client::{NO_CACHE, NO_STORE};
use crate::packs::{TILE, TOP, folder, pyramid};
use crate::test_server::TestServer;
use origami_pyramid::TileId;

/// The finest tier.
const FINEST: u32 = 3;

/// The tiles of all tiers.
fn tiles() -> impl Iterator<Item = TileId> {
    (TOP - FINEST..=TOP).flat_map(|z| pyramid().tiles(z))
}

/// The path of a tile. The slide has fewer tiles than a group.
fn path(id: TileId, extension: &str) -> String {
    let tier = id.z - (TOP - FINEST);
    format!("/zoomify/a/TileGroup0/{tier}-{}-{}.{extension}", id.x, id.y)
}

#[test]
fn the_properties_describe_the_slide_and_count_its_tiles() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let response = server.get("/zoomify/a/ImageProperties.xml");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/xml")));
    assert_eq!(
        response.text().trim_end(),
        format!(
            r#"<IMAGE_PROPERTIES WIDTH="1500" HEIGHT="900" NUMTILES="{}" NUMIMAGES="1" VERSION="1.8" TILESIZE="{TILE}" />"#,
            tiles().count()
        )
    );
}

#[test]
fn every_tile_has_the_bytes_and_the_tag_of_the_pyramids_own() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for id in tiles() {
        for extension in ["jpg", "png"] {
            let own = server.get(&format!("/tiles/a/{id}.{extension}"));
            let tile = server.get(&path(id, extension));
            assert_eq!(tile.status, 200, "{id}.{extension}");
            assert!(tile.body == own.body, "{id}.{extension}");
            for header in ["etag", "content-type", "cache-control"] {
                assert_eq!(tile.header(header), own.header(header), "{header} of {id}.{extension}");
            }
        }
    }
}

#[test]
fn tiles_in_other_groups_or_outside_are_404_and_other_names_400() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (tile, status) in [
        ("TileGroup1/3-0-0.jpg", 404),
        ("TileGroup00/3-0-0.jpg", 404),
        ("TileGroup/3-0-0.jpg", 404),
        ("x/3-0-0.jpg", 404),
        ("TileGroup0/4-0-0.jpg", 404),
        ("TileGroup0/3-6-0.jpg", 404),
        ("TileGroup0/3-0-4.jpg", 404),
        ("TileGroup0/99999999999-0-0.jpg", 404),
        ("TileGroup0/3-0-0.gif", 404),
        ("TileGroup0/3-0-0", 400),
        ("TileGroup0/3-0.jpg", 400),
        ("TileGroup0/3_0_0.jpg", 400),
        ("TileGroup0/3-0-NaN.jpg", 400),
        ("TileGroup0/3--1-0.jpg", 400),
    ] {
        let response = server.get(&format!("/zoomify/a/{tile}"));
        assert_eq!((response.status, response.header("cache-control")), (status, NO_STORE), "{tile}");
    }
    for missing in [
        "/zoomify/b/ImageProperties.xml",
        "/zoomify/b/TileGroup0/0-0-0.jpg",
        "/zoomify/a/imageproperties.xml",
        "/zoomify/a",
    ] {
        assert_eq!(server.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn the_current_version_is_immutable_and_known_tags_get_304() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let tile = path(TileId { z: TOP, x: 1, y: 1 }, "jpg");
    for target in ["/zoomify/a/ImageProperties.xml", &tile] {
        assert_eq!(server.get(target).header("cache-control"), NO_CACHE, "{target}");
        server.expect_versioned(target);
    }
}
