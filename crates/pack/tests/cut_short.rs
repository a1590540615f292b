//! Maps whose files lose their end while they are read.

use memmap2::Mmap;
use origami_pack::Map;
use std::fs::{self, File, OpenOptions};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
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

#[test]
fn what_a_file_lost_reads_as_zeros_and_the_map_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (cut_short, other) = (file(folder.path(), "a"), file(folder.path(), "b"));
    let (map, untouched) = (Map::open(&cut_short).unwrap(), Map::open(&other).unwrap());
    cut(&cut_short, 8 * PAGE);
    assert!(map[..8 * PAGE].iter().all(|&byte| byte == 7));
    assert!(map.is_whole(), "nothing that is missing was read yet");
    assert_eq!((map[40 * PAGE], map[64 * PAGE - 1]), (0, 0));
    assert!(!map.is_whole());
    // A second fault in the same map, before the first.
    assert_eq!(map[8 * PAGE], 0);
    assert_eq!(map[8 * PAGE - 1], 7, "what is there is still read from the file");
    cut(&cut_short, 0);
    assert_eq!(map[0], 0);
    assert!(untouched.iter().all(|&byte| byte == 7) && untouched.is_whole());
    drop(map);
    assert!(Map::open(&other).unwrap().is_whole(), "a new map starts whole");
}

#[test]
fn threads_may_meet_the_same_loss_at_once_while_maps_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let threads = 8;
    let other = file(folder.path(), "other");
    for round in 0..20 {
        let path = file(folder.path(), &round.to_string());
        let map = Map::open(&path).unwrap();
        cut(&path, PAGE);
        let together = Barrier::new(threads);
        thread::scope(|scope| {
            for number in 0..threads {
                let (map, other, together) = (&map, &other, &together);
                scope.spawn(move || {
                    together.wait();
                    assert!(Map::open(other).unwrap().iter().all(|&byte| byte == 7));
                    for page in (1..64).rev().filter(|page| page % threads == number) {
                        assert_eq!(map[page * PAGE + 1], 0);
                    }
                });
            }
        });
        assert_eq!(map[PAGE - 1], 7);
    }
}

#[test]
fn a_loss_in_a_map_of_somebody_else_still_ends_the_process() {
    const CHILD: &str = "ORIGAMI_TEST_FOREIGN_MAP";
    if env::var_os(CHILD).is_some() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "a");
        let ours = Map::open(&path).unwrap();
        // SAFETY: nobody else knows the file, and the process ends at the loss.
        #[expect(unsafe_code, reason = "a map that is not ours is what this is about")]
        let foreign = unsafe { Mmap::map(&File::open(&path).unwrap()) }.unwrap();
        cut(&path, 0);
        assert_eq!(ours[0], 0);
        println!("read {}", foreign[0]);
        return;
    }
    let name = "a_loss_in_a_map_of_somebody_else_still_ends_the_process";
    let mut child = Command::new(env::current_exe().unwrap());
    let output = child.args(["--exact", name]).env(CHILD, "1").output().unwrap();
    assert_eq!(output.status.signal(), Some(SIGBUS), "{output:?}");
}
