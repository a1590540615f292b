//! Packs that cannot be written.

use crate::binary::{self, Outcome, files};
use crate::slides::{SMALL, slide, small_packs};
use origami_fixtures::picture::Picture;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[test]
fn a_file_in_place_of_the_output_folder_is_named() {
    let Some(slide) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("packs");
    fs::write(&output, "a file").unwrap();
    binary::pack(&slide, &output, &[]).expect_error(&[output.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&output).unwrap(), "a file");
}

/// Packs `$2` into the folder `$1` and lists what is in it then.
const PACK_AND_LIST: &str = r#"{ "$0" pack "$2" -o "$1"; code=$?; ls -A "$1"; exit $code; }"#;

#[test]
fn a_pack_beyond_the_file_size_limit_is_an_error_that_leaves_nothing() {
    let Some(slide) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    // 300 of the pack's 900 kB.
    let script = format!("ulimit -f 600; {PACK_AND_LIST}");
    let mut command = Command::new("sh");
    binary::clear_settings(&mut command);
    let outcome = Outcome::run(command.args(["-c", &script, binary::path()]).args([folder.path(), &slide]));
    outcome.expect_error(&["CMU-1-Small-Region.origami", "File too large"]);
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn a_full_disk_is_an_error_that_leaves_nothing() {
    let Some(slide) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    // A disk of 300 kB that only this process can see.
    let namespace = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    let mount = r#"mount -t tmpfs -o size=300k none "$1""#;
    let mut probe = Command::new("unshare");
    let probe = probe.args(namespace).args([mount, "sh"]).arg(folder.path()).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIP: no small disk can be mounted here");
        return;
    }
    let script = format!("{mount} && {PACK_AND_LIST}");
    let mut command = Command::new("unshare");
    binary::clear_settings(&mut command);
    let outcome =
        Outcome::run(command.args(namespace).args([&script, binary::path()]).args([folder.path(), &slide]));
    outcome.expect_error(&["CMU-1-Small-Region.origami", "No space left on device"]);
    assert_eq!(outcome.stdout, "", "files are left on the disk");
}

#[test]
fn a_slide_with_the_name_of_its_pack_is_not_replaced_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let slide = folder.path().join("photo.origami");
    let picture = Picture::gradient(64, 64).png();
    fs::write(&slide, &picture).unwrap();
    for more in [&["--force"][..], &[]] {
        binary::pack(&slide, folder.path(), more)
            .expect_error(&[slide.to_str().unwrap(), "is not replaced by its own pack"]);
        assert!(fs::read(&slide).unwrap() == picture, "{more:?}");
    }
    assert_eq!(files(folder.path()), ["photo.origami"]);
}

#[test]
fn a_replaced_pack_that_nobody_may_write_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let slide = folder.path().join("photo.png");
    fs::write(&slide, Picture::gradient(64, 64).png()).unwrap();
    let pack = binary::packed(&slide, folder.path(), &[]);
    for mode in [0o444, 0o400] {
        fs::set_permissions(&pack, Permissions::from_mode(mode)).unwrap();
        binary::pack(&slide, folder.path(), &["--force"]).expect_success();
        assert_eq!(fs::metadata(&pack).unwrap().permissions().mode() & 0o777, mode, "{mode:o}");
    }
}

#[test]
fn a_pack_of_another_slide_is_replaced_only_by_force() {
    let Some(folder) = small_packs(&["CMU-1-Small-Region"]) else { return };
    let pictures = tempfile::tempdir().unwrap();
    let other = pictures.path().join("other.png");
    fs::write(&other, Picture::gradient(64, 64).png()).unwrap();
    let pack = folder.path().join("CMU-1-Small-Region.origami");
    let old = fs::read(&pack).unwrap();
    let id = ["--id", "CMU-1-Small-Region", "--quality", "50"];
    binary::pack(&other, folder.path(), &id).expect_error(&[
        pack.to_str().unwrap(),
        "already there",
        "choose another --id, or replace it with --force",
    ]);
    assert!(fs::read(&pack).unwrap() == old, "the pack was touched");
    binary::pack(&other, folder.path(), &[&id[..], &["--force"]].concat()).expect_success();
    assert_eq!(files(folder.path()), ["CMU-1-Small-Region.origami"]);
    assert_eq!(binary::inspect(&pack)["metadata"]["settings"]["quality"], 50);
    binary::verify(&pack);
}
