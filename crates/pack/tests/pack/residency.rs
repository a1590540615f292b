//! Tests of which bytes of a file are in memory, and of bringing them there.

use crate::common::cold::drop_pages;
use crate::common::{Kind, Plan, Via, all_tiles, over_all_storages};
use origami_pack::{Pack, Storage};
use origami_pyramid::TileId;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, thread};

const LEN: u64 = 3 << 20;

/// A file whose pages are not in memory. `None`, with a message, if its file system
/// keeps all pages in memory or does not report them.
fn cold(folder: &Path, via: Via) -> Option<(PathBuf, Arc<dyn Storage>)> {
    let path = folder.join("cold");
    let bytes: Vec<u8> = (0..LEN).map(|at| (at / 4096) as u8).collect();
    fs::write(&path, bytes).unwrap();
    drop_pages(&path);
    let storage = via.storage(&path).unwrap();
    if via == Via::Memory || !storage.is_in_memory(0..LEN) {
        return Some((path, storage));
    }
    println!("SKIP: the pages of {} cannot be dropped", path.display());
    None
}

over_all_storages!(
    loaded_bytes_are_in_memory_and_the_rest_is_not,
    read_ahead_works_although_random_access_was_advised,
    empty_ranges_count_as_in_memory,
    reads_without_waiting_return_only_bytes_in_memory,
    tiles_are_ready_once_they_were_made_ready,
);

fn loaded_bytes_are_in_memory_and_the_rest_is_not(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let Some((_, storage)) = cold(folder.path(), via) else { return };
    // Begins and ends within pages.
    storage.load((1 << 20) + 100..(1 << 20) + 70_000);
    assert!(storage.is_in_memory((1 << 20) + 100..(1 << 20) + 70_000));
    let rest = storage.is_in_memory(2 << 20..LEN) || storage.is_in_memory(0..LEN);
    assert_eq!(rest, via == Via::Memory);
    storage.load(0..u64::MAX);
    assert!(storage.is_in_memory(0..LEN) && storage.is_in_memory(100..u64::MAX));
    let mut bytes = vec![0; LEN as usize];
    storage.read_at(0, &mut bytes).unwrap();
    assert!(bytes.iter().enumerate().all(|(at, &byte)| byte == (at / 4096) as u8));
}

fn read_ahead_works_although_random_access_was_advised(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let Some((_, storage)) = cold(folder.path(), via) else { return };
    storage.read_ahead(4096..LEN - 4096);
    for _ in 0..1000 {
        if storage.is_in_memory(4096..LEN - 4096) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the range was not read");
}

fn empty_ranges_count_as_in_memory(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(&path, [1; 10]).unwrap();
    let storage = via.storage(&path).unwrap();
    for range in [5..5, 10..20, u64::MAX - 1..u64::MAX] {
        storage.read_ahead(range.clone());
        storage.load(range.clone());
        assert!(storage.is_in_memory(range));
    }
    for (offset, len) in [(0, 11), (10, 1), (11, 1), (u64::MAX, 1), (u64::MAX - 5, 10)] {
        assert!(storage.read_at(offset, &mut vec![0; len]).is_err(), "{len} bytes at {offset}");
    }
    storage.read_at(10, &mut []).unwrap();
}

fn reads_without_waiting_return_only_bytes_in_memory(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let Some((_, storage)) = cold(folder.path(), via) else { return };
    let (mut bytes, at) = ([0; 5000], 20 * 4096 - 1);
    if via != Via::Memory {
        assert!(!storage.try_read_at(2 << 20, &mut bytes).unwrap(), "it was not read yet");
    }
    storage.load(at..at + 5000);
    assert!(storage.try_read_at(at, &mut bytes).unwrap());
    assert_eq!((bytes[0], bytes[1], bytes[4097]), (19, 20, 21));
}

#[test]
fn lost_bytes_are_not_in_memory_and_loading_them_reports_the_loss() {
    let folder = tempfile::tempdir().unwrap();
    let Some((path, storage)) = cold(folder.path(), Via::Map) else { return };
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 20).unwrap();
    storage.read_ahead(0..LEN);
    assert!(!storage.is_in_memory(2 << 20..LEN));
    storage.load(0..1 << 20);
    assert!(!storage.is_lost());
    storage.load(2 << 20..LEN);
    assert!(storage.is_lost());
}

fn tiles_are_ready_once_they_were_made_ready(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { tile: 64, ..Plan::luma(3000, 2000).stored() };
    let path = plan.write(&folder.path().join("plan.origami"));
    drop_pages(&path);
    let pack = via.open(&path).unwrap();
    let z = pack.pyramid().max_level();
    let ids: Vec<TileId> = all_tiles(pack.pyramid()).filter(|id| id.z == z).collect();
    let cold: Vec<TileId> = ids.into_iter().filter(|&id| !pack.is_ready(id)).collect();
    let Some(&first) = cold.first() else {
        if via == Via::Memory {
            return;
        }
        println!("SKIP: the pages of {} cannot be dropped", path.display());
        return;
    };
    assert!(cold.len() > 100, "only {} tiles were cold", cold.len());
    pack.make_ready(first);
    assert!(pack.is_ready(first));
    // A positioned read that may not wait can make the kernel begin to read.
    let last = cold[cold.len() - 1];
    assert!(via == Via::Read || !pack.is_ready(last), "one tile is not the whole file");
    for &id in &cold {
        pack.make_ready(id);
    }
    assert!(cold.iter().all(|&id| pack.is_ready(id)));
    assert!(pack.is_ready(TileId { z: 99, x: 0, y: 0 }), "missing tiles need nothing");
}

#[test]
fn the_range_of_a_family_holds_its_blobs_and_no_others() {
    let plan = Plan::sample();
    let folder = tempfile::tempdir().unwrap();
    let pack = Pack::open(&plan.write(&folder.path().join("plan.origami"))).unwrap();
    let mut end = 0;
    for family in pack.pyramid().all_families() {
        let tiles = pack.pyramid().family_tiles(family);
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

#[test]
fn maps_are_checked_if_the_file_system_has_no_reads_without_waiting() {
    // A tmpfs has no reads that fail if they would wait.
    let Ok(folder) = tempfile::tempdir_in("/dev/shm") else {
        println!("SKIP: there is no /dev/shm");
        return;
    };
    let path = folder.path().join("a");
    fs::write(&path, [7; 10_000]).unwrap();
    let storage = Via::Map.storage(&path).unwrap();
    storage.load(0..10_000);
    let mut bytes = [0; 6000];
    assert!(storage.try_read_at(3000, &mut bytes).unwrap() && storage.is_in_memory(0..10_000));
    assert_eq!(bytes, [7; 6000]);
}

/// The kernel reports every page of a map as resident to users who may not write to
/// the file.
#[test]
fn users_without_residency_reports_find_out_by_reading() {
    const CHILD: &str = "ORIGAMI_TEST_FOREIGN_FILE";
    if let Some(path) = env::var_os(CHILD) {
        let storage = Via::Map.storage(Path::new(&path)).unwrap();
        assert!(!storage.is_in_memory(0..LEN) && storage.is_in_memory(0..0));
        let mut last = [0];
        storage.load(0..LEN);
        assert!(storage.is_in_memory(0..LEN) && storage.try_read_at(LEN - 1, &mut last).unwrap());
        assert_eq!(last[0], ((LEN - 1) / 4096) as u8);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some((path, _)) = cold(folder.path(), Via::Map) else { return };
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", "residency::users_without_residency_reports_find_out_by_reading"])
        .env(CHILD, &path)
        .uid(65_534);
    match child.current_dir("/").output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => println!("SKIP: no process of another user: {error}"),
    }
}
