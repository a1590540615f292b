//! Which kind of file system a path is on.

use procfs::process::Process;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A file system where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The folder that shows it.
    pub point: PathBuf,
    /// Its kind, as in `mount`: `ext4`, `nfs4`, `fuse.sshfs`.
    pub kind: String,
}

/// What matters of a kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Disks of this machine.
    Local,
    /// Memory of this machine.
    Memory,
    /// Other machines.
    Network,
    /// A program of this machine, which may ask others.
    Fuse,
    /// Layers of a container's image.
    Overlay,
}

/// Kinds whose files are on other machines.
const NETWORK: [&str; 15] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "glusterfs",
    "lustre",
    "beegfs",
    "gpfs",
    "afs",
    "ocfs2",
    "gfs2",
    "9p",
    "virtiofs",
];

impl Mount {
    /// The mount that `path` is on, if the system says.
    pub fn of(path: &Path) -> Option<Self> {
        let path = fs::canonicalize(path).ok()?;
        let mounts = Process::myself().and_then(|process| process.mountinfo()).ok()?;
        let mounts = mounts
            .into_iter()
            .map(|mount| Self { point: unescaped(&mount.mount_point), kind: mount.fs_type });
        deepest(mounts, &path)
    }

    /// What matters of its kind.
    pub fn nature(&self) -> Nature {
        match &*self.kind {
            "tmpfs" | "ramfs" => Nature::Memory,
            "overlay" | "aufs" => Nature::Overlay,
            kind if NETWORK.contains(&kind) => Nature::Network,
            kind if kind.starts_with("fuse") => Nature::Fuse,
            _ => Nature::Local,
        }
    }
}

/// The mount that shows `path`: the deepest around it, and of several at one folder the last,
/// which hides the others.
fn deepest(mounts: impl Iterator<Item = Mount>, path: &Path) -> Option<Mount> {
    mounts.filter(|mount| path.starts_with(&mount.point)).max_by_key(|mount| mount.point.components().count())
}

/// A path as it is, which the kernel lists with `\040` and the like for what would end a word.
fn unescaped(path: &Path) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = path.as_os_str().as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let octal = (first == b'\\').then(|| after.get(..3)).flatten();
        let code = octal.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(point: &str, kind: &str) -> Mount {
        Mount { point: point.into(), kind: kind.to_owned() }
    }

    #[test]
    fn a_path_is_on_the_deepest_mount_and_the_last_of_several() {
        let mounts =
            [mount("/", "ext4"), mount("/srv", "xfs"), mount("/srv", "nfs4"), mount("/srv/a b", "cifs")];
        for (path, kind) in
            [("/etc", "ext4"), ("/srv/packs", "nfs4"), ("/srv/a b/c", "cifs"), ("/srv2", "ext4")]
        {
            assert_eq!(deepest(mounts.clone().into_iter(), Path::new(path)).unwrap().kind, kind, "{path}");
        }
        assert_eq!(deepest(mounts[1..].iter().cloned(), Path::new("/etc")), None);
    }

    #[test]
    fn mount_points_with_spaces_are_read() {
        for (listed, point) in
            [(r"/srv/a\040b", "/srv/a b"), (r"/\134\012x", "/\\\nx"), (r"/a\9", r"/a\9"), ("/", "/")]
        {
            assert_eq!(unescaped(Path::new(listed)), Path::new(point));
        }
    }

    #[test]
    fn kinds_are_told_apart_by_where_their_bytes_are() {
        for (kind, nature) in [
            ("ext4", Nature::Local),
            ("zfs", Nature::Local),
            ("nfs4", Nature::Network),
            ("virtiofs", Nature::Network),
            ("fuse.sshfs", Nature::Fuse),
            ("fuseblk", Nature::Fuse),
            ("overlay", Nature::Overlay),
            ("tmpfs", Nature::Memory),
        ] {
            assert_eq!(mount("/", kind).nature(), nature, "{kind}");
        }
    }
}
