//! Tests of scanning the packs folder.

use super::walk::Found;
use super::*;
use crate::metrics::Metrics;
use crate::test_pack;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// A folder with the pack of slide `a`.
fn folder_of_one() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(test_pack::create(folder.path()));
    folder
}

fn pack_path(folder: &TempDir, id: &str) -> PathBuf {
    folder.path().join(id).with_extension("origami")
}

fn catalog(folder: &TempDir) -> Catalog {
    let failure_log = Data::new(FailureLog::new(Data::new(Metrics::new())));
    Catalog::new(&Config::new(folder.path()), MemoryShares::of(64 << 20), failure_log).unwrap()
}

fn failures(catalog: &Catalog) -> u64 {
    catalog.failure_log.metrics.pack_errors("stat").get()
}

/// The ids of all slides, in order.
fn ids(catalog: &Catalog) -> Vec<String> {
    let mut ids: Vec<_> = catalog.files.iter().map(|file| file.key().clone()).collect();
    ids.sort_unstable();
    ids
}

/// What reading an entry of a folder on a broken disk gives.
fn broken_entry() -> io::Result<Found> {
    Err(io::Error::from_raw_os_error(libc::EIO))
}

#[test]
fn a_slide_whose_file_cannot_be_checked_is_retained() {
    let folder = folder_of_one();
    let catalog = catalog(&folder);
    let (path, aside, unknown) =
        (pack_path(&folder, "a"), folder.path().join("aside"), pack_path(&folder, "b"));
    let before = catalog.open("a").unwrap();
    // A link to itself: the system reports ELOOP, to root as well.
    fs::rename(&path, &aside).unwrap();
    symlink(&path, &path).unwrap();
    // One that never was a slide fails all the same.
    symlink(&unknown, &unknown).unwrap();
    for scans in 1..=3 {
        catalog.rescan().unwrap();
        assert!(Arc::ptr_eq(&catalog.open("a").unwrap(), &before), "it is retained, and stays open");
        assert_eq!((ids(&catalog), failures(&catalog)), (vec!["a".to_owned()], 2 * scans));
    }
    // Restored: the same file, so the same slide.
    fs::remove_file(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    fs::remove_file(&unknown).unwrap();
    catalog.rescan().unwrap();
    assert!(Arc::ptr_eq(&catalog.open("a").unwrap(), &before));
    assert_eq!(failures(&catalog), 6);
    fs::remove_file(&path).unwrap();
    catalog.rescan().unwrap();
    assert_eq!(catalog.open("a").err(), Some(Error::NotFound("slide")));
}

#[test]
fn a_path_that_is_no_longer_a_file_is_no_slide() {
    let folder = folder_of_one();
    let catalog = catalog(&folder);
    let path = pack_path(&folder, "a");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    catalog.rescan().unwrap();
    assert_eq!((catalog.count(), failures(&catalog)), (0, 0));
    fs::remove_dir(&path).unwrap();
    // A link to nothing.
    symlink(folder.path().join("nothing"), &path).unwrap();
    catalog.rescan().unwrap();
    assert_eq!((catalog.count(), failures(&catalog)), (0, 0));
}

#[test]
fn an_entry_that_cannot_be_read_ends_neither_the_scan_nor_a_slide() {
    let folder = folder_of_one();
    let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|id| pack_path(&folder, id));
    for copy in [&b, &c, &d] {
        fs::copy(&a, copy).unwrap();
    }
    let catalog = catalog(&folder);
    fs::remove_file(&c).unwrap();
    fs::copy(&a, &e).unwrap();
    // b, c and d are not listed; b and d exist, c does not.
    for scans in 1..=2 {
        let [a, e] = [&a, &e].map(|path| Ok(Found::Pack(path.clone())));
        let entries = [broken_entry(), a, broken_entry(), e, broken_entry()];
        catalog.update(&catalog.root.list_entries(entries.into_iter()));
        assert_eq!(
            (ids(&catalog), failures(&catalog)),
            (["a", "b", "d", "e"].map(str::to_owned).into(), 3 * scans)
        );
    }
}

#[test]
fn a_folder_that_is_too_far_down_is_said_once() {
    let folder = folder_of_one();
    let deepest = folder.path().join(["f"; 8].join("/"));
    fs::create_dir_all(deepest.join("f/f")).unwrap();
    fs::create_dir_all(folder.path().join("g/g")).unwrap();
    let catalog = catalog(&folder);
    catalog.rescan().unwrap();
    let said: Vec<_> = catalog.ignored.iter().map(|path| path.to_path_buf()).collect();
    assert_eq!(said, [deepest]);
}
