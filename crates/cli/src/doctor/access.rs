//! Whether the server's user can read the packs, and may know which parts of them are in memory.

use super::finding::Finding;
use super::subject::{FileSystem, Subject};
use crate::packs::ShellWord;
use origami_pack::Io;
use rustix::process::geteuid;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

const CHECK: &str = "access";
const RESIDENCY: &str = "residency";

/// What all users may do, as in `chmod`: read a file, list and enter a folder, enter one.
const READ: u32 = 0o004;
const LIST: u32 = 0o005;
const ENTER: u32 = 0o001;

pub fn check(subject: &Subject) -> Vec<Finding> {
    if subject.files.is_empty() {
        return Vec::new();
    }
    let mut findings = vec![Closed::of(subject).judge(&subject.config.packs, geteuid().is_root())];
    let systems = subject.file_systems().into_iter();
    findings.extend(systems.filter_map(|system| residency(system, subject.config.io)));
    findings
}

/// What users who own nothing cannot read.
#[derive(Debug, Default)]
struct Closed {
    /// Packs, and folders with packs.
    inside: Vec<PathBuf>,
    /// Folders around the folder of packs.
    around: Vec<PathBuf>,
}

impl Closed {
    fn of(subject: &Subject) -> Self {
        let packs = &subject.config.packs;
        let files = subject.files.iter().filter(|file| file.mode & READ == 0).map(|file| &*file.path);
        let folders = subject.files.iter().flat_map(|file| file.path.ancestors().skip(1));
        let folders: BTreeSet<_> = folders.filter(|folder| folder.starts_with(packs)).collect();
        let folders = folders.into_iter().filter(|folder| !is_open(folder, LIST));
        let whole = fs::canonicalize(packs).unwrap_or_else(|_| packs.clone());
        let around = whole.ancestors().skip(1).filter(|folder| !is_open(folder, ENTER));
        Self {
            inside: folders.chain(files).map(Path::to_owned).collect(),
            around: around.map(Path::to_owned).collect(),
        }
    }

    fn judge(self, packs: &Path, is_root: bool) -> Finding {
        let Self { inside, around } = self;
        let closed = inside.len() + around.len();
        let found = match closed {
            0 => return Finding::ok(CHECK, "every user can read the packs"),
            1 => "1 file or folder is not open to every user".to_owned(),
            closed => format!("{closed} files or folders are not open to every user"),
        };
        if !is_root {
            // Whether this user can read them is another check's finding.
            return Finding::ok(CHECK, format!("{found}; a service with DynamicUser= could not serve them"));
        }
        let mut commands = Vec::new();
        if !inside.is_empty() {
            commands.push(format!("`chmod -R a+rX {}`", ShellWord(packs)));
        }
        if !around.is_empty() {
            let folders: Vec<_> = around.iter().map(|folder| ShellWord(folder).to_string()).collect();
            commands.push(format!("`chmod a+x {}`", folders.join(" ")));
        }
        let files = around.iter().chain(&inside).map(|path| path.display().to_string()).collect();
        Finding::advice(
            CHECK,
            format!("{found}, and the service does not run as root"),
            commands.join(" and "),
        )
        .with_files(files)
    }
}

/// Whether all users may do with `path` what `rights` says.
fn is_open(path: &Path, rights: u32) -> bool {
    // What cannot be looked at is not open.
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & rights == rights)
}

/// What is said of a file system: whether it is known there which bytes are in memory. Nothing
/// if the pack cannot be read, which is another check's finding.
fn residency(system: FileSystem<'_>, io: Io) -> Option<Finding> {
    let (mapped, read) = (is_known(system, Io::Map).ok()?, is_known(system, Io::Read).ok()?);
    let is_known = if io == Io::Map { mapped } else { read };
    let finding = if is_known {
        Finding::ok(RESIDENCY, "tiles in memory are answered without waiting for a thread")
    } else {
        let remedy = match (io, mapped) {
            (Io::Read, true) => "`io = \"mmap\"` (or `--io mmap`)",
            _ => {
                "let the packs belong to the server's user: `chown -R USER` on their folder, `User=` in the unit"
            }
        };
        let found =
            "the kernel does not tell this user which tiles are in memory, so each waits for a reader";
        Finding::advice(RESIDENCY, found, remedy)
    };
    Some(finding.measured("known_to_maps", mapped).measured("known_to_reads", read))
}

/// Whether bytes of a file that are in memory are known to be. One that was just read is.
fn is_known(system: FileSystem<'_>, io: Io) -> io::Result<bool> {
    let storage = io.open(&system.largest.path)?;
    storage.read_at(0, &mut [0])?;
    storage.try_read_at(0, &mut [0])
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn packs_that_only_root_can_read_lead_to_the_commands_that_open_them() {
        let packs = Path::new("/srv/my packs");
        let judged = |inside: &[&str], around: &[&str], is_root| {
            let finding = Closed { inside: paths(inside), around: paths(around) }.judge(packs, is_root);
            (finding.state, finding.remedy.unwrap_or_default())
        };
        let (file, inner) = ("/srv/my packs/a.origami", "`chmod -R a+rX '/srv/my packs'`");
        assert_eq!(judged(&[file], &[], true), (State::Advice, inner.to_owned()));
        let both = format!("{inner} and `chmod a+x /srv /`");
        assert_eq!(judged(&[file], &["/srv", "/"], true), (State::Advice, both));
        assert_eq!(judged(&[file], &[], false).0, State::Ok);
        assert_eq!(judged(&[], &[], true).0, State::Ok);
    }
}
