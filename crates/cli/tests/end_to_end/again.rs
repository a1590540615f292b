//! Packing what is packed already: what is current is skipped, and the rest is made anew.

use crate::binary::{self, Outcome, files, inspect};
use origami_fixtures::picture::Picture;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of pictures, and one for their packs.
struct Folders {
    slides: TempDir,
    packs: TempDir,
}

impl Folders {
    fn new(names: &[&str]) -> Self {
        let folders = Self { slides: tempfile::tempdir().unwrap(), packs: tempfile::tempdir().unwrap() };
        for name in names {
            folders.write(name, 64);
        }
        folders
    }

    /// Writes a slide of this width.
    fn write(&self, name: &str, width: usize) {
        fs::write(self.slide(name), Picture::gradient(width, 64).png()).unwrap();
    }

    fn slide(&self, name: &str) -> PathBuf {
        self.slides.path().join(name)
    }

    fn pack_path(&self, name: &str) -> PathBuf {
        self.packs.path().join(name)
    }

    /// Packs the folder.
    fn pack_all(&self, more: &[&str]) -> String {
        binary::pack(self.slides.path(), self.packs.path(), more).expect_success().stdout
    }

    /// Packs one slide.
    fn pack(&self, name: &str, more: &[&str]) -> Outcome {
        binary::pack(&self.slide(name), self.packs.path(), more)
    }

    /// The widths of the packs.
    fn widths(&self) -> Vec<u64> {
        let names = files(self.packs.path());
        names.iter().map(|name| inspect(&self.pack_path(name))["width"].as_u64().unwrap()).collect()
    }
}

/// Requires text with all of `parts`.
#[track_caller]
fn expect_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no '{part}' in: {text}");
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// When a file was written, and which file it is.
fn identity(path: &Path) -> (std::time::SystemTime, u64) {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().unwrap();
    (metadata.modified().unwrap(), metadata.ino())
}

#[test]
fn a_folder_that_is_packed_again_is_skipped_and_nothing_fails() {
    let folders = Folders::new(&["a.png", "b.png", "c.png"]);
    expect_parts(&folders.pack_all(&["--no-report"]), &["\n3 packed, 0 current, 0 failed\n"]);
    let before: Vec<_> =
        files(folders.packs.path()).iter().map(|name| identity(&folders.pack_path(name))).collect();
    let again = folders.pack_all(&["--no-report"]);
    expect_parts(&again, &["a.png: ", "a.origami is current\n", "\n0 packed, 3 current, 0 failed\n"]);
    let after: Vec<_> =
        files(folders.packs.path()).iter().map(|name| identity(&folders.pack_path(name))).collect();
    assert_eq!(before, after, "packs were written again");
    expect_parts(&folders.pack_all(&["--no-report", "--force"]), &["\n3 packed, 0 current, 0 failed\n"]);
}

#[test]
fn slides_that_changed_and_packs_that_are_damaged_are_packed_anew_and_the_reason_is_said() {
    let folders = Folders::new(&["a.png", "b.png", "c.png"]);
    folders.pack_all(&["--no-report"]);
    folders.write("a.png", 96);
    let damaged = folders.pack_path("b.origami");
    let bytes = fs::read(&damaged).unwrap();
    fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let again = folders.pack_all(&["--no-report"]);
    let changed = "\n  packed anew: the slide has changed\n";
    expect_parts(
        &again,
        &[changed, "\n  packed anew: the pack could not be read\n", "2 packed, 1 current, 0 failed"],
    );
    assert_eq!(files(folders.packs.path()), ["a.origami", "b.origami", "c.origami"]);
    assert_eq!(folders.widths(), [96, 64, 64]);
    assert!(fs::read(&damaged).unwrap() == bytes, "the damaged pack came back");
}

#[test]
fn other_options_pack_a_slide_anew_and_the_same_ones_do_not() {
    let folders = Folders::new(&["a.png"]);
    let pack = folders.pack_path("a.origami");
    folders.pack("a.png", &[]).expect_success();
    assert!(inspect(&pack)["metadata"]["settings"]["options"].is_null(), "defaults are recorded");
    for options in [
        &["--quality", "50"][..],
        &["--mode", "luma"],
        &["--tile-size", "128"],
        &["--keep-associated"],
        &["--background", "000000"],
        &[],
    ] {
        let other = folders.pack("a.png", options).expect_success().stdout;
        expect_parts(&other, &["\n  packed anew: with other options\n"]);
        let record = inspect(&pack)["metadata"]["settings"]["options"].clone();
        let is_short = record.as_str().map_or(options.is_empty(), |text| text.len() == 8 && is_hex(text));
        assert!(is_short, "{options:?}: {record}");
        let same = folders.pack("a.png", options).expect_success().stdout;
        expect_parts(&same, &["a.origami is current; --force packs it anew"]);
    }
    // How it is packed does not matter, only what it becomes.
    let same = folders.pack("a.png", &["--jobs", "1", "--no-report"]).expect_success().stdout;
    expect_parts(&same, &["is current"]);
}

#[test]
fn a_slide_with_an_id_is_known_by_its_content_and_another_is_not_replaced() {
    let folders = Folders::new(&["a.png", "b.png"]);
    folders.write("b.png", 96);
    let id = ["--id", "case-17", "--no-report"];
    folders.pack("a.png", &id).expect_success();
    let again = folders.pack("a.png", &id).expect_success().stdout;
    expect_parts(&again, &["case-17: ", "case-17.origami is current"]);
    assert!(!again.contains("a.png"), "{again}");
    folders.pack("b.png", &id).expect_error(&["case-17.origami: already there", "--force"]);
    assert_eq!(folders.widths(), [64]);
    folders.pack("b.png", &[&id[..], &["--force"]].concat()).expect_success();
    assert_eq!(folders.widths(), [96]);
}

#[test]
fn a_slide_of_the_same_name_in_another_folder_does_not_replace_the_first() {
    let folders = Folders::new(&["a.png"]);
    let other = folders.slide("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("a.png"), Picture::gradient(96, 64).png()).unwrap();
    folders.pack("a.png", &["--no-report"]).expect_success();
    for _ in 0..2 {
        binary::pack(&other.join("a.png"), folders.packs.path(), &["--no-report"]).expect_success();
        let mut widths = folders.widths();
        widths.sort_unstable();
        assert_eq!(widths, [64, 96]);
    }
}

#[test]
fn a_slide_that_is_named_twice_is_packed_once() {
    let folders = Folders::new(&[]);
    // Of several arguments, hidden ones as the temporary folder are left out.
    let set = folders.slide("set");
    fs::create_dir(&set).unwrap();
    for name in ["set/a.png", "set/b.png"] {
        folders.write(name, 64);
    }
    let mut command = binary::command(["pack", "--no-report", "-o"]);
    command.arg(folders.packs.path()).arg(&set).arg(set.join("a.png"));
    let outcome = Outcome::run(&mut command).expect_success();
    expect_parts(&outcome.stdout, &["2 packed, 0 current, 0 failed"]);
}
