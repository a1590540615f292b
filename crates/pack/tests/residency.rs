//! Which pages of a map are in memory, and bringing them there.

mod common;

use common::cold::drop_pages;
use common::{Kind, Plan, all_tiles};
use origami_pack::{Map, Mode, Pack};
use origami_pyramid::TileId;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, thread};

const LEN: usize = 3 << 20;

/// A file whose pages are not in memory. `None`, with a word, where the file
/// system keeps all its pages there.
fn cold(folder: &Path) -> Option<PathBuf> {
    let path = folder.join("cold");
    let bytes: Vec<u8> = (0..LEN).map(|at| (at / 4096) as u8).collect();
    fs::write(&path, bytes).unwrap();
    drop_pages(&path);
    if Map::open(&path).unwrap().is_resident(0..LEN) {
        println!("SKIP: the pages of {} cannot be dropped", path.display());
        return None;
    }
    Some(path)
}

/// Waits until the kernel has read `range`.
fn wait(map: &Map, range: std::ops::Range<usize>) {
    for _ in 0..1000 {
        if map.is_resident(range.clone()) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{range:?} was not read");
}

#[test]
fn what_is_populated_is_resident_and_the_rest_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = cold(folder.path()) else { return };
    let map = Map::open(&path).unwrap();
    map.advise_random().unwrap();
    // Not at the edges of pages.
    map.populate((1 << 20) + 100..(1 << 20) + 70_000);
    assert!(map.is_resident((1 << 20) + 100..(1 << 20) + 70_000));
    assert!(!map.is_resident(2 << 20..LEN) && !map.is_resident(0..LEN));
    map.populate(0..usize::MAX);
    assert!(map.is_resident(0..LEN) && map.is_resident(100..usize::MAX));
    assert!(map.iter().enumerate().all(|(at, &byte)| byte == (at / 4096) as u8));
}

#[test]
fn what_is_read_ahead_becomes_resident_though_access_is_random() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = cold(folder.path()) else { return };
    let map = Map::open(&path).unwrap();
    map.advise_random().unwrap();
    assert!(!map.is_resident(4096..8192));
    map.will_need(4096..LEN - 4096);
    wait(&map, 4096..LEN - 4096);
}

#[test]
fn nothing_at_all_is_resident_and_needs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(&path, [1; 10]).unwrap();
    let map = Map::open(&path).unwrap();
    for range in [5..5, 10..20, usize::MAX - 1..usize::MAX] {
        map.will_need(range.clone());
        map.populate(range.clone());
        assert!(map.is_resident(range));
    }
}

#[test]
fn what_a_file_lost_is_not_resident_and_populating_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = cold(folder.path()) else { return };
    let map = Map::open(&path).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 20).unwrap();
    map.will_need(0..LEN);
    assert!(!map.is_resident(2 << 20..LEN));
    map.populate(0..1 << 20);
    assert!(map.is_whole());
    map.populate(2 << 20..LEN);
    assert!(!map.is_whole());
}

#[test]
fn tiles_are_ready_once_they_were_made_so() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { modes: (Mode::Stored, Mode::Stored), tile: 64, ..Plan::luma(3000, 2000) };
    let path = plan.write(&folder.path().join("plan.origami"));
    drop_pages(&path);
    let pack = Pack::open(&path).unwrap();
    let z = pack.pyramid().max_level();
    let ids: Vec<TileId> = all_tiles(pack.pyramid()).filter(|id| id.z == z).collect();
    let cold: Vec<TileId> = ids.into_iter().filter(|&id| !pack.is_ready(id)).collect();
    let Some(&first) = cold.first() else {
        println!("SKIP: the pages of {} cannot be dropped", path.display());
        return;
    };
    assert!(cold.len() > 100, "only {} tiles were cold", cold.len());
    pack.make_ready(first);
    assert!(pack.is_ready(first));
    assert!(!pack.is_ready(cold[cold.len() - 1]), "one tile is not the whole file");
    for &id in &cold {
        pack.make_ready(id);
    }
    assert!(cold.iter().all(|&id| pack.is_ready(id)));
    assert!(pack.is_ready(TileId { z: 99, x: 0, y: 0 }), "what is not there needs nothing");
}

#[test]
fn a_family_spans_its_blobs_and_no_others() {
    let plan = Plan::sample();
    let folder = tempfile::tempdir().unwrap();
    let pack = Pack::open(&plan.write(&folder.path().join("plan.origami"))).unwrap();
    let mut end = 0;
    for family in pack.pyramid().families() {
        let tiles = [2, 1, 0].into_iter().flat_map(|depth| pack.pyramid().family_tiles(family, depth));
        let blobs: Vec<_> = tiles.filter_map(|id| Pack::blob_range(pack.entry(id).unwrap())).collect();
        let range = pack.family_range(family).unwrap();
        assert_eq!(range.is_some(), !blobs.is_empty());
        let Some(range) = range else { continue };
        assert_eq!(range.end - range.start, blobs.iter().map(|blob| blob.end - blob.start).sum::<u64>());
        assert!(range.start >= end, "families follow one another");
        end = range.end;
    }
    assert!(end > 0 && all_tiles(pack.pyramid()).any(|id| plan.kind(id) == Kind::Blob));
}

/// The kernel calls every page resident to those who may not write to the file.
#[test]
fn those_the_kernel_does_not_tell_are_answered_no() {
    const CHILD: &str = "ORIGAMI_TEST_FOREIGN_FILE";
    if let Some(path) = env::var_os(CHILD) {
        let map = Map::open(Path::new(&path)).unwrap();
        map.populate(0..LEN);
        assert!(!map.is_resident(0..1) && map.is_resident(0..0));
        assert_eq!(map[LEN - 1], ((LEN - 1) / 4096) as u8);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = cold(folder.path()) else { return };
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "those_the_kernel_does_not_tell_are_answered_no"]).env(CHILD, &path).uid(65_534);
    match child.current_dir("/").output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => println!("SKIP: no process of another user: {error}"),
    }
}
