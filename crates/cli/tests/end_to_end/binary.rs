//! Running `origami` to its end.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The built binary.
pub fn path() -> &'static str {
    env!("CARGO_BIN_EXE_origami")
}

/// `origami` with `arguments` and none of the caller's settings.
pub fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(path());
    command.args(arguments).stdin(Stdio::null());
    clear_settings(&mut command);
    command
}

/// The command `origami NAME FILE`, to which more arguments can be added.
pub fn command_on(name: &str, file: &Path) -> Command {
    let mut command = command([name]);
    command.arg(file);
    command
}

/// Removes the environment variables that change what the binary does, except for the one
/// that says where OpenSlide is and those with which all tests are repeated.
pub fn clear_settings(command: &mut Command) {
    const RETAINED: [&str; 3] = ["ORIGAMI_OPENSLIDE", "ORIGAMI_SIMD", "ORIGAMI_IO"];
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("ORIGAMI_") && !RETAINED.contains(&&*name) {
            command.env_remove(&*name);
        }
    }
}

/// Exit status and output of a finished run.
pub struct Outcome {
    /// The exit status; `None` if a signal ended the run.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("output in UTF-8"));
        Self { code: output.status.code(), stdout, stderr }
    }
}

impl Outcome {
    /// Runs `command` to its end.
    pub fn run(command: &mut Command) -> Self {
        command.output().expect("the program starts").into()
    }

    /// Waits for a child whose output is piped.
    pub fn wait_for(child: Child) -> Self {
        child.wait_with_output().expect("the program ends").into()
    }

    /// Requires success.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Requires failure with a message for people, without a panic: lines that begin with the
    /// program's name and do not repeat themselves, with all of `parts` among them.
    #[track_caller]
    pub fn expect_error(&self, parts: &[&str]) {
        self.expect_failure(1, parts);
    }

    /// As [`Self::expect_error`], with the exit status of a run that a signal interrupted, as
    /// shells report it.
    #[track_caller]
    pub fn expect_interruption(&self, signal: i32, parts: &[&str]) {
        self.expect_failure(128 + signal, parts);
    }

    #[track_caller]
    fn expect_failure(&self, status: i32, parts: &[&str]) {
        let stderr = &self.stderr;
        assert_eq!(self.code, Some(status), "{}{stderr}", self.stdout);
        for line in stderr.lines() {
            // Long work also prints its progress.
            assert!(line.starts_with("origami: ") || line.ends_with(" left"), "{stderr}");
            assert!(!repeats_itself(line), "{stderr}");
        }
        assert!(!stderr.contains("internal error") && !stderr.contains("RUST_BACKTRACE"), "{stderr}");
        for part in parts {
            assert!(stderr.contains(part), "no '{part}' in: {stderr}");
        }
    }
}

/// Whether two neighbours among the colon-separated parts of a message are the same.
fn repeats_itself(line: &str) -> bool {
    let parts: Vec<&str> = line.split(": ").collect();
    parts.windows(2).any(|pair| pair[0] == pair[1])
}

/// Runs `origami` with `arguments`.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Outcome {
    Outcome::run(&mut command(arguments))
}

/// Runs `origami NAME FILE`.
pub fn run_on(name: &str, file: &Path) -> Outcome {
    Outcome::run(&mut command_on(name, file))
}

/// Runs `origami pack` on `slide` into `folder` with more arguments.
pub fn pack(slide: &Path, folder: &Path, more: &[&str]) -> Outcome {
    Outcome::run(command(["pack", "-o"]).arg(folder).arg(slide).args(more))
}

/// As [`pack`], which has to succeed, and returns the path of the pack.
#[track_caller]
pub fn packed(slide: &Path, folder: &Path, more: &[&str]) -> PathBuf {
    let before = files(folder);
    pack(slide, folder, more).expect_success();
    let new: Vec<_> = files(folder).into_iter().filter(|file| !before.contains(file)).collect();
    let [name] = &new[..] else { panic!("one pack and no more expected in {new:?}") };
    folder.join(name)
}

/// What `origami inspect --json` prints.
#[track_caller]
pub fn inspect(pack: &Path) -> serde_json::Value {
    let outcome = Outcome::run(command_on("inspect", pack).arg("--json")).expect_success();
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

/// Requires that `origami verify --decode` finds nothing wrong.
#[track_caller]
pub fn verify(pack: &Path) {
    let outcome = Outcome::run(command_on("verify", pack).arg("--decode")).expect_success();
    assert!(outcome.stdout.contains(": good, "), "{}", outcome.stdout);
}

/// Names of everything in `folder`, hidden files included, in order; none if there is no such
/// folder.
pub fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Sends a signal, as in `TERM`.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(status.success(), "kill -{name} {pid}");
}
