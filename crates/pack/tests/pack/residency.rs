//! What of a file is in memory, and bringing it there.

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

/// A file whose pages are not in memory. `None`, with a word, where the file
/// system keeps all its pages there or cannot tell.
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
    what_is_loaded_is_in_memory_and_the_rest_is_not,
    what_is_read_ahead_gets_into_memory_though_access_is_random,
    nothing_at_all_is_in_memory_and_needs_nothing,
    what_is_tried_is_read_where_it_is_in_memory_alone,
    tiles_are_ready_once_they_were_made_so,
);

fn what_is_loaded_is_in_memory_and_the_rest_is_not(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let Some((_, storage)) = cold(folder.path(), via) else { return };
    // Not at the edges of pages.
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

fn what_is_read_ahead_gets_into_memory_though_access_is_random(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let Some((_, storage)) = cold(folder.path(), via) else { return };
    storage.read_ahead(4096..LEN - 4096);
    for _ in 0..1000 {
        if storage.is_in_memory(4096..LEN - 4096) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it was not read");
}

fn nothing_at_all_is_in_memory_and_needs_nothing(via: Via) {
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

fn what_is_tried_is_read_where_it_is_in_memory_alone(via: Via) {
    let folder = tempfile::tempdir().unwrap();
    let Some((_, storage)) = cold(folder.path(), via) else { return };
    let (mut bytes, at) = ([0; 5000], 20 * 4096 - 1);
    if via != Via::Memory {
        assert!(!storage.try_read_at(2 << 20, &mut bytes).unwrap(), "nobody has read it");
    }
    storage.load(at..at + 5000);
    assert!(storage.try_read_at(at, &mut bytes).unwrap());
    assert_eq!((bytes[0], bytes[1], bytes[4097]), (19, 20, 21));
}

#[test]
fn what_a_file_lost_is_not_in_memory_and_loading_it_says_so() {
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

fn tiles_are_ready_once_they_were_made_so(via: Via) {
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
    // Being asked, the kernel may begin to read what a positioned read would need.
    let last = cold[cold.len() - 1];
    assert!(via == Via::Read || !pack.is_ready(last), "one tile is not the whole file");
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
fn a_map_is_asked_where_its_file_system_cannot_be() {
    // A tmpfs refuses to say whether a read would wait.
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

/// The kernel calls every page of a map resident to those who may not write to
/// the file.
#[test]
fn those_the_kernel_does_not_tell_of_a_map_find_out_by_reading() {
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
        .args(["--exact", "residency::those_the_kernel_does_not_tell_of_a_map_find_out_by_reading"])
        .env(CHILD, &path)
        .uid(65_534);
    match child.current_dir("/").output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => println!("SKIP: no process of another user: {error}"),
    }
}
