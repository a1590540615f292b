//! Derivatives on disk: over restarts, damaged, too many, and without a folder.

use crate::client::Response;
use crate::packs::{TOP, folder, write_pack};
use crate::test_server::{TestServer, eventually};
use origami_server::{Config, Server};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BUILDS: &str = "origami_tile_builds_total";
const DAMAGED: &str = "origami_derivatives_damaged_total";

/// Derivatives of every kind.
fn derivatives() -> [String; 5] {
    [
        format!("/tiles/a/{TOP}/1/1.png"),
        format!("/tiles/a/{TOP}/1/1.webp"),
        format!("/tiles/a/{}/0/0.avif", TOP - 2),
        "/slides/a/thumbnail.webp?size=64".to_owned(),
        "/slides/a/thumbnail.jpg?size=64".to_owned(),
    ]
}

/// A folder with a pack and one for derivatives.
struct Folders {
    packs: TempDir,
    derivatives: TempDir,
}

impl Folders {
    fn new() -> Self {
        Self { packs: folder(&["a"]), derivatives: tempfile::tempdir().unwrap() }
    }

    fn start(&self) -> TestServer {
        self.start_with(|_| {})
    }

    fn start_with(&self, adjust: impl FnOnce(&mut Config)) -> TestServer {
        TestServer::start_with(self.packs.path(), |config| {
            config.derivative_cache = Some(self.derivatives.path().to_owned());
            adjust(config);
        })
    }

    /// The files of derivatives that there are now.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.derivatives.path()).unwrap();
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "derivative")).collect()
    }

    /// Waits until `count` derivatives are kept.
    fn wait_for(&self, count: usize) {
        eventually("the writing of derivatives", || self.files().len() == count);
    }
}

fn ok(server: &TestServer, path: &str) -> Response {
    let response = server.get(path);
    assert_eq!(response.status, 200, "{path}");
    response
}

/// Where `response` came from.
fn source(response: &Response) -> Option<&str> {
    response.header("server-timing")
}

fn bytes_of(files: &[PathBuf]) -> u64 {
    files.iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum()
}

#[test]
fn what_was_encoded_once_is_read_from_disk_after_a_restart() {
    let folders = Folders::new();
    let mut server = folders.start();
    let before = derivatives().map(|path| ok(&server, &path));
    assert!(before.iter().all(|response| source(response) == Some("rebuilt")));
    folders.wait_for(before.len());
    server.stop();
    let server = folders.start();
    for (path, before) in derivatives().iter().zip(&before) {
        let after = ok(&server, path);
        assert!(after.body == before.body && after.header("etag") == before.header("etag"), "{path}");
        assert_eq!(source(&after), Some("disk"), "{path}");
        assert_eq!(source(&ok(&server, path)), Some("cache"), "{path}: in memory from then on");
    }
    let metrics = server.scrape();
    assert_eq!((metrics[BUILDS], metrics[DAMAGED]), (0.0, 0.0));
    assert_eq!(metrics[r#"origami_cache_hits_total{cache="derivatives"}"#], before.len() as f64);
    assert_eq!(metrics[r#"origami_cache_entries{cache="derivatives"}"#], before.len() as f64);
}

#[test]
fn a_second_server_on_the_same_folder_uses_what_the_first_encoded() {
    let folders = Folders::new();
    let (first, second) = (folders.start(), folders.start());
    let [path, ..] = derivatives();
    let body = ok(&first, &path).body;
    folders.wait_for(1);
    let response = ok(&second, &path);
    assert!(response.body == body);
    assert_eq!(source(&response), Some("disk"));
}

#[test]
fn a_damaged_file_is_made_again_and_never_served() {
    let folders = Folders::new();
    let mut server = folders.start();
    let [path, ..] = derivatives();
    let body = ok(&server, &path).body;
    folders.wait_for(1);
    server.stop();
    let file = folders.files().remove(0);
    let whole = fs::read(&file).unwrap();
    for (n, at) in [whole.len() - 1, whole.len() / 2, 0].into_iter().enumerate() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&file, damaged).unwrap();
        let mut server = folders.start();
        let response = ok(&server, &path);
        assert!(response.body == body, "damage {n}");
        assert_eq!(source(&response), Some("rebuilt"), "damage {n}");
        assert_eq!(server.metric(DAMAGED), 1.0, "damage {n}");
        eventually("the writing of the file", || fs::read(&file).is_ok_and(|file| file == whole));
        server.stop();
    }
}

#[test]
fn the_derivatives_of_a_replaced_pack_are_not_served() {
    let folders = Folders::new();
    let mut server = folders.start();
    let [path, ..] = derivatives();
    let before = ok(&server, &path).body;
    folders.wait_for(1);
    server.stop();
    fs::remove_file(folders.packs.path().join("a.origami")).unwrap();
    write_pack(folders.packs.path(), "a", 2);
    let server = folders.start();
    let after = ok(&server, &path);
    assert_eq!(source(&after), Some("rebuilt"));
    assert!(after.body != before);
}

#[test]
fn the_own_jpegs_of_tiles_are_not_kept() {
    let folders = Folders::new();
    let server = folders.start();
    for tile in [format!("{TOP}/1/1"), format!("{}/0/0", TOP - 2), "0/0/0".to_owned()] {
        ok(&server, &format!("/tiles/a/{tile}.jpg"));
    }
    ok(&server, "/slides/a/thumbnail.png");
    folders.wait_for(1);
    assert_eq!(folders.files().len(), 1, "the thumbnail");
}

#[test]
fn the_files_fit_into_the_size_and_other_files_stay() {
    const SIZE: u64 = 512 << 10;
    let folders = Folders::new();
    let other = folders.derivatives.path().join("notes.txt");
    fs::write(&other, "mine").unwrap();
    let server = folders.start_with(|config| config.derivative_cache_size = SIZE);
    let mut sent = 0;
    for (x, y) in (0..3).flat_map(|y| (0..5).map(move |x| (x, y))) {
        sent += ok(&server, &format!("/tiles/a/{TOP}/{x}/{y}.png")).body.len() as u64;
    }
    assert!(sent > SIZE, "only {sent} bytes");
    eventually("the removal of files", || {
        server.metric(r#"origami_cache_evictions_total{cache="derivatives"}"#) > 0.0
            && bytes_of(&folders.files()) <= SIZE
    });
    assert!(!folders.files().is_empty());
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
}

#[test]
fn a_folder_that_vanishes_harms_no_request() {
    let folders = Folders::new();
    let gone = folders.derivatives.path().join("made/by/the/server");
    let path = gone.clone();
    let server = folders.start_with(|config| config.derivative_cache = Some(path));
    assert!(gone.is_dir(), "it is made");
    fs::remove_dir_all(&gone).unwrap();
    for path in derivatives() {
        assert_eq!(source(&ok(&server, &path)), Some("rebuilt"), "{path}");
    }
    let unwritten = || server.metric("origami_derivatives_unwritten_total");
    eventually("the failures to be counted", || unwritten() == derivatives().len() as f64);
}

#[test]
fn a_folder_that_cannot_be_one_stops_the_start() {
    let folders = Folders::new();
    let file = folders.derivatives.path().join("file");
    fs::write(&file, "").unwrap();
    let mut config = Config::new(folders.packs.path());
    config.listen.set_port(0);
    config.derivative_cache = Some(file.clone());
    let error = Server::bind(config).err().expect("no folder");
    let name = Path::new(&file).display().to_string();
    assert!(error.to_string().contains(&name) && error.source().is_some(), "{error}");
}
