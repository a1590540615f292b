use super::*;

#[test]
fn names_with_any_characters_suggest_ids() {
    for (name, id) in [
        ("CMU-1-Small-Region", "CMU-1-Small-Region"),
        ("my slide (2)", "my-slide--2-"),
        ("test3-DAPI-2-(387)", "test3-DAPI-2--387-"),
        ("v1.2", "v1.2"),
        (".hidden", "hidden"),
        ("слайд", "слайд"),
        ("हिन्दी", "हिन्दी"),
        ("切片 1", "切片-1"),
        ("شريحة", "شريحة"),
        ("été", "été"),
        ("e\u{301}te\u{301}", "été"),
        ("slide 🔬", "slide--"),
        ("a\u{202e}gpj.b", "a-gpj.b"),
        ("a~b", "a-b"),
        ("photo.JPG", "photo-JPG"),
        ("x_files", "x-files"),
        ("x.dzi", "x-dzi"),
        ("a/b\\c\0d", "a-b-c-d"),
        ("<script>", "-script-"),
    ] {
        assert_eq!(of_name(name), id, "{name}");
    }
    for name in ["", "..", "-", "---", "🔬", "❤\u{fe0f}", "\u{202e}", " "] {
        assert_eq!(of_name(name), "slide", "{name:?}");
    }
}

#[test]
fn every_name_suggests_a_valid_id() {
    let long = ["a", "щ", "切", "क्", "🔬", "e\u{301}", "."].map(|text| text.repeat(300));
    let odd = ["\u{301}", "..\u{301}a", ".jpg", "_files", "..tiff", "a.dzi.dzi", "%2e%2e", "a\r\nb"];
    for name in long.iter().map(String::as_str).chain(odd) {
        let id = of_name(name);
        assert_eq!(problem(&id), None, "{name:?} suggests {id:?}");
        assert_eq!(part_problem(&suffixed(&id, name)), None, "{name:?} suggests {id:?}");
        assert_eq!(of_name(&id), id, "a valid id stays as it is");
    }
}

#[test]
fn long_names_that_differ_only_at_their_ends_suggest_different_ids() {
    let [a, b] = ["a", "b"].map(|end| of_name(&format!("{}{end}", "щ".repeat(300))));
    assert!(a != b && a.starts_with("щщ") && a.len() <= MAX_PART, "{a}, {b}");
}

#[test]
fn ids_of_earlier_runs_are_found_again() {
    // The published values of FNV-1a, folded: nothing may change them.
    assert_eq!(hash(""), 0xcbf2_9ce4 ^ 0x8422_2325);
    assert_eq!(hash("a"), 0xaf63_dc4c ^ 0x8601_ec8c);
    assert_eq!(suffixed("a", "a"), format!("a-{:04x}", 0xaf63 ^ 0xdc4c ^ 0x8601 ^ 0xec8c));
}

#[test]
fn ids_that_urls_could_misread_are_refused() {
    for id in [
        "",
        ".",
        "..",
        ".a",
        "a/b",
        "a\\b",
        "a b",
        "a%2e",
        "a\0",
        "x.dzi",
        "X.DZI",
        "x_files",
        "x.jpg",
        "e\u{301}",
        "a\u{202e}b",
        "a\u{200d}b",
        "🔬",
        "~",
        "~a",
        "a~",
        "a~~b",
        "a~.b",
        "..~a",
        "x_files~a",
    ] {
        assert!(problem(id).is_some(), "{id:?}");
    }
    assert!(problem(&"a".repeat(201)).is_some());
    assert!(problem(&"щ".repeat(101)).is_some());
    assert!(problem(&["a"; 501].join("~")).is_some());
    for id in ["a", "CMU-1-Small-Region", "a..b", "_x", "-", "A.svs", "é", "हिन्दी", "a~b~c"] {
        assert!(problem(id).is_none(), "{id:?}");
    }
    assert!(part_problem("a~b").is_some());
}

#[test]
fn an_id_with_an_empty_part_is_not_called_empty() {
    for id in ["~", "~a", "a~", "a~~b"] {
        assert_eq!(problem(id), Some("has '~' without a name on each side"), "{id}");
    }
    assert_eq!(problem(""), Some("is empty"));
}

#[test]
fn only_pack_files_with_valid_ids_are_packs() {
    assert_eq!(of_pack(Path::new("packs/a.b.origami")).as_deref(), Some("a.b"));
    for path in [
        ".a.origami",
        "a.svs",
        "origami",
        ".origami",
        "a b.origami",
        "a~b.origami",
        ".a.origami.Xy1.tmp",
        "aorigami",
    ] {
        assert_eq!(of_pack(Path::new(path)), None, "{path}");
    }
}

#[test]
fn a_pack_whose_name_a_mac_has_decomposed_has_the_composed_id() {
    assert_eq!(of_pack(Path::new("e\u{301}.origami")).as_deref(), Some("é"));
    let nested = Path::new("/packs/e\u{301}/e\u{301}.origami");
    assert_eq!(of_pack_in(Path::new("/packs"), nested).as_deref(), Some("é~é"));
}

#[test]
fn a_pack_outside_the_folder_or_in_a_folder_that_is_no_part_has_no_id() {
    let root = Path::new("/packs");
    for path in [
        "/packs.origami",
        "/other/a.origami",
        "/packs/../a.origami",
        "/packs/.trash/a.origami",
        "/packs/a b/c.origami",
        "/packs/x_files/a.origami",
        "/packs/a~b/c.origami",
    ] {
        assert_eq!(of_pack_in(root, Path::new(path)), None, "{path}");
    }
    assert_eq!(of_pack_in(root, Path::new("/packs/a/b/c.origami")).as_deref(), Some("a~b~c"));
}
