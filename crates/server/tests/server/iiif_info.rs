//! Image information of IIIF services.

use crate::client::{NO_CACHE, NO_STORE};
use crate::packs::folder;
use crate::test_server::TestServer;
use serde_json::{Value, json};

const LINKED_2: &str = r#"application/ld+json;profile="http://iiif.io/api/image/2/context.json""#;
const LINKED_3: &str = r#"application/ld+json;profile="http://iiif.io/api/image/3/context.json""#;

/// The sizes of the slides' levels from one tile on.
fn sizes() -> Value {
    json!([
        { "width": 188, "height": 113 },
        { "width": 375, "height": 225 },
        { "width": 750, "height": 450 },
        { "width": 1500, "height": 900 },
    ])
}

#[test]
fn version_3_describes_the_slide() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    assert_eq!(
        server.get("/iiif/3/a/info.json").json(),
        json!({
            "@context": "http://iiif.io/api/image/3/context.json",
            "id": "http://test/iiif/3/a",
            "type": "ImageService3",
            "protocol": "http://iiif.io/api/image",
            "profile": "level2",
            "width": 1500,
            "height": 900,
            "maxArea": 1500 * 900,
            "sizes": sizes(),
            "tiles": [{ "width": 256, "height": 256, "scaleFactors": [1, 2, 4, 8] }],
            "preferredFormats": ["jpg"],
            "extraFormats": ["webp", "avif"],
            "extraQualities": ["color", "gray", "bitonal"],
            "extraFeatures": [
                "canonicalLinkHeader", "mirroring", "profileLinkHeader", "rotationArbitrary", "sizeUpscaling",
            ],
        })
    );
}

#[test]
fn version_2_describes_the_slide() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let info = server.get("/iiif/2/a/info.json").json();
    for (member, value) in [
        ("@context", json!("http://iiif.io/api/image/2/context.json")),
        ("@id", json!("http://test/iiif/2/a")),
        ("protocol", json!("http://iiif.io/api/image")),
        ("width", json!(1500)),
        ("height", json!(900)),
        ("sizes", sizes()),
        ("tiles", json!([{ "width": 256, "height": 256, "scaleFactors": [1, 2, 4, 8] }])),
    ] {
        assert_eq!(info[member], value, "{member}");
    }
    assert_eq!(info["profile"][0], "http://iiif.io/api/image/2/level2.json");
    assert_eq!(info["profile"][1]["formats"], json!(["jpg", "png", "webp", "avif"]));
    assert_eq!(info["profile"][1]["qualities"], json!(["default", "color", "gray", "bitonal"]));
    assert_eq!(info["profile"][1]["maxArea"], 1 << 24);
}

#[test]
fn a_slide_that_is_larger_than_a_picture_has_no_size_above_the_limit() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.picture_pixels = 400_000);
    let info = server.get("/iiif/3/a/info.json").json();
    assert_eq!(info["maxArea"], 400_000);
    assert_eq!(info["sizes"].as_array().unwrap().len(), 3, "no size that would be refused");
    assert_eq!(info["tiles"][0]["scaleFactors"], json!([1, 2, 4, 8]), "tiles are not limited");
    let info = server.get("/iiif/2/a/info.json").json();
    assert_eq!(info["profile"][1]["maxArea"], 400_000);
}

#[test]
fn the_media_type_is_the_one_that_the_client_prefers() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (version, accept, media_type) in [
        (2, None, "application/json"),
        (3, None, LINKED_3),
        (2, Some("application/ld+json"), LINKED_2),
        (3, Some("application/ld+json"), LINKED_3),
        (3, Some(LINKED_3), LINKED_3),
        (3, Some("application/json"), "application/json"),
        (3, Some("text/html,*/*;q=0.8"), "application/json"),
        (2, Some("*/*"), "application/json"),
        (3, Some("*/*"), LINKED_3),
        (3, Some(",;=q"), LINKED_3),
    ] {
        let header = accept.map(|accept| format!("Accept: {accept}"));
        let headers: Vec<&str> = header.iter().map(String::as_str).collect();
        let response = server.request("GET", format!("/iiif/{version}/a/info.json"), &headers);
        assert_eq!((response.status, response.header("vary")), (200, Some("Accept")), "{accept:?}");
        assert_eq!(response.header("content-type"), Some(media_type), "{version} for {accept:?}");
        assert_eq!(response.json()["width"], 1500, "{accept:?}");
    }
}

#[test]
fn the_id_is_the_url_that_clients_use() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let forwarded = ["X-Forwarded-Proto: https", "X-Forwarded-Host: slides.example"];
    let response = server.request("GET", "/iiif/3/a/info.json", &forwarded);
    assert_eq!(response.json()["id"], "https://slides.example/iiif/3/a");
    let image = server.request("GET", "/iiif/3/a/full/max/0/default.jpg", &forwarded);
    let link = image.header("link").unwrap();
    assert!(link.starts_with("<https://slides.example/iiif/3/a/full/max/0/default.jpg>"), "{link}");

    let url = Some("https://example.org/slides".to_owned());
    let server = TestServer::start_with(packs.path(), |config| config.public_url = url);
    let response = server.request("GET", "/iiif/2/a/info.json", &forwarded);
    assert_eq!(response.json()["@id"], "https://example.org/slides/iiif/2/a");
    let redirect = server.get("/iiif/2/a");
    assert_eq!(redirect.header("location"), Some("https://example.org/slides/iiif/2/a/info.json"));
}

#[test]
fn an_id_with_other_letters_is_escaped_in_the_urls() {
    let packs = folder(&["слайд"]);
    let server = TestServer::start(packs.path());
    let segment = "%D1%81%D0%BB%D0%B0%D0%B9%D0%B4";
    let info = server.get(&format!("/iiif/3/{segment}/info.json")).json();
    assert_eq!(info["id"], format!("http://test/iiif/3/{segment}"));
    let image = server.get(&format!("/iiif/3/{segment}/full/max/0/default.jpg"));
    let canonical = format!("<http://test/iiif/3/{segment}/full/max/0/default.jpg>");
    assert!(image.header("link").unwrap().starts_with(&canonical));
}

#[test]
fn the_base_uri_redirects_to_the_information() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for version in [2, 3] {
        for method in ["GET", "HEAD"] {
            let response = server.request(method, format!("/iiif/{version}/a"), &[]);
            let location = format!("http://test/iiif/{version}/a/info.json");
            assert_eq!((response.status, response.header("location")), (303, Some(&*location)), "{method}");
        }
    }
    let generation = server.generation();
    let response = server.get(&format!("/iiif/3/a?v={generation}"));
    let location = format!("http://test/iiif/3/a/info.json?v={generation}");
    assert_eq!(response.header("location"), Some(&*location));
    for path in
        ["/iiif/3/b", "/iiif/1/a", "/iiif/3/b/info.json", "/iiif/1/a/info.json", "/iiif/3/a/b/info.json"]
    {
        let response = server.get(path);
        assert_eq!((response.status, response.header("cache-control")), (404, NO_STORE), "{path}");
    }
}

#[test]
fn the_information_is_revalidated() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let path = "/iiif/3/a/info.json";
    let response = server.get(path);
    let tag = response.header("etag").unwrap();
    assert_eq!(response.header("cache-control"), NO_CACHE);
    let head = server.request("HEAD", path, &[]);
    assert_eq!((head.status, head.header("etag")), (200, Some(tag)));
    let unchanged = server.request("GET", path, &[&format!("If-None-Match: {tag}")]);
    assert_eq!((unchanged.status, unchanged.header("vary")), (304, Some("Accept")));
    // Another host has other URLs in it.
    let other =
        server.request("GET", path, &["X-Forwarded-Host: other.example", &format!("If-None-Match: {tag}")]);
    assert_eq!(other.status, 200);
}
