//! Servers that read their settings again.

use crate::binary::{self, signal};
use crate::server::Server;
use crate::slides::small_packs;
use std::fs;
use std::path::Path;
use std::thread;

const SUCCESSFUL: &str = "origami_config_last_reload_successful";

fn start(packs: &Path, file: &Path) -> Server {
    let mut command = binary::command(["serve", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(file).arg(packs);
    Server::start_command(command)
}

#[test]
fn settings_that_can_change_do_and_the_others_are_named() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("origami.toml");
    fs::write(&file, "request_limit = \"10s\"\nworkers = 1\n").unwrap();
    let server = start(packs.path(), &file);
    assert_eq!(server.get("/slides/a/thumbnail?size=200").status, 200);
    fs::write(&file, "request_limit = \"0s\"\nworkers = 2\n").unwrap();
    signal(server.pid(), "HUP");
    server.wait_for_log("settings read again", 1);
    let line = server.wait_for_log("setting changed", 1);
    assert!(line.contains("request_limit") && line.contains("10s"), "{line}");
    let line = server.wait_for_log("takes effect with the next start", 1);
    assert!(line.contains("workers"), "{line}");
    assert_eq!(server.get("/slides/a/thumbnail?size=300").status, 503, "there is no time any more");
    assert_eq!(server.metrics()[SUCCESSFUL], 1.0);
}

#[test]
fn a_broken_file_leaves_the_settings_as_they_are_and_is_said() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("origami.toml");
    fs::write(&file, "connections_per_client = 100\n").unwrap();
    let mut server = start(packs.path(), &file);
    let broken = ["connections_per_client = 1\nqueue_wait = \"soon\"\n", "= nonsense", "\u{1b}[31m = 1\n"];
    for (number, text) in broken.into_iter().enumerate() {
        fs::write(&file, text).unwrap();
        signal(server.pid(), "HUP");
        server.wait_for_log("cannot be read again", number + 1);
        assert_eq!(server.metrics()[SUCCESSFUL], 0.0);
    }
    let line = server.wait_for_log("cannot be read again", 1);
    assert!(line.contains("origami.toml:2") && line.contains("stay as they are"), "{line}");
    let both = thread::scope(|scope| {
        [0, 1]
            .map(|_| scope.spawn(|| server.try_get_anew("/tiles/a/0/0/0").unwrap().status))
            .map(|one| one.join().unwrap())
    });
    assert_eq!(both, [200, 200]);
    fs::write(&file, "connections_per_client = 100\n").unwrap();
    signal(server.pid(), "HUP");
    server.wait_for_log("settings read again", 1);
    assert_eq!(server.metrics()[SUCCESSFUL], 1.0);
    server.terminate();
    assert_eq!(server.wait().code, Some(0));
}
