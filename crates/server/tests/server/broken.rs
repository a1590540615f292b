//! Packs that cannot be opened: they are found before anybody asks for them, and whoever asks
//! learns why.

use crate::packs::{Plan, folder, write_pack};
use crate::test_server::{TestServer, eventually};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Offset of a pack's version.
const VERSION: usize = 8;

/// Replaces the pack at `path` by one with other bytes.
fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Why slide `id` cannot be opened, according to the list.
fn listed_error(server: &TestServer, id: &str) -> Option<String> {
    let list = server.get("/slides").json();
    let slide = list["slides"].as_array().unwrap().iter().find(|slide| slide["id"] == id).unwrap();
    slide["error"].as_str().map(str::to_owned)
}

#[test]
fn broken_packs_are_found_before_anybody_asks_and_each_says_why() {
    let packs = folder(&["good", "text", "short", "long", "old"]);
    let path = |id: &str| packs.path().join(format!("{id}.origami"));
    let whole = fs::read(path("short")).unwrap();
    rewrite(&path("text"), |bytes| bytes[..4].copy_from_slice(b"text"));
    rewrite(&path("short"), |bytes| bytes.truncate(1000));
    rewrite(&path("long"), |bytes| bytes.push(0));
    rewrite(&path("old"), |bytes| bytes[VERSION] = 77);
    let server = TestServer::start(packs.path());
    eventually("the broken packs", || server.metric("origami_packs_broken") == 4.0);
    assert_eq!(server.metric("origami_packs"), 5.0);
    assert_eq!(server.metric(r#"origami_pack_errors_total{kind="length"}"#), 2.0);
    for (id, reason) in [
        ("text", "it is not a pack"),
        ("short", "the file is cut short"),
        ("long", "the file is longer than it should be"),
        ("old", "it was made by another version of origami"),
    ] {
        assert_eq!(listed_error(&server, id), Some(format!("This pack cannot be opened: {reason}")));
        let expected = format!("this pack cannot be opened: {reason}");
        for target in [
            format!("/slides/{id}"),
            format!("/slides/{id}/thumbnail"),
            format!("/slides/{id}/levels/0/tiles"),
            format!("/tiles/{id}/0/0/0.jpg"),
            format!("/dzi/{id}.dzi"),
        ] {
            let response = server.get(&target);
            assert_eq!(response.status, 500, "{target}");
            assert_eq!(response.json()["error"], expected, "{target}");
        }
    }
    // However often somebody asks, a pack that stays broken is opened once.
    assert_eq!(server.metric(r#"origami_pack_errors_total{kind="length"}"#), 2.0);

    fs::write(path("short"), whole).unwrap();
    fs::remove_file(path("text")).unwrap();
    eventually("the repaired pack", || server.metric("origami_packs_broken") == 2.0);
    assert_eq!(listed_error(&server, "short"), None);
    assert_eq!(server.get("/tiles/short/0/0/0").status, 200);
}

#[test]
fn a_listed_broken_pack_has_a_title_and_a_size_like_any_other() {
    let packs = folder(&[]);
    fs::create_dir(packs.path().join("case-1")).unwrap();
    fs::write(packs.path().join("case-1/HE.origami"), "no pack").unwrap();
    let server = TestServer::start(packs.path());
    let slide = server.get("/slides").json()["slides"][0].clone();
    assert_eq!(
        (&slide["id"], &slide["title"], &slide["folder"], &slide["bytes"]),
        (&"case-1~HE".into(), &"HE".into(), &"case-1".into(), &7.into())
    );
    assert!(slide["modified"].as_i64().unwrap() > 1_600_000_000_000, "{slide}");
}

#[test]
fn a_pack_that_breaks_while_it_is_served_is_found_and_recovers() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
    let path = packs.path().join("a.origami");
    let aside = packs.path().join("a.new");
    fs::write(&aside, "no pack at all").unwrap();
    fs::rename(&aside, &path).unwrap();
    eventually("the broken pack", || server.metric("origami_packs_broken") == 1.0);
    assert_eq!(server.get("/tiles/a/0/0/0").status, 500);
    write_pack(packs.path(), "a", 2);
    eventually("the repaired pack", || server.metric("origami_packs_broken") == 0.0);
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
}

#[test]
fn a_pack_that_can_no_longer_be_read_keeps_the_title_that_it_is_sorted_by() {
    let packs = folder(&["b"]);
    Plan { source: "HE 1.svs", ..Plan::default() }.write(packs.path(), "a");
    let server = TestServer::start(packs.path());
    let listed = || server.get("/slides").json()["slides"].clone();
    eventually("the title", || listed()[1]["title"] == "HE 1.svs");
    // A link to itself: the system reports ELOOP, to root as well.
    let (path, aside) = (packs.path().join("a.origami"), packs.path().join("aside"));
    symlink(&path, &aside).unwrap();
    fs::rename(&aside, &path).unwrap();
    assert_eq!(server.get("/slides/a").status, 500);
    let list = listed();
    assert_eq!((&list[1]["id"], &list[1]["title"]), (&"a".into(), &"HE 1.svs".into()));
    assert_eq!(list[1]["error"], "This pack cannot be opened: the file cannot be read");
}
