//! What the server says of how the tiles of a level are kept.

use crate::client::{IMMUTABLE, NO_CACHE};
use crate::exact_packs::{CONSTANT, Packed, VERBATIM};
use crate::packs::{BLANK, TOP, folder, pyramid};
use crate::test_server::TestServer;
use origami_codec::Colour;
use origami_pyramid::TileId;
use serde_json::{Value, json};

/// How the tiles of the whole level `z` are kept, by their positions.
fn kept(server: &TestServer, z: u32) -> impl Fn(TileId) -> (String, u64) + use<> {
    let answer = server.get(&format!("/slides/a/levels/{z}/tiles")).json();
    let grid = pyramid().grid(z).unwrap();
    assert_eq!(
        (&answer["z"], &answer["columns"], &answer["rows"]),
        (&json!(z), &json!(grid.columns), &json!(grid.rows))
    );
    move |TileId { x, y, .. }| {
        let tile = &answer["tiles"][(y * grid.columns + x) as usize];
        (tile[0].as_str().unwrap().to_owned(), tile[1].as_u64().unwrap())
    }
}

#[test]
fn each_tile_of_a_luma_pack_is_kept_as_it_was_written() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let finest = kept(&server, TOP);
    assert_eq!(finest(BLANK), ("blank".to_owned(), 0));
    assert_eq!(finest(TileId { z: TOP, x: 4, y: 3 }), ("empty".to_owned(), 0));
    let (kind, bytes) = finest(TileId { z: TOP, x: 1, y: 2 });
    assert!(kind == "residual" && bytes > 0, "{kind}, {bytes} bytes");
    // These are complete JPEGs.
    let stored = kept(&server, TOP - 2);
    for id in pyramid().tiles(TOP - 2) {
        let served = server.get(&format!("/tiles/a/{id}.jpg")).body.len() as u64;
        assert_eq!(stored(id), ("stored".to_owned(), served), "{id}");
    }
}

#[test]
fn each_tile_of_an_exact_pack_is_kept_as_it_was_written() {
    let packed = Packed::new(Colour::Ycc);
    let server = TestServer::start(packed.packs.path());
    let finest = kept(&server, TOP);
    assert_eq!(finest(CONSTANT), ("blank".to_owned(), 0));
    assert_eq!(finest(VERBATIM), ("stored".to_owned(), packed.jpegs[&VERBATIM].len() as u64));
    let (kind, bytes) = finest(TileId { z: TOP, x: 1, y: 1 });
    assert!(kind == "predicted" && bytes > 0, "{kind}, {bytes} bytes");
    assert_eq!(kept(&server, 0)(TileId { z: 0, x: 0, y: 0 }).0, "stored");
}

#[test]
fn a_range_of_tiles_is_that_part_of_the_level() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let whole = server.get(&format!("/slides/a/levels/{TOP}/tiles")).json();
    let columns = pyramid().grid(TOP).unwrap().columns as usize;
    // It reaches past the level's right side.
    let target = format!("/slides/a/levels/{TOP}/tiles?x={}&y=1&columns=9&rows=2", columns - 2);
    let part = server.get(&target).json();
    let expected: Vec<Value> = [2 * columns - 2, 2 * columns - 1, 3 * columns - 2, 3 * columns - 1]
        .map(|tile| whole["tiles"][tile].clone())
        .into();
    assert_eq!(part["tiles"], Value::from(expected));
    assert_eq!(
        [&part["x"], &part["y"], &part["columns"], &part["rows"]],
        [&json!(columns - 2), &json!(1), &json!(2), &json!(2)]
    );
}

#[test]
fn the_tiles_of_one_version_are_cached_for_ever() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let target = "/slides/a/levels/9/tiles?x=0";
    assert_eq!(server.get(target).header("cache-control"), NO_CACHE);
    let versioned = format!("{target}&v={}", server.generation());
    let response = server.get(&versioned);
    assert_eq!(response.header("cache-control"), IMMUTABLE);
    let tag = format!("If-None-Match: {}", response.header("etag").unwrap());
    assert_eq!(server.request("GET", &versioned, &[&tag]).status, 304);
    assert_eq!(server.get(&format!("{target}&v=0123456789abcdef")).status, 410);
}
