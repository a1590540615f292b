//! What each route responds, and with which status if there is nothing.

use crate::client::NO_STORE;
use crate::packs::{HEIGHT, TILE, TOP, WIDTH, folder, jpeg_size};
use crate::test_server::TestServer;
use origami_pyramid::{Grid, Size};

/// The size of a level as Deep Zoom defines it.
fn level_size(z: u32) -> Size {
    let scale = 1 << (TOP - z);
    Size::new(WIDTH.div_ceil(scale), HEIGHT.div_ceil(scale))
}

/// The grid of a level as Deep Zoom defines it.
fn grid(z: u32) -> Grid {
    let Size { width, height } = level_size(z);
    Grid { columns: width.div_ceil(TILE), rows: height.div_ceil(TILE) }
}

#[test]
fn every_tile_of_every_level_has_its_exact_size_under_both_addresses() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for z in 0..=TOP {
        let Size { width, height } = level_size(z);
        let Grid { columns, rows } = grid(z);
        for (x, y) in (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))) {
            let tile = server.get(&format!("/tiles/a/{z}/{x}/{y}.jpg"));
            assert_eq!(tile.status, 200, "{z}/{x}/{y}: {tile:?}");
            assert_eq!(tile.header("content-type"), Some("image/jpeg"));
            let expected = Size::new(TILE.min(width - x * TILE), TILE.min(height - y * TILE));
            assert_eq!(jpeg_size(&tile.body), expected, "{z}/{x}/{y}");
            for other in [
                format!("/tiles/a/{z}/{x}/{y}"),
                format!("/tiles/a/{z}/{x}/{y}.jpeg"),
                format!("/dzi/a_files/{z}/{x}_{y}.jpg"),
            ] {
                assert_eq!(server.get(&other).body, tile.body, "{other}");
            }
        }
    }
}

#[test]
fn the_descriptor_states_size_tile_size_and_no_overlap() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let response = server.get("/dzi/a.dzi");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/xml")));
    for part in [
        r#"xmlns="http://schemas.microsoft.com/deepzoom/2008""#.to_owned(),
        r#"Format="jpg" Overlap="0""#.to_owned(),
        format!(r#"TileSize="{TILE}""#),
        format!(r#"<Size Width="{WIDTH}" Height="{HEIGHT}"/>"#),
    ] {
        assert!(response.text().contains(&part), "{part} in {}", response.text());
    }
}

#[test]
fn slides_are_listed_in_order_and_in_pages() {
    let packs = folder(&["c", "a", "b"]);
    let server = TestServer::start(packs.path());
    for (query, expected) in [
        ("", &["a", "b", "c"][..]),
        ("?limit=2", &["a", "b"]),
        ("?limit=2&offset=2", &["c"]),
        ("?offset=9", &[]),
        ("?limit=0", &[]),
    ] {
        let page = server.get(&format!("/slides{query}")).json();
        assert_eq!(page["total"], 3, "{query}");
        let slides = page["slides"].as_array().unwrap();
        let ids: Vec<_> = slides.iter().map(|slide| slide["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
    }
    for query in ["?limit=x", "?limit=-1", "?limit=1001", "?offset=99999999999999999999999"] {
        assert_eq!(server.get(&format!("/slides{query}")).status, 400, "{query}");
    }
}

#[test]
fn the_description_of_a_slide_has_what_a_viewer_needs() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let slide = server.get("/slides/a").json();
    assert_eq!((slide["id"].as_str(), slide["mode"].as_str()), (Some("a"), Some("luma")));
    assert_eq!(
        (slide["width"].as_u64(), slide["height"].as_u64()),
        (Some(u64::from(WIDTH)), Some(u64::from(HEIGHT)))
    );
    assert_eq!(
        (slide["tile_size"].as_u64(), slide["levels"].as_u64()),
        (Some(u64::from(TILE)), Some(u64::from(TOP) + 1))
    );
    assert_eq!(slide["mpp"], serde_json::json!([0.5, 0.25]));
    assert_eq!(slide["objective"], 20.0);
    assert_eq!(slide["background"], "#f0f1f2");
    assert_eq!((&slide["source"], &slide["contents"]), (&"drawn.svs".into(), &serde_json::json!([])));
    let levels = slide["level_table"].as_array().unwrap();
    assert_eq!(levels.len(), TOP as usize + 1);
    assert_eq!(levels[TOP as usize]["mode"], "luma");
    assert_eq!(levels[0]["mode"], "stored");
    let listed = &server.get("/slides").json()["slides"][0];
    for field in [
        "id",
        "title",
        "folder",
        "generation",
        "width",
        "height",
        "mode",
        "bytes",
        "mpp",
        "objective",
        "magnification",
        "format",
        "modified",
        "tile_size",
        "levels",
    ] {
        assert!(slide.get(field).is_some(), "{field}");
        assert_eq!(listed[field], slide[field], "{field}");
    }
    assert_eq!((&slide["title"], &slide["folder"]), (&"drawn.svs".into(), &"".into()));
    assert_eq!(slide["magnification"], serde_json::json!({ "power": 20.0, "derived": false }));
    assert!(slide["modified"].as_i64().unwrap() > 1_600_000_000_000, "milliseconds since 1970");
    for address in ["tiles", "dzi"] {
        let address = slide[address].as_str().unwrap().replace("{z}/{x}/{y}", "0/0/0");
        let response = server.get(&address);
        assert_eq!(response.status, 200, "{address}");
        assert!(response.header("cache-control").unwrap().contains("immutable"), "{address}");
    }
}

#[test]
fn thumbnails_have_the_requested_longer_side() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (query, longer) in [("", 512), ("?size=16", 16), ("?size=100", 100), ("?size=1024", 1024)] {
        let response = server.get(&format!("/slides/a/thumbnail{query}"));
        assert_eq!((response.status, response.header("content-type")), (200, Some("image/jpeg")), "{query}");
        let Size { width, height } = jpeg_size(&response.body);
        assert_eq!(width, longer, "{query}");
        let exact = f64::from(longer) * f64::from(HEIGHT) / f64::from(WIDTH);
        assert!((f64::from(height) - exact).abs() <= 1.0, "{width}x{height}");
    }
    for query in ["?size=15", "?size=1025", "?size=x", "?size="] {
        for extension in ["", ".jpg", ".png"] {
            let path = format!("/slides/a/thumbnail{extension}{query}");
            assert_eq!(server.get(&path).status, 400, "{path}");
        }
    }
}

#[test]
fn operations_routes_respond() {
    let packs = folder(&[]);
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/healthz").text(), "ok\n");
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(
        server.get("/metrics").header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(server.get("/slides").json()["total"], 0);
}

#[test]
fn what_does_not_exist_is_404_and_what_does_not_parse_is_400() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let outside = format!("/tiles/a/{}/0/0", TOP + 1);
    let column = format!("/tiles/a/{TOP}/{}/0.jpg", WIDTH.div_ceil(TILE));
    let row = format!("/dzi/a_files/{TOP}/0_{}.jpg", HEIGHT.div_ceil(TILE));
    let cases = [
        ("/tiles/nothing/0/0/0", 404),
        ("/tiles/A/0/0/0", 404),
        (&outside, 404),
        (&column, 404),
        (&row, 404),
        ("/tiles/a/0/1/0", 404),
        ("/tiles/a/0/0/0.bmp", 404),
        ("/tiles/a/0/1/0.webp", 404),
        ("/tiles/a/0/x/0.avif", 400),
        ("/tiles/a/0/0/0.webp?quality=0", 400),
        ("/tiles/a/0/1/0.png", 404),
        ("/tiles/a/0/x/0.png", 400),
        ("/tiles/a/-1/0/0", 404),
        ("/tiles/a/0/-1/0", 404),
        ("/tiles/a/0/0/4294967296", 404),
        ("/tiles/a/0/0/99999999999999999999", 404),
        ("/tiles/a/abc/0/0", 400),
        ("/tiles/a/0/1.5/0", 400),
        ("/tiles/a/0/0/abc", 400),
        ("/tiles/a/0/+1/0", 400),
        ("/tiles/a/0/01/0", 400),
        ("/dzi/a", 404),
        ("/dzi/nothing.dzi", 404),
        ("/dzi/a.xml", 404),
        ("/dzi/a_files/0/0_0.bmp", 404),
        ("/dzi/a_files/0/1_0.avif", 404),
        ("/dzi/nothing.json", 404),
        ("/dzi/a_files/0/1_0.png", 404),
        ("/dzi/a_files/0/0-0.png", 400),
        ("/dzi/a_files/0/0-0.jpg", 400),
        ("/dzi/a_files/x/0_0.jpg", 400),
        ("/dzi/a/0/0_0.jpg", 404),
        ("/dzi/nothing_files/0/0_0.jpg", 404),
        ("/slides/nothing", 404),
        ("/slides/nothing/thumbnail", 404),
        ("/slides/nothing/neighbours", 404),
        ("/slides/nothing/levels/0/tiles", 404),
        ("/slides/a/levels/99/tiles", 404),
        ("/slides/a/levels/-1/tiles", 404),
        ("/slides/a/levels/x/tiles", 400),
        ("/slides/a/levels/0/tiles?x=1", 404),
        ("/slides/a/levels/0/tiles?x=-1", 400),
        ("/slides/a/levels/0/tiles?columns=x", 400),
        ("/slides/a/levels/0", 404),
        ("/slides/nothing/thumbnail.png", 404),
        ("/slides/a/thumbnail.bmp", 404),
        ("/slides/nothing/thumbnail.avif", 404),
        ("/slides/nothing/region", 404),
        ("/slides/nothing/metadata", 404),
        ("/slides/nothing/layers/0/tiles/0", 404),
        ("/iiif/2/nothing/info.json", 404),
        ("/iiif/3/nothing/info.json", 404),
        ("/iiif/3/nothing/full/max/0/default.jpg", 404),
        ("/iiif/1/a/info.json", 404),
        ("/iiif/presentation/3/nothing/manifest", 404),
        ("/iiif/presentation/2/a/manifest", 404),
        ("/xyz/nothing/tilejson.json", 404),
        ("/xyz/nothing/0/0/0", 404),
        ("/zoomify/nothing/ImageProperties.xml", 404),
        ("/zoomify/nothing/TileGroup0/0-0-0.jpg", 404),
        ("/slides/a/thumbnail.", 404),
        ("/slides/a/thumbnail.png/", 404),
        ("/assets/nothing.js", 404),
        ("/nothing", 404),
    ];
    for (path, status) in cases {
        let response = server.get(path);
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.header("cache-control"), NO_STORE, "{path}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{path}");
        let problem = response.json();
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{path}");
        assert_eq!((&problem["status"], &problem["error"]), (&status.into(), &problem["detail"]), "{path}");
        assert!(problem["type"] == "about:blank" && problem["title"].is_string(), "{path}");
    }
}
