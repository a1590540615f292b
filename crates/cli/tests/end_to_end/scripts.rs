//! What scripts must not do when they are only asked.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Programs that install something. Those of Rust do where rustup has put itself in their place:
/// it downloads a missing toolchain before it passes the question on.
const INSTALLERS: [&str; 8] = ["cargo", "rustc", "rustup", "npm", "apt-get", "sudo", "curl", "wget"];

/// Makes each program after the first argument one that only appends how it was called to the
/// file that the first names. A shell does that, so that no other thread of the test starts a
/// process while one of the programs is open for writing: it could not be run then.
const MAKE_PROGRAMS: &str = r#"calls=$1; shift
for program; do
    mkdir -p "${program%/*}"
    printf '#!/bin/sh\necho "$0 $*" >>"%s"\n' "$calls" >"$program"
    chmod +x "$program"
done"#;

/// The scripts and what they read.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Programs that install nothing under the names of those that would.
pub struct Recorder {
    folder: TempDir,
}

impl Recorder {
    /// Nothing has been called yet, and rustup has no toolchain.
    pub fn new() -> Self {
        let recorder = Self { folder: tempfile::tempdir().unwrap() };
        recorder.add(INSTALLERS.map(|name| recorder.programs().join(name)));
        recorder
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    fn rustup_home(&self) -> PathBuf {
        self.folder.path().join("rustup")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    fn add(&self, programs: impl IntoIterator<Item = PathBuf>) {
        let mut shell = Command::new("sh");
        shell.args(["-ec", MAKE_PROGRAMS, "sh"]).arg(self.log()).args(programs);
        assert!(shell.status().unwrap().success());
    }

    /// What `script` prints, which has to succeed. It finds these programs first.
    pub fn output(&self, script: &Path, arguments: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("{}:{}", self.programs().display(), env::var("PATH").unwrap());
        let mut command = Command::new(fs::canonicalize(script).unwrap());
        command.args(arguments).current_dir(folder.path()).env("PATH", path);
        command.env("RUSTUP_HOME", self.rustup_home()).env_remove("RUSTUP_TOOLCHAIN");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{} {arguments:?}: {output:?}", script.display());
        String::from_utf8(output.stdout).unwrap()
    }

    /// The paths and arguments of all programs that have been called.
    pub fn calls(&self) -> Vec<String> {
        fs::read_to_string(self.log()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// What `scripts/setup --plan` prints for all groups.
    fn plan(&self) -> String {
        self.output(&project().join("scripts/setup"), &["--plan"])
    }
}

/// The channel that rust-toolchain.toml names.
fn channel() -> String {
    let toolchain = fs::read_to_string(project().join("rust-toolchain.toml")).unwrap();
    let channel = toolchain.split("channel = \"").nth(1).and_then(|rest| rest.split('"').next());
    channel.expect("a channel").to_owned()
}

#[test]
fn a_plan_of_what_is_missing_does_not_make_rustup_install_it() {
    let recorder = Recorder::new();
    let plan = recorder.plan();
    assert!(plan.contains(&format!("  Rust {} (by rustup", channel())), "{plan}");
    // What apt-get would download, from the lists that are there.
    let asks_only = format!("{} -qq --print-uris ", recorder.programs().join("apt-get").display());
    for call in recorder.calls() {
        assert!(call.starts_with(&asks_only), "{call}");
    }
}

#[test]
fn a_plan_asks_the_toolchain_that_is_there_and_not_rustup_for_missing_crates() {
    let recorder = Recorder::new();
    let toolchain = recorder.rustup_home().join(format!("toolchains/{}-of-this-test/bin", channel()));
    recorder.add(["cargo", "rustc"].map(|name| toolchain.join(name)));
    let (plan, calls) = (recorder.plan(), recorder.calls());
    assert!(!plan.contains("Rust"), "{plan}");
    let fetch = format!("{} fetch --quiet --locked --offline", toolchain.join("cargo").display());
    assert!(calls.iter().any(|call| call.starts_with(&fetch)), "{calls:?}");
    for name in ["cargo", "rustc", "rustup"] {
        let of_rustup = format!("{} ", recorder.programs().join(name).display());
        assert!(!calls.iter().any(|call| call.starts_with(&of_rustup)), "{calls:?}");
    }
}
