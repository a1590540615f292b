//! The catalog of slides, updated by scanning the packs folder repeatedly.
//!
//! Requests look slides up only here; no part of a URL ever becomes part of a path.

mod open_packs;
#[cfg(test)]
mod tests;

use crate::config::Config;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::slide::{FileStamp, Opened, PackFile, ServedSlide, SlideSummary};
use crate::stat_failures::StatFailures;
use actix_web::web::{self, Data};
use dashmap::{DashMap, DashSet};
use open_packs::OpenPacks;
use origami_pack::{Io, id};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::{fs, io};
use tracing::{info, warn};

/// All slides of one folder.
pub struct Catalog {
    folder: PathBuf,
    /// How packs are read.
    io: Io,
    files: DashMap<String, Arc<PackFile>>,
    open_packs: OpenPacks,
    next_number: AtomicU64,
    /// Packs whose names are not ids, so that each is logged once.
    ignored: DashSet<PathBuf>,
    /// Files that cannot be checked.
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
    /// If the folder cannot be listed.
    pub fn new(config: &Config, shares: MemoryShares, failure_log: Data<FailureLog>) -> io::Result<Self> {
        let mut catalog = Self {
            folder: config.packs.clone(),
            io: config.io,
            files: DashMap::new(),
            open_packs: OpenPacks::new(shares.packs, config.open_packs, config.io),
            next_number: AtomicU64::new(0),
            ignored: DashSet::new(),
            stat_failures: StatFailures::new(failure_log.metrics.clone()),
            logs_found: false,
            failure_log,
        };
        catalog.rescan()?;
        catalog.logs_found = true;
        Ok(catalog)
    }

    /// Scans the folder for packs that appeared, changed or vanished. Running requests
    /// keep the packs they use.
    ///
    /// # Errors
    /// If the folder cannot be listed; the catalog then stays as it is.
    pub fn rescan(&self) -> io::Result<()> {
        let entries = fs::read_dir(&self.folder)?;
        self.update(entries.map(|entry| entry.map(|entry| entry.path())));
        Ok(())
    }

    /// Updates the catalog from `entries`, the paths in the folder.
    fn update(&self, entries: impl Iterator<Item = io::Result<PathBuf>>) {
        let listed = self.check_listed(entries);
        // Slides that are not listed are usually gone. If an entry could not be read,
        // they may still exist.
        let unlisted = self.files.iter().filter(|file| !listed.contains(&file.id));
        let unlisted: Vec<_> = unlisted.map(|file| Arc::clone(&file)).collect();
        for file in unlisted {
            self.check_file(&file.id, &file.path);
        }
        self.stat_failures.retain(|path| {
            path == self.folder
                || id::of_pack(path).is_some_and(|id| listed.contains(id) || self.files.contains_key(id))
        });
        self.open_packs.close_removed();
    }

    /// Checks the files of all `entries` that can be slides; returns the slides' ids.
    fn check_listed(&self, entries: impl Iterator<Item = io::Result<PathBuf>>) -> HashSet<String> {
        let (mut listed, mut complete) = (HashSet::new(), true);
        for entry in entries {
            match entry {
                Ok(path) if is_pack(&path) => listed.extend(self.check_pack(&path)),
                Ok(_) => {}
                Err(cause) => {
                    self.stat_failures.report(&self.folder, &cause);
                    complete = false;
                }
            }
        }
        if complete {
            self.stat_failures.clear(&self.folder);
        }
        listed
    }

    /// Checks the pack at `path`; returns the id of its slide, if its name is one.
    fn check_pack(&self, path: &Path) -> Option<String> {
        let Some(id) = id::of_pack(path) else {
            if self.ignored.insert(path.to_owned()) {
                warn!(path = %path.display(), "ignored: a pack is named by its slide's id, and this is none");
            }
            return None;
        };
        self.check_file(id, path);
        Some(id.to_owned())
    }

    /// Checks the file of slide `id`: adds or replaces the slide, or removes it if the
    /// file is gone. If the check fails, the slide stays as it is.
    fn check_file(&self, id: &str, path: &Path) {
        let stamp = match FileStamp::of(path) {
            Ok(stamp) => stamp,
            Err(cause) => return self.stat_failures.report(path, &cause),
        };
        self.stat_failures.clear(path);
        if let Some(stamp) = stamp {
            self.add(id, path, stamp);
        } else if let Some((id, file)) = self.files.remove(id) {
            self.open_packs.remove(&file);
            info!(id, "slide vanished");
        }
    }

    /// Adds the file of slide `id` in the state `stamp`, or replaces another state.
    fn add(&self, id: &str, path: &Path, stamp: FileStamp) {
        let before = self.file(id).ok();
        if before.as_ref().is_some_and(|before| before.stamp == stamp) {
            return;
        }
        let file = PackFile {
            id: id.to_owned(),
            path: path.to_owned(),
            stamp,
            number: self.next_number.fetch_add(1, Ordering::Relaxed),
            recheck: before.map(|before| before.recheck.clone()).unwrap_or_default(),
            first_opening: OnceLock::new(),
        };
        if let Some(before) = self.files.insert(id.to_owned(), Arc::new(file)) {
            self.open_packs.remove(&before);
        }
        if self.logs_found {
            info!(id, path = %path.display(), "slide found");
        }
    }

    /// The folder that is scanned.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of slides.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// The ids of all slides, in order.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.files.iter().map(|file| file.key().clone()).collect();
        ids.sort_unstable();
        ids
    }

    /// The slide `id`, opened if necessary. Its file is opened off the async threads,
    /// once for all requests that wait for it.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Damaged`] or [`Error::Busy`] if its pack cannot
    /// be opened.
    pub async fn slide(self: &Arc<Self>, id: &str) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        if let Some(opened) = self.open_packs.get(&file) {
            return opened;
        }
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
        file.recheck.run(move || catalog.check_file(&known.id, &known.path)).await?;
        let slide = self.slide(id).await?;
        if slide.pack.generation() == generation { Ok(slide) } else { Err(Error::Gone) }
    }

    /// As [`Self::slide`], but opens the file on the calling thread.
    ///
    /// # Errors
    /// Those of [`Self::slide`].
    pub fn open(&self, id: &str) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        self.open_packs.get(&file).unwrap_or_else(|| self.open_file(&file))
    }

    /// The list entry of slide `id`. A pack that is opened just for this is closed
    /// again; the entry is remembered.
    ///
    /// # Errors
    /// Those of [`Self::slide`].
    pub async fn summary(self: &Arc<Self>, id: &str) -> Result<Arc<SlideSummary>, Error> {
        let file = self.file(id)?;
        if let Some(Err(error)) = self.open_packs.get(&file) {
            return Err(error);
        }
        if let Some(opening) = file.first_opening.get() {
            return Ok(Arc::clone(&opening.summary));
        }
        let catalog = Arc::clone(self);
        web::block(move || catalog.read_summary(&file)).await.unwrap_or(Err(Error::Internal))
    }

    /// Opens `file`, reads its list entry and closes it again.
    fn read_summary(&self, file: &PackFile) -> Result<Arc<SlideSummary>, Error> {
        let opened = file.open(self.io, &self.failure_log)?;
        if let Err(error) = opened {
            // There is nothing to close, and no use in trying again.
            self.open_packs.insert_error(file, error);
        }
        opened.map(|slide| Arc::clone(&slide.summary))
    }

    fn file(&self, id: &str) -> Result<Arc<PackFile>, Error> {
        self.files.get(id).map(|file| Arc::clone(&file)).ok_or(Error::NotFound("slide"))
    }

    fn open_file(&self, file: &PackFile) -> Opened {
        self.open_packs.get_or_open(file, self.io, &self.failure_log)
    }
}

/// Whether the file at `path` is a pack by its name, and not hidden: packs being
/// written have names that begin with a dot.
fn is_pack(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension().is_some_and(|extension| extension == id::EXTENSION)
}
