//! The folder of the files: how they are named, written, read and found again.

use blake3::Hash;
use bytes::Bytes;
use std::fs::{self, DirEntry, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What ends the name of a file. Whatever else is in the folder is left alone.
const EXTENSION: &str = ".derivative";

/// What begins the name of a file that is not complete yet.
const UNFINISHED: &str = "unfinished-";

/// After this time a file that is still not complete was left by a server that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// A file in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its length in bytes.
    pub len: u64,
    /// When it was written.
    pub written: SystemTime,
}

impl StoredFile {
    /// The time since it was written.
    pub fn age(&self) -> Duration {
        self.written.elapsed().unwrap_or_default()
    }
}

/// The folder. Servers may share one: files appear there complete, under names that say
/// what is in them.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`, which is made if there is none.
    ///
    /// # Errors
    /// If it is not there and cannot be made, or cannot be listed.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        drop(fs::read_dir(path)?);
        Ok(Self(path.to_owned()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of the file called `name`.
    pub fn file(&self, name: Hash) -> PathBuf {
        self.0.join(format!("{name}{EXTENSION}"))
    }

    /// Writes a file that has `head` and then `image`. Nobody sees it before it is complete.
    ///
    /// It is not forced to the disk: what a crash leaves of it is found damaged when it is
    /// read, and made again.
    ///
    /// # Errors
    /// Those of the system, such as a full disk.
    pub fn write(&self, name: Hash, head: &[u8], image: &[u8]) -> io::Result<StoredFile> {
        let mut unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.0)?;
        unfinished.write_all(head)?;
        unfinished.write_all(image)?;
        unfinished.persist(self.file(name))?;
        Ok(StoredFile { len: (head.len() + image.len()) as u64, written: SystemTime::now() })
    }

    /// Reads the file called `name`, which is at most `max_len` bytes long.
    ///
    /// # Errors
    /// If there is none, if it is longer or no file at all, and if it cannot be read.
    pub fn read(&self, name: Hash, max_len: u64) -> io::Result<(StoredFile, Bytes)> {
        let path = self.file(name);
        // Opening something else, such as a pipe, might never end.
        let metadata = fs::symlink_metadata(&path)?;
        if !metadata.is_file() || metadata.len() > max_len {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is too long, or not a file"));
        }
        let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        File::open(&path)?.take(max_len).read_to_end(&mut content)?;
        let stored = StoredFile { len: content.len() as u64, written: metadata.modified()? };
        Ok((stored, content.into()))
    }

    /// Removes the file called `name`. That it is not there is no error: another server may
    /// have removed it.
    pub fn remove(&self, name: Hash) -> io::Result<()> {
        match fs::remove_file(self.file(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// All files, oldest first; `None` if `is_stopped` before all are found. Removes what
    /// killed servers have left unfinished.
    pub fn list(&self, is_stopped: impl Fn() -> bool) -> io::Result<Option<Vec<(Hash, StoredFile)>>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            if is_stopped() {
                return Ok(None);
            }
            // One that vanishes meanwhile is none.
            if let Ok(entry) = entry
                && let Some(file) = listed(&entry)
            {
                files.push(file);
            }
        }
        files.sort_by_key(|(_, file)| file.written);
        Ok(Some(files))
    }
}

/// The file at `entry`, if it is one of the cache's.
fn listed(entry: &DirEntry) -> Option<(Hash, StoredFile)> {
    let name = entry.file_name();
    let name = name.to_str()?;
    // Only of these is anything known but the name.
    let hash = name.strip_suffix(EXTENSION).and_then(|hex| Hash::from_hex(hex).ok());
    let is_unfinished = name.starts_with(UNFINISHED);
    if hash.is_none() && !is_unfinished {
        return None;
    }
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let file = StoredFile { len: metadata.len(), written: metadata.modified().ok()? };
    if is_unfinished && file.age() > LEFT_BEHIND {
        // If it cannot be removed, it is found again at the next look.
        let _ = fs::remove_file(entry.path());
    }
    Some((hash?, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_age(path: &Path, age: Duration) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn only_the_caches_own_files_are_listed_and_the_oldest_is_first() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(&temporary.path().join("made/here")).unwrap();
        let [old, new] = ["old", "new"].map(|key| blake3::hash(key.as_bytes()));
        folder.write(new, b"head", b"new image").unwrap();
        folder.write(old, b"head", b"old").unwrap();
        set_age(&folder.file(old), Duration::from_secs(100));
        for name in ["notes.txt", "0123.derivative", "x.derivative", "unfinished-1"] {
            fs::write(folder.path().join(name), "else").unwrap();
        }
        fs::create_dir(folder.file(blake3::hash(b"a folder"))).unwrap();
        let files = folder.list(|| false).unwrap().expect("all files");
        let found: Vec<_> = files.iter().map(|(name, file)| (*name, file.len)).collect();
        assert_eq!(found, [(old, 7), (new, 13)]);
        assert!(files[0].1.age() >= Duration::from_secs(100));
        assert_eq!(folder.list(|| true).unwrap(), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 7, "nothing is removed");
    }

    #[test]
    fn what_a_killed_server_left_unfinished_is_removed_after_an_hour() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        let [left, recent] = ["unfinished-1", "unfinished-2"].map(|name| temporary.path().join(name));
        for (path, age) in [(&left, 3700), (&recent, 3500)] {
            fs::write(path, "half").unwrap();
            set_age(path, Duration::from_secs(age));
        }
        folder.list(|| false).unwrap();
        assert_eq!((left.exists(), recent.exists()), (false, true));
    }

    #[test]
    fn what_is_too_long_or_no_file_is_not_read() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        let name = blake3::hash(b"key");
        folder.write(name, b"head", b"image").unwrap();
        assert_eq!(folder.read(name, 9).unwrap().1, "headimage");
        assert_eq!(folder.read(name, 8).unwrap_err().kind(), ErrorKind::InvalidData);
        folder.remove(name).unwrap();
        folder.remove(name).unwrap();
        assert_eq!(folder.read(name, 9).unwrap_err().kind(), ErrorKind::NotFound);
        fs::create_dir(folder.file(name)).unwrap();
        assert_eq!(folder.read(name, 9).unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn what_cannot_be_completed_leaves_nothing_behind() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        let name = blake3::hash(b"key");
        // A folder with something in it cannot be replaced by a file.
        fs::create_dir_all(folder.file(name).join("full")).unwrap();
        assert!(folder.write(name, b"head", b"image").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
