//! Iris RESTful, as OpenSeadragon's tile source reads it.

use crate::client::NO_STORE;
use crate::packs::{HEIGHT, TOP, WIDTH, folder, pyramid, write_blank};
use crate::test_server::TestServer;
use origami_pyramid::{Pyramid, Size, TileId};
use serde_json::{Value, json};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn the_metadata_is_what_openseadragon_computes_with() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let response = server.get("/slides/a/metadata");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(
        response.json(),
        json!({
            "type": "slide_metadata",
            "format": "FORMAT_R8G8B8",
            "encoding": "image/jpeg",
            "extent": {
                "width": 187.5,
                "height": 112.5,
                "layers": [
                    { "x_tiles": 1, "y_tiles": 1, "scale": 1 },
                    { "x_tiles": 2, "y_tiles": 1, "scale": 2 },
                    { "x_tiles": 3, "y_tiles": 2, "scale": 4 },
                    { "x_tiles": 6, "y_tiles": 4, "scale": 8 },
                ],
            },
        })
    );
}

#[test]
fn the_tiles_that_openseadragon_asks_for_are_those_of_the_pyramid() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let extent = server.get("/slides/a/metadata").json()["extent"].clone();
    let layers = extent["layers"].as_array().unwrap();
    let scale = number(&layers.last().unwrap()["scale"]);
    assert_eq!((number(&extent["width"]) * scale).ceil(), f64::from(WIDTH));
    assert_eq!((number(&extent["height"]) * scale).ceil(), f64::from(HEIGHT));
    let coarsest = TOP + 1 - layers.len() as u32;
    for (layer, z) in (0..).zip(coarsest..=TOP) {
        let columns = number(&layers[layer]["x_tiles"]) as u32;
        for id in pyramid().tiles(z) {
            let tile = server.get(&format!("/slides/a/layers/{layer}/tiles/{}", id.y * columns + id.x));
            let own = server.get(&format!("/tiles/a/{id}.jpg"));
            assert_eq!(tile.status, 200, "{id}");
            assert!(tile.body == own.body, "{id}");
            for header in ["etag", "content-type"] {
                assert_eq!(tile.header(header), own.header(header), "{header} of {id}");
            }
        }
    }
}

#[test]
fn layers_and_tiles_that_do_not_exist_are_404_and_malformed_numbers_400() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (tile, status) in [
        ("layers/4/tiles/0", 404),
        ("layers/3/tiles/24", 404),
        ("layers/3/tiles/4294967295", 404),
        ("layers/3/tiles/99999999999999999999", 404),
        ("layers/-1/tiles/0", 404),
        ("layers/x/tiles/0", 400),
        ("layers/0/tiles/00", 400),
        ("layers/0/tiles/0.jpg", 400),
        ("layers/0/tiles/1e3", 400),
        ("layers/0", 404),
    ] {
        let response = server.get(&format!("/slides/a/{tile}"));
        assert_eq!((response.status, response.header("cache-control")), (status, NO_STORE), "{tile}");
        let names_the_address = response.text().contains("/slides/{slide}/layers/{layer}/tiles/{tile}");
        assert_eq!(names_the_address, status == 400, "{tile}: {}", response.text());
    }
    for missing in ["/slides/b/metadata", "/slides/b/layers/0/tiles/0"] {
        assert_eq!(server.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn slides_with_tiles_of_another_size_say_why_they_have_no_iris_address() {
    let packs = folder(&[]);
    for (id, tile_size) in [("small", 128), ("usual", 256)] {
        write_blank(packs.path(), id, Pyramid::new(Size::new(600, 400), tile_size).unwrap());
    }
    let server = TestServer::start(packs.path());
    for path in ["metadata", "layers/0/tiles/0"] {
        assert_eq!(server.get(&format!("/slides/usual/{path}")).status, 200, "{path}");
        let refused = server.get(&format!("/slides/small/{path}"));
        assert_eq!(refused.status, 404, "{path}");
        let reason = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(reason.contains("256 px"), "{reason}");
    }
}

#[test]
fn the_current_version_is_immutable_and_known_tags_get_304() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    server.expect_versioned("/slides/a/metadata");
    server.expect_versioned("/slides/a/layers/3/tiles/7");
    let own = server.get(&format!("/tiles/a/{}.jpg", TileId { z: TOP, x: 1, y: 1 }));
    assert!(own.body == server.get("/slides/a/layers/3/tiles/7").body);
}
