//! Interrupting `origami` while it works.

use crate::binary::{self, Outcome};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Maximum time between the signal and the end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Total bytes that a process has written; 0 if it is over. Most of what packing writes
/// first goes to files without names.
fn written_bytes(process: &Child) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{}/io", process.id())).unwrap_or_default();
    let written = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    written.map_or(0, |bytes| bytes.parse().unwrap())
}

/// How far packing has come when it is interrupted.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// It reads the slide. What becomes of that waits in files without names.
    Reading,
    /// It writes the pack under the name of a draft.
    Writing,
}

impl Stage {
    const ALL: [Self; 2] = [Self::Reading, Self::Writing];

    /// Whether `process`, which packs into `folder`, has come so far.
    fn is_reached(self, process: &Child, folder: &Path) -> bool {
        match self {
            Self::Reading => written_bytes(process) > 0,
            Self::Writing => binary::files(folder).iter().any(|name| name.starts_with('.')),
        }
    }
}

/// Starts a command that packs the generated slide into `folder`, and waits until it has come to
/// `stage`. It does not ignore SIGHUP, even if these tests do.
fn spawn_demo(folder: &Path, options: &[&str], stage: Stage) -> Child {
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP", binary::path(), "demo", "-o"]).arg(folder).args(options);
    let child = spawn(&mut command, folder, stage);
    let has_draft = Stage::Writing.is_reached(&child, folder);
    assert_eq!(has_draft, stage == Stage::Writing, "the draft is created after the slide was read");
    child
}

/// Starts a command, and waits until it has come to `stage` of packing into `folder`.
fn spawn(command: &mut Command, folder: &Path, stage: Stage) -> Child {
    binary::clear_settings(command);
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    while !stage.is_reached(&child, folder) {
        assert!(started.elapsed() < Duration::from_secs(120), "nothing is written");
        assert!(child.try_wait().unwrap().is_none(), "it ended without {stage:?}");
        thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn an_interrupted_run_ends_soon_with_the_status_of_its_signal_and_leaves_nothing() {
    for stage in Stage::ALL {
        for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)] {
            let folder = tempfile::tempdir().unwrap();
            let child = spawn_demo(folder.path(), &[], stage);
            binary::signal(child.id(), signal);
            let signalled = Instant::now();
            let outcome = Outcome::wait_for(child);
            let took = signalled.elapsed();
            assert!(took < ENDS_WITHIN, "{signal} while {stage:?}: took {took:?}");
            outcome.expect_interruption(number, &["interrupted; nothing was written"]);
            assert_eq!(binary::files(folder.path()), [""; 0], "{signal} while {stage:?}");
        }
    }
}

#[test]
fn a_signal_that_is_sent_twice_at_once_still_leaves_nothing() {
    for (signal, number, stage) in
        [("HUP", 1, Stage::Reading), ("TERM", 15, Stage::Reading), ("TERM", 15, Stage::Writing)]
    {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn_demo(folder.path(), &[], stage);
        // The run may be over before the second one.
        let twice = r#"kill -$0 $1; sleep 0.02; kill -$0 $1 2>/dev/null || true"#;
        let pid = child.id().to_string();
        assert!(Command::new("sh").args(["-c", twice, signal, &pid]).status().unwrap().success());
        Outcome::wait_for(child).expect_interruption(number, &["interrupted; nothing was written"]);
        assert_eq!(binary::files(folder.path()), [""; 0], "{signal} while {stage:?}");
    }
}

#[test]
fn a_run_that_ignores_hangups_from_the_start_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" demo -o \"$1\"", binary::path()]).arg(folder.path());
    let mut child = spawn(&mut command, folder.path(), Stage::Reading);
    binary::signal(child.id(), "HUP");
    thread::sleep(Duration::from_secs(1));
    assert!(child.try_wait().unwrap().is_none(), "it ended");
    binary::signal(child.id(), "TERM");
    Outcome::wait_for(child).expect_interruption(15, &["interrupted; nothing was written"]);
}

#[test]
fn an_interrupted_run_does_not_touch_the_pack_it_would_replace() {
    for stage in Stage::ALL {
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("demo.origami");
        std::fs::write(&pack, "the old pack").unwrap();
        let child = spawn_demo(folder.path(), &["--force"], stage);
        binary::signal(child.id(), "INT");
        Outcome::wait_for(child).expect_interruption(2, &["interrupted"]);
        assert_eq!(binary::files(folder.path()), ["demo.origami"], "while {stage:?}");
        assert_eq!(std::fs::read_to_string(&pack).unwrap(), "the old pack", "while {stage:?}");
    }
}
