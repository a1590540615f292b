//! The whole scrape, on which dashboards and alerts depend, and what its numbers count.

use crate::packs::{BLANK, TOP, folder, write_pack};
use crate::test_server::{TestServer, eventually};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a scrape looks like.
fn snapshot_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/metrics.txt")
}

/// The scrape without its values, which vary.
fn without_values(scrape: &str) -> String {
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    let lines = scrape.lines().map(|line| match line.rsplit_once(' ') {
        Some((series, _)) if !line.starts_with('#') => format!("{series} _\n"),
        _ => format!("{line}\n"),
    });
    lines.collect::<String>().replace(&version, "version=\"_\"")
}

#[test]
fn the_scrape_is_what_dashboards_and_alerts_know() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in ["/tiles/a/0/0/0", "/tiles/a/x/0/0", "/dzi/a.dzi", "/nothing", "/metrics"] {
        server.get(path);
    }
    let response = server.get("/metrics");
    assert_eq!(response.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let (found, path) = (without_values(response.text()), snapshot_path());
    if std::env::var_os("UPDATE_METRICS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{} is out of date: run the tests with UPDATE_METRICS=1, and tell those who have alerts; the first \
         difference is {differing:?}",
        path.display()
    );
}

/// The series of a server of `packs` after requests for each of `slides`, for what is none,
/// and for some pages.
fn series_after_requests<'a>(packs: &Path, slides: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let server = TestServer::start(packs);
    for slide in slides {
        for target in [format!("/tiles/{slide}/0/0/0"), format!("/slides/{slide}"), format!("/view/{slide}")]
        {
            assert_eq!(server.get(&target).status, 200, "{target}");
        }
    }
    for hostile in ["%22%7d%201%0aorigami_forged%202", "a%00b", "%ff", "<b>", "\\\"", "%e2%80%ae", "a}"] {
        for target in [format!("/tiles/{hostile}/0/0/0"), format!("/slides/{hostile}"), format!("/{hostile}")]
        {
            assert!(matches!(server.get(&target).status, 400 | 404), "{target}");
        }
    }
    for page in ["/", "/status", "/metrics"] {
        assert_eq!(server.get(page).status, 200, "{page}");
    }
    server.scrape().into_keys().collect()
}

#[test]
fn the_number_of_series_grows_neither_with_slides_nor_with_what_clients_ask_for() {
    const LINKS: usize = 100_000;
    let small = folder(&["a"]);
    let large = folder(&["a", "b"]);
    // A file may have some 65,000 names on some file systems.
    let files = ["a", "b"].map(|id| large.path().join(format!("{id}.origami")));
    let ids: Vec<String> = (0..LINKS).map(|n| format!("ткань-{n}")).collect();
    for (n, id) in ids.iter().enumerate() {
        fs::hard_link(&files[n % 2], large.path().join(format!("{id}.origami"))).unwrap();
    }
    for name in ["\"} 1\norigami_forged 2.origami", "<script>.origami", "\u{202e}.origami"] {
        fs::write(large.path().join(name), "no pack").unwrap();
    }
    let some: Vec<String> = ids.iter().step_by(1000).map(|id| escaped(id)).collect();
    let expected = series_after_requests(small.path(), ["a"]);
    let found = series_after_requests(large.path(), some.iter().map(String::as_str));
    assert!(found == expected, "{:?}", found.symmetric_difference(&expected).collect::<Vec<_>>());
    let longest = found.iter().map(String::len).max();
    assert!(longest < Some(120), "{longest:?}");
}

/// `text` with all of its bytes escaped.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn each_source_of_tiles_is_counted_and_timed() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let tiles = ["0/0/0".to_owned(), format!("{TOP}/0/0"), format!("{TOP}/0/0"), BLANK.to_string()];
    for (tile, source) in tiles.into_iter().zip(["stored", "rebuilt", "cache", "blank"]) {
        let response = server.get(&format!("/tiles/a/{tile}"));
        assert_eq!(response.header("server-timing"), Some(source), "{tile}");
        // Pages of other origins may read it, too.
        assert_eq!(response.header("timing-allow-origin"), Some("*"), "{tile}");
        let scrape = server.scrape();
        for metric in ["origami_tile_requests_total", "origami_tile_request_duration_seconds_count"] {
            assert_eq!(scrape[&format!("{metric}{{source=\"{source}\"}}")], 1.0, "{metric} of {source}");
        }
        let sum = format!("origami_tile_request_duration_seconds_sum{{source=\"{source}\"}}");
        assert!(scrape[&sum] > 0.0, "{source}");
    }
    assert_eq!(server.metric("origami_tile_builds_total"), 1.0, "one colour takes no worker");
    assert!(server.metric(r#"origami_worker_busy_seconds_total{work="requested"}"#) > 0.0);
    assert_eq!(server.metric(r#"origami_worker_busy_seconds_total{work="speculative"}"#), 0.0);
    assert!(server.metric(r#"origami_pool_capacity{tier="96k"}"#) > 0.0);
    assert_eq!(server.metric(r#"origami_pool_leased{tier="16m"}"#), 0.0);
}

#[test]
fn what_is_no_served_tile_is_not_counted_as_one() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let tile = server.get("/tiles/a/0/0/0");
    let known = format!("If-None-Match: {}", tile.header("etag").unwrap());
    assert_eq!(server.request("GET", "/tiles/a/0/0/0", &[&known]).status, 304);
    for target in ["/tiles/a/0/9/9", "/slides/a/thumbnail", "/slides/a/region?w=10&h=10", "/dzi/a.dzi"] {
        server.get(target);
    }
    let scrape = server.scrape();
    let tiles = scrape.iter().filter(|(series, _)| series.starts_with("origami_tile_requests_total"));
    assert_eq!(tiles.map(|(_, value)| value).sum::<f64>(), 1.0);
}

#[test]
fn the_parts_of_the_memory_budget_are_the_budget_and_hold_what_is_in_them() {
    const BUDGET: u64 = 300_000_001;
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.memory = BUDGET);
    assert_eq!(server.get(&format!("/tiles/a/{TOP}/0/0")).status, 200);
    assert_eq!(server.get("/slides/a/thumbnail").status, 200);
    let scrape = server.scrape();
    let part =
        |metric: &str, part: &str| scrape[&format!("origami_memory_{metric}_bytes{{part=\"{part}\"}}")];
    let budget = scrape.iter().filter(|(series, _)| series.starts_with("origami_memory_budget_bytes"));
    assert_eq!(budget.map(|(_, bytes)| *bytes).sum::<f64>(), BUDGET as f64);
    for cache in ["tiles", "thumbnails", "pictures", "parents"] {
        assert_eq!(part("used", cache), scrape[&format!("origami_cache_bytes{{cache=\"{cache}\"}}")]);
    }
    for used in ["tiles", "thumbnails", "parents", "open_packs", "buffers"] {
        let (bytes, most) = (part("used", used), part("budget", used));
        assert!(bytes > 0.0 && bytes <= most, "{used}: {bytes} of {most}");
    }
    for unused in ["pictures", "models", "making", "bodies"] {
        assert_eq!(part("used", unused), 0.0, "{unused}");
    }
    let (resident, limit) = (scrape["origami_memory_resident_bytes"], scrape["origami_memory_limit_bytes"]);
    assert!(resident > 0.0 && resident < scrape["process_resident_memory_bytes"], "{resident}");
    assert!(resident < limit, "{resident} of {limit}");
    fs::remove_file(packs.path().join("a.origami")).unwrap();
    let open_packs = r#"origami_memory_used_bytes{part="open_packs"}"#;
    eventually("the open pack's end", || server.metric(open_packs) == 0.0);
}

#[test]
fn a_large_answer_that_nobody_reads_is_memory_in_use() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let bodies = r#"origami_memory_used_bytes{part="bodies"}"#;
    let unread = server.send_get("/slides/a/region?format=raw&w=1500&h=900");
    eventually("the answer", || server.metric(bodies) > 0.0);
    drop(unread);
    eventually("the end of the answer", || server.metric(bodies) == 0.0);
}

#[test]
fn requests_that_go_to_the_storage_are_counted_with_the_time_they_waited() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.readers = 3);
    let opened = server.scrape()["origami_storage_wait_seconds_count"];
    for _ in 0..5 {
        assert_eq!(server.get("/slides/a/levels/0/tiles").status, 200);
    }
    let scrape = server.scrape();
    assert!(scrape["origami_storage_wait_seconds_count"] >= opened + 5.0);
    assert!(scrape["origami_storage_wait_seconds_sum"] > 0.0);
    assert_eq!((scrape["origami_storage_waiting"], scrape["origami_readers"]), (0.0, 3.0));
    assert_eq!(scrape["origami_workers"], 2.0);
    assert!(scrape["origami_processors"] >= 1.0);
}

#[test]
fn a_pack_with_a_damaged_tile_is_counted_until_it_is_replaced() {
    let packs = folder(&["a", "b"]);
    let path = packs.path().join("a.origami");
    let mut bytes = fs::read(&path).unwrap();
    // The blobs follow the header; the first of them belongs to some tile.
    bytes[300] ^= 0x55;
    fs::write(&path, bytes).unwrap();
    let server = TestServer::start(packs.path());
    let damaged = || server.metric("origami_packs_damaged");
    assert_eq!(damaged(), 0.0, "opening a pack does not read its tiles");
    let mut failed = Vec::new();
    for tile in crate::packs::finest_first() {
        if server.get(&format!("/tiles/a/{tile}")).status == 500 {
            failed.push(tile);
        }
    }
    assert!(!failed.is_empty() && damaged() == 1.0, "{failed:?}");
    assert_eq!(server.metric("origami_packs_broken"), 0.0, "it can be opened");
    eventually("its name on the page", || server.get("/status").text().contains("A part of it is damaged"));
    // It stays so, however often its folder is looked through.
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(damaged(), 1.0);
    write_pack(packs.path(), "a", 2);
    eventually("the good pack", || damaged() == 0.0);
    assert!(!server.get("/status").text().contains("damaged (kind"));
}
