//! Exports appear under their name complete, or not at all.

mod common;

use common::{Plan, contents, export, names};
use origami_export::{ExportError, ExportFormat, ExportOptions};
use origami_pyramid::TileId;
use std::error::Error;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

const NAMES: [&str; 3] = ["x.dzi", "x.szi", "x.tif"];

#[test]
fn existing_files_are_replaced_only_on_request() {
    let packs = tempfile::tempdir().unwrap();
    let [old, new] = [Plan::new(100, 70), Plan::new(90, 80)];
    let [old, new] = [("a", old), ("b", new)].map(|(name, plan)| plan.write(&packs.path().join(name)));
    for name in NAMES {
        let (folder, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = folder.path().join(name);
        export(&old, &path, false).unwrap();
        let before = contents(folder.path());
        let error = export(&new, &path, false).unwrap_err();
        assert!(matches!(&error, ExportError::Exists(existing) if *existing == path), "{error}");
        assert!(contents(folder.path()) == before, "{name} was touched");
        export(&new, &path, true).unwrap();
        export(&new, &fresh.path().join(name), false).unwrap();
        assert!(contents(folder.path()) == contents(fresh.path()), "something of the old {name} remains");
    }
}

#[test]
fn a_folder_of_tiles_without_a_descriptor_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(100, 70).write(&folder.path().join("slide.origami"));
    let tiles = folder.path().join("x_files");
    fs::create_dir(&tiles).unwrap();
    fs::write(tiles.join("mine"), "mine").unwrap();
    for overwrite in [false, true] {
        let error = export(&pack, &folder.path().join("x.dzi"), overwrite).unwrap_err();
        assert!(matches!(&error, ExportError::OtherFolder { folder, .. } if *folder == tiles), "{error}");
        assert!(error.to_string().starts_with(tiles.to_str().unwrap()), "{error}");
        assert_eq!(names(folder.path()), ["slide.origami", "x_files"]);
        assert_eq!(names(&tiles), ["mine"]);
    }
}

#[test]
fn tiles_come_back_if_the_descriptor_cannot_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(100, 70).write(&folder.path().join("slide.origami"));
    let (tiles, descriptor) = (folder.path().join("x_files"), folder.path().join("x.dzi"));
    fs::create_dir_all(&tiles).unwrap();
    fs::write(tiles.join("mine"), "mine").unwrap();
    // A file cannot replace a folder.
    fs::create_dir_all(descriptor.join("inner")).unwrap();
    let error = export(&pack, &descriptor, true).unwrap_err();
    assert!(matches!(&error, ExportError::Io { path, .. } if *path == descriptor), "{error}");
    assert_eq!(names(folder.path()), ["slide.origami", "x.dzi", "x_files"]);
    assert_eq!(names(&tiles), ["mine"]);
}

#[test]
fn an_interrupted_export_leaves_nothing() {
    let packs = tempfile::tempdir().unwrap();
    let pack = Plan { tile: 16, ..Plan::new(2000, 2000) }.write(&packs.path().join("slide.origami"));
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let (interrupted, exported) = (AtomicBool::new(false), AtomicU64::new(0));
        let format = ExportFormat::from_path(&path).unwrap();
        let options = ExportOptions { overwrite: false, interrupted: &interrupted };
        let result = origami_export::export(&pack, format, &path, options, &|tiles| {
            // Half-way there is only the temporary name.
            if exported.fetch_add(tiles, Relaxed) == 5000 {
                assert!(names(folder.path()).iter().all(|name| name.ends_with(".tmp")));
                interrupted.store(true, Relaxed);
            }
        });
        assert!(matches!(result, Err(ExportError::Interrupted)), "{name}");
        assert_eq!(names(folder.path()), [""; 0], "{name}");
    }
}

#[test]
fn a_damaged_tile_is_named_and_leaves_nothing() {
    let packs = tempfile::tempdir().unwrap();
    let path = packs.path().join("slide.origami");
    let plan = Plan::new(300, 200);
    let pack = plan.write(&path);
    let id = TileId { z: pack.pyramid().max_level(), x: 2, y: 3 };
    let origami_pack::Entry::Blob { offset, .. } = pack.entry(id).unwrap() else { panic!("a blank tile") };
    drop(pack);
    let mut bytes = fs::read(&path).unwrap();
    bytes[offset as usize + 9] ^= 1;
    fs::write(&path, bytes).unwrap();
    let pack = origami_pack::Pack::open(&path).unwrap();
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let error = export(&pack, &folder.path().join(name), false).unwrap_err();
        assert!(matches!(error, ExportError::Tile { id: damaged, .. } if damaged == id), "{error}");
        assert_eq!(error.to_string(), "tile 9/2/3");
        let cause = error.source().expect("the error of rebuilding the tile").to_string();
        assert!(cause.contains(path.to_str().unwrap()), "{cause}");
        assert_eq!(names(folder.path()), [""; 0], "{name}");
    }
}

#[test]
fn missing_folders_are_made_and_are_gone_if_the_export_fails() {
    let packs = tempfile::tempdir().unwrap();
    let pack = Plan::new(30, 20).write(&packs.path().join("slide.origami"));
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b").join(name);
        let (format, interrupted) = (ExportFormat::from_path(&path).unwrap(), AtomicBool::new(true));
        let options = ExportOptions { overwrite: false, interrupted: &interrupted };
        let error = origami_export::export(&pack, format, &path, options, &|_| {}).unwrap_err();
        assert!(matches!(error, ExportError::Interrupted), "{error}");
        assert_eq!(names(folder.path()), [""; 0], "{name}");
        export(&pack, &path, false).unwrap();
        assert!(path.exists());
    }
}

#[test]
fn a_file_in_place_of_a_folder_is_named() {
    let packs = tempfile::tempdir().unwrap();
    let pack = Plan::new(30, 20).write(&packs.path().join("slide.origami"));
    fs::write(packs.path().join("file"), "mine").unwrap();
    for name in NAMES {
        let path = packs.path().join("file/new").join(name);
        let error = export(&pack, &path, false).unwrap_err();
        assert!(matches!(&error, ExportError::Io { path: named, .. } if *named == path), "{error}");
        let cause = error.source().expect("what is wrong with the folder").to_string();
        let expected = format!("the folder {} cannot be made: ", path.parent().unwrap().display());
        assert!(cause.starts_with(&expected), "{cause}");
    }
}
