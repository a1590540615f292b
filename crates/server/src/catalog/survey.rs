//! What a server would serve of a folder, found without opening a pack.

use super::file_stamp::FileStamp;
use super::ignored::{IgnoreReason, Ignored};
use super::packs_root::PacksRoot;
use super::walk::Listing;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// What a server would serve of a folder of packs, or of a single pack.
#[derive(Debug, Default)]
pub struct Survey {
    /// The packs that would be served, in the order of their paths. Nothing is known yet of
    /// what is in them.
    pub packs: Vec<SurveyedPack>,
    /// What would not be served.
    pub ignored: Vec<Ignored>,
    /// Files and folders that cannot be looked at.
    pub failures: Vec<StatFailure>,
}

/// A pack that would be served.
#[derive(Debug)]
pub struct SurveyedPack {
    /// The id of its slide.
    pub id: String,
    /// Where it is.
    pub path: PathBuf,
}

/// A file or folder that cannot be looked at.
#[derive(Debug)]
pub struct StatFailure {
    /// Where it is.
    pub path: PathBuf,
    /// The system's error.
    pub cause: io::Error,
}

impl Survey {
    /// Looks through what is at `path`.
    ///
    /// # Errors
    /// If that is neither a folder that can be listed nor a pack.
    pub fn of(path: &Path) -> io::Result<Self> {
        let root = PacksRoot::new(path)?;
        let Listing { packs, too_deep, failures, .. } = root.list()?;
        let ignored = too_deep.iter().map(|folder| Ignored::new(folder, IgnoreReason::TooDeep)).collect();
        let mut survey = Self { packs: Vec::new(), ignored, failures };
        let mut ids = HashSet::new();
        for path in packs {
            match root.id(&path) {
                // Many packs can be in one folder with such a name.
                Err(ignored) if survey.ignored.last() == Some(&ignored) => {}
                Err(ignored) => survey.ignored.push(ignored),
                Ok(id) if ids.contains(&id) => survey.ignored.push(Ignored::new(&path, IgnoreReason::SameId)),
                Ok(id) => survey.add(id, path, &mut ids),
            }
        }
        Ok(survey)
    }

    /// Adds the pack of slide `id` at `path`, if there is a file.
    fn add(&mut self, id: String, path: PathBuf, ids: &mut HashSet<String>) {
        match FileStamp::of(&path) {
            Ok(None) => {}
            Ok(Some(_)) => {
                ids.insert(id.clone());
                self.packs.push(SurveyedPack { id, path });
            }
            Err(cause) => {
                ids.insert(id);
                self.failures.push(StatFailure { path, cause });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_survey_finds_what_is_served_and_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["a.origami", "b c.origami", "case-1/HE.origami", "case 2/1.origami", "case 2/2.origami"]
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir_all(folder.path().join("1/2/3/4/5/6/7/8/9")).unwrap();
        let survey = Survey::of(folder.path()).unwrap();
        let ids: Vec<_> = survey.packs.iter().map(|pack| &*pack.id).collect();
        assert_eq!(ids, ["a", "case-1~HE"]);
        let ignored = [
            ("1/2/3/4/5/6/7/8", IgnoreReason::TooDeep),
            ("b c.origami", IgnoreReason::Name),
            ("case 2", IgnoreReason::Folder),
        ];
        assert_eq!(
            survey.ignored,
            ignored.map(|(path, reason)| Ignored::new(&folder.path().join(path), reason))
        );
        assert!(survey.failures.is_empty());
        assert!(Survey::of(&folder.path().join("missing")).is_err());
    }
}
