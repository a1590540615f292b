//! The folders that an export makes for its destination.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The folders that were missing and are now there, outermost first. Those that are
/// still empty when this is dropped are removed again.
pub(crate) struct NewFolders {
    made: Vec<PathBuf>,
}

impl NewFolders {
    /// Makes the folder of the file at `path`, and those around it, if they are missing.
    ///
    /// # Errors
    /// If one cannot be made, which the error names. Those made before it are removed.
    pub fn for_file(path: &Path) -> io::Result<Self> {
        let mut folders = Self { made: Vec::new() };
        let around = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        let missing: Vec<&Path> = around.take_while(|folder| folder.symlink_metadata().is_err()).collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => folders.made.push(folder.to_owned()),
                // By another process, or `new/..` after `new`.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    let text = format!("the folder {} cannot be made: {error}", folder.display());
                    return Err(io::Error::new(error.kind(), text));
                }
            }
        }
        Ok(folders)
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            // One that has something in it stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_folders_stay_only_if_something_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/c/file");
        drop(NewFolders::for_file(&file).unwrap());
        assert!(!folder.path().join("a").exists());
        let folders = NewFolders::for_file(&file).unwrap();
        fs::write(folder.path().join("a/file"), "").unwrap();
        drop(folders);
        assert!(!folder.path().join("a/b").exists());
        assert!(folder.path().join("a/file").exists());
    }

    #[test]
    fn folders_that_were_there_stay_although_they_are_empty() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        drop(NewFolders::for_file(&folder.path().join("a/b/file")).unwrap());
        assert!(folder.path().join("a").exists() && !folder.path().join("a/b").exists());
    }

    #[test]
    fn a_file_in_place_of_a_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "").unwrap();
        let error = NewFolders::for_file(&folder.path().join("a/b/file")).err().expect("an error");
        let expected = format!("the folder {} cannot be made: ", folder.path().join("a/b").display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
