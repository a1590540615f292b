//! The list of slides: its order, its revision, and what is beside a slide.

use crate::packs::{Plan, folder, write_pack};
use crate::test_server::{TestServer, eventually};
use serde_json::json;
use std::fs;

/// The ids of the slides in the list, in order.
fn listed(server: &TestServer) -> Vec<String> {
    let list = server.get("/slides").json();
    let slides = list["slides"].as_array().unwrap().iter();
    slides.map(|slide| slide["id"].as_str().unwrap().to_owned()).collect()
}

/// The revision of the list, once everything is known of all slides in it.
fn revision(server: &TestServer) -> String {
    server.get("/slides");
    server.get("/slides?limit=0").json()["revision"].as_str().unwrap().to_owned()
}

#[test]
fn slides_are_in_the_order_in_which_people_list_their_titles() {
    let packs = folder(&[]);
    // The last hides its source's name, so its id is its title.
    for (id, source) in
        [("d", "HE-10.svs"), ("c", "HE-2.svs"), ("b", "he-3.svs"), ("a", "Zebra.svs"), ("HE-1", "")]
    {
        Plan { source, ..Plan::default() }.write(packs.path(), id);
    }
    let server = TestServer::start(packs.path());
    eventually("the order of the titles", || listed(&server) == ["HE-1", "c", "b", "d", "a"]);
    let list = server.get("/slides").json();
    let titles = [0_usize, 1].map(|n| list["slides"][n]["title"].as_str().unwrap());
    assert_eq!(titles, ["HE-1", "HE-2.svs"]);
}

#[test]
fn the_revision_changes_with_the_list_and_only_then() {
    let packs = folder(&["a", "b"]);
    let server = TestServer::start(packs.path());
    let mut before = revision(&server);
    for _ in 0..3 {
        server.get("/tiles/a/0/0/0");
        assert_eq!(revision(&server), before, "nothing changed");
    }
    let changes: [(&str, &dyn Fn()); 3] = [
        ("a new pack", &|| write_pack(packs.path(), "c", 1)),
        ("a replaced pack", &|| write_pack(packs.path(), "c", 2)),
        ("a removed pack", &|| fs::remove_file(packs.path().join("c.origami")).unwrap()),
    ];
    for (what, change) in changes {
        change();
        eventually(what, || revision(&server) != before);
        // It changes again when what is in the pack becomes known.
        eventually("a list that stays as it is", || {
            before = revision(&server);
            std::thread::sleep(std::time::Duration::from_millis(100));
            revision(&server) == before
        });
    }
    assert_ne!(revision(&TestServer::start(packs.path())), before, "another start of the server");
}

#[test]
fn an_empty_page_tells_only_how_many_slides_there_are_and_the_revision() {
    let packs = folder(&["a", "b"]);
    let server = TestServer::start(packs.path());
    let page = server.get("/slides?limit=0").json();
    assert_eq!((&page["slides"], &page["total"]), (&json!([]), &json!(2)));
    assert!(!page["revision"].as_str().unwrap().is_empty());
}

#[test]
fn the_neighbours_of_a_slide_are_those_in_the_list_without_broken_ones() {
    let packs = folder(&[]);
    for (id, source) in [("x", "1.svs"), ("y", "3.svs"), ("z", "4.svs")] {
        Plan { source, ..Plan::default() }.write(packs.path(), id);
    }
    fs::write(packs.path().join("2.origami"), "no pack").unwrap();
    let server = TestServer::start(packs.path());
    eventually("the broken pack", || server.metric("origami_packs_broken") == 1.0);
    eventually("the order of the titles", || listed(&server) == ["x", "2", "y", "z"]);
    let neighbours = |id: &str| server.get(&format!("/slides/{id}/neighbours")).json();
    let [x, y, z] = [("x", "1.svs"), ("y", "3.svs"), ("z", "4.svs")]
        .map(|(id, title)| json!({ "id": id, "title": title }));
    assert_eq!(neighbours("x"), json!({ "previous": null, "next": y }));
    assert_eq!(neighbours("2"), json!({ "previous": x, "next": y }));
    assert_eq!(neighbours("y"), json!({ "previous": x, "next": z }));
    assert_eq!(neighbours("z"), json!({ "previous": y, "next": null }));
    assert_eq!(server.get("/slides/3/neighbours").status, 404);
}
