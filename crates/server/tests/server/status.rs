//! The page of the server's state, and whether it is ready.

use crate::client::NO_STORE;
use crate::packs::{TOP, folder};
use crate::test_server::{TestServer, eventually};
use std::fs;

#[test]
fn the_page_has_the_figures_of_the_metrics_without_scripts() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for _ in 0..3 {
        assert_eq!(server.get(&format!("/tiles/a/{TOP}/0/0")).status, 200);
    }
    let page = server.get("/status");
    assert_eq!((page.status, page.header("cache-control")), (200, NO_STORE));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let text = page.text();
    for part in [
        "<title>Ready",
        env!("CARGO_PKG_VERSION"),
        // Of three tiles two are from the cache.
        "<th scope=\"row\">From the cache</th><td>2</td><td>66.67 %<svg",
        "<rect width=\"67%\"",
        "Rebuilt by a worker",
        "Encoded tiles",
        "Refused requests",
        "href=\"metrics\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("<script") && !text.contains("http-equiv=\"refresh\""), "{text}");
    for opened in ["<table", "<section", "<tr", "<td", "<th ", "<div", "<svg"] {
        let (name, close) = (opened.trim_end(), format!("</{}>", opened[1..].trim_end()));
        assert_eq!(text.matches(opened).count(), text.matches(&close).count(), "{name}");
    }
}

#[test]
fn the_page_loads_itself_again_only_if_that_is_asked_for() {
    let packs = folder(&[]);
    let server = TestServer::start(packs.path());
    let page = server.get("/status?refresh=5");
    assert!(page.text().contains("<meta http-equiv=\"refresh\" content=\"5\">"), "{}", page.text());
    for query in ["refresh=0", "refresh=3601", "refresh=-1", "refresh=x", "refresh=5;url=https://example.org"]
    {
        assert_eq!(server.get(&format!("/status?{query}")).status, 400, "{query}");
    }
}

#[test]
fn a_pack_that_cannot_be_opened_is_named_with_the_reason_and_nothing_of_a_name_is_markup() {
    let packs = folder(&["good"]);
    fs::write(packs.path().join("شريحة.origami"), "no pack, but long enough to be looked at").unwrap();
    // None of these is an id; the page must not have them in any form.
    for name in ["<b>.origami", "\"><script>alert(1)<.origami", "a&lt;.origami"] {
        fs::write(packs.path().join(name), "no pack").unwrap();
    }
    let server = TestServer::start(packs.path());
    eventually("the broken pack", || server.metric("origami_packs_broken") == 1.0);
    let page = server.get("/status");
    let row = "<th scope=\"row\"><bdi>شريحة</bdi></th><td>It cannot be opened: it is not a pack.</td>";
    assert!(page.text().contains(row), "{}", page.text());
    assert!(!page.text().contains("<b>") && !page.text().contains("alert"), "{}", page.text());
}

#[test]
fn of_many_broken_packs_the_first_hundred_are_named_and_the_others_counted() {
    let packs = folder(&[]);
    for n in 0..130 {
        fs::write(packs.path().join(format!("s{n:03}.origami")), "no pack").unwrap();
    }
    let server = TestServer::start(packs.path());
    eventually("the broken packs", || server.metric("origami_packs_broken") == 130.0);
    let page = server.get("/status");
    assert_eq!(page.text().matches("<bdi>s").count(), 100);
    assert!(page.text().contains("<bdi>s099") && page.text().contains("And 30 more."), "{}", page.text());
}

#[test]
fn a_server_whose_folder_cannot_be_listed_is_not_ready_and_serves_what_it_knows() {
    let parent = tempfile::tempdir().unwrap();
    let (packs, aside) = (parent.path().join("packs"), parent.path().join("aside"));
    fs::rename(folder(&["a"]).keep(), &packs).unwrap();
    let server = TestServer::start(&packs);
    let ready = server.get("/readyz");
    assert_eq!((ready.status, ready.text()), (200, "ok\n"));
    assert_eq!(server.metric("origami_ready"), 1.0);
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);

    fs::rename(&packs, &aside).unwrap();
    eventually("the missing folder", || server.get("/readyz").status == 503);
    for accept in ["Accept: */*", "Accept: text/html"] {
        let unready = server.request("GET", "/readyz", &[accept]);
        assert_eq!(unready.text(), "the packs folder cannot be listed; the log says why\n");
        assert_eq!(unready.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!((unready.header("cache-control"), unready.header("retry-after")), (NO_STORE, Some("1")));
    }
    assert_eq!(server.get("/healthz").status, 200, "restarting it would not help");
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200, "it is known and open");
    let page = server.get("/status");
    assert!(page.text().contains("<title>Not ready") && page.text().contains("cannot be listed"));
    let scrape = server.scrape();
    assert_eq!(scrape["origami_ready"], 0.0);
    let refused = scrape.iter().filter(|(series, _)| series.starts_with("origami_rejected_total"));
    assert_eq!(refused.map(|(_, count)| count).sum::<f64>(), 0.0, "a probe is no refused request");

    fs::rename(&aside, &packs).unwrap();
    eventually("the folder again", || server.get("/readyz").status == 200);
}
