//! Packs in folders below the one that is served, and a single pack that is served alone.

use crate::packs::{folder, write_pack};
use crate::test_server::{TestServer, eventually};
use origami_server::{Config, Server};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Writes the pack `id` into a folder below `packs`, which is made.
fn write_below(packs: &Path, folder: &str, id: &str) -> PathBuf {
    let folder = packs.join(folder);
    fs::create_dir_all(&folder).unwrap();
    write_pack(&folder, id, 1);
    folder
}

/// The ids and folders of all slides, in the order of the list.
fn listed(server: &TestServer) -> Vec<(String, String)> {
    let list = server.get("/slides").json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let slides = list["slides"].as_array().unwrap().iter();
    slides.map(|slide| (text(&slide["id"]), text(&slide["folder"]))).collect()
}

/// The ids of all slides, in the order of the list.
fn ids(server: &TestServer) -> Vec<String> {
    listed(server).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn packs_below_the_folder_are_served_with_their_folders_in_their_ids() {
    let packs = folder(&["z"]);
    for (folder, id) in [
        ("case-10", "HE"),
        ("case-2", "HE"),
        ("case-2/deep", "HE"),
        ("дело", "HE"),
        // Hidden, and not parts of ids.
        (".trash", "HE"),
        ("case 3", "HE"),
        ("x_files", "HE"),
    ] {
        write_below(packs.path(), folder, id);
    }
    let server = TestServer::start(packs.path());
    let expected = [
        ("z", ""),
        ("case-2~HE", "case-2"),
        ("case-2~deep~HE", "case-2/deep"),
        ("case-10~HE", "case-10"),
        ("дело~HE", "дело"),
    ];
    assert_eq!(listed(&server), expected.map(|(id, folder)| (id.to_owned(), folder.to_owned())));
    for target in [
        "/tiles/case-2~HE/0/0/0.jpg",
        "/tiles/case-2%7EHE/0/0/0.jpg",
        "/dzi/case-2~deep~HE.dzi",
        "/dzi/case-2~deep~HE_files/0/0_0.jpg",
        "/slides/case-10~HE/thumbnail",
        "/slides/%d0%b4%d0%b5%d0%bb%d0%be~HE",
    ] {
        assert_eq!(server.get(target).status, 200, "{target}");
    }
    for target in ["/slides/case-2/HE", "/slides/case-2%2FHE", "/slides/case-2~..~z", "/slides/.trash~HE"] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
}

#[test]
fn slides_come_and_go_with_their_folders() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let case = write_below(packs.path(), "case", "b");
    eventually("the slide in the new folder", || ids(&server) == ["a", "case~b"]);
    fs::rename(&case, packs.path().join("renamed")).unwrap();
    eventually("the slide in the renamed folder", || ids(&server) == ["a", "renamed~b"]);
    fs::rename(packs.path().join("renamed"), packs.path().join(".hidden")).unwrap();
    eventually("the slide's end", || ids(&server) == ["a"]);
}

#[test]
fn links_to_folders_are_followed_and_circles_end() {
    let (packs, elsewhere) = (folder(&["a"]), folder(&["b"]));
    symlink(elsewhere.path(), packs.path().join("linked")).unwrap();
    // Back to the beginning, and a second way to the same folder.
    symlink(packs.path(), elsewhere.path().join("circle")).unwrap();
    symlink(elsewhere.path(), packs.path().join("second")).unwrap();
    symlink(packs.path().join("nowhere"), packs.path().join("dangling")).unwrap();
    let server = TestServer::start(packs.path());
    assert_eq!(ids(&server), ["a", "linked~b"]);
}

#[test]
fn a_link_to_a_folder_changes_no_id_in_it() {
    let packs = folder(&[]);
    let case = write_below(packs.path(), "case", "HE");
    let deep = write_below(packs.path(), "z/deep", "IHC");
    let server = TestServer::start(packs.path());
    assert_eq!(ids(&server), ["case~HE", "z~deep~IHC"]);
    // Each comes before what it leads to, in another folder and in the same one.
    symlink(&case, packs.path().join("a")).unwrap();
    symlink(&deep, case.join("first")).unwrap();
    write_below(packs.path(), "new", "HE");
    eventually("the scan after that", || ids(&server).contains(&"new~HE".to_owned()));
    assert_eq!(ids(&server), ["case~HE", "new~HE", "z~deep~IHC"]);
    assert_eq!(ids(&TestServer::start(packs.path())), ["case~HE", "new~HE", "z~deep~IHC"]);
}

#[test]
fn packs_very_far_down_are_not_looked_for() {
    let packs = folder(&[]);
    let folders = ["f"; 9].join("/");
    write_below(packs.path(), &folders, "too-deep");
    write_below(packs.path(), &folders[..15], "deep");
    let server = TestServer::start(packs.path());
    assert_eq!(ids(&server), [format!("{}~deep", ["f"; 8].join("~"))]);
}

#[test]
fn a_single_pack_is_served_alone() {
    let packs = folder(&["a", "b"]);
    let path = packs.path().join("a.origami");
    let server = TestServer::start(&path);
    assert_eq!(ids(&server), ["a"]);
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
    assert_eq!(server.get("/tiles/b/0/0/0").status, 404);
    fs::remove_file(&path).unwrap();
    eventually("the slide's end", || ids(&server).is_empty());
    write_pack(packs.path(), "a", 2);
    eventually("the slide", || server.get("/tiles/a/0/0/0").status == 200);
}

#[test]
fn a_single_pack_is_served_whatever_it_is_called() {
    let packs = folder(&["a"]);
    let path = packs.path().join("my slide (2).origami");
    fs::rename(packs.path().join("a.origami"), &path).unwrap();
    assert_eq!(ids(&TestServer::start(&path)), ["my-slide--2-"]);
}

#[test]
fn a_file_that_is_no_pack_is_a_clear_error() {
    let packs = folder(&[]);
    let path = packs.path().join("a.svs");
    fs::write(&path, "a slide").unwrap();
    let error = Server::bind(Config::new(&path)).err().expect("nothing to serve");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("neither a folder nor a pack"), "{cause}");
}
