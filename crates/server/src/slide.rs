//! One pack file in one state, and the slide in it.

use crate::error::{Busy, Error};
use crate::failure_log::{FailedPart, FailureLog};
use crate::metrics::Metrics;
use crate::recheck::Recheck;
use crate::version::version;
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
    /// What the list says of it.
    pub summary: Arc<SlideSummary>,
    /// Its pack.
    pub pack: Arc<Pack>,
    metrics: Data<Metrics>,
}

/// What opening a pack has come to.
pub type Opened = Result<Arc<ServedSlide>, Error>;

impl Drop for ServedSlide {
    fn drop(&mut self) {
        self.metrics.packs_open.dec();
    }
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
}

impl FileStamp {
    /// The state of the regular file at `path`, `None` if there is none.
    ///
    /// # Errors
    /// If the system does not tell, which says nothing about the file.
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
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }))
    }
}

/// A pack file in one state.
pub struct PackFile {
    /// The id of its slide.
    pub id: String,
    /// Where it is.
    pub path: PathBuf,
    /// The state it was found in.
    pub stamp: FileStamp,
    /// What no other file, and no other state of this one, has.
    pub number: u64,
    /// Looks at it, in whichever state, that requests ask for.
    pub look: Recheck,
    /// The number of its first opening, the generation it had then, and what the
    /// list says of it since. Opened again in the same state it is the same pack,
    /// and what was made of it is still good.
    pub first: OnceLock<(StorageId, u64, Arc<SlideSummary>)>,
}

/// What the list of slides says of one.
#[derive(Serialize)]
pub struct SlideSummary {
    pub id: String,
    pub generation: String,
    pub width: u32,
    pub height: u32,
    pub tile_size: u32,
    /// Number of levels, 1x1 px included.
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
    /// That of the slide `id` in `pack`.
    fn of(id: &str, pack: &Pack) -> Self {
        let (pyramid, metadata) = (pack.pyramid(), pack.metadata());
        let Size { width, height } = pyramid.size();
        Self {
            id: id.to_owned(),
            generation: version(pack.generation()),
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
    /// Opens the pack through `io`; blocks on the file. The inner result will
    /// not change until the file does.
    ///
    /// # Errors
    /// What may be better next time: [`Error::NotFound`] if the file is gone,
    /// [`Error::Busy`] if the process may not open another one now,
    /// [`Error::Damaged`] if the system does not give it out.
    pub fn open(&self, io: Io, failure_log: &FailureLog) -> Result<Opened, Error> {
        let pack = match Pack::open_with(&self.path, io) {
            Ok(pack) => pack,
            Err(PackError { problem: PackProblem::Io(error), .. }) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::NotFound("slide"));
            }
            // The pack is fine, and there may be room again soon.
            Err(PackError { problem: PackProblem::Io(error), .. }) if is_exhaustion(&error) => {
                return Err(Error::Busy(Busy::Descriptors));
            }
            Err(cause) => {
                failure_log.report(FailedPart::File(self.number), &self.path, cause.kind(), &cause);
                let may_pass = matches!(cause.problem, PackProblem::Io(_));
                return if may_pass { Err(Error::Damaged) } else { Ok(Err(Error::Damaged)) };
            }
        };
        let opened = || (pack.identity(), pack.generation(), Arc::new(SlideSummary::of(&self.id, &pack)));
        let first = self.first.get_or_init(opened).clone();
        let (identity, _, summary) = if first.1 == pack.generation() { first } else { opened() };
        let pack = Arc::new(pack.with_identity(identity));
        failure_log.metrics.packs_open.inc();
        Ok(Ok(Arc::new(ServedSlide { summary, pack, metrics: failure_log.metrics.clone() })))
    }
}

/// Whether the process or the system has run out of descriptors or of memory
/// maps, which is nothing the file can be blamed for.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}
