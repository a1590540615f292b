//! Pack files and the slides served from them.

use crate::error::{Busy, Error};
use crate::failure_log::{FailedPart, FailureLog};
use crate::metrics::Metrics;
use crate::recheck::Recheck;
use crate::version::format_generation;
use actix_web::web::Data;
use origami_pack::{Io, Pack, PackError, PackProblem, StorageId};
use origami_pyramid::Size;
use serde::Serialize;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A slide whose pack is open.
pub struct ServedSlide {
    /// Its entry in the list of slides.
    pub summary: Arc<SlideSummary>,
    /// Its pack.
    pub pack: Arc<Pack>,
    metrics: Data<Metrics>,
}

/// The result of opening a pack.
pub type Opened = Result<Arc<ServedSlide>, Error>;

impl Drop for ServedSlide {
    fn drop(&mut self) {
        self.metrics.packs_open.dec();
    }
}

/// Distinguishes one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    len: u64,
    modified_seconds: i64,
    modified_nanoseconds: i64,
}

impl FileStamp {
    /// The state of the regular file at `path`, `None` if there is none.
    ///
    /// # Errors
    /// If the system does not report it, which says nothing about the file.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return Ok(None),
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause),
        };
        Ok(Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified_seconds: metadata.mtime(),
            modified_nanoseconds: metadata.mtime_nsec(),
        }))
    }
}

/// A pack file in one state.
pub struct PackFile {
    /// The id of its slide.
    pub id: String,
    /// Its path.
    pub path: PathBuf,
    /// Its state when it was found.
    pub stamp: FileStamp,
    /// Its number in the catalog. No other file, and no other state of this one, has
    /// the same.
    pub number: u64,
    /// Checks of the file, in whatever state, that requests trigger.
    pub recheck: Recheck,
    /// Its first opening. If it is opened again in the same state, it is the same
    /// pack, and artifacts made from it are still valid.
    pub first_opening: OnceLock<Opening>,
}

/// What one opening of a pack file showed.
#[derive(Clone)]
pub struct Opening {
    /// The key under which artifacts of this opening are cached.
    storage: StorageId,
    generation: u64,
    /// The entry in the list of slides.
    pub summary: Arc<SlideSummary>,
}

impl Opening {
    /// The opening of `pack`, which contains the slide `id`.
    fn of(id: &str, pack: &Pack) -> Self {
        let summary = Arc::new(SlideSummary::of(id, pack));
        Self { storage: pack.storage_id(), generation: pack.generation(), summary }
    }
}

/// An entry of the list of slides.
#[derive(Serialize)]
pub struct SlideSummary {
    pub id: String,
    pub generation: String,
    pub width: u32,
    pub height: u32,
    pub tile_size: u32,
    /// Number of levels, down to 1x1 px.
    pub levels: u32,
    /// Mode of the full-resolution level.
    pub mode: &'static str,
    /// Bytes of the pack.
    pub bytes: u64,
    /// Micrometres per pixel, `[x, y]`.
    pub mpp: Option<[f64; 2]>,
    /// Nominal power of the objective.
    pub objective: Option<f64>,
}

impl SlideSummary {
    /// The entry of the slide `id` in `pack`.
    fn of(id: &str, pack: &Pack) -> Self {
        let (pyramid, metadata) = (pack.pyramid(), pack.metadata());
        let Size { width, height } = pyramid.size();
        Self {
            id: id.to_owned(),
            generation: format_generation(pack.generation()),
            width,
            height,
            tile_size: pyramid.tile_size(),
            levels: pyramid.level_count(),
            mode: pack.mode().name(),
            bytes: pack.bytes(),
            mpp: metadata.mpp,
            objective: metadata.objective,
        }
    }
}

impl PackFile {
    /// Opens the pack through `io`; blocks on the file. The inner result is valid
    /// until the file changes.
    ///
    /// # Errors
    /// Errors that may be gone at the next attempt: [`Error::NotFound`] if the file
    /// does not exist, [`Error::Busy`] if the process cannot open another file now,
    /// [`Error::Damaged`] if the system cannot read the file.
    pub fn open(&self, io: Io, failure_log: &FailureLog) -> Result<Opened, Error> {
        let pack = match Pack::open_with(&self.path, io) {
            Ok(pack) => pack,
            Err(cause) => return self.opening_error(&cause, failure_log),
        };
        let mut opening = self.first_opening.get_or_init(|| Opening::of(&self.id, &pack)).clone();
        if opening.generation != pack.generation() {
            opening = Opening::of(&self.id, &pack);
        }
        let pack = Arc::new(pack.with_storage_id(opening.storage));
        failure_log.metrics.packs_open.inc();
        let metrics = failure_log.metrics.clone();
        Ok(Ok(Arc::new(ServedSlide { summary: opening.summary, pack, metrics })))
    }

    /// The result of [`Self::open`] if opening failed with `cause`, which is reported
    /// if the file is at fault.
    fn opening_error(&self, cause: &PackError, failure_log: &FailureLog) -> Result<Opened, Error> {
        let io_error = match &cause.problem {
            PackProblem::Io(error) => Some(error),
            _ => None,
        };
        if io_error.is_some_and(|error| error.kind() == ErrorKind::NotFound) {
            return Err(Error::NotFound("slide"));
        }
        // The pack is fine, and there may be resources for it again soon.
        if io_error.is_some_and(is_exhaustion) {
            return Err(Error::Busy(Busy::Descriptors));
        }
        failure_log.report(FailedPart::File(self.number), &self.path, cause.kind(), cause);
        if io_error.is_some() { Err(Error::Damaged) } else { Ok(Err(Error::Damaged)) }
    }
}

/// Whether the process or the system has run out of descriptors or of memory maps,
/// which is not the file's fault.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}
