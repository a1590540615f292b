//! Slides whose names are in other scripts than Latin, or spelt in two ways.

use crate::packs::{folder, generation, write_pack};
use crate::test_server::{TestServer, eventually};
use std::fs;

/// `é` in one character and in two.
const COMPOSED: &str = "é";
const DECOMPOSED: &str = "e\u{301}";

/// `text` with all of its bytes escaped.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn slides_of_every_script_are_served_under_their_escaped_names() {
    let ids = ["слайд-1", "हिन्दी", "切片", "شريحة", COMPOSED, "plain"];
    let packs = folder(&ids);
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/slides").json()["total"], ids.len());
    for id in ids {
        let name = escaped(id);
        for target in [
            format!("/tiles/{name}/0/0/0.jpg"),
            format!("/dzi/{name}.dzi"),
            format!("/dzi/{name}_files/0/0_0.jpg"),
            format!("/slides/{name}/thumbnail"),
            format!("/slides/{name}/neighbours"),
            format!("/slides/{name}/levels/0/tiles"),
            format!("/view/{name}"),
        ] {
            assert_eq!(server.get(&target).status, 200, "{target}");
        }
        let slide = server.get(&format!("/slides/{name}")).json();
        assert_eq!(slide["id"], id);
        for address in ["tiles", "dzi"] {
            let address = slide[address].as_str().unwrap().replace("{z}/{x}/{y}", "0/0/0");
            assert!(address.is_ascii(), "{address}");
            assert_eq!(server.get(&address).status, 200, "{address}");
        }
    }
}

#[test]
fn a_pack_whose_name_a_mac_has_decomposed_is_served_under_the_composed_id() {
    let packs = folder(&["a"]);
    let decomposed = packs.path().join(format!("{DECOMPOSED}.origami"));
    fs::rename(packs.path().join("a.origami"), decomposed).unwrap();
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/slides").json()["slides"][0]["id"], COMPOSED);
    assert_eq!(server.get(&format!("/slides/{}", escaped(COMPOSED))).status, 200);
    assert_eq!(server.get(&format!("/slides/{}", escaped(DECOMPOSED))).status, 404);
}

#[test]
fn of_two_packs_with_the_same_id_the_first_is_served_and_then_the_other() {
    let packs = folder(&[COMPOSED]);
    write_pack(packs.path(), "a", 2);
    let [composed, decomposed] = [COMPOSED, DECOMPOSED].map(|id| packs.path().join(format!("{id}.origami")));
    fs::rename(packs.path().join("a.origami"), &decomposed).unwrap();
    let [first, other] = [&decomposed, &composed].map(|path| generation(&fs::read(path).unwrap()));
    let server = TestServer::start(packs.path());
    let served = || {
        let list = server.get("/slides").json();
        assert_eq!(list["total"], 1, "{list}");
        list["slides"][0]["generation"].as_str().unwrap().to_owned()
    };
    for _ in 0..5 {
        assert_eq!(served(), first);
        std::thread::sleep(std::time::Duration::from_millis(30));
    }
    fs::remove_file(decomposed).unwrap();
    eventually("the other pack", || server.get("/slides").json()["slides"][0]["generation"] == other);
}
