//! The catalog of slides, updated by scanning the packs folder repeatedly.
//!
//! Requests look slides up only here; no part of a URL ever becomes part of a path.

mod faulty_packs;
mod file_stamp;
mod ignored;
mod natural;
mod open_packs;
mod pack_file;
mod packs_root;
mod revision;
mod scan;
mod slide_list;
mod survey;
#[cfg(test)]
mod tests;
mod unreadable;
mod walk;

pub use faulty_packs::FaultyPacks;
pub use ignored::{IgnoreReason, Ignored};
pub use pack_file::PackFile;
pub use slide_list::Neighbours;
pub use survey::{StatFailure, Survey, SurveyedPack};

use crate::config::Config;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::slide::{ServedSlide, SlideSummary};
use crate::stat_failures::StatFailures;
use actix_web::web::{self, Data};
use dashmap::{DashMap, DashSet};
use open_packs::OpenPacks;
use origami_pack::Io;
use pack_file::KnownPack;
use packs_root::PacksRoot;
use revision::Revisions;
use slide_list::SlideList;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All slides of one folder and those below it, or of one pack.
pub struct Catalog {
    root: PacksRoot,
    /// How packs are read.
    io: Io,
    files: DashMap<String, Arc<PackFile>>,
    open_packs: OpenPacks,
    next_number: AtomicU64,
    revisions: Revisions,
    /// The sorted list, of whatever revision it was last needed in.
    list: Mutex<Arc<SlideList>>,
    /// Whether the last scan could list the folder.
    is_listed: AtomicBool,
    /// The packs that something was wrong with at the last scan.
    faulty: Mutex<Arc<FaultyPacks>>,
    /// What is not served because of its name, so that each is logged once.
    ignored: DashSet<PathBuf>,
    /// Files and folders that cannot be checked.
    stat_failures: StatFailures,
    /// Whether newly found slides are logged; those of the first scan are not.
    logs_found: bool,
    failure_log: Data<FailureLog>,
}

impl Catalog {
    /// The slides that are in the packs folder now. As many of them are kept open as
    /// their maximum number and their memory share allow.
    ///
    /// # Errors
    /// If the folder cannot be listed, or is neither a folder nor a pack.
    pub fn new(config: &Config, shares: MemoryShares, failure_log: Data<FailureLog>) -> io::Result<Self> {
        let revisions = Revisions::new();
        let empty = SlideList::new(revisions.current(), std::iter::empty());
        let mut catalog = Self {
            root: PacksRoot::new(&config.packs)?,
            io: config.io,
            files: DashMap::new(),
            open_packs: OpenPacks::new(shares.packs, config.open_packs, config.io),
            next_number: AtomicU64::new(0),
            revisions,
            list: Mutex::new(Arc::new(empty)),
            is_listed: AtomicBool::new(true),
            faulty: Mutex::default(),
            ignored: DashSet::new(),
            stat_failures: StatFailures::new(failure_log.metrics.clone()),
            logs_found: false,
            failure_log,
        };
        catalog.rescan()?;
        catalog.logs_found = true;
        Ok(catalog)
    }

    /// The folder that is scanned, or the pack.
    pub fn folder(&self) -> &Path {
        self.root.path()
    }

    /// The number of slides.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Whether the packs folder could be listed at the last scan.
    pub fn is_listed(&self) -> bool {
        self.is_listed.load(Ordering::Relaxed)
    }

    /// The packs that something was wrong with at the last scan.
    pub fn faulty(&self) -> Arc<FaultyPacks> {
        Arc::clone(&self.lock_faulty())
    }

    fn lock_faulty(&self) -> MutexGuard<'_, Arc<FaultyPacks>> {
        self.faulty.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All slides in their order. They are sorted once for each revision, off the async
    /// threads.
    ///
    /// # Errors
    /// [`Error::Internal`] if the server is stopping.
    pub async fn list(self: &Arc<Self>) -> Result<Arc<SlideList>, Error> {
        let list = Arc::clone(&self.lock_list());
        if list.revision == self.revisions.current() {
            return Ok(list);
        }
        let catalog = Arc::clone(self);
        web::block(move || catalog.sort_list()).await.map_err(|_| Error::Internal)
    }

    /// Sorts the list anew.
    fn sort_list(&self) -> Arc<SlideList> {
        // Whatever changes from here on has a later revision.
        let revision = self.revisions.current();
        let files: Vec<_> = self.files.iter().map(|file| Arc::clone(&file)).collect();
        let list = Arc::new(SlideList::new(revision, files.into_iter()));
        *self.lock_list() = Arc::clone(&list);
        list
    }

    fn lock_list(&self) -> MutexGuard<'_, Arc<SlideList>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slide `id`, opened if necessary. Its file is opened off the async threads,
    /// once for all requests that wait for it.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Unreadable`] or [`Error::Busy`] if its pack
    /// cannot be opened.
    pub async fn slide(self: &Arc<Self>, id: &str) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        if let Some(slide) = self.open_packs.get(&file) {
            return Ok(slide);
        }
        if let Some(error) = file.lasting_error() {
            return Err(error);
        }
        let _waiting = self.failure_log.metrics.storage.wait();
        let catalog = Arc::clone(self);
        web::block(move || catalog.open_file(&file)).await.unwrap_or(Err(Error::Internal))
    }

    /// The slide `id` in `generation`, which is not the known one. A client may have
    /// learned of a new version before the next scan, so the file is checked first.
    ///
    /// # Errors
    /// [`Error::Gone`] if the slide has another generation now, and those of
    /// [`Self::slide`].
    pub async fn slide_in_generation(
        self: &Arc<Self>,
        id: &str,
        generation: u64,
    ) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        let (catalog, known) = (Arc::clone(self), Arc::clone(&file));
        file.recheck.run(move || _ = catalog.check_file(&known.id, &known.path)).await?;
        let slide = self.slide(id).await?;
        if slide.pack.generation() == generation { Ok(slide) } else { Err(Error::Gone) }
    }

    /// As [`Self::slide`], but opens the file on the calling thread.
    ///
    /// # Errors
    /// Those of [`Self::slide`].
    pub fn open(&self, id: &str) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        self.open_file(&file)
    }

    /// The list entry of the slide in `file`. A pack that is opened just for this is
    /// closed again; the entry is remembered.
    ///
    /// # Errors
    /// Those of [`Self::slide`].
    pub async fn summary(self: &Arc<Self>, file: &Arc<PackFile>) -> Result<Arc<SlideSummary>, Error> {
        match file.known() {
            KnownPack::Readable(summary) => return Ok(summary),
            KnownPack::Unreadable(failure) if failure.is_lasting => {
                return Err(Error::Unreadable(failure.reason));
            }
            KnownPack::Unreadable(_) | KnownPack::Unopened => {}
        }
        let _waiting = self.failure_log.metrics.storage.wait();
        let (catalog, file) = (Arc::clone(self), Arc::clone(file));
        web::block(move || catalog.read_summary(&file)).await.unwrap_or(Err(Error::Internal))
    }

    /// Opens `file`, unless what is in it became known meanwhile, and closes it again.
    fn read_summary(&self, file: &PackFile) -> Result<Arc<SlideSummary>, Error> {
        if let KnownPack::Readable(summary) = file.known() {
            return Ok(summary);
        }
        file.open(self.io, &self.failure_log).map(|slide| Arc::clone(&slide.summary))
    }

    fn file(&self, id: &str) -> Result<Arc<PackFile>, Error> {
        self.files.get(id).map(|file| Arc::clone(&file)).ok_or(Error::NotFound("slide"))
    }

    fn open_file(&self, file: &PackFile) -> Result<Arc<ServedSlide>, Error> {
        match self.open_packs.get(file) {
            Some(slide) => Ok(slide),
            None => self.open_packs.get_or_open(file, self.io, &self.failure_log),
        }
    }
}
