//! Stopping `origami` half-way.

use crate::binary::{self, Ran};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// Longest time between the signal and the end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Bytes of the temporary file in `folder` of a pack being written.
fn written(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

#[test]
fn an_interrupted_run_ends_soon_says_so_and_leaves_nothing() {
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = binary::command(["demo", "-o"]);
        let child = command.arg(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let started = Instant::now();
        while written(folder.path()) == 0 {
            assert!(started.elapsed() < Duration::from_secs(120), "nothing is written");
            thread::sleep(Duration::from_millis(20));
        }
        binary::signal(child.id(), signal);
        let told = Instant::now();
        let ran = Ran::end_of(child);
        let took = told.elapsed();
        assert!(took < ENDS_WITHIN, "{signal}: took {took:?}");
        ran.refused(&["interrupted; nothing was written"]);
        assert_eq!(binary::files(folder.path()), [""; 0], "{signal}");
    }
}

#[test]
fn an_interrupted_run_keeps_the_pack_it_was_to_replace() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("demo.origami");
    std::fs::write(&pack, "the old pack").unwrap();
    let mut command = binary::command(["demo", "--force", "-o"]);
    let child = command.arg(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while written(folder.path()) < 1 << 20 {
        thread::sleep(Duration::from_millis(20));
    }
    binary::signal(child.id(), "INT");
    Ran::end_of(child).refused(&["interrupted"]);
    assert_eq!(binary::files(folder.path()), ["demo.origami"]);
    assert_eq!(std::fs::read_to_string(&pack).unwrap(), "the old pack");
}
