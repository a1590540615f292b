//! What a kind of slides tells of itself: its row in the table of drivers.

use super::{OpenOptions, Source, SourceError, SourceProblem};
use origami_pack::{Io, Storage};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file that say what it is.
const START: u64 = 4096;

/// A kind of slides that can be read.
pub(super) struct Driver {
    /// What it reads, for people, as a part of a list.
    pub name: &'static str,
    /// Extensions of its files, in lower case and without the dot. They say
    /// which files of a folder are worth trying; what a file is, its content
    /// says.
    pub extensions: &'static [&'static str],
    /// Pairs of its extensions of which neither belongs to a slide's name:
    /// `dzi.zip`.
    pub double_extensions: &'static [&'static str],
    /// Whether a file is of this kind, by its content.
    pub detect: fn(&CandidateFile<'_>) -> Claim,
    /// Opens a file that it claims.
    ///
    /// # Errors
    /// If the file is of this kind, and cannot be read.
    pub open: fn(&CandidateFile<'_>, &OpenOptions) -> Result<OpenOutcome, SourceProblem>,
    /// For kinds of which a whole folder may be one slide.
    pub folder: Option<Folder>,
}

/// Opens a folder as one slide.
type OpenFolder = fn(&Path, &OpenOptions) -> Result<Box<dyn Source>, SourceError>;

/// Folders that are one slide.
pub(super) struct Folder {
    /// Whether a folder is one slide of this kind.
    pub detect: fn(&Path) -> bool,
    /// Opens a folder as one slide.
    ///
    /// # Errors
    /// If it is none, or cannot be read.
    pub open: OpenFolder,
}

/// What a driver makes of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// The file is of its kind.
    Sure,
    /// Only opening it tells. Drivers that are sure go first.
    Maybe,
    /// The file is of another kind.
    No,
}

/// What came of opening a file.
pub(super) enum OpenOutcome {
    /// It can be read.
    Opened(Box<dyn Source>),
    /// It is of the driver's kind but has a layout, which this phrase names,
    /// that only other drivers may read.
    Foreign(String),
    /// It is not of the driver's kind after all.
    Unknown,
    /// OpenSlide would have to be asked and is not installed; the loader's
    /// reason.
    NoOpenSlide(String),
}

/// A file of which it is not known yet what it is.
pub(super) struct CandidateFile<'a> {
    pub path: &'a Path,
    pub storage: Arc<dyn Storage>,
    /// Its first bytes, 4096 if it has so many.
    pub start: Vec<u8>,
}

impl<'a> CandidateFile<'a> {
    /// Opens a file and reads its first bytes.
    ///
    /// # Errors
    /// If there is none, it is empty, or the system refuses.
    pub fn open(path: &'a Path) -> Result<Self, SourceProblem> {
        if path.metadata()?.len() == 0 {
            return Err(SourceProblem::Empty);
        }
        let storage = Io::default().open(path)?;
        let mut start = vec![0; storage.len().min(START) as usize];
        storage.read_at(0, &mut start)?;
        Ok(Self { path, storage, start })
    }

    /// Its extension in lower case, without the dot; empty if it has none.
    pub fn extension(&self) -> String {
        extension(self.path)
    }
}

impl Driver {
    /// Whether the name of a file ends in one of this driver's extensions, in
    /// upper or lower case.
    pub fn knows_extension(&self, path: &Path) -> bool {
        self.extensions.contains(&extension(path).as_str())
    }
}

fn extension(path: &Path) -> String {
    path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase()
}
