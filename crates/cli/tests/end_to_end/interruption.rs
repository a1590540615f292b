//! Interrupting `origami` while it works.

use crate::binary::{self, Outcome};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Maximum time between the signal and the end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Total bytes of the files in `folder`, mostly of a pack that is being written.
fn written_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

/// Starts a command that packs the generated slide into `folder`, and waits until more than
/// `min_bytes` are written.
fn spawn_demo(folder: &Path, options: &[&str], min_bytes: u64) -> Child {
    let mut command = binary::command(["demo", "-o"]);
    command.arg(folder).args(options).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let started = Instant::now();
    while written_bytes(folder) <= min_bytes {
        assert!(started.elapsed() < Duration::from_secs(120), "nothing is written");
        thread::sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn an_interrupted_run_ends_soon_says_so_and_leaves_nothing() {
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn_demo(folder.path(), &[], 0);
        binary::signal(child.id(), signal);
        let signalled = Instant::now();
        let outcome = Outcome::wait_for(child);
        let took = signalled.elapsed();
        assert!(took < ENDS_WITHIN, "{signal}: took {took:?}");
        outcome.expect_error(&["interrupted; nothing was written"]);
        assert_eq!(binary::files(folder.path()), [""; 0], "{signal}");
    }
}

#[test]
fn an_interrupted_run_does_not_touch_the_pack_it_would_replace() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("demo.origami");
    std::fs::write(&pack, "the old pack").unwrap();
    let child = spawn_demo(folder.path(), &["--force"], 1 << 20);
    binary::signal(child.id(), "INT");
    Outcome::wait_for(child).expect_error(&["interrupted"]);
    assert_eq!(binary::files(folder.path()), ["demo.origami"]);
    assert_eq!(std::fs::read_to_string(&pack).unwrap(), "the old pack");
}
