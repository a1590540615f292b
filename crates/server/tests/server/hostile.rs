//! Requests that no well-meaning client sends, byte for byte.

use crate::client;
use crate::packs::folder;
use crate::test_server::{TestServer, eventually};
use std::fs;
use std::io::Write;

/// Names that stand where an id, a number or an extension is expected.
const HOSTILE_IDS: [&str; 42] = [
    "..",
    ".",
    "../a",
    "../secret",
    "outside/b",
    "./a",
    "%2e%2e",
    "%2e%2e%2f",
    "%2e%2e%2fsecret",
    "..%2fsecret",
    "%252e%252e%252f",
    "%252e",
    "..%5csecret",
    "outside%2fb",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "%00",
    "a%00",
    "a%00.origami",
    "a.origami",
    "secret",
    ".hidden",
    "%ff%fe",
    "a%ff",
    "%",
    "%2",
    "%zz",
    "a%0d%0aX-Bad:1",
    "a%20",
    " ",
    "",
    "*",
    "a;b",
    "a%3f",
    "a%23",
    "%E2%80%AE",
    "..;",
    "~root",
    "$HOME",
    "{slide}",
    "CON",
    "file:%2f%2f%2fetc%2fpasswd",
];

/// What stands before and after them.
const ROUTES: [(&str, &str); 33] = [
    ("/tiles/", "/0/0/0.jpg"),
    ("/tiles/", "/0/0/0.png"),
    ("/tiles/", "/0/0/0.avif"),
    ("/dzi/", ".dzi"),
    ("/dzi/", ".json"),
    ("/dzi/", "_files/0/0_0.jpg"),
    ("/slides/", ""),
    ("/slides/", "/thumbnail"),
    ("/slides/", "/thumbnail.png"),
    ("/slides/a/thumbnail.", ""),
    ("/slides/", "/associated/label"),
    ("/slides/", "/neighbours"),
    ("/slides/", "/levels/0/tiles"),
    ("/slides/a/levels/", "/tiles"),
    ("/view/", ""),
    ("/about/", ""),
    ("/assets/", ""),
    ("/tiles/a/", "/0/0"),
    ("/tiles/a/0/", "/0"),
    ("/tiles/a/0/0/", ""),
    ("/tiles/a/0/0/0.", ""),
    ("/dzi/a_files/0/", ""),
    ("/slides/", "/region?w=10&h=10"),
    ("/slides/", "/metadata"),
    ("/slides/", "/layers/0/tiles/0"),
    ("/slides/a/layers/", "/tiles/0"),
    ("/iiif/3/", "/info.json"),
    ("/iiif/2/", "/full/max/0/default.jpg"),
    ("/iiif/", "/a/info.json"),
    ("/iiif/presentation/3/", "/manifest"),
    ("/xyz/", "/tilejson.json"),
    ("/xyz/", "/0/0/0.png"),
    ("/zoomify/", "/ImageProperties.xml"),
];

/// The same where the slide is one that there is.
const ROUTES_OF_A_SLIDE: [(&str, &str); 7] = [
    ("/slides/a/associated/", ""),
    ("/iiif/3/a/", "/max/0/default.jpg"),
    ("/iiif/3/a/full/", "/0/default.jpg"),
    ("/iiif/3/a/full/max/", "/default.jpg"),
    ("/iiif/3/a/full/max/0/", ""),
    ("/zoomify/a/", "/0-0-0.jpg"),
    ("/zoomify/a/TileGroup0/", ""),
];

#[test]
fn hostile_urls_get_400_or_404_and_never_a_file() {
    let packs = folder(&["a"]);
    // A readable pack in a folder below, which has an id but no path, and a hidden one.
    let outside = packs.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::copy(packs.path().join("a.origami"), outside.join("b.origami")).unwrap();
    fs::copy(packs.path().join("a.origami"), packs.path().join(".hidden.origami")).unwrap();
    fs::write(packs.path().join("secret"), "secret").unwrap();
    let server = TestServer::start(packs.path());

    let long = "a".repeat(8192);
    let binary: [&[u8]; 3] = [long.as_bytes(), b"\xff\xfe", b"a\x00"];
    for id in HOSTILE_IDS.iter().map(|id| id.as_bytes()).chain(binary) {
        for (before, after) in ROUTES {
            let target = [before.as_bytes(), id, after.as_bytes()].concat();
            // An empty id leads to the list itself.
            if target == b"/slides/" {
                continue;
            }
            let response = server.request("GET", &target, &[]);
            let target = target.escape_ascii();
            assert!(matches!(response.status, 400 | 404), "{} for {target}", response.status);
            assert!(!response.body.windows(6).any(|part| part == b"secret"), "{target}");
        }
    }
    eventually("all packs to be closed", || server.metric("origami_packs_open") == 0.0);
    for (before, after) in ROUTES_OF_A_SLIDE {
        for name in HOSTILE_IDS {
            let target = format!("{before}{name}{after}");
            let response = server.request("GET", target.as_bytes(), &[]);
            assert!(matches!(response.status, 400 | 404), "{} for {target}", response.status);
        }
    }
}

#[test]
fn empty_segments_and_trailing_slashes_name_nothing() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [
        "//",
        "/tiles",
        "/tiles/",
        "/tiles/a",
        "/tiles/a/0/0",
        "/tiles/a/0/0/",
        "/tiles/a/0/0/0/",
        "/tiles/a/0/0/0.jpg/",
        "/tiles//0/0/0",
        "/tiles/a//0/0",
        "//tiles/a/0/0/0",
        "/dzi/",
        "/dzi/a.dzi/",
        "/dzi/a_files/0/",
        "/dzi/a_files//0_0.jpg",
        "/slides/a/",
        "/slides//thumbnail",
        "/view/",
        "/assets/",
        "/metrics/",
        "/healthz/",
    ] {
        let status = server.get(path).status;
        assert!(matches!(status, 400 | 404), "{status} for {path}");
    }
}

#[test]
fn the_server_answers_after_requests_that_are_not_http() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for target in
        [b"\x00\x01\x02".as_slice(), b"http://[::1", b"/ HTTP/9.9\r\n", &[0xff; 4000], &[b'/'; 200_000]]
    {
        let mut stream = client::connect(server.addr);
        // The server may hang up in the middle of it.
        let _ = stream.write_all(&[b"GET ", target, b" HTTP/1.1\r\n\r\n"].concat());
        drop(stream);
    }
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
}
