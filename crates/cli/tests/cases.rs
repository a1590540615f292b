//! Small awkward slides, each made after a public bug report, with the right pixels
//! beside them: `origami` has to show those, or to refuse the slide by name. Each is a
//! folder of `../shared/cases` whose `check.sh` ends with status 0 if that is so.

use origami_fixtures::{python, shared_folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Number of cases that are there, at least.
const CASES: usize = 66;
/// Cases that are checked at the same time.
const THREADS: usize = 2;

/// The folders of the cases, in order.
fn folders(cases: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cases).expect("a folder of cases");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|folder| folder.join("check.sh").is_file())
        .collect();
    folders.sort();
    folders
}

/// What the check of a case prints last if it fails; `None` if it is right.
fn failure(case: &Path, python: &str) -> Option<String> {
    let output = Command::new("bash")
        .arg("check.sh")
        .current_dir(case)
        .env("PYTHON", python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("ORIGAMI", env!("CARGO_BIN_EXE_origami"))
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    if output.status.success() {
        return None;
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let last = text.trim_end().lines().last().unwrap_or_default();
    Some(format!("{}: {last}", case.file_name().unwrap_or_default().to_string_lossy()))
}

#[test]
fn every_slide_is_right_or_refused_by_name() {
    let (Some(cases), Some(python)) = (shared_folder("cases"), python()) else { return };
    let folders = folders(&cases);
    assert!(folders.len() >= CASES, "{} cases in {}", folders.len(), cases.display());
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    failures.lock().expect("no test panics here").extend(failure(case, &python));
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no test panics here");
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), folders.len(), failures.join("\n"));
}
