//! The slides there are: the packs folder, looked through again and again.
//!
//! Requests look slides up here and nowhere else; no part of a URL ever becomes
//! part of a path.

use crate::config::Config;
use crate::descriptors;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::slide::{FileStamp, Opened, PackFile, ServedSlide, SlideSummary};
use crate::stat_failures::StatFailures;
use actix_web::web::{self, Data};
use dashmap::{DashMap, DashSet};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
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
    /// How files are read.
    io: Io,
    files: DashMap<String, Arc<PackFile>>,
    /// What opening files has come to, by their numbers; the least recently
    /// used are closed when there are too many.
    opened: Cache<u64, Opened>,
    next_number: AtomicU64,
    /// Packs whose names are no ids, so that each is reported once.
    refused: DashSet<PathBuf>,
    /// What cannot be looked at.
    stat_failures: StatFailures,
    /// Whether slides that are found are told of: those there are from the start
    /// are not.
    tells: bool,
    failure_log: Data<FailureLog>,
}

impl Catalog {
    /// The slides in the packs folder as it is now, of which as many are kept
    /// open as their number and their share of memory allow.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn new(config: &Config, shares: MemoryShares, failure_log: Data<FailureLog>) -> io::Result<Self> {
        // With this much for each, no more than the number asked for fit.
        let least = shares.packs.div_ceil(descriptors::open_packs(config.open_packs.max(1), config.io));
        let most = shares.packs;
        let opened = Cache::builder()
            .max_capacity(shares.packs)
            .weigher(move |_, opened: &Opened| {
                let bytes = opened.as_ref().map_or(0, |slide| slide.pack.memory() as u64);
                // One that takes all of the memory is still kept.
                u32::try_from(bytes.max(least).min(most).max(1)).unwrap_or(u32::MAX)
            })
            .eviction_policy(EvictionPolicy::lru())
            .build();
        let mut catalog = Self {
            folder: config.packs.clone(),
            io: config.io,
            files: DashMap::new(),
            opened,
            next_number: AtomicU64::new(0),
            refused: DashSet::new(),
            stat_failures: StatFailures::new(failure_log.metrics.clone()),
            tells: false,
            failure_log,
        };
        catalog.rescan()?;
        catalog.tells = true;
        Ok(catalog)
    }

    /// Takes in what appeared, changed and vanished. Requests that run keep
    /// the pack they have.
    ///
    /// # Errors
    /// If the folder cannot be listed; the catalog then stays as it is.
    pub fn rescan(&self) -> io::Result<()> {
        let entries = fs::read_dir(&self.folder)?;
        self.take_stock(entries.map(|entry| entry.map(|entry| entry.path())));
        Ok(())
    }

    /// Looks at all of `entries` that can be slides, and at the slides known
    /// that are not among them.
    fn take_stock(&self, entries: impl Iterator<Item = io::Result<PathBuf>>) {
        let (mut listed, mut complete) = (HashSet::new(), true);
        for entry in entries {
            let path = match entry {
                Ok(path) => path,
                Err(cause) => {
                    self.stat_failures.report(&self.folder, &cause);
                    complete = false;
                    continue;
                }
            };
            if path.extension().is_none_or(|extension| extension != id::EXTENSION) || is_hidden(&path) {
                continue;
            }
            if let Some(id) = id::of_pack(&path) {
                self.look_at(id, &path);
                listed.insert(id.to_owned());
            } else if self.refused.insert(path.clone()) {
                warn!(path = %path.display(), "ignored: a pack is named by its slide's id, and this is none");
            }
        }
        if complete {
            self.stat_failures.is_over(&self.folder);
        }
        // Mostly they are gone; but a list that broke off does not say so.
        let unlisted = self.files.iter().filter(|file| !listed.contains(&file.id));
        let unlisted: Vec<_> = unlisted.map(|file| Arc::clone(&file)).collect();
        for file in unlisted {
            self.look_at(&file.id, &file.path);
        }
        let is_there = |path: &Path| {
            id::of_pack(path).is_some_and(|id| listed.contains(id) || self.files.contains_key(id))
        };
        self.stat_failures.retain(|path| path == self.folder || is_there(path));
        // Closed now, not when the next pack is opened.
        self.opened.run_pending_tasks();
    }

    /// Looks at the file of `id`: takes it in, or forgets it if it is gone. An
    /// error is neither; the slide stays as it is known.
    fn look_at(&self, id: &str, path: &Path) {
        let stamp = match FileStamp::of(path) {
            Ok(stamp) => stamp,
            Err(cause) => return self.stat_failures.report(path, &cause),
        };
        self.stat_failures.is_over(path);
        if let Some(stamp) = stamp {
            self.take_in(id, path, stamp);
        } else if let Some((id, file)) = self.files.remove(id) {
            self.opened.invalidate(&file.number);
            info!(id, "slide vanished");
        }
    }

    /// Notes the file of `id` in the state `stamp`, instead of any other.
    fn take_in(&self, id: &str, path: &Path, stamp: FileStamp) {
        let before = self.file(id).ok();
        if before.as_ref().is_some_and(|before| before.stamp == stamp) {
            return;
        }
        let file = PackFile {
            id: id.to_owned(),
            path: path.to_owned(),
            stamp,
            number: self.next_number.fetch_add(1, Ordering::Relaxed),
            look: before.map(|before| before.look.clone()).unwrap_or_default(),
            first: OnceLock::new(),
        };
        if let Some(before) = self.files.insert(id.to_owned(), Arc::new(file)) {
            self.opened.invalidate(&before.number);
        }
        if self.tells {
            info!(id, path = %path.display(), "slide found");
        }
    }

    /// The folder that is looked through.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many slides there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// All ids in order.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.files.iter().map(|file| file.key().clone()).collect();
        ids.sort_unstable();
        ids
    }

    /// The slide `id`, opened if it was not; opening happens off the async
    /// threads, once however many ask.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Damaged`] if its pack cannot be opened.
    pub async fn slide(self: &Arc<Self>, id: &str) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        if let Some(opened) = self.opened(&file) {
            return opened;
        }
        let catalog = Arc::clone(self);
        web::block(move || catalog.open_file(&file)).await.unwrap_or(Err(Error::Internal))
    }

    /// The slide `id` in `generation`, which is not the one that is known. A
    /// client may know of a new version before the next look through the folder,
    /// so the file is looked at first.
    ///
    /// # Errors
    /// [`Error::Gone`] if the slide has another generation now, and those of
    /// [`Self::slide`].
    pub async fn version(self: &Arc<Self>, id: &str, generation: u64) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        let (catalog, known) = (Arc::clone(self), Arc::clone(&file));
        file.look.again(move || catalog.look_at(&known.id, &known.path)).await?;
        let slide = self.slide(id).await?;
        if slide.pack.generation() == generation { Ok(slide) } else { Err(Error::Gone) }
    }

    /// As [`Self::slide`], on the calling thread.
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, id: &str) -> Result<Arc<ServedSlide>, Error> {
        let file = self.file(id)?;
        self.opened(&file).unwrap_or_else(|| self.open_file(&file))
    }

    /// What the list says of slide `id`. A pack that is opened for that alone is
    /// closed again, and what was found is remembered.
    ///
    /// # Errors
    /// As [`Self::slide`].
    pub async fn summary(self: &Arc<Self>, id: &str) -> Result<Arc<SlideSummary>, Error> {
        let file = self.file(id)?;
        if let Some(Err(error)) = self.opened(&file) {
            return Err(error);
        }
        if let Some((.., summary)) = file.first.get() {
            return Ok(Arc::clone(summary));
        }
        let catalog = Arc::clone(self);
        let look = move || {
            let opened = file.open(catalog.io, &catalog.failure_log)?;
            if let Err(error) = opened {
                // Nothing to close, and not to be tried again.
                catalog.opened.insert(file.number, Err(error));
            }
            opened.map(|slide| Arc::clone(&slide.summary))
        };
        web::block(look).await.unwrap_or(Err(Error::Internal))
    }

    fn file(&self, id: &str) -> Result<Arc<PackFile>, Error> {
        self.files.get(id).map(|file| Arc::clone(&file)).ok_or(Error::NotFound("slide"))
    }

    /// What opening `file` has come to, if that is known and still so.
    fn opened(&self, file: &PackFile) -> Option<Opened> {
        let opened = self.opened.get(&file.number)?;
        if opened.as_ref().is_ok_and(|slide| slide.pack.is_lost()) {
            // Cut short while it was open: opening it again finds out.
            self.opened.invalidate(&file.number);
            return None;
        }
        Some(opened)
    }

    fn open_file(&self, file: &PackFile) -> Opened {
        let answer = self.opened.try_get_with(file.number, || file.open(self.io, &self.failure_log));
        answer.unwrap_or_else(|error| Err(*error))
    }
}

/// Packs being written and other people's business.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::pack;
    use crate::metrics::Metrics;
    use std::os::unix::fs::symlink;

    fn catalog(folder: &Path) -> Catalog {
        let failure_log = Data::new(FailureLog::new(Data::new(Metrics::new())));
        Catalog::new(&Config::new(folder), MemoryShares::of(64 << 20), failure_log).unwrap()
    }

    fn failures(catalog: &Catalog) -> u64 {
        catalog.failure_log.metrics.pack_errors.with_label_values(&["stat"]).get()
    }

    #[test]
    fn a_file_that_cannot_be_looked_at_is_no_slide_that_vanished() {
        let folder = tempfile::tempdir().unwrap();
        drop(pack(folder.path()));
        let catalog = catalog(folder.path());
        let path = folder.path().join("a.origami");
        let before = catalog.open("a").unwrap();
        // A link to itself: the system says ELOOP, to root as well.
        fs::rename(&path, folder.path().join("aside")).unwrap();
        symlink(&path, &path).unwrap();
        // One that was never known, and fails all the same.
        symlink(folder.path().join("b.origami"), folder.path().join("b.origami")).unwrap();
        for scans in 1..=3 {
            catalog.rescan().unwrap();
            assert!(Arc::ptr_eq(&catalog.open("a").unwrap(), &before), "it is kept, and kept open");
            assert_eq!((catalog.ids(), failures(&catalog)), (vec!["a".to_owned()], 2 * scans));
        }
        // Back as it was: the same file, so the same slide.
        fs::remove_file(&path).unwrap();
        fs::rename(folder.path().join("aside"), &path).unwrap();
        fs::remove_file(folder.path().join("b.origami")).unwrap();
        catalog.rescan().unwrap();
        assert!(Arc::ptr_eq(&catalog.open("a").unwrap(), &before));
        assert_eq!(failures(&catalog), 6);
        fs::remove_file(&path).unwrap();
        catalog.rescan().unwrap();
        assert_eq!(catalog.open("a").err(), Some(Error::NotFound("slide")));
    }

    #[test]
    fn what_is_no_file_any_more_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        drop(pack(folder.path()));
        let catalog = catalog(folder.path());
        let path = folder.path().join("a.origami");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        catalog.rescan().unwrap();
        assert_eq!((catalog.count(), failures(&catalog)), (0, 0));
        fs::remove_dir(&path).unwrap();
        // A link to nothing.
        symlink(folder.path().join("nothing"), &path).unwrap();
        catalog.rescan().unwrap();
        assert_eq!((catalog.count(), failures(&catalog)), (0, 0));
    }

    #[test]
    fn an_entry_that_cannot_be_read_ends_neither_the_scan_nor_a_slide() {
        let folder = tempfile::tempdir().unwrap();
        drop(pack(folder.path()));
        let path = |id: &str| folder.path().join(id).with_extension("origami");
        for id in ["b", "c", "d"] {
            fs::copy(path("a"), path(id)).unwrap();
        }
        let catalog = catalog(folder.path());
        fs::remove_file(path("c")).unwrap();
        fs::copy(path("a"), path("e")).unwrap();
        let failed = || Err(io::Error::from_raw_os_error(libc::EIO));
        // Neither b, which is there, nor c, which is not, are listed.
        for scans in 1..=2 {
            let entries = [failed(), Ok(path("a")), failed(), Ok(path("e")), failed()];
            catalog.take_stock(entries.into_iter());
            assert_eq!(
                (catalog.ids(), failures(&catalog)),
                (["a", "b", "d", "e"].map(str::to_owned).into(), 3 * scans)
            );
        }
    }
}
