//! `origami doctor` on machines and folders that something is wrong with.

use crate::binary::{self, Outcome};
use crate::server::Server;
use crate::slides::{DamagedPack, skip};
use rustix::process::geteuid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A user and a group who own nothing.
const NOBODY: u32 = 65_534;

/// A folder that all users can read, with a pack under each of `names`.
fn packs(names: &[&str]) -> TempDir {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/tests/golden/v3-luma.origami");
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    for name in names {
        fs::copy(&golden, folder.path().join(name)).unwrap();
    }
    folder
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// `origami doctor` for the packs in `folder`, on a free port.
fn doctor(folder: &Path, options: &[&str]) -> Command {
    let mut command = binary::command_on("doctor", folder);
    command.args(options).args(["--", "--listen", "127.0.0.1:0"]);
    command
}

/// The report of `origami doctor --json`.
struct Report {
    code: Option<i32>,
    checks: Vec<Value>,
}

impl Report {
    /// That of a command that has all options but `--json`.
    #[track_caller]
    fn of(mut command: Command) -> Self {
        command.env("ORIGAMI_LOG", "error");
        let Outcome { code, stdout, stderr } = Outcome::run(&mut command);
        let report: Value =
            serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
        let checks = report["checks"].as_array().expect("checks").clone();
        let problems = checks.iter().filter(|check| check["state"] == "problem").count();
        assert_eq!(report["problems"], problems, "{stdout}");
        assert_eq!(code, Some(i32::from(problems > 0)), "{stdout}{stderr}");
        Self { code, checks }
    }

    fn with(folder: &Path, options: &[&str]) -> Self {
        Self::of(doctor(folder, &[&["--json"], options].concat()))
    }

    /// With options of `origami serve`.
    fn serving(folder: &Path, options: &[&str]) -> Self {
        let mut command = doctor(folder, &["--json"]);
        command.args(options);
        Self::of(command)
    }

    /// Requires that a finding of `check` has this state, and says all of `parts` in what was
    /// found, the files or the remedy.
    #[track_caller]
    fn expect(&self, check: &str, state: &str, parts: &[&str]) {
        let findings: Vec<_> = self.checks.iter().filter(|finding| finding["check"] == check).collect();
        let says = |finding: &Value| {
            let texts =
                [&finding["found"], &finding["remedy"], &finding["files"]].map(ToString::to_string).concat();
            // Quotes and backslashes as they are outside of JSON.
            let texts = texts.replace("\\\"", "\"").replace("\\\\", "\\");
            finding["state"] == state && parts.iter().all(|part| texts.contains(part))
        };
        assert!(findings.iter().any(|finding| says(finding)), "no {state} with {parts:?} in {findings:#?}");
    }
}

#[test]
fn a_good_folder_is_no_problem_and_every_check_says_what_it_found() {
    let folder = packs(&["a.origami", "b.origami"]);
    let report = Report::with(folder.path(), &[]);
    assert_eq!(report.code, Some(0));
    for check in ["packs", "names", "access", "residency", "address", "clock"] {
        report.expect(check, "ok", &[]);
    }
    report.expect("packs", "ok", &["2 packs"]);
    for check in ["page cache", "file system", "memory", "descriptors", "processors", "instructions"] {
        let finding = report.checks.iter().find(|finding| finding["check"] == check);
        let finding = finding.unwrap_or_else(|| panic!("no {check}"));
        assert!(
            !finding["found"].as_str().unwrap().is_empty() && finding["measured"].is_object(),
            "{finding}"
        );
    }
    let text = Outcome::run(&mut doctor(folder.path(), &[])).expect_success().stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours in a pipe: {text}");
    assert_eq!(text.lines().last().and_then(|line| line.split_once(" checks: ")).map(|(n, _)| n.parse()), {
        Some(Ok(report.checks.len()))
    });
}

/// All files in `folder` and below it, with their lengths and times.
fn state_of(folder: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::metadata(&path).unwrap();
        if metadata.is_dir() {
            files.extend(state_of(&path));
        }
        files.insert(path, (metadata.len(), metadata.modified().unwrap()));
    }
    files
}

#[test]
fn the_doctor_changes_nothing() {
    let folder = packs(&["a.origami", "b c.origami", "cut.origami"]);
    File::options().write(true).open(folder.path().join("cut.origami")).unwrap().set_len(100).unwrap();
    let cache = folder.path().join("cache/not/yet");
    let before = state_of(folder.path());
    Report::serving(folder.path(), &["--derivative-cache", cache.to_str().unwrap()]);
    Report::with(folder.path(), &["--deep"]);
    assert_eq!(state_of(folder.path()), before);
}

#[test]
fn damaged_packs_and_those_of_other_versions_are_named_with_what_to_do() {
    let folder = packs(&["a.origami", "cut.origami"]);
    File::options().write(true).open(folder.path().join("cut.origami")).unwrap().set_len(1000).unwrap();
    fs::write(folder.path().join("text.origami"), "Dear reader,\n").unwrap();
    let old = [&b"\x89ORIGAMI"[..], &1u32.to_le_bytes(), &[0; 300]].concat();
    fs::write(folder.path().join("old.origami"), old).unwrap();
    let report = Report::with(folder.path(), &[]);
    report.expect(
        "packs",
        "problem",
        &["2 of 4 packs: damaged", "cut.origami: file has 1000", "text.origami", "origami pack"],
    );
    report.expect(
        "packs",
        "problem",
        &["1 of 4 packs: made by another version", "old.origami: pack version 1"],
    );
    let outcome = Outcome::run(&mut doctor(folder.path(), &[]));
    outcome.expect_error(&["2 problems were found"]);
}

#[test]
fn a_flipped_bit_in_a_tile_is_found_by_reading_every_byte() {
    let Some(DamagedPack { path, offset, .. }) = &DamagedPack::new() else { return };
    let report = Report::with(path, &[]);
    report.expect("packs", "ok", &[]);
    let report = Report::with(path, &["--deep"]);
    report.expect("packs", "problem", &["checksum", &format!("offset {offset}")]);
}

#[test]
fn folders_that_are_missing_or_empty_lead_to_packing() {
    let folder = packs(&[]);
    Report::with(folder.path(), &[]).expect("packs", "advice", &["none yet", "origami pack SLIDE -o"]);
    let missing = folder.path().join("my packs");
    Report::with(&missing, &[]).expect("packs", "problem", &["No such file", "origami pack SLIDE -o '"]);
}

#[test]
fn names_that_keep_packs_from_being_served_lead_to_the_command_that_renames_them() {
    let folder = packs(&["a.origami", "b c.origami"]);
    let report = Report::with(folder.path(), &[]);
    report.expect(
        "names",
        "advice",
        &["1 pack or folder is not served", "b c.origami", "`mv '", "b-c.origami`"],
    );
    report.expect("packs", "ok", &["1 pack"]);
}

#[test]
fn a_process_with_few_descriptors_has_a_problem() {
    let folder = packs(&["a.origami"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$@\"", "sh", binary::path(), "doctor", "--json"]);
    command.arg(folder.path()).args(["--", "--listen", "127.0.0.1:0"]);
    binary::clear_settings(&mut command);
    let report = Report::of(command);
    report.expect("descriptors", "problem", &["64 files may be open", "LimitNOFILE=65536"]);
}

#[test]
fn settings_that_do_not_suit_the_machine_are_named() {
    let folder = packs(&["a.origami"]);
    let options = ["--memory", "100%", "--workers", "4096", "--huge-pages"];
    let report = Report::serving(folder.path(), &options);
    report.expect("memory", "problem", &["would be killed", "memory = \"25%\""]);
    report.expect("processors", "advice", &["workers = 4096"]);
    if Path::new("/sys/kernel/mm/transparent_hugepage/enabled").exists() {
        report.expect("huge pages", "advice", &["huge_pages = false"]);
    }
    let file = folder.path().join("origami.toml");
    fs::write(&file, "workers = 4096\n").unwrap();
    let report = Report::with(folder.path(), &["--config", file.to_str().unwrap()]);
    report.expect("processors", "advice", &["workers = 4096"]);
    let mut command = doctor(folder.path(), &[]);
    Outcome::run(command.arg("--nonsense")).expect_error(&["options after --", "--nonsense"]);
    fs::write(&file, "worker = 2\n").unwrap();
    let broken = Outcome::run(&mut doctor(folder.path(), &["--config", file.to_str().unwrap()]));
    broken.expect_error(&["there is no setting 'worker'"]);
}

#[test]
fn instructions_that_are_held_back_are_named() {
    let folder = packs(&["a.origami"]);
    let mut command = doctor(folder.path(), &["--json"]);
    command.env("ORIGAMI_SIMD", "scalar");
    Report::of(command).expect("instructions", "advice", &["scalar"]);
}

#[test]
fn an_address_that_another_program_has_is_a_problem_unless_that_is_origami() {
    let folder = packs(&["a.origami"]);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let with = |address: &str| {
        let mut command = binary::command_on("doctor", folder.path());
        command.args(["--json", "--", "--listen", address]);
        Report::of(command)
    };
    with(&address).expect("address", "problem", &[&address, "choose another port"]);
    let server = Server::start(folder.path());
    let listening = format!("Origami {} listens on {}", env!("CARGO_PKG_VERSION"), server.address());
    with(server.address()).expect("address", "ok", &[&listening]);
    // An address of the documentation, which no machine has.
    with("192.0.2.1:8080").expect("address", "problem", &["this machine has no such address"]);
}

#[test]
fn the_address_for_operators_is_looked_at_too() {
    let folder = packs(&["a.origami"]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let report = Report::serving(folder.path(), &["--admin-listen", &free]);
    report.expect("address", "ok", &[&format!("{free} is free")]);
    let server = Server::start_with(folder.path(), &["--admin-listen", &free]);
    let mut command = binary::command_on("doctor", folder.path());
    command.args(["--json", "--", "--listen", server.address(), "--admin-listen", &free]);
    let report = Report::of(command);
    for address in [server.address(), &free] {
        let listening = format!("Origami {} listens on {address}", env!("CARGO_PKG_VERSION"));
        report.expect("address", "ok", &[&listening]);
    }
}

#[test]
fn a_pack_from_the_future_makes_the_clock_doubtful() {
    let folder = packs(&["a.origami"]);
    let file = File::options().write(true).open(folder.path().join("a.origami")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
    let report = Report::with(folder.path(), &[]);
    report.expect("clock", "advice", &["this clock or another one is wrong", "a.origami"]);
}

/// The report as a user gets it who is not root and owns nothing in `folder`, or at least may
/// not override what its modes say. `None`, after [`skip`], if such a process cannot be started.
fn unprivileged(mut command: Command) -> Option<Report> {
    command.current_dir("/").stdin(Stdio::null());
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
        let reachable = Path::new(binary::path()).ancestors().skip(1);
        let is_closed = |folder: &Path| fs::metadata(folder).unwrap().permissions().mode() & 0o001 == 0;
        if let Some(closed) = reachable.into_iter().find(|folder| is_closed(folder)) {
            skip(&format!("other users cannot enter {}, where the binary is", closed.display()));
            return None;
        }
    }
    Some(Report::of(command))
}

#[test]
fn packs_and_folders_that_the_user_may_not_read_are_problems() {
    let folder = packs(&["a.origami", "b.origami"]);
    set_mode(&folder.path().join("b.origami"), 0o000);
    let command = || doctor(folder.path(), &["--json"]);
    let Some(report) = unprivileged(command()) else { return };
    report.expect("packs", "problem", &["1 of 2 packs", "b.origami: Permission denied", "chmod -R a+rX"]);
    set_mode(folder.path(), 0o000);
    let report = unprivileged(command()).unwrap();
    set_mode(folder.path(), 0o755);
    report.expect("packs", "problem", &["Permission denied", "chmod a+rx"]);

    let inner = folder.path().join("case");
    fs::create_dir(&inner).unwrap();
    set_mode(&inner, 0o000);
    let report = unprivileged(command()).unwrap();
    set_mode(&inner, 0o755);
    report.expect("packs", "problem", &["1 files or folders cannot be looked at", "case: Permission denied"]);
}

#[test]
fn root_is_told_what_the_services_user_cannot_read() {
    if !geteuid().is_root() {
        println!("SKIP: only root is told");
        return;
    }
    let folder = packs(&["a.origami", "b.origami"]);
    set_mode(&folder.path().join("b.origami"), 0o600);
    let report = Report::with(folder.path(), &[]);
    report.expect("access", "advice", &["b.origami", "chmod -R a+rX"]);
    report.expect("packs", "ok", &["2 packs"]);
}

#[test]
fn a_derivative_cache_that_cannot_be_written_is_a_problem() {
    let folder = packs(&["a.origami"]);
    let cache = folder.path().join("cache");
    fs::create_dir(&cache).unwrap();
    set_mode(&cache, 0o555);
    for path in [cache.clone(), cache.join("made/by/the/server")] {
        let mut command = doctor(folder.path(), &["--json"]);
        command.args(["--derivative-cache", path.to_str().unwrap()]);
        let Some(report) = unprivileged(command) else { return };
        report.expect(
            "derivative cache",
            "problem",
            &["this user cannot write to it", "CacheDirectory=origami"],
        );
    }
    let file = folder.path().join("a.origami");
    let report = Report::serving(folder.path(), &["--derivative-cache", file.to_str().unwrap()]);
    report.expect("derivative cache", "problem", &["it is no folder"]);
}
