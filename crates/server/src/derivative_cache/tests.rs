//! Tests of the cache with its thread.

use super::folder::StoredFile;
use super::*;
use actix_web::rt::System;
use std::fs::{self, File};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Instant, SystemTime};

const MIB: u64 = 1 << 20;
const DAY: Duration = Duration::from_secs(86_400);
const READERS: usize = 2;

/// A cache whose thread runs until it is dropped. At most a mebibyte waits for that.
struct RunningCache {
    cache: DerivativeCache,
    _background: Background,
}

impl RunningCache {
    fn start(folder: &Path, capacity: u64) -> Self {
        let mut background = Background::new();
        let cache = DerivativeCache::start(&mut background, folder, capacity, DAY, MIB, READERS).unwrap();
        Self { cache, _background: background }
    }

    /// As [`DerivativeCache::get`].
    fn get(&self, key: &str) -> Option<Bytes> {
        System::new().block_on(self.cache.get(key))
    }

    /// Puts `image` and waits until it has been written, or was not.
    fn put(&self, key: &str, image: &[u8]) {
        self.cache.put(key.to_owned(), Bytes::copy_from_slice(image));
        eventually("the writing", || self.cache.shared.waiting.is_empty());
    }

    fn file(&self, key: &str) -> PathBuf {
        self.cache.shared.folder.file(blake3::hash(key.as_bytes()))
    }
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what} did not happen within 10 s");
        sleep(Duration::from_millis(5));
    }
}

/// Bytes of all files in `folder`, without those that vanish meanwhile.
fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap();
    entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum()
}

#[test]
fn what_was_put_is_found_again_after_a_restart_and_by_another_server() {
    let folder = tempfile::tempdir().unwrap();
    let first = RunningCache::start(folder.path(), MIB);
    let second = RunningCache::start(folder.path(), MIB);
    assert_eq!(first.get("key"), None);
    first.put("key", b"image");
    assert_eq!(first.get("key").as_deref(), Some(&b"image"[..]));
    assert_eq!(second.get("key").as_deref(), Some(&b"image"[..]), "written since it started");
    assert_eq!(second.get("other"), None);
    let CacheStats { entries, hits, misses, .. } = second.cache.stats();
    assert_eq!((entries, hits, misses), (1, 1, 1));
    drop((first, second));
    let third = RunningCache::start(folder.path(), MIB);
    assert_eq!(third.get("key").as_deref(), Some(&b"image"[..]));
    eventually("the scan", || third.cache.stats().entries == 1);
    assert_eq!((third.cache.stats().bytes, third.cache.damaged()), (BLOCK, 0));
}

#[test]
fn a_damaged_file_is_removed_and_counted_and_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let cache = RunningCache::start(folder.path(), MIB);
    let damages: [fn(&mut Vec<u8>); 6] = [
        |file| *file.last_mut().unwrap() ^= 1,
        |file| file[0] ^= 1,
        |file| file.truncate(20),
        Vec::clear,
        |file| file.push(0),
        |file| file[13] ^= 0x80,
    ];
    for (n, damage) in damages.into_iter().enumerate() {
        cache.put("key", b"image");
        let path = cache.file("key");
        let mut file = fs::read(&path).unwrap();
        damage(&mut file);
        fs::write(&path, file).unwrap();
        assert_eq!(cache.get("key"), None, "damage {n}");
        assert_eq!(cache.cache.damaged(), n as u64 + 1, "damage {n}");
        eventually("the removal", || !path.exists());
    }
    cache.put("key", b"image");
    assert!(cache.get("key").is_some(), "it is kept again afterwards");
}

#[test]
fn the_file_of_another_key_under_this_name_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let cache = RunningCache::start(folder.path(), MIB);
    cache.put("other", b"image");
    fs::rename(cache.file("other"), cache.file("key")).unwrap();
    assert_eq!(cache.get("key"), None);
    assert_eq!(cache.cache.damaged(), 1);
}

#[test]
fn what_is_in_the_way_is_counted_and_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let cache = RunningCache::start(folder.path(), MIB);
    // No file, and not to be replaced by one either.
    fs::create_dir_all(cache.file("key").join("full")).unwrap();
    assert_eq!(cache.get("key"), None);
    cache.put("key", b"image");
    assert_eq!(cache.get("key"), None);
    assert_eq!((cache.cache.damaged(), cache.cache.unwritten()), (2, 1));
}

#[test]
fn the_files_used_last_stay_and_all_of_them_fit_into_the_size() {
    let folder = tempfile::tempdir().unwrap();
    let cache = RunningCache::start(folder.path(), 10 * BLOCK);
    for n in 0..50 {
        cache.put(&format!("key {n}"), &[n; 3000]);
        assert!(n == 0 || cache.get("key 0").is_some(), "what is used all the time is kept");
    }
    eventually("the removal", || bytes_in(folder.path()) <= 10 * BLOCK);
    assert!(cache.get("key 49").is_some() && cache.get("key 10").is_none());
    let CacheStats { bytes, entries, evictions, .. } = cache.cache.stats();
    assert_eq!((bytes, entries, evictions), (10 * BLOCK, 10, 40));
    eventually("the last removal", || fs::read_dir(folder.path()).unwrap().count() == 10);
}

#[test]
fn a_smaller_cache_in_the_same_folder_removes_the_oldest_files() {
    let folder = tempfile::tempdir().unwrap();
    let large = RunningCache::start(folder.path(), MIB);
    for n in 0..20 {
        large.put(&format!("key {n}"), &[n; 3000]);
        let file = File::options().write(true).open(large.file(&format!("key {n}"))).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(1000 - u64::from(n))).unwrap();
    }
    drop(large);
    let small = RunningCache::start(folder.path(), 5 * BLOCK);
    eventually("the removal", || fs::read_dir(folder.path()).unwrap().count() == 5);
    assert!(small.get("key 19").is_some() && small.get("key 14").is_none());
}

#[test]
fn what_is_too_old_is_neither_served_nor_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cache = RunningCache::start(folder.path(), MIB);
    for key in ["read", "scanned", "young"] {
        cache.put(key, b"image");
    }
    for key in ["read", "scanned"] {
        let file = File::options().write(true).open(cache.file(key)).unwrap();
        file.set_modified(SystemTime::now() - DAY - Duration::from_secs(1)).unwrap();
    }
    assert_eq!(cache.get("read"), None);
    eventually("the removal", || !cache.file("read").exists());
    cache.cache.shared.scan(|| false).unwrap();
    assert!(!cache.file("scanned").exists());
    assert!(cache.get("young").is_some());
    assert_eq!(cache.cache.damaged(), 0);
}

#[test]
fn what_other_servers_removed_is_forgotten_at_the_next_scan() {
    let folder = tempfile::tempdir().unwrap();
    let cache = RunningCache::start(folder.path(), MIB);
    for key in ["old", "new"] {
        cache.put(key, b"image");
    }
    let Shared { index, .. } = &*cache.cache.shared;
    let [old, new] = ["old", "new"].map(|key| blake3::hash(key.as_bytes()));
    let before = SystemTime::now() - Duration::from_secs(100);
    index.insert(old, StoredFile { written: before, ..index.get(&old).unwrap() });
    for key in ["old", "new"] {
        fs::remove_file(cache.file(key)).unwrap();
    }
    cache.cache.shared.scan(|| false).unwrap();
    assert!(!index.contains_key(&old));
    assert!(index.contains_key(&new), "it may have been written during the scan");
    assert_eq!(cache.get("new"), None);
    assert!(!index.contains_key(&new));
}

#[test]
fn a_folder_that_vanished_costs_only_what_would_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let cache = RunningCache::start(&path, MIB);
    cache.put("key", b"image");
    fs::remove_dir_all(&path).unwrap();
    cache.put("other", b"image");
    assert_eq!((cache.get("key"), cache.get("other")), (None, None));
    assert_eq!((cache.cache.unwritten(), cache.cache.damaged()), (1, 0));
}

#[test]
fn an_image_larger_than_the_cache_or_than_what_may_wait_is_not_written() {
    for (capacity, len) in [(2 * BLOCK, 2 * BLOCK + 1), (3 * MIB, MIB + 1)] {
        let folder = tempfile::tempdir().unwrap();
        let cache = RunningCache::start(folder.path(), capacity);
        cache.put("key", &vec![1; len as usize]);
        assert_eq!(cache.cache.unwritten(), 1, "{len} bytes");
        assert_eq!(bytes_in(folder.path()), 0, "{len} bytes");
    }
}

#[test]
fn a_cache_in_place_of_a_file_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    assert!(DerivativeCache::start(&mut Background::new(), &path, MIB, DAY, MIB, READERS).is_err());
}
