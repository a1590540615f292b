//! Pack files, and what is known of them.

use super::file_stamp::FileStamp;
use super::revision::Revisions;
use super::unreadable;
use crate::error::{Busy, Error};
use crate::failure_log::{FailedPart, FailureLog};
use crate::recheck::Recheck;
use crate::slide::{ServedSlide, SlideSummary};
use origami_pack::{Io, Pack, PackError, PackProblem, StorageId, id};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long the system's failure to read a file is believed before the file is opened
/// again unasked.
const FAILURE_BELIEVED: Duration = Duration::from_secs(30);

/// A pack file in one state.
pub struct PackFile {
    /// The id of its slide.
    pub id: String,
    /// The folder of its slide, as in the list of slides.
    pub folder: String,
    /// Its path.
    pub path: PathBuf,
    /// Its state when it was found.
    pub stamp: FileStamp,
    /// Its number in the catalog. No other file, and no other state of this one, has
    /// the same.
    pub number: u64,
    /// Checks of the file, in whatever state, that requests trigger.
    pub recheck: Recheck,
    /// What is counted when more becomes known of it.
    revisions: Revisions,
    /// Held while it is opened, so that a pack that cannot be opened is reported once
    /// however many requests want it.
    opening: Mutex<()>,
    /// Its first opening. If it is opened again in the same state, it is the same
    /// pack, and artifacts made from it are still valid.
    first_opening: OnceLock<Opening>,
    /// Why it could not be opened the last time it was tried.
    failure: Mutex<Option<Failure>>,
}

/// What is known of a file.
pub enum KnownPack {
    /// It was not opened yet.
    Unopened,
    /// It can be opened, and this is its entry in the list of slides.
    Readable(Arc<SlideSummary>),
    /// It cannot be opened.
    Unreadable(Failure),
}

/// Why a file could not be opened.
#[derive(Clone, Copy)]
pub struct Failure {
    /// What follows "this pack cannot be opened: ".
    pub reason: &'static str,
    /// Whether that stays so until the file changes: its contents are wrong. Otherwise
    /// the system did not read it, and may do so at the next attempt.
    pub is_lasting: bool,
    /// When it was tried.
    tried: Instant,
}

/// What one opening of a pack file showed.
#[derive(Clone)]
struct Opening {
    /// The key under which artifacts of this opening are cached.
    storage: StorageId,
    generation: u64,
    /// The entry in the list of slides.
    summary: Arc<SlideSummary>,
}

impl Opening {
    /// The opening of `pack`, which is in `file`.
    fn of(file: &PackFile, pack: &Pack) -> Self {
        let summary = Arc::new(SlideSummary::of(file, pack));
        Self { storage: pack.storage_id(), generation: pack.generation(), summary }
    }
}

impl PackFile {
    /// The file at `path` with the slide `id`, of which nothing is known yet.
    pub fn new(
        id: &str,
        path: PathBuf,
        stamp: FileStamp,
        number: u64,
        recheck: Recheck,
        revisions: Revisions,
    ) -> Self {
        Self {
            id: id.to_owned(),
            folder: id::folder(id),
            path,
            stamp,
            number,
            recheck,
            revisions,
            opening: Mutex::default(),
            first_opening: OnceLock::new(),
            failure: Mutex::default(),
        }
    }

    /// What is known of it. Does not wait for the disk.
    pub fn known(&self) -> KnownPack {
        match (*self.lock_failure(), self.first_opening.get()) {
            (Some(failure), _) => KnownPack::Unreadable(failure),
            (None, Some(opening)) => KnownPack::Readable(Arc::clone(&opening.summary)),
            (None, None) => KnownPack::Unopened,
        }
    }

    /// Whether it cannot be opened, as far as that is known.
    pub fn is_unreadable(&self) -> bool {
        self.unreadable_reason().is_some()
    }

    /// The key under which artifacts of it are cached, if it was opened.
    pub fn storage(&self) -> Option<StorageId> {
        self.first_opening.get().map(|opening| opening.storage)
    }

    /// Why it cannot be opened, as far as that is known.
    pub fn unreadable_reason(&self) -> Option<&'static str> {
        self.lock_failure().map(|failure| failure.reason)
    }

    /// Whether it should be opened to see what is in it, although nobody asks for it.
    pub fn is_due(&self) -> bool {
        match self.known() {
            KnownPack::Unopened => true,
            KnownPack::Readable(_) => false,
            KnownPack::Unreadable(failure) => {
                !failure.is_lasting && failure.tried.elapsed() > FAILURE_BELIEVED
            }
        }
    }

    /// The error of every request for it, if its contents are known to be wrong.
    pub fn lasting_error(&self) -> Option<Error> {
        let failure = self.lock_failure().filter(|failure| failure.is_lasting)?;
        Some(Error::Unreadable(failure.reason))
    }

    /// The title of its slide: the name of the source, if it is known, otherwise the
    /// part of the id after the folders.
    pub fn title(&self) -> &str {
        self.first_opening.get().map_or(id::last_part(&self.id), |opening| opening.summary.title.as_str())
    }

    /// Opens the pack through `io`; blocks on the file.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the file does not exist, [`Error::Busy`] if the process
    /// cannot open another file now, [`Error::Unreadable`] if it cannot be read.
    pub fn open(&self, io: Io, failure_log: &FailureLog) -> Result<Arc<ServedSlide>, Error> {
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = self.lasting_error() {
            return Err(error);
        }
        let pack = Pack::open_with(&self.path, io).map_err(|cause| self.note_failure(&cause, failure_log))?;
        let mut opening = self.note_success(&pack);
        if opening.generation != pack.generation() {
            opening = Opening::of(self, &pack);
        }
        let pack = Arc::new(pack.with_storage_id(opening.storage));
        Ok(Arc::new(ServedSlide::new(opening.summary, pack, failure_log.metrics.clone())))
    }

    /// Records that it was opened as `pack`; returns its first opening.
    fn note_success(&self, pack: &Pack) -> Opening {
        let is_first = self.first_opening.get().is_none();
        let opening = self.first_opening.get_or_init(|| Opening::of(self, pack)).clone();
        let failed_before = self.lock_failure().take().is_some();
        if is_first || failed_before {
            self.revisions.advance();
        }
        opening
    }

    /// The error of [`Self::open`] if opening failed with `cause`, which is recorded and
    /// reported if the file is at fault.
    fn note_failure(&self, cause: &PackError, failure_log: &FailureLog) -> Error {
        let io_error = match &cause.problem {
            PackProblem::Io(error) => Some(error),
            _ => None,
        };
        if io_error.is_some_and(|error| error.kind() == ErrorKind::NotFound) {
            return Error::NotFound("slide");
        }
        // The pack is fine, and there may be resources for it again soon.
        if io_error.is_some_and(is_exhaustion) {
            return Error::Busy(Busy::Descriptors);
        }
        failure_log.report(FailedPart::File(self.number), &self.path, cause.kind(), cause);
        let reason = unreadable::reason(&cause.problem);
        let failure = Failure { reason, is_lasting: io_error.is_none(), tried: Instant::now() };
        let before = self.lock_failure().replace(failure);
        if before.is_none_or(|before| before.reason != reason) {
            self.revisions.advance();
        }
        Error::Unreadable(reason)
    }

    fn lock_failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the process or the system has run out of descriptors or of memory maps,
/// which is not the file's fault.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}
