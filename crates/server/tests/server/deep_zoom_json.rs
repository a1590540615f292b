//! The Deep Zoom descriptor as JSON.

use crate::client::{IMMUTABLE, NO_CACHE};
use crate::packs::{HEIGHT, TILE, TOP, WIDTH, folder, pyramid};
use crate::test_server::TestServer;
use serde_json::json;

#[test]
fn the_json_says_what_the_xml_says_and_where_the_tiles_are() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let response = server.get("/dzi/a.json");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(
        response.json(),
        json!({
            "Image": {
                "xmlns": "http://schemas.microsoft.com/deepzoom/2008",
                "Url": "http://test/dzi/a_files/",
                "Format": "jpg",
                "Overlap": 0,
                "TileSize": TILE,
                "Size": { "Width": WIDTH, "Height": HEIGHT },
            },
            "queryParams": format!("?v={}", server.generation()),
        })
    );
}

#[test]
fn the_tiles_that_openseadragon_asks_for_are_those_of_the_pyramid() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let descriptor = server.get("/dzi/a.json").json();
    let image = &descriptor["Image"];
    let folder = image["Url"].as_str().unwrap().strip_prefix("http://test").unwrap();
    let (format, query) = (image["Format"].as_str().unwrap(), descriptor["queryParams"].as_str().unwrap());
    for id in (0..=TOP).flat_map(|z| pyramid().tiles(z)) {
        let tile = server.get(&format!("{folder}{}/{}_{}.{format}{query}", id.z, id.x, id.y));
        assert_eq!((tile.status, tile.header("cache-control")), (200, IMMUTABLE), "{id}");
        assert!(tile.body == server.get(&format!("/tiles/a/{id}.jpg")).body, "{id}");
    }
}

#[test]
fn the_json_is_revalidated_because_it_depends_on_the_host() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in ["/dzi/a.json".to_owned(), format!("/dzi/a.json?v={}", server.generation())] {
        let response = server.get(&path);
        assert_eq!(response.header("cache-control"), NO_CACHE, "{path}");
        let tag = format!("If-None-Match: {}", response.header("etag").unwrap());
        assert_eq!(server.request("GET", &path, &[&tag]).status, 304, "{path}");
    }
    for (path, status) in [
        ("/dzi/a.json?v=0123456789abcdef", 410),
        ("/dzi/b.json", 404),
        ("/dzi/a.js", 404),
        ("/dzi/a", 404),
        ("/dzi/.json", 404),
        ("/dzi/a.dzi", 200),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
}

#[test]
fn ids_are_escaped_and_a_public_url_is_where_the_tiles_are() {
    let packs = folder(&["слайд"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.public_url = Some("https://slides.example/origami".into());
    });
    let descriptor = server.get("/dzi/%D1%81%D0%BB%D0%B0%D0%B9%D0%B4.json").json();
    assert_eq!(
        descriptor["Image"]["Url"],
        "https://slides.example/origami/dzi/%D1%81%D0%BB%D0%B0%D0%B9%D0%B4_files/"
    );
}
