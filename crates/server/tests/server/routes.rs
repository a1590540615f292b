//! What each route answers, and with which status where it has nothing.

use crate::client::get;
use crate::packs::{HEIGHT, TILE, TOP, WIDTH, folder, jpeg_size};
use crate::running::Running;

#[test]
fn every_tile_of_every_level_has_its_exact_size_under_both_addresses() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for z in 0..=TOP {
        let halved = |side: u32| side.div_ceil(1 << (TOP - z));
        let (width, height) = (halved(WIDTH), halved(HEIGHT));
        for (x, y) in (0..height.div_ceil(TILE)).flat_map(|y| (0..width.div_ceil(TILE)).map(move |x| (x, y)))
        {
            let tile = get(server.addr, &format!("/tiles/a/{z}/{x}/{y}.jpg"));
            assert_eq!(tile.status, 200, "{z}/{x}/{y}: {tile:?}");
            assert_eq!(tile.header("content-type"), Some("image/jpeg"));
            let expected = (TILE.min(width - x * TILE), TILE.min(height - y * TILE));
            assert_eq!(jpeg_size(&tile.body), expected, "{z}/{x}/{y}");
            for other in [
                format!("/tiles/a/{z}/{x}/{y}"),
                format!("/tiles/a/{z}/{x}/{y}.jpeg"),
                format!("/dzi/a_files/{z}/{x}_{y}.jpg"),
            ] {
                assert_eq!(get(server.addr, &other).body, tile.body, "{other}");
            }
        }
    }
}

#[test]
fn the_descriptor_tells_size_tile_size_and_no_overlap() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let answer = get(server.addr, "/dzi/a.dzi");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/xml")));
    for part in [
        r#"xmlns="http://schemas.microsoft.com/deepzoom/2008""#.to_owned(),
        r#"Format="jpg" Overlap="0""#.to_owned(),
        format!(r#"TileSize="{TILE}""#),
        format!(r#"<Size Width="{WIDTH}" Height="{HEIGHT}"/>"#),
    ] {
        assert!(answer.text().contains(&part), "{part} in {}", answer.text());
    }
}

#[test]
fn slides_are_listed_in_order_and_in_pages() {
    let packs = folder(&["c", "a", "b"]);
    let server = Running::start(packs.path());
    let ids = |query: &str| {
        let page = get(server.addr, &format!("/slides{query}")).json();
        assert_eq!(page["total"], 3, "{query}");
        page["slides"]
            .as_array()
            .unwrap()
            .iter()
            .map(|slide| slide["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(""), ["a", "b", "c"]);
    assert_eq!(ids("?limit=2"), ["a", "b"]);
    assert_eq!(ids("?limit=2&offset=2"), ["c"]);
    assert_eq!(ids("?offset=9"), [""; 0]);
    assert_eq!(ids("?limit=0"), [""; 0]);
    for query in ["?limit=x", "?limit=-1", "?limit=1001", "?offset=99999999999999999999999"] {
        assert_eq!(get(server.addr, &format!("/slides{query}")).status, 400, "{query}");
    }
}

#[test]
fn a_slide_tells_what_a_viewer_needs() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let slide = get(server.addr, "/slides/a").json();
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
    let levels = slide["level_table"].as_array().unwrap();
    assert_eq!(levels.len(), TOP as usize + 1);
    assert_eq!(levels[TOP as usize]["mode"], "luma");
    assert_eq!(levels[0]["mode"], "stored");
    let listed = &get(server.addr, "/slides").json()["slides"][0];
    for field in
        ["id", "generation", "width", "height", "mode", "bytes", "mpp", "objective", "tile_size", "levels"]
    {
        assert_eq!(listed[field], slide[field], "{field}");
    }
    for address in ["tiles", "dzi"] {
        let address = slide[address].as_str().unwrap().replace("{z}/{x}/{y}", "0/0/0");
        let answer = get(server.addr, &address);
        assert_eq!(answer.status, 200, "{address}");
        assert!(answer.header("cache-control").unwrap().contains("immutable"), "{address}");
    }
}

#[test]
fn thumbnails_have_the_longer_side_asked_for() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for (query, longer) in [("", 512), ("?size=16", 16), ("?size=100", 100), ("?size=1024", 1024)] {
        let answer = get(server.addr, &format!("/slides/a/thumbnail{query}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")), "{query}");
        let (width, height) = jpeg_size(&answer.body);
        assert_eq!(width, longer, "{query}");
        let exact = f64::from(longer) * f64::from(HEIGHT) / f64::from(WIDTH);
        assert!((f64::from(height) - exact).abs() <= 1.0, "{width}x{height}");
    }
    for query in ["?size=15", "?size=1025", "?size=x", "?size="] {
        for extension in ["", ".jpg", ".png"] {
            let path = format!("/slides/a/thumbnail{extension}{query}");
            assert_eq!(get(server.addr, &path).status, 400, "{path}");
        }
    }
}

#[test]
fn the_pages_bring_what_they_refer_to() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for (page, base) in [("/", "/"), ("/view/a", "/view/")] {
        let answer = get(server.addr, page);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{page}"
        );
        let text = answer.text();
        let links = text.split(['"']).filter(|link| link.contains("assets/"));
        let mut count = 0;
        for link in links {
            let link = if base == "/" { format!("/{link}") } else { link.replacen("..", "", 1) };
            assert_eq!(get(server.addr, &link).status, 200, "{link} of {page}");
            count += 1;
        }
        assert!(count >= 3, "{page} has {count} links");
    }
    let missing = get(server.addr, "/view/nothing");
    assert_eq!((missing.status, missing.header("content-type")), (404, Some("text/html; charset=utf-8")));
}

#[test]
fn operations_routes_answer() {
    let packs = folder(&[]);
    let server = Running::start(packs.path());
    assert_eq!(get(server.addr, "/healthz").text(), "ok\n");
    assert_eq!(get(server.addr, "/readyz").status, 200);
    assert_eq!(
        get(server.addr, "/metrics").header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(get(server.addr, "/slides").json()["total"], 0);
}

#[test]
fn what_is_not_there_is_404_and_what_does_not_parse_400() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
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
        ("/tiles/a/0/0/0.webp", 404),
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
        ("/dzi/a_files/0/0_0.webp", 404),
        ("/dzi/a_files/0/1_0.png", 404),
        ("/dzi/a_files/0/0-0.png", 400),
        ("/dzi/a_files/0/0-0.jpg", 400),
        ("/dzi/a_files/x/0_0.jpg", 400),
        ("/dzi/a/0/0_0.jpg", 404),
        ("/dzi/nothing_files/0/0_0.jpg", 404),
        ("/slides/nothing", 404),
        ("/slides/nothing/thumbnail", 404),
        ("/slides/nothing/thumbnail.png", 404),
        ("/slides/a/thumbnail.webp", 404),
        ("/slides/a/thumbnail.", 404),
        ("/slides/a/thumbnail.png/", 404),
        ("/assets/nothing.js", 404),
        ("/nothing", 404),
    ];
    for (path, status) in cases {
        let answer = get(server.addr, path);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert!(!answer.json()["error"].as_str().unwrap().is_empty(), "{path}");
    }
}
