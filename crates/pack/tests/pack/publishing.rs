//! Packs appear under their names complete, or not at all.

use crate::common::{Plan, all_tiles};
use origami_pack::{LevelReport, Metadata, Pack, PackWriter, Unpublished};
use std::path::Path;
use std::process::Command;

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn all_are_hidden(folder: &Path) -> bool {
    names(folder).iter().all(|name| name.starts_with('.') && name.ends_with(".tmp"))
}

/// A pack of `plan` for `path` whose tiles are blank.
fn blank(plan: &Plan, path: &Path, overwrite: bool) -> PackWriter {
    let mut writer = PackWriter::create(path, plan.spec(), overwrite).unwrap();
    all_tiles(&plan.pyramid()).for_each(|id| writer.blank(id, [1, 2, 3]));
    writer
}

/// A complete one that replaces no other.
fn finished(plan: &Plan, path: &Path) -> Unpublished {
    blank(plan, path, false).finish(&Metadata::default()).unwrap()
}

/// The bytes of all tiles.
fn blobs(pack: &Pack) -> Vec<Option<Vec<u8>>> {
    all_tiles(pack.pyramid()).map(|id| pack.blob(pack.entry(id).unwrap()).unwrap()).collect()
}

#[test]
fn nothing_has_the_packs_name_before_it_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    let writer = Plan::luma(40, 30).begin(&path);
    assert!(all_are_hidden(folder.path()) && !path.exists());
    let pack = writer.finish(&Metadata::default()).unwrap();
    assert!(all_are_hidden(folder.path()) && !path.exists());
    assert_eq!(pack.publish().unwrap(), path);
    assert_eq!(names(folder.path()), ["slide.origami"], "and there is no other file");
}

#[test]
fn a_pack_that_no_reader_would_open_does_not_replace_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    let plan = Plan::luma(40, 30);
    finished(&plan, &path).publish().unwrap();
    let before = std::fs::read(&path).unwrap();
    let long = Metadata { levels: vec![LevelReport::default(); 65], ..Metadata::default() };
    let error = blank(&plan, &path, true).finish(&long).unwrap_err();
    assert_eq!(error.kind(), "metadata");
    assert!(error.to_string().contains("65 levels, where 64 is the most"), "{error}");
    let mut pack = blank(&plan, &path, true).finish(&Metadata::default()).unwrap();
    assert_eq!(pack.set_metadata(&long).unwrap_err().kind(), "metadata");
    drop(pack);
    assert_eq!(names(folder.path()), ["slide.origami"]);
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn an_abandoned_pack_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    drop(Plan::luma(40, 30).begin(&path));
    assert!(names(folder.path()).is_empty());
    drop(Plan::luma(40, 30).begin(&path).finish(&Metadata::default()).unwrap());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_name_that_is_taken_is_refused_at_creation_and_at_publication() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    let plan = Plan::luma(40, 30);
    // Both begin while the name is free; the second to publish fails.
    let (first, second) = (finished(&plan, &path), finished(&plan, &path));
    first.publish().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(matches!(second.publish(), Err(error) if error.kind() == "exists" && error.path == path));
    assert!(PackWriter::create(&path, plan.spec(), false).is_err_and(|error| error.kind() == "exists"));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(names(folder.path()), ["slide.origami"]);
}

#[test]
fn overwriting_leaves_an_open_pack_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    let old = Pack::open(&Plan::luma(131, 67).write(&path)).unwrap();
    let before = blobs(&old);
    let new = Pack::open(&Plan { spot: Some((50, 50)), ..Plan::luma(131, 67) }.write(&path)).unwrap();
    assert_ne!(new.generation(), old.generation());
    assert_eq!(blobs(&old), before);
    assert_ne!(blobs(&new), before);
}

#[test]
fn unwritable_folders_are_io_errors_that_name_the_pack() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for parent in [file, folder.path().join("missing")] {
        let path = parent.join("slide.origami");
        let error = PackWriter::create(&path, Plan::luma(40, 30).spec(), true).unwrap_err();
        assert_eq!(error.kind(), "io");
        assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    }
    // A folder has the name: the rename fails, and the file is removed.
    let path = folder.path().join("taken.origami");
    std::fs::create_dir(&path).unwrap();
    let pack = Plan::luma(40, 30).begin(&path).finish(&Metadata::default()).unwrap();
    assert_eq!(pack.publish().unwrap_err().kind(), "io");
    assert_eq!(names(folder.path()).len(), 2);
}

/// Names the folder in which the next test writes its pack when it runs as a child
/// process with a limit on file sizes.
const LIMITED: &str = "ORIGAMI_TEST_LIMITED_FOLDER";

#[test]
fn a_full_disk_is_an_io_error_and_leaves_no_file() {
    if let Some(folder) = std::env::var_os(LIMITED) {
        let plan = Plan::luma(300, 200);
        let path = Path::new(&folder).join("slide.origami");
        let mut writer = PackWriter::create(&path, plan.spec(), false).unwrap();
        let blob = vec![7; 100_000];
        let written = all_tiles(&plan.pyramid()).try_for_each(|id| writer.blob(id, &blob));
        assert_eq!(written.unwrap_err().kind(), "io");
        drop(writer);
        // Buffered bytes that did not fit are reported at the end.
        let mut writer = PackWriter::create(&path, plan.spec(), false).unwrap();
        all_tiles(&plan.pyramid()).for_each(|id| writer.blob(id, &blob[..500]).unwrap());
        assert_eq!(writer.finish(&Metadata::default()).unwrap_err().kind(), "io");
        assert!(names(Path::new(&folder)).is_empty());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "publishing::a_full_disk_is_an_io_error_and_leaves_no_file"])
        .env(LIMITED, folder.path())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && out.contains("1 passed"), "{out}");
    assert!(names(folder.path()).is_empty());
}
