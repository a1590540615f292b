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

/// Removes the environment variables that change what the binary does, but for
/// the one that says where OpenSlide is and those with which all tests are run
/// again.
pub fn clear_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        const KEPT: [&str; 3] = ["ORIGAMI_OPENSLIDE", "ORIGAMI_SIMD", "ORIGAMI_IO"];
        if name.starts_with("ORIGAMI_") && !KEPT.contains(&&*name) {
            command.env_remove(&*name);
        }
    }
}

/// How a run ended.
pub struct Ran {
    /// The exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output in UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    /// Runs `command` to its end.
    pub fn of(command: &mut Command) -> Self {
        command.output().expect("the program starts").into()
    }

    /// Waits for a child whose output is piped.
    pub fn end_of(child: Child) -> Self {
        child.wait_with_output().expect("the program ends").into()
    }

    /// Insists on success.
    #[track_caller]
    pub fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Insists on failure with a message for people: a line each that says
    /// who speaks and nothing twice, no panic, and `parts` among what is said.
    #[track_caller]
    pub fn refused(&self, parts: &[&str]) {
        let stderr = &self.stderr;
        assert_eq!(self.code, Some(1), "{}{stderr}", self.stdout);
        // Long work also tells how far it is.
        let expected = |line: &str| line.starts_with("origami: ") || line.ends_with(" left");
        assert!(stderr.lines().all(expected), "{stderr}");
        let said_twice = |line: &str| {
            let parts: Vec<&str> = line.split(": ").collect();
            parts.windows(2).any(|pair| pair[0] == pair[1])
        };
        assert!(!stderr.lines().any(said_twice), "{stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{stderr}");
        for part in parts {
            assert!(stderr.contains(part), "no '{part}' in: {stderr}");
        }
    }
}

/// Runs `origami` with `arguments`.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    Ran::of(&mut command(arguments))
}

/// Runs `origami pack` on `slide` into `folder` with further arguments.
pub fn pack(slide: &Path, folder: &Path, more: &[&str]) -> Ran {
    let mut command = command(["pack", "-o"]);
    Ran::of(command.arg(folder).arg(slide).args(more))
}

/// As [`pack`], which has to succeed; the pack.
#[track_caller]
pub fn packed(slide: &Path, folder: &Path, more: &[&str]) -> PathBuf {
    let before = files(folder);
    pack(slide, folder, more).good();
    let new: Vec<_> = files(folder).into_iter().filter(|file| !before.contains(file)).collect();
    let [name] = &new[..] else { panic!("one pack and no more expected in {new:?}") };
    folder.join(name)
}

/// What `origami inspect --json` says.
#[track_caller]
pub fn inspect(pack: &Path) -> serde_json::Value {
    let ran = run([OsStr::new("inspect"), pack.as_os_str(), OsStr::new("--json")]).good();
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// Insists that `origami verify --decode` finds nothing wrong.
#[track_caller]
pub fn verify(pack: &Path) {
    let ran = run([OsStr::new("verify"), OsStr::new("--decode"), pack.as_os_str()]).good();
    assert!(ran.stdout.contains(": good, "), "{}", ran.stdout);
}

/// Names of everything in `folder`, hidden files included, in order; nothing
/// if there is no such folder.
pub fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Sends a signal, as in `TERM`.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(status.success(), "kill -{name} {pid}");
}
