//! Names and packs with control characters that a terminal or a reader of the log would obey.

use crate::binary::{self, Outcome, command_on, inspect, packed, run, run_on};
use crate::server::Server;
use crate::slides::blank_pack;
use origami_fixtures::picture::Picture;
use origami_pack::Pack;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Forges a line of the log, turns it red, sets the terminal's title, clears the screen in two
/// ways, deletes, breaks the line with Unicode characters, and reverses the writing direction.
const EVIL: &str = "x\r\n2026-01-01T00:00:00Z  INFO origami_server::server: all is well \
    \u{1b}[31m\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}2J\u{7f}\t\u{85}\u{2028}\u{2029}\u{61c}\u{200e}\u{202e}\u{2066}y";

/// Its beginning and its end, escaped.
const ESCAPED: [&str; 2] = [
    r"x\r\n2026-01-01T00:00:00Z  INFO origami_server::server: all is well \u{1b}[31m",
    r"\u{9b}2J\u{7f}\t\u{85}\u{2028}\u{2029}\u{61c}\u{200e}\u{202e}\u{2066}y",
];

fn is_control(c: char) -> bool {
    let code = u32::from(c);
    matches!(code, 0..0x20 | 0x7f..0xa0 | 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069)
}

/// Requires output without a forged line and without control characters other than line breaks.
#[track_caller]
fn expect_harmless(outcome: &Outcome) {
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains(|c| is_control(c) && c != '\n'), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("2026-01-01")), "{text}");
    }
}

/// Requires harmless output in which the evil text is escaped.
#[track_caller]
fn expect_escaped(outcome: &Outcome) {
    expect_harmless(outcome);
    let text = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(ESCAPED.iter().all(|part| text.contains(part)), "{text}");
}

/// Requires an error with `parts`, in which the evil text is escaped.
#[track_caller]
fn expect_escaped_error(outcome: &Outcome, parts: &[&str]) {
    outcome.expect_error(parts);
    expect_escaped(outcome);
}

/// A small picture and its pack in a temporary folder.
struct PackedPicture {
    folder: TempDir,
    slide: PathBuf,
    pack: PathBuf,
}

impl PackedPicture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slide = folder.path().join("a.png");
        fs::write(&slide, Picture::from_fn(300, 200, |x, y| [x as u8, y as u8, 7]).png()).unwrap();
        let pack = packed(&slide, &folder.path().join("packs"), &[]);
        Self { folder, slide, pack }
    }

    /// A path in the folder whose name is the evil text and `extension`.
    fn evil_path(&self, extension: &str) -> PathBuf {
        self.folder.path().join(format!("{EVIL}{extension}"))
    }
}

/// Replaces a pack by another one whose metadata are the same, with the evil text appended.
fn forge(path: &Path) {
    let pack = Pack::open(path).unwrap();
    let (pyramid, mut metadata) = (*pack.pyramid(), pack.metadata().clone());
    drop(pack);
    for text in [
        &mut metadata.software,
        &mut metadata.source.name,
        &mut metadata.source.format,
        &mut metadata.source.sha256,
        &mut metadata.settings.mode,
        &mut metadata.settings.encoded_again,
        &mut metadata.settings.subsampling,
    ] {
        text.push_str(EVIL);
    }
    blank_pack(path, pyramid, &metadata);
}

#[test]
fn evil_pack_names_and_requests_forge_no_line_of_the_servers_log() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(format!("{EVIL}.origami")), "x").unwrap();
    fs::write(folder.path().join("a.origami"), "x").unwrap();
    let packs = folder.path().join(EVIL);
    fs::create_dir(&packs).unwrap();
    fs::write(packs.join("b.origami"), "x").unwrap();
    for folder in [folder.path(), &packs] {
        let log = log_of_evil_requests(folder);
        assert!(!log.iter().any(|line| line.contains(is_control)), "{log:#?}");
        assert!(log.iter().all(|line| !line.starts_with("2026-01-01T00:00:00Z")), "{log:#?}");
        // Every line has a time, as the first has.
        let width = log[0].find('Z').unwrap();
        assert!(log.iter().all(|line| line.find('Z') == Some(width)), "{log:#?}");
        assert!(ESCAPED.iter().all(|part| log.iter().any(|line| line.contains(part))), "{log:#?}");
        assert!(log.iter().any(|line| line.contains("a pack cannot be read")), "{log:#?}");
    }
}

/// The log of a server of `folder` that gets ordinary and evil requests.
fn log_of_evil_requests(folder: &Path) -> Vec<String> {
    let mut server = Server::start_with(folder, &["--log", "debug"]);
    server.get("/slides/a");
    server.get("/slides/b");
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let target = "/slides/\u{9b}31m\u{7f}\u{202e}";
    write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    // A malformed request may end in a reset before its response is read.
    let _ = stream.read_to_end(&mut Vec::new());
    server.terminate();
    let ended = server.wait();
    assert_eq!(ended.code, Some(0), "{:#?}", ended.log);
    ended.log
}

#[test]
fn evil_metadata_is_escaped_by_every_command() {
    let PackedPicture { folder, slide, pack } = PackedPicture::new();
    let before = run_on("inspect", &pack).expect_success();
    forge(&pack);
    let after = run_on("inspect", &pack).expect_success();
    expect_escaped(&after);
    assert_eq!(after.stdout.lines().count(), before.stdout.lines().count(), "{}", after.stdout);
    assert!(after.stdout.contains(r"a.pngx\r\n2026"), "{}", after.stdout);
    assert_eq!(inspect(&pack)["metadata"]["source"]["name"], format!("a.png{EVIL}"), "for programs");

    for command in ["verify", "compare"] {
        expect_harmless(&run_on(command, &pack).expect_success());
    }
    let mut compare = command_on("compare", &pack);
    expect_harmless(&Outcome::run(compare.args(["--force", "--source"]).arg(slide)));
    let mut export = command_on("export", &pack);
    let exported = folder.path().join("a.dzi");
    expect_harmless(&Outcome::run(export.arg("-o").arg(exported)).expect_success());
}

#[test]
fn evil_names_of_packs_are_escaped() {
    let picture = PackedPicture::new();
    let evil = picture.evil_path(".origami");
    fs::copy(&picture.pack, &evil).unwrap();
    for command in ["inspect", "verify", "compare"] {
        expect_escaped(&run_on(command, &evil).expect_success());
    }

    let mut export = command_on("export", &evil);
    export.arg("-o").arg(picture.evil_path(".dzi"));
    let outcome = Outcome::run(&mut export).expect_success();
    expect_escaped(&outcome);
    assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
    // The second time, the first export is in the way.
    expect_escaped_error(&Outcome::run(&mut export), &[]);

    fs::write(&evil, "x").unwrap();
    for command in ["inspect", "verify", "compare", "serve", "bench"] {
        let outcome = run_on(command, &evil);
        outcome.expect_error(&[]);
        expect_harmless(&outcome);
    }
}

#[test]
fn evil_names_of_slides_folders_and_missing_files_are_escaped() {
    let picture = PackedPicture::new();
    let (slide, packs) = (picture.evil_path(".png"), picture.evil_path(""));
    fs::rename(&picture.slide, &slide).unwrap();
    expect_escaped(&binary::pack(&slide, &packs, &["--id", "a"]).expect_success());
    expect_escaped_error(&binary::pack(&slide, &packs, &["--id", EVIL]), &["cannot be a slide's id"]);

    let missing = picture.folder.path().join(format!("missing{EVIL}"));
    for command in ["inspect", "verify", "compare", "serve", "bench", "pack"] {
        expect_escaped_error(&run_on(command, &missing), &[]);
    }
}

#[test]
fn evil_names_are_escaped_by_the_doctor() {
    let picture = PackedPicture::new();
    let folder = picture.evil_path("");
    fs::create_dir(&folder).unwrap();
    fs::copy(&picture.pack, folder.join("a.origami")).unwrap();
    fs::copy(&picture.pack, folder.join(format!("{EVIL}.origami"))).unwrap();
    fs::write(folder.join("b.origami"), "x").unwrap();
    for options in [&[][..], &["--json"]] {
        let mut command = command_on("doctor", &folder);
        command.args(options).args(["--", "--listen", "127.0.0.1:0", "--derivative-cache", EVIL]);
        let outcome = Outcome::run(&mut command);
        outcome.expect_error(&["1 problem was found"]);
        // In JSON all but what is a control character to JSON may stand as it is.
        if options.is_empty() {
            expect_harmless(&outcome);
            assert!(outcome.stdout.contains(r"x\r\n2026-01-01T00:00:00Z"), "{}", outcome.stdout);
        }
    }
}

#[test]
fn evil_arguments_are_escaped() {
    // The options of a bench are looked at after the folder, which needs something like a pack.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.origami"), "").unwrap();
    let packs = folder.path().to_str().unwrap();
    for arguments in [
        &[EVIL][..],
        &["--log", EVIL, "demo"],
        &["demo", EVIL],
        &["demo", "--mode", EVIL],
        &["demo", "--id", EVIL],
        &["serve", "--workers", EVIL],
        &["serve", "--warm", EVIL, "--listen", EVIL],
        &["serve", "--profile", EVIL],
        &["serve", "--config", EVIL],
        &["serve", "--memory", EVIL],
        &["doctor", "--config", EVIL],
        &["doctor", packs, "--", EVIL, EVIL],
        &["health", EVIL],
        &["bench", "--duration", EVIL],
        &["bench", "--url", EVIL],
        &["bench", "--tune", packs, "--", EVIL, EVIL],
        &["bench", "--tune", packs, "--", "--queue-wait", EVIL],
    ] {
        let outcome = run(arguments);
        assert!(matches!(outcome.code, Some(1 | 2)), "{arguments:?}: {:?}", outcome.code);
        expect_harmless(&outcome);
        assert!(outcome.stderr.contains(ESCAPED[0]), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn evil_settings_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{EVIL}.toml"));
    fs::write(&file, "packs = \"/tmp\"\n").unwrap();
    let mut command = binary::command(["serve", "--print-config", "--config"]);
    expect_escaped(&Outcome::run(command.arg(file)).expect_success());
    for variable in ["ORIGAMI_PACKS", "ORIGAMI_LOG"] {
        for arguments in [&["pack", "--help"][..], &["demo", EVIL]] {
            expect_harmless(&Outcome::run(binary::command(arguments).env(variable, EVIL)));
        }
    }
    let mut command = binary::command(["serve", "--print-config"]);
    let outcome = Outcome::run(command.env("ORIGAMI_PACKS", EVIL)).expect_success();
    expect_harmless(&outcome);
    assert_eq!(outcome.stdout.lines().count(), 41, "{}", outcome.stdout);
}
