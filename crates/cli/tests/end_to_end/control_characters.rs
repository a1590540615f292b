//! Names and packs that hold what a terminal or a reader of the log would obey.

use crate::binary::{self, Ran, inspect, packed, run};
use crate::picture::Picture;
use crate::served::Served;
use crate::slides::blank_pack;
use origami_pack::Pack;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Forges a line of the log, turns it red, sets the terminal's title, clears
/// the screen in two ways, deletes, breaks the line as Unicode does, and turns
/// the writing direction.
const EVIL: &str = "x\r\n2026-01-01T00:00:00Z  INFO origami_server::server: all is well \
    \u{1b}[31m\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}2J\u{7f}\t\u{85}\u{2028}\u{2029}\u{61c}\u{200e}\u{202e}\u{2066}y";

/// How its beginning and its end are shown.
const SHOWN: [&str; 2] = [
    r"x\r\n2026-01-01T00:00:00Z  INFO origami_server::server: all is well \u{1b}[31m",
    r"\u{9b}2J\u{7f}\t\u{85}\u{2028}\u{2029}\u{61c}\u{200e}\u{202e}\u{2066}y",
];

fn is_control(c: char) -> bool {
    let code = u32::from(c);
    matches!(code, 0..0x20 | 0x7f..0xa0 | 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069)
}

/// Insists that nothing but line breaks is said that is not seen.
#[track_caller]
fn harmless(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(|c| is_control(c) && c != '\n'), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("2026-01-01")), "{text}");
    }
}

/// Insists on [`harmless`] text in which the evil one is still recognised.
#[track_caller]
fn shown(ran: &Ran) {
    harmless(ran);
    let text = format!("{}{}", ran.stdout, ran.stderr);
    assert!(SHOWN.iter().all(|part| text.contains(part)), "{text}");
}

/// The pack of a small picture, in a folder of its own.
fn pack() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let slide = folder.path().join("a.png");
    fs::write(&slide, Picture::from_fn(300, 200, |x, y| [x as u8, y as u8, 7]).png()).unwrap();
    let packs = folder.path().join("packs");
    let pack = packed(&slide, &packs, &[]);
    (folder, pack)
}

/// Puts another pack in the place of one, which says of itself in words what that
/// did, with the evil text added.
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
fn an_evil_pack_name_or_request_forges_no_line_of_the_server_s_log() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(format!("{EVIL}.origami")), "x").unwrap();
    fs::write(folder.path().join("a.origami"), "x").unwrap();
    let packs = folder.path().join(EVIL);
    fs::create_dir(&packs).unwrap();
    fs::write(packs.join("b.origami"), "x").unwrap();
    for folder in [folder.path(), &packs] {
        let mut server = Served::start_with(folder, &["--log", "debug"]);
        server.get("/slides/a");
        server.get("/slides/b");
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let target = "/slides/\u{9b}31m\u{7f}\u{202e}";
        write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        // A request that does not parse may end in a reset before its answer is read.
        let _ = stream.read_to_end(&mut Vec::new());
        server.terminate();
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{log:#?}");
        assert!(!log.iter().any(|line| line.contains(is_control)), "{log:#?}");
        assert!(log.iter().all(|line| !line.starts_with("2026-01-01T00:00:00Z")), "{log:#?}");
        // Every line has a time, as the first has.
        let width = log[0].find('Z').unwrap();
        assert!(log.iter().all(|line| line.find('Z') == Some(width)), "{log:#?}");
        assert!(SHOWN.iter().all(|part| log.iter().any(|line| line.contains(part))), "{log:#?}");
        assert!(log.iter().any(|line| line.contains("a pack cannot be read")), "{log:#?}");
    }
}

#[test]
fn evil_metadata_is_shown_by_every_command_and_obeyed_by_no_terminal() {
    let (folder, pack) = pack();
    let arguments = [OsStr::new("inspect"), pack.as_os_str()];
    let before = run(arguments).good();
    forge(&pack);
    let after = run(arguments).good();
    shown(&after);
    assert_eq!(after.stdout.lines().count(), before.stdout.lines().count(), "{}", after.stdout);
    assert!(after.stdout.contains(r"a.pngx\r\n2026"), "{}", after.stdout);
    assert_eq!(inspect(&pack)["metadata"]["source"]["name"], format!("a.png{EVIL}"), "for programs");

    for command in ["verify", "compare"] {
        harmless(&run([OsStr::new(command), pack.as_os_str()]).good());
    }
    let source = folder.path().join("a.png");
    harmless(&run([
        OsStr::new("compare"),
        pack.as_os_str(),
        "--force".as_ref(),
        "--source".as_ref(),
        source.as_os_str(),
    ]));
    let exported = folder.path().join("a.dzi");
    harmless(&run([OsStr::new("export"), pack.as_os_str(), "-o".as_ref(), exported.as_os_str()]).good());
}

#[test]
fn evil_file_names_are_shown_in_one_line() {
    let (folder, pack) = pack();
    let evil = folder.path().join(format!("{EVIL}.origami"));
    fs::copy(&pack, &evil).unwrap();
    for command in ["inspect", "verify", "compare"] {
        shown(&run([OsStr::new(command), evil.as_os_str()]).good());
    }
    let out = folder.path().join(format!("{EVIL}.dzi"));
    let export = [OsStr::new("export"), evil.as_os_str(), "-o".as_ref(), out.as_os_str()];
    let ran = run(export).good();
    shown(&ran);
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    // The second time it is in the way.
    let ran = run(export);
    ran.refused(&[]);
    shown(&ran);

    let slide = folder.path().join(format!("{EVIL}.png"));
    fs::rename(folder.path().join("a.png"), &slide).unwrap();
    let packs = folder.path().join(EVIL);
    shown(&binary::pack(&slide, &packs, &["--id", "a"]).good());
    let ran = binary::pack(&slide, &packs, &["--id", EVIL]);
    ran.refused(&["cannot be a slide's id"]);
    shown(&ran);

    fs::write(&evil, "x").unwrap();
    for command in ["inspect", "verify", "compare", "serve", "bench"] {
        let ran = run([OsStr::new(command), evil.as_os_str()]);
        ran.refused(&[]);
        harmless(&ran);
    }
    let missing = folder.path().join(format!("missing{EVIL}"));
    for command in ["inspect", "verify", "compare", "serve", "bench", "pack"] {
        let ran = run([OsStr::new(command), missing.as_os_str()]);
        ran.refused(&[]);
        shown(&ran);
    }
}

#[test]
fn evil_arguments_and_settings_are_shown_in_one_line() {
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
        &["bench", "--duration", EVIL],
        &["bench", "--url", EVIL],
        &["bench", "--tune", ".", "--", EVIL, EVIL],
        &["bench", "--tune", ".", "--", "--queue-wait", EVIL],
    ] {
        let ran = run(arguments);
        assert!(matches!(ran.code, Some(1 | 2)), "{arguments:?}: {:?}", ran.code);
        harmless(&ran);
        assert!(ran.stderr.contains(SHOWN[0]), "{arguments:?}: {}", ran.stderr);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{EVIL}.toml"));
    fs::write(&file, format!("packs = {:?}\n", "/tmp")).unwrap();
    let ran = run([OsStr::new("serve"), "--print-config".as_ref(), "--config".as_ref(), file.as_os_str()]);
    shown(&ran.good());
    for variable in ["ORIGAMI_PACKS", "ORIGAMI_LOG"] {
        for arguments in [&["pack", "--help"][..], &["demo", EVIL]] {
            harmless(&Ran::of(binary::command(arguments).env(variable, EVIL)));
        }
    }
    let mut command = binary::command(["serve", "--print-config"]);
    let ran = Ran::of(command.env("ORIGAMI_PACKS", EVIL)).good();
    harmless(&ran);
    assert_eq!(ran.stdout.lines().count(), 18, "{}", ran.stdout);
}
