//! Whether the folder of the derivative cache can be written, and has room.

use super::finding::Finding;
use super::mounts::{Mount, Nature};
use super::subject::Subject;
use crate::packs::ShellWord;
use origami_units::size::{self, megabytes};
use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};
use std::fs::{self, Metadata};
use std::path::Path;

const CHECK: &str = "derivative cache";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let Some(folder) = &subject.config.derivative_cache else { return Vec::new() };
    vec![look_at(folder, subject.config.derivative_cache_size)]
}

/// What is said of `folder`, in which at most `wanted` bytes are to be kept.
fn look_at(folder: &Path, wanted: u64) -> Finding {
    let shown = folder.display();
    // The server makes the folder, and those around it.
    let Some(existing) = folder.ancestors().find(|folder| folder.exists() || folder.as_os_str().is_empty())
    else {
        return Finding::unknown(CHECK, format!("{shown}: it is nowhere"));
    };
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    if !existing.is_dir() {
        return Finding::problem(
            CHECK,
            format!("{}: it is no folder", existing.display()),
            "a folder as `derivative_cache`",
        );
    }
    let rights = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    if let Err(cause) = accessat(CWD, existing, rights, AtFlags::EACCESS) {
        return Finding::problem(
            CHECK,
            format!("{}: this user cannot write to it: {cause}", existing.display()),
            format!("`install -d -o USER {}`, or `CacheDirectory=origami` in the unit", ShellWord(folder)),
        );
    }
    let used = used(folder);
    let free = statvfs(existing).map(|system| system.f_bavail.saturating_mul(system.f_frsize)).ok();
    let room = free.map(|free| free.saturating_add(used));
    judge(folder, wanted, room, Mount::of(existing).map(|mount| mount.nature()))
        .measured("used_bytes", used)
        .measured("free_bytes", free)
}

/// Bytes of all files in `folder`.
fn used(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(Metadata::is_file).map(|file| file.len()).sum()
}

/// What is said of a folder that can be written, where there is `room` for so many bytes, those
/// in use included.
fn judge(folder: &Path, wanted: u64, room: Option<u64>, nature: Option<Nature>) -> Finding {
    let found = format!("{}, up to {}", folder.display(), megabytes(wanted));
    match (room, nature) {
        (Some(room), _) if room < wanted => {
            let half = size::text(((room / 2) >> 20 << 20).max(1 << 20));
            Finding::advice(
                CHECK,
                format!("{found}, but there is room for {}", megabytes(room)),
                format!("`derivative_cache_size = \"{half}\"`, or another disk"),
            )
        }
        (_, Some(Nature::Network | Nature::Fuse)) => Finding::advice(
            CHECK,
            format!("{found}, on a network file system: its images may take longer than to make them"),
            "a folder on a local disk as `derivative_cache`",
        ),
        (_, Some(Nature::Memory)) => Finding::advice(
            CHECK,
            format!("{found}, in memory, which a larger `memory` uses better"),
            "a folder on a local disk as `derivative_cache`",
        ),
        _ => Finding::ok(CHECK, found),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_cache_needs_room_on_a_local_disk() {
        let folder = Path::new("/var/cache/origami");
        for (room, nature, state) in [
            (Some(2 << 30), Nature::Local, State::Ok),
            (None, Nature::Local, State::Ok),
            (Some(1 << 29), Nature::Local, State::Advice),
            (Some(2 << 30), Nature::Network, State::Advice),
            (Some(2 << 30), Nature::Memory, State::Advice),
        ] {
            assert_eq!(judge(folder, 1 << 30, room, Some(nature)).state, state, "{room:?} {nature:?}");
        }
        let little = judge(folder, 1 << 30, Some(1 << 29), None);
        assert!(little.remedy.unwrap().starts_with("`derivative_cache_size = \"256MiB\"`"));
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_looked_for_above() {
        let folder = tempfile::tempdir().unwrap();
        let ok = look_at(&folder.path().join("not/yet"), 1 << 10);
        assert!(ok.state != State::Problem && !folder.path().join("not").exists(), "{ok:?}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(look_at(&file, 1 << 10).state, State::Problem);
        assert_eq!(look_at(&file.join("below"), 1 << 10).state, State::Problem);
    }
}
