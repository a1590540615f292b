//! Files that are cut short while they are read.

use crate::common::Via;
use memmap2::Mmap;
use origami_pack::{Storage, StorageId};
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::{env, thread};

const PAGE: usize = 64 << 10;
const SIGBUS: i32 = 7;

fn file(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, vec![7; 64 * PAGE]).unwrap();
    path
}

fn cut(path: &Path, len: usize) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(len as u64).unwrap();
}

/// Whether `len` bytes at `offset` can be read, all of them 7.
fn reads(storage: &dyn Storage, offset: usize, len: usize) -> bool {
    let mut bytes = vec![0; len];
    match storage.read_at(offset as u64, &mut bytes) {
        Ok(()) => bytes.iter().all(|&byte| byte == 7),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}");
            assert!(error.to_string().contains("cut short"), "{error}");
            false
        }
    }
}

#[test]
fn lost_bytes_are_errors_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for via in [Via::Map, Via::Read] {
        let (cut_short, other) = (file(folder.path(), "a"), file(folder.path(), "b"));
        let (storage, untouched) = (via.storage(&cut_short).unwrap(), via.storage(&other).unwrap());
        cut(&cut_short, 8 * PAGE);
        assert!(reads(&*storage, 0, 8 * PAGE));
        assert!(!storage.is_lost(), "no missing byte was read yet");
        assert!(!reads(&*storage, 40 * PAGE, 1) && !reads(&*storage, 64 * PAGE - 1, 1));
        assert!(!reads(&*storage, 8 * PAGE - 1, 2), "over the edge");
        assert!(reads(&*storage, 0, 8 * PAGE), "the remaining bytes are still read from the file");
        cut(&cut_short, 0);
        assert!(!reads(&*storage, 0, 1));
        assert!(reads(&*untouched, 0, 64 * PAGE) && !untouched.is_lost());
        // Positioned reads see bytes that come back; a map has to be made again.
        assert_eq!(storage.is_lost(), via == Via::Map);
        drop(storage);
        assert!(reads(&*via.storage(&other).unwrap(), 0, 64 * PAGE), "a new opening has lost nothing");
    }
}

#[test]
fn threads_may_read_lost_bytes_at_once_while_other_maps_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let threads = 8;
    let other = file(folder.path(), "other");
    for round in 0..20 {
        let path = file(folder.path(), &round.to_string());
        let storage = Via::Map.storage(&path).unwrap();
        cut(&path, PAGE);
        let together = Barrier::new(threads);
        thread::scope(|scope| {
            for number in 0..threads {
                let (storage, other, together) = (&storage, &other, &together);
                scope.spawn(move || {
                    together.wait();
                    assert!(reads(&*Via::Map.storage(other).unwrap(), 0, 64 * PAGE));
                    for page in (1..64).rev().filter(|page| page % threads == number) {
                        assert!(!reads(&**storage, page * PAGE + 1, 1));
                    }
                });
            }
        });
        assert!(reads(&*storage, 0, PAGE));
    }
}

#[test]
fn every_opening_has_its_own_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a");
    let storages: Vec<Arc<dyn Storage>> =
        Via::ALL.into_iter().chain(Via::ALL).map(|via| via.storage(&path).unwrap()).collect();
    let numbers: HashSet<StorageId> = storages.iter().map(|storage| storage.storage_id()).collect();
    assert_eq!(numbers.len(), storages.len());
}

#[test]
fn lost_bytes_in_a_foreign_map_still_end_the_process() {
    const CHILD: &str = "ORIGAMI_TEST_FOREIGN_MAP";
    if env::var_os(CHILD).is_some() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "a");
        let ours = Via::Map.storage(&path).unwrap();
        // SAFETY: no other process uses the file, and this one ends at the lost byte.
        #[expect(unsafe_code, reason = "the test needs a map that is not ours")]
        let foreign = unsafe { Mmap::map(&File::open(&path).unwrap()) }.unwrap();
        cut(&path, 0);
        assert!(!reads(&*ours, 0, 1));
        println!("read {}", foreign[0]);
        return;
    }
    let name = "cut_short::lost_bytes_in_a_foreign_map_still_end_the_process";
    let mut child = Command::new(env::current_exe().unwrap());
    let output = child.args(["--exact", name]).env(CHILD, "1").output().unwrap();
    assert_eq!(output.status.signal(), Some(SIGBUS), "{output:?}");
}
