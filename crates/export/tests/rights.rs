//! Who may read exports: the umask decides for new ones, the old export for one that replaces it.

mod common;

use common::{Plan, export, names};
use origami_export::{ExportFormat, ExportOptions};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

const NAMES: [&str; 3] = ["x.dzi", "x.szi", "x.tif"];

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Names the folder to which the next test exports when it runs as a child process with
/// another umask, which a process has only one of.
const FOLDER: &str = "ORIGAMI_TEST_UMASK_FOLDER";

#[test]
fn new_exports_follow_the_umask() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        let pack = Plan::new(100, 70).write(&folder.join("slide.origami"));
        for name in NAMES {
            export(&pack, &folder.join(name), false).unwrap();
        }
        return;
    }
    for umask in [0o022, 0o027, 0o077] {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("sh")
            .args(["-c", &format!("umask {umask:03o}; exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "new_exports_follow_the_umask"])
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && out.contains("1 passed"), "{out}");
        for name in ["x.dzi", "x.szi", "x.tif", "x_files/scan-properties.xml", "x_files/0/0_0.jpg"] {
            let found = mode(&folder.path().join(name));
            assert_eq!(found, 0o666 & !umask, "{name}: umask {umask:o} gave {found:o}");
        }
        for name in ["x_files", "x_files/0"] {
            let found = mode(&folder.path().join(name));
            assert_eq!(found, 0o777 & !umask, "{name}: umask {umask:o} gave {found:o}");
        }
    }
}

#[test]
fn a_replaced_export_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(100, 70).write(&folder.path().join("slide.origami"));
    for name in NAMES {
        let path = folder.path().join(name);
        export(&pack, &path, false).unwrap();
        for old in [0o600, 0o640, 0o664, 0o444, 0o400] {
            set_mode(&path, old);
            export(&pack, &path, true).unwrap();
            assert_eq!(mode(&path), old, "{name}: {old:o}");
        }
    }
}

#[test]
fn a_replaced_folder_of_tiles_keeps_its_mode_and_its_files_that_of_the_descriptor() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(100, 70).write(&folder.path().join("slide.origami"));
    let (path, tiles) = (folder.path().join("x.dzi"), folder.path().join("x_files"));
    export(&pack, &path, false).unwrap();
    for (folders, files) in [(0o700, 0o600), (0o750, 0o640), (0o775, 0o664), (0o755, 0o444)] {
        set_mode(&tiles, folders);
        set_mode(&path, files);
        export(&pack, &path, true).unwrap();
        let inner = tiles.join("7");
        assert_eq!([mode(&tiles), mode(&inner)], [folders; 2], "{folders:o}");
        let files_now = [mode(&path), mode(&inner.join("0_0.jpg")), mode(&tiles.join("scan-properties.xml"))];
        assert_eq!(files_now, [files; 3], "{files:o}");
    }
}

#[test]
fn tiles_are_nobody_elses_before_they_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(100, 70).write(&folder.path().join("slide.origami"));
    let path = folder.path().join("x.dzi");
    let options = ExportOptions { overwrite: false, interrupted: &AtomicBool::new(false) };
    origami_export::export(&pack, ExportFormat::Dzi, &path, options, &|_| {
        let drafts = names(folder.path()).into_iter().filter(|name| name.ends_with(".tmp"));
        let modes: Vec<u32> = drafts.map(|name| mode(&folder.path().join(name))).collect();
        assert_eq!(modes, [0o700]);
    })
    .unwrap();
}
