//! Servers that hand their sockets to another process.

use crate::binary::{self, signal};
use crate::server::Server;
use crate::slides::small_packs;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Requests a second of the load, by as many clients as there are below.
const RATE: u32 = 200;
const CLIENTS: u32 = 4;
const UPGRADES: usize = 20;

/// A server whose program can be replaced.
struct Installed {
    server: Server,
    program: PathBuf,
    packs: TempDir,
    _folder: TempDir,
}

impl Installed {
    fn start() -> Option<Self> {
        let packs = small_packs(&["a"])?;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("origami");
        install(&program, |new| fs::copy(binary::path(), new).map(drop));
        let mut command = Command::new(&program);
        // A socket is passed on only if it still has the address that the settings say.
        command.args(["serve", "--listen", "127.0.0.1:0", "--stop-within", "5s"]).arg(packs.path());
        binary::clear_settings(&mut command);
        Some(Self { server: Server::start_command(command), program, packs, _folder: folder })
    }

    /// Replaces the program by a shell script.
    fn install_script(&self, lines: &str) {
        install(&self.program, |new| fs::write(new, format!("#!/bin/sh\n{lines}\n")));
    }
}

/// Puts what `write` writes in the place of `program`, as an update does: a file that runs cannot
/// be written to.
fn install(program: &Path, write: impl Fn(&Path) -> std::io::Result<()>) {
    let new = program.with_extension("new");
    write(&new).unwrap();
    fs::set_permissions(&new, Permissions::from_mode(0o755)).unwrap();
    fs::rename(&new, program).unwrap();
}

/// The number that a line of the log gives to a field.
fn number(line: &str, field: &str) -> u32 {
    let (_, rest) = line.split_once(&format!("{field}=")).unwrap_or_else(|| panic!("{field} in {line}"));
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().unwrap()
}

fn is_running(process: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn wait_for_end(process: u32) {
    let limit = Instant::now() + Duration::from_secs(30);
    while is_running(process) {
        assert!(Instant::now() < limit, "process {process} does not end");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn twenty_upgrades_under_two_hundred_requests_a_second_fail_none() {
    let Some(installed) = Installed::start() else { return };
    let (done, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut processes = BTreeSet::from([installed.server.pid()]);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (installed, done, served) = (&installed, &done, &served);
            scope.spawn(move || {
                let mut next = Instant::now();
                for number in 0.. {
                    if done.load(Relaxed) {
                        return;
                    }
                    let target = format!("/tiles/a/12/{}/{}.jpg", number % 9, client);
                    // Half of the clients keep their connections, half open one for each request.
                    let response = if client % 2 == 0 {
                        installed.server.try_get(&target)
                    } else {
                        installed.server.try_get_anew(&target)
                    };
                    match response {
                        Ok(response) => assert_eq!(response.status, 200, "{target}"),
                        Err(error) => panic!("request {number} of client {client}: {error}"),
                    }
                    served.fetch_add(1, Relaxed);
                    next += Duration::from_secs(1) * CLIENTS / RATE;
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                }
            });
        }
        let mut current = installed.server.pid();
        for upgrade in 1..=UPGRADES {
            let before = served.load(Relaxed);
            signal(current, "USR2");
            let line = installed.server.wait_for_log("upgraded: the other process answers requests", upgrade);
            wait_for_end(current);
            current = number(&line, "process");
            assert!(processes.insert(current), "{current} is a new process");
            let limit = Instant::now() + Duration::from_secs(10);
            while served.load(Relaxed) < before + 100 {
                assert!(Instant::now() < limit, "the requests go on");
                thread::sleep(Duration::from_millis(10));
            }
        }
        done.store(true, Relaxed);
        println!("{UPGRADES} upgrades, {} requests, none failed", served.load(Relaxed));
    });
    let last = number(&installed.server.wait_for_log("upgraded", UPGRADES), "process");
    signal(last, "TERM");
    installed.server.handed_over().expect_no_errors();
}

#[test]
fn an_upgrade_to_a_program_that_does_not_start_changes_nothing() {
    let Some(installed) = Installed::start() else { return };
    let process = installed.server.pid();
    installed.install_script("echo broken >&2; exit 3");
    signal(process, "USR2");
    let line = installed.server.wait_for_log("the upgrade failed", 1);
    assert!(line.contains("exit status: 3") && line.contains("this one goes on"), "{line}");
    assert_eq!(installed.server.get("/tiles/a/12/5/5.jpg").status, 200);

    fs::remove_file(&installed.program).unwrap();
    signal(process, "USR2");
    let line = installed.server.wait_for_log("the upgrade failed", 2);
    assert!(line.contains("cannot be started"), "{line}");
    assert_eq!(installed.server.get("/tiles/a/12/5/5.jpg").status, 200);
    assert_eq!(installed.server.metrics()[r#"origami_upgrades_total{result="failed"}"#], 2.0);

    install(&installed.program, |new| fs::copy(binary::path(), new).map(drop));
    signal(process, "USR2");
    let line = installed.server.wait_for_log("upgraded: the other process answers requests", 1);
    wait_for_end(process);
    assert_eq!(installed.server.get("/tiles/a/12/5/5.jpg").status, 200);
    signal(number(&line, "process"), "TERM");
    assert_eq!(installed.server.handed_over().code, Some(0));
}

#[test]
fn a_second_upgrade_waits_for_nothing_and_the_first_ends_with_its_server() {
    let Some(installed) = Installed::start() else { return };
    let process = installed.server.pid();
    installed.install_script("exec sleep 300");
    signal(process, "USR2");
    let successor = number(&installed.server.wait_for_log("another process is starting", 1), "process");
    signal(process, "USR2");
    installed.server.wait_for_log("an upgrade is under way already", 1);
    assert!(is_running(successor));
    assert_eq!(installed.server.get("/tiles/a/12/5/5.jpg").status, 200);
    signal(process, "TERM");
    wait_for_end(process);
    wait_for_end(successor);
    assert_eq!(installed.server.handed_over().code, Some(0));
    assert!(installed.packs.path().exists());
}
