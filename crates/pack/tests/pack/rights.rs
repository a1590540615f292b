//! Who may read packs: the umask decides for new ones, the old pack for one that replaces it.

use crate::common::Plan;
use origami_pack::Metadata;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Modes of the hidden files in `folder`.
fn draft_modes(folder: &Path) -> Vec<u32> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let hidden = paths.filter(|path| path.extension().is_some_and(|extension| extension == "tmp"));
    hidden.map(|path| mode(&path)).collect()
}

/// Names the folder in which the next test writes its pack when it runs as a child
/// process with another umask, which a process has only one of.
const FOLDER: &str = "ORIGAMI_TEST_UMASK_FOLDER";

#[test]
fn new_packs_follow_the_umask_from_their_first_byte_on() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        let writer = Plan::luma(40, 30).begin(&folder.join("slide.origami"));
        println!("draft {:o}", draft_modes(folder)[0]);
        writer.finish(&Metadata::default()).unwrap().publish().unwrap();
        return;
    }
    for umask in [0o022, 0o027, 0o077, 0o002] {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("sh")
            .args(["-c", &format!("umask {umask:03o}; exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("rights::new_packs_follow_the_umask_from_their_first_byte_on")
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && out.contains("1 passed"), "{out}");
        let expected = 0o666 & !umask;
        assert!(out.contains(&format!("draft {expected:o}")), "umask {umask:o}: {out}");
        let found = mode(&folder.path().join("slide.origami"));
        assert_eq!(found, expected, "umask {umask:o} gave {found:o}");
    }
}

#[test]
fn a_replaced_pack_keeps_its_mode_and_nobody_else_reads_the_draft() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    let plan = Plan::luma(40, 30);
    plan.write(&path);
    for old in [0o600, 0o640, 0o660, 0o604, 0o644, 0o444, 0o400] {
        set_mode(&path, old);
        let writer = plan.begin(&path);
        let draft = draft_modes(folder.path())[0];
        assert_eq!(draft & 0o077 & !old, 0, "the draft of {old:o} has {draft:o}");
        writer.finish(&Metadata::default()).unwrap().publish().unwrap();
        assert_eq!(mode(&path), old, "{old:o}");
    }
}

#[test]
fn a_replaced_pack_keeps_its_group_where_that_is_permitted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    let plan = Plan::luma(40, 30);
    plan.write(&path);
    // Only root may choose any group; for others it stays their own.
    let group = fs::metadata(&path).unwrap().gid() + 4321;
    let group =
        chown(&path, None, Some(group)).map_or_else(|_| fs::metadata(&path).unwrap().gid(), |()| group);
    set_mode(&path, 0o640);
    plan.write(&path);
    let replaced = fs::metadata(&path).unwrap();
    assert_eq!((replaced.gid(), mode(&path)), (group, 0o640));
}
