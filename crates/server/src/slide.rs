//! One pack file in one state, and the slide in it.

use crate::error::Error;
use crate::metrics::Metrics;
use actix_web::web::Data;
use origami_pack::{Pack, PackError};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing::error;

/// A slide whose pack is open.
pub struct Slide {
    /// The slide's id.
    pub id: String,
    /// Its pack.
    pub pack: Arc<Pack>,
    metrics: Data<Metrics>,
}

impl Drop for Slide {
    fn drop(&mut self) {
        self.metrics.packs_open.dec();
    }
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The state of the regular file at `path`, `None` if there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

/// A pack file in one state, opened when its slide is first asked for.
pub struct PackFile {
    path: PathBuf,
    stamp: Stamp,
    opened: OnceLock<Result<Arc<Slide>, Error>>,
    /// Held while opening, so that many first requests open it once.
    opening: Mutex<()>,
}

impl PackFile {
    /// The file at `path`, found in the state `stamp`.
    pub fn new(path: PathBuf, stamp: Stamp) -> Self {
        Self { path, stamp, opened: OnceLock::new(), opening: Mutex::new(()) }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state it was found in.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// What opening it has come to, if it was tried.
    pub fn opened(&self) -> Option<Result<Arc<Slide>, Error>> {
        self.opened.get().cloned()
    }

    /// Opens the pack; blocks on the file.
    ///
    /// # Errors
    /// [`Error::Damaged`]. What is wrong with the pack is remembered; what the
    /// system refused is tried again next time.
    pub fn open(&self, id: &str, metrics: &Data<Metrics>) -> Result<Arc<Slide>, Error> {
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = self.opened() {
            return opened;
        }
        let cause = match Pack::open(&self.path) {
            Ok(pack) => {
                metrics.packs_open.inc();
                let slide = Slide { id: id.to_owned(), pack: Arc::new(pack), metrics: metrics.clone() };
                return self.opened.get_or_init(|| Ok(Arc::new(slide))).clone();
            }
            Err(cause) => cause,
        };
        metrics.pack_errors.with_label_values(&[cause.kind()]).inc();
        error!(id, pack = %self.path.display(), %cause, "a pack cannot be opened");
        if !matches!(cause, PackError::Io { .. }) {
            let _ = self.opened.set(Err(Error::Damaged));
        }
        Err(Error::Damaged)
    }
}
