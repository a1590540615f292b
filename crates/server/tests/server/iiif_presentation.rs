//! Manifests and the collection of the IIIF Presentation API.

use crate::packs::{Plan, folder, write_pack};
use crate::test_server::{TestServer, eventually};
use serde_json::{Value, json};
use std::fs;

const LINKED: &str = r#"application/ld+json;profile="http://iiif.io/api/presentation/3/context.json""#;

fn manifest(server: &TestServer, id: &str) -> Value {
    let response = server.get(&format!("/iiif/presentation/3/{id}/manifest"));
    assert_eq!((response.status, response.header("content-type")), (200, Some(LINKED)), "{id}");
    response.json()
}

/// The path of a URL of the server.
fn path(url: &Value) -> &str {
    url.as_str().unwrap().strip_prefix("http://test").unwrap()
}

#[test]
fn a_manifest_has_one_canvas_with_the_slide_pixel_for_pixel() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let manifest = manifest(&server, "a");
    assert_eq!(manifest["@context"], "http://iiif.io/api/presentation/3/context.json");
    assert_eq!(manifest["id"], "http://test/iiif/presentation/3/a/manifest");
    assert_eq!(manifest["type"], "Manifest");
    assert_eq!(manifest["label"], json!({ "none": ["drawn.svs"] }));
    let canvases = manifest["items"].as_array().unwrap();
    assert_eq!(canvases.len(), 1);
    let canvas = &canvases[0];
    assert_eq!((&canvas["width"], &canvas["height"]), (&json!(1500), &json!(900)));
    let annotation = &canvas["items"][0]["items"][0];
    assert_eq!((&annotation["target"], &annotation["motivation"]), (&canvas["id"], &json!("painting")));
    let image = &annotation["body"];
    assert_eq!((&image["width"], &image["height"]), (&json!(1500), &json!(900)));
    let service = &image["service"][0];
    assert_eq!((&service["type"], &service["profile"]), (&json!("ImageService3"), &json!("level2")));
    assert_eq!(server.get(&format!("{}/info.json", path(&service["id"]))).json()["id"], service["id"]);
}

#[test]
fn the_image_in_a_manifest_is_as_large_as_it_says_where_pictures_are_limited() {
    let packs = folder(&["a"]);
    for picture_pixels in [100_000, 1 << 24] {
        let server = TestServer::start_with(packs.path(), |config| config.picture_pixels = picture_pixels);
        let manifest = manifest(&server, "a");
        let canvas = &manifest["items"][0];
        assert_eq!((&canvas["width"], &canvas["height"]), (&json!(1500), &json!(900)));
        let image = &canvas["items"][0]["items"][0]["body"];
        let picture = image::load_from_memory(&server.get(path(&image["id"])).body).unwrap();
        assert_eq!((&image["width"], &image["height"]), (&json!(picture.width()), &json!(picture.height())));
    }
}

#[test]
fn every_url_in_a_manifest_leads_somewhere_and_its_thumbnail_is_as_large_as_it_says() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let manifest = manifest(&server, "a");
    let image = &manifest["items"][0]["items"][0]["items"][0]["body"];
    for url in [
        &manifest["id"],
        &manifest["homepage"][0]["id"],
        &manifest["seeAlso"][0]["id"],
        &manifest["partOf"][0]["id"],
        &image["id"],
    ] {
        assert_eq!(server.get(path(url)).status, 200, "{url}");
    }
    let thumbnail = &manifest["thumbnail"][0];
    let response = server.get(path(&thumbnail["id"]));
    let image = image::load_from_memory(&response.body).unwrap();
    assert_eq!((&thumbnail["width"], &thumbnail["height"]), (&json!(image.width()), &json!(image.height())));
    let tile = server.get("/tiles/a/8/0/0.jpg");
    assert!(response.body == tile.body, "the thumbnail is a tile");
}

#[test]
fn what_is_known_of_the_slide_is_told_in_pairs() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let manifest = manifest(&server, "a");
    let pairs = manifest["metadata"].as_array().unwrap();
    let value = |name: &str| {
        let pair = pairs.iter().find(|pair| pair["label"]["en"][0] == name);
        pair.map(|pair| pair["value"]["none"][0].as_str().unwrap())
    };
    assert_eq!(value("Size"), Some("1500 x 900 px"));
    assert_eq!(value("Pixel size"), Some("0.5 x 0.25 µm"));
    assert_eq!(value("Magnification"), Some("20x"));
    assert_eq!(value("Folder"), None);
    // Its pixels are not square, so that one scale would be wrong in one direction.
    assert_eq!(manifest["items"][0].get("service"), None);
}

#[test]
fn the_collection_lists_all_slides_in_their_order_without_the_broken_ones() {
    let packs = folder(&[]);
    for id in ["slide-10", "slide-2"] {
        Plan { source: "", ..Plan::default() }.write(packs.path(), id);
    }
    fs::write(packs.path().join("broken.origami"), "text").unwrap();
    fs::create_dir(packs.path().join("case")).unwrap();
    write_pack(&packs.path().join("case"), "b", 2);
    let server = TestServer::start(packs.path());
    eventually("the broken pack", || server.metric("origami_packs_broken") == 1.0);
    let response = server.get("/iiif/presentation/3/collection");
    assert_eq!((response.status, response.header("content-type")), (200, Some(LINKED)));
    let collection = response.json();
    assert_eq!(collection["id"], "http://test/iiif/presentation/3/collection");
    assert_eq!(collection["type"], "Collection");
    let items = collection["items"].as_array().unwrap();
    let ids: Vec<_> = items.iter().map(|item| path(&item["id"])).collect();
    let expected = ["slide-2", "slide-10", "case~b"].map(|id| format!("/iiif/presentation/3/{id}/manifest"));
    assert_eq!(ids, expected);
    for item in items {
        assert_eq!(server.get(path(&item["id"])).json()["label"], item["label"]);
        assert_eq!(server.get(path(&item["thumbnail"][0]["id"])).status, 200);
    }
    assert_eq!(server.get("/iiif/presentation/3/broken/manifest").status, 500);
}

#[test]
fn a_client_that_prefers_json_gets_json() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in ["/iiif/presentation/3/a/manifest", "/iiif/presentation/3/collection"] {
        let response = server.request("GET", path, &["Accept: application/json"]);
        assert_eq!(response.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(response.header("vary"), Some("Accept"), "{path}");
    }
}

#[test]
fn what_does_not_exist_is_not_found() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [
        "/iiif/presentation/3/b/manifest",
        "/iiif/presentation/3/..%2fa/manifest",
        "/iiif/presentation/2/a/manifest",
        "/iiif/presentation/3/a",
        "/iiif/presentation/3",
        "/iiif",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}
