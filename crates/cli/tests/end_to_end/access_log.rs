//! The access log of the real server, and logs that cannot be written.

use crate::binary;
use crate::server::Server;
use crate::slides::{DamagedPack, small_packs};
use serde_json::Value;
use std::fs::{self, File};
use std::io::pipe;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const TILE: &str = "/tiles/a/12/3/4.jpg";

/// What `origami serve` writes to standard output while `requests` are made.
fn logged(packs: &Path, options: &[&str], requests: impl FnOnce(&Server)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let mut command = binary::command(["serve", "--listen", "127.0.0.1:0"]);
    command.arg(packs).args(options);
    let server = Server::start_command_into(command, File::create(&path).unwrap().into());
    requests(&server);
    // Ends it and waits for the last lines.
    drop(server);
    fs::read_to_string(path).unwrap()
}

#[test]
fn each_request_is_a_json_object_with_its_id_and_where_its_tile_came_from() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let options = ["--access-log", "json", "--speculate=false"];
    let log = logged(packs.path(), &options, |server| {
        let id = ("x-request-id", "first");
        assert_eq!(server.get_with(TILE, &[id]).header("x-request-id"), Some("first"));
        server.body(&format!("{TILE}?a=b"));
        server.get("/tiles/a/12/99/0%22%0A.jpg");
        let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
        server.get_with("/healthz", &[trace]);
    });
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines.len(), 4, "{log}");
    let [rebuilt, cached, missing, health] = &lines[..] else { panic!("{log}") };
    for (line, path, route, status, source) in [
        (rebuilt, TILE, "tile", 200, "rebuilt".into()),
        (cached, "/tiles/a/12/3/4.jpg?a=b", "tile", 200, "cache".into()),
        (missing, "/tiles/a/12/99/0%22%0A.jpg", "tile", 400, Value::Null),
        (health, "/healthz", "healthz", 200, Value::Null),
    ] {
        assert_eq!(line["path"], path);
        assert_eq!(
            (&line["route"], &line["status"], &line["source"]),
            (&route.into(), &status.into(), &source)
        );
        assert_eq!((&line["client"], &line["method"]), (&"127.0.0.1".into(), &"GET".into()));
        assert!(line["bytes"].as_u64().unwrap() > 0 && line["duration"].as_f64().unwrap() > 0.0, "{line}");
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    assert_eq!(rebuilt["request_id"], "first");
    assert!(rebuilt["queue_wait"].is_number() && cached["queue_wait"].is_null(), "{log}");
    assert_eq!(health["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert!(rebuilt["trace_id"].is_null(), "{log}");
}

#[test]
fn the_common_form_is_what_other_servers_write() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let log = logged(packs.path(), &["--access-log", "common"], |server| {
        server.body(TILE);
    });
    let (before, after) = log.split_once(" - - [").expect(&log);
    let (time, rest) = after.split_once("] ").unwrap();
    assert_eq!((before, time.len()), ("127.0.0.1", "29/Nov/2026:09:05:03 +0000".len()));
    assert!(rest.starts_with(&format!("\"GET {TILE} HTTP/1.1\" 200 ")), "{log}");
    assert_eq!(log.matches('\n').count(), 1, "{log}");
}

#[test]
fn there_is_no_access_log_unless_it_is_asked_for() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let log = logged(packs.path(), &[], |server| {
        server.body(TILE);
    });
    assert_eq!(log, "");
}

#[test]
fn the_log_says_which_request_met_a_damaged_tile() {
    let Some(pack) = DamagedPack::new() else { return };
    let mut server = Server::start(pack.path.parent().unwrap());
    assert_eq!(server.get_with(TILE, &[("x-request-id", "unlucky")]).status, 500);
    server.terminate();
    let ended = server.wait();
    let failure = ended.log.iter().find(|line| line.contains("a pack cannot be read")).unwrap();
    assert!(failure.contains("request_id=\"unlucky\""), "{failure}");
}

/// A server whose log nobody can read, so that it has to be told its port.
struct Unheard {
    child: Child,
    base: String,
}

impl Unheard {
    /// Serves `packs` and logs every request twice, to `stdout` and to `stderr`.
    fn start(packs: &Path, stdout: Stdio, stderr: Stdio) -> Self {
        // The port is free again, and nobody else asks for one meanwhile, most likely.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut command = binary::command(["serve", "--listen", &address, "--access-log", "json"]);
        command.args(["--log", "debug"]).arg(packs);
        let server = Self { child: spawn(command, stdout, stderr), base: format!("http://{address}") };
        let deadline = Instant::now() + Duration::from_secs(30);
        while server.status("/healthz") != Some(200) {
            assert!(Instant::now() < deadline, "the server does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn status(&self, target: &str) -> Option<u16> {
        Some(ureq::get(format!("{}{target}", self.base)).call().ok()?.status().as_u16())
    }

    fn dropped_lines(&self) -> f64 {
        let text = ureq::get(format!("{}/metrics", self.base)).call().unwrap().body_mut().read_to_string();
        let text = text.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("origami_log_lines_dropped_total "));
        line.expect("the metric").parse().unwrap()
    }
}

fn spawn(mut command: Command, stdout: Stdio, stderr: Stdio) -> Child {
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().expect("it starts")
}

impl Drop for Unheard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn full_disk() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn closed_pipe() -> Stdio {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn logs_on_a_full_disk_or_a_closed_pipe_stop_neither_requests_nor_the_server() {
    let Some(packs) = small_packs(&["a"]) else { return };
    for (stdout, stderr) in [(full_disk(), full_disk()), (closed_pipe(), closed_pipe())] {
        let mut server = Unheard::start(packs.path(), stdout, stderr);
        for n in 0..50 {
            assert_eq!(server.status(&format!("/tiles/a/12/{}/4.jpg", n % 9)), Some(200));
        }
        let deadline = Instant::now() + Duration::from_secs(30);
        while server.dropped_lines() < 50.0 {
            assert!(Instant::now() < deadline, "lost lines are not counted");
            thread::sleep(Duration::from_millis(50));
        }
        binary::signal(server.child.id(), "TERM");
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "it ends well");
    }
}

#[test]
fn what_is_logged_can_be_said_in_the_file_of_settings() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("origami.toml"), "log = \"info,origami_server=debug\"\n").unwrap();
    for (options, is_debug) in [(&[][..], true), (&["--log", "info"], false)] {
        let mut command = binary::command(["serve", "--listen", "127.0.0.1:0"]);
        command.arg(packs.path()).args(options).current_dir(folder.path());
        let mut server = Server::start_command(command);
        server.body(TILE);
        server.terminate();
        let log = server.wait().log;
        let line = log.iter().find(|line| line.contains("DEBUG") && line.contains(TILE));
        assert_eq!(line.is_some(), is_debug, "{log:#?}");
    }
}
