//! Settings of the real server: flags, environment, file and profiles.

use crate::binary::{self, Outcome};
use crate::server::Server;
use crate::slides::small_packs;

#[test]
fn print_config_lists_every_setting_and_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("origami.toml"), "\nprefetch = \"5MiB\"\nprofile = \"low-latency\"\n")
        .unwrap();
    let mut command = binary::command(["serve", "--workers=3", "--print-config", "some/packs"]);
    command.current_dir(folder.path()).env("ORIGAMI_HTTP_THREADS", "9");
    let config = Outcome::run(&mut command).expect_success().stdout;
    for (setting, source) in [
        ("profile = \"low-latency\"", "# origami.toml:3"),
        ("packs = \"some/packs\"", "# PACKS"),
        ("workers = 3", "# --workers"),
        ("http_threads = 9", "# ORIGAMI_HTTP_THREADS"),
        ("prefetch = \"5MiB\"", "# origami.toml:2"),
        ("request_limit = \"5s\"", "# profile low-latency"),
        ("pin = false", "# default"),
    ] {
        let is_listed = config.lines().any(|line| line.starts_with(setting) && line.ends_with(source));
        assert!(is_listed, "no {setting} from {source} in:\n{config}");
    }
}

#[test]
fn a_wrong_setting_ends_the_server_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "# mine\nworker = 3\n").unwrap();
    let path = file.to_str().unwrap();
    binary::run(["serve", "--config", path])
        .expect_error(&[&format!("{path}:2: there is no setting 'worker'; did you mean 'workers'?")]);
    binary::run(["serve", "--config", "/no/such.toml"]).expect_error(&["/no/such.toml: No such file"]);
    let mut command = binary::command(["serve"]);
    Outcome::run(command.env("ORIGAMI_MEMORY", "lots"))
        .expect_error(&["ORIGAMI_MEMORY=lots: 'lots' is not an amount of memory"]);
}

#[test]
fn every_profile_serves() {
    let Some(folder) = small_packs(&["a"]) else { return };
    for profile in ["balanced", "high-throughput", "low-latency", "memory-efficient"] {
        let server = Server::start_with(folder.path(), &["--profile", profile]);
        for tile in ["12/4/5", "11/1/1", "10/0/0", "0/0/0"] {
            let body = server.body(&format!("/tiles/a/{tile}.jpg"));
            assert!(body.starts_with(&[0xff, 0xd8]), "{profile}: {tile}");
        }
    }
}
