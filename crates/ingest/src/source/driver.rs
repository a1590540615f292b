//! The interface of a source driver: its row in the table of drivers.

use super::{NoOpenSlide, OpenOptions, Source, SourceError, SourceProblem};
use origami_pack::{Io, Storage};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Number of bytes from the beginning of a file that identify its kind.
const START: u64 = 4096;

/// A kind of slides that can be read.
pub(super) struct Driver {
    /// The kind of slides, for people, as part of a list.
    pub name: &'static str,
    /// Extensions of its files, in lower case and without the dot. They decide
    /// which files of a folder are tried; the kind of a file is decided by its
    /// content.
    pub extensions: &'static [&'static str],
    /// Pairs of its extensions that are both left out of a slide's name: `dzi.zip`.
    pub double_extensions: &'static [&'static str],
    /// Whether a file is of this kind, by its content.
    pub detect: fn(&CandidateFile<'_>) -> Claim,
    /// Opens a file that it claims.
    ///
    /// # Errors
    /// If the file is of this kind but cannot be read.
    pub open: fn(&CandidateFile<'_>, &OpenOptions) -> Result<OpenOutcome, SourceProblem>,
    /// For kinds whose slides may be whole folders.
    pub folder: Option<Folder>,
}

/// Opens a folder as one slide.
type OpenFolder = fn(&Path, &OpenOptions) -> Result<Box<dyn Source>, SourceError>;

/// The part of a driver that reads folders.
pub(super) struct Folder {
    /// Whether a folder is one slide of this kind.
    pub detect: fn(&Path) -> bool,
    /// Opens a folder as one slide.
    ///
    /// # Errors
    /// If it is not a slide, or cannot be read.
    pub open: OpenFolder,
}

/// Whether a file is of a driver's kind, judging by the beginning of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// The file is of this kind.
    Sure,
    /// Only opening the file can tell. Drivers that are sure are tried first.
    Maybe,
    /// The file is of another kind.
    No,
}

/// The result of opening a file.
pub(super) enum OpenOutcome {
    /// The file can be read.
    Opened(Box<dyn Source>),
    /// The file is of the driver's kind but has a layout, named by this phrase, that
    /// only other drivers can read.
    Foreign(String),
    /// The file is not of the driver's kind after all.
    #[cfg_attr(not(feature = "openslide"), expect(dead_code, reason = "only OpenSlide ends so"))]
    Unknown,
    /// The driver failed with this problem, but another one may read the file.
    #[cfg_attr(not(feature = "openslide"), expect(dead_code, reason = "only OpenSlide ends so"))]
    Failed(SourceProblem),
    /// OpenSlide would have to be asked, and cannot be, for this reason.
    NoOpenSlide(NoOpenSlide),
}

/// A file whose kind is not known yet.
pub(super) struct CandidateFile<'a> {
    pub path: &'a Path,
    pub storage: Arc<dyn Storage>,
    /// Its first 4096 bytes, or all of a shorter file.
    pub start: Vec<u8>,
}

impl<'a> CandidateFile<'a> {
    /// Opens a file and reads its first bytes.
    ///
    /// # Errors
    /// If the file does not exist, is no regular file, is empty, or cannot be read.
    pub fn open(path: &'a Path) -> Result<Self, SourceProblem> {
        let metadata = path.metadata()?;
        // Opening a pipe waits for whoever writes into it, and devices need not end.
        if !metadata.is_file() {
            return Err(SourceProblem::Io(io::Error::other("it is no regular file")));
        }
        if metadata.len() == 0 {
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
