//! Tests with the names that files have.

use super::*;

#[test]
fn files_of_operating_systems_are_ignored_at_any_depth() {
    for path in ["._a.dzi", "__MACOSX/a/a.dzi", "a/THUMBS.DB", "a_files/10/._0_0.jpg", "a/b/.c"] {
        assert!(is_path_ignored(path), "{path}");
    }
    for path in ["a.dzi", "a_files/10/0_0.jpg", "MACOSX/desktop.init", ".a/b.dzi"] {
        assert!(!is_path_ignored(path), "{path}");
    }
    for (path, expected) in [(".a/b.dzi", true), ("a/.b/c", true), ("a/.b", false), ("a.b/c", false)] {
        assert_eq!(is_in_hidden_folder(path), expected, "{path}");
    }
}

#[test]
fn a_path_is_the_same_however_it_is_written_and_never_leads_out() {
    for path in ["a/b/c.dzi", "./a/b/c.dzi", "a/./b/./c.dzi", "/a//b/c.dzi"] {
        assert_eq!(plain_path(path.to_owned()).as_deref(), Ok("a/b/c.dzi"), "{path}");
    }
    assert_eq!(plain_path("a..b/...".to_owned()).as_deref(), Ok("a..b/..."));
    for path in ["../c.dzi", "a/../c.dzi", "a/.."] {
        assert!(plain_path(path.to_owned()).unwrap_err().contains(path), "{path}");
    }
}

#[test]
fn of_descriptors_for_the_same_tiles_the_only_dzi_counts() {
    for (paths, expected) in [
        (&["a.dzi"][..], Ok("a.dzi")),
        (&["a.json"][..], Ok("a.json")),
        (&["a.json", "a.DZI", "a.xml"][..], Ok("a.DZI")),
        (&["a.json", "a.xml"][..], Err(2)),
        (&["a.dzi", "a.dzi"][..], Err(2)),
        (&["a.dzi", "b.json"][..], Err(2)),
        (&[][..], Err(0)),
    ] {
        let found = paths.iter().map(|path| {
            let tiles = tiles_folder(path);
            FoundDescriptor { path: (*path).to_owned(), tiles }
        });
        let only = FoundDescriptor::only(found.collect()).map(|descriptor| descriptor.path);
        assert_eq!(only.as_deref().map_err(|count| *count), expected, "{paths:?}");
    }
}

fn parse(name: &str) -> Option<(Point, [u8; 2], Spelling)> {
    TileName::parse(name, "jpg").map(|name| (name.position, name.digits, name.spelling))
}

#[test]
fn the_names_of_tiles_are_decimal_numbers_and_the_format_in_any_case() {
    assert_eq!(parse("12_3.jpg"), Some((Point::new(12, 3), [2, 1], Spelling::Same)));
    assert_eq!(parse("012_3.JPG"), Some((Point::new(12, 3), [3, 1], Spelling::Same)));
    assert_eq!(parse("1_0.JPEG"), Some((Point::new(1, 0), [1, 1], Spelling::Other)));
    for name in
        ["+1_0.jpg", "1_-0.jpg", "1_0_0.jpg", "_0.jpg", "1_0.png", "1_0", "1_4294967296.jpg", "1 _0.jpg"]
    {
        assert_eq!(parse(name), None, "{name}");
    }
    assert_eq!(TileName::parse("1_0.jpg", "png"), None);
}

#[test]
fn the_path_of_a_tile_ends_with_folder_level_and_name() {
    let path = TilePath::parse("a/b.c_Files/10/1_0.jpg").unwrap();
    assert_eq!((path.folder, path.level, path.name), ("a/b.c_Files", 10, "1_0.jpg"));
    for path in ["b_files/010/1_0.jpg", "b_files/x/1_0.jpg", "b_files/1_0.jpg", "10/1_0.jpg"] {
        assert!(TilePath::parse(path).is_none(), "{path}");
    }
}

#[test]
fn a_folder_of_tiles_is_found_whatever_its_case_unless_two_could_be_it() {
    let mut folders = TilesFolders::default();
    for folder in ["SLIDE_files", "a/b.c_FILES", "x_Files", "x_FILES", "y_files", "y_FILES"] {
        folders.insert(folder);
        folders.insert(folder);
    }
    for (descriptor, expected) in [
        ("SLIDE.DZI", Some("SLIDE_files")),
        ("slide.dzi", Some("SLIDE_files")),
        ("a/b.c.xml", Some("a/b.c_FILES")),
        ("y.dzi", Some("y_files")),
        ("y", Some("y_files")),
        ("b.c.xml", None),
    ] {
        assert_eq!(folders.of(descriptor), Ok(expected), "{descriptor}");
    }
    let error = folders.of("x.dzi").unwrap_err();
    assert!(error.contains("x_Files") && error.contains("x_FILES"), "{error}");
}
