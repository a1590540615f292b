//! The slides there are: the packs folder, looked through again and again.
//!
//! Requests look slides up here and nowhere else; no part of a URL ever becomes
//! part of a path.

use crate::damage::Damage;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::slide::{PackFile, Slide, Stamp};
use actix_web::web::{self, Data};
use dashmap::DashMap;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use origami_pack::id;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};
use tracing::{info, warn};

/// All slides of one folder.
pub struct Catalog {
    folder: PathBuf,
    files: DashMap<String, Arc<PackFile>>,
    /// What opening files has come to, by their numbers; the least recently
    /// used are closed when there are too many.
    opened: Cache<u64, Result<Arc<Slide>, Error>>,
    next_number: AtomicU64,
    /// Packs whose names are no ids, so that each is reported once.
    refused: Mutex<HashSet<PathBuf>>,
    damage: Data<Damage>,
    metrics: Data<Metrics>,
}

impl Catalog {
    /// The slides in `folder` as it is now, of which at most `open_packs` are
    /// kept open.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn new(
        folder: PathBuf,
        open_packs: u64,
        damage: Data<Damage>,
        metrics: Data<Metrics>,
    ) -> io::Result<Self> {
        let opened =
            Cache::builder().max_capacity(open_packs.max(1)).eviction_policy(EvictionPolicy::lru()).build();
        let catalog = Self {
            folder,
            files: DashMap::new(),
            opened,
            next_number: AtomicU64::new(0),
            refused: Mutex::default(),
            damage,
            metrics,
        };
        catalog.look_through(|_, _| {})?;
        Ok(catalog)
    }

    /// Takes in what appeared, changed and vanished. Requests that run keep
    /// the pack they have.
    ///
    /// # Errors
    /// If the folder cannot be listed; the catalog then stays as it is.
    pub fn rescan(&self) -> io::Result<()> {
        self.look_through(|id, path| info!(id, path = %path.display(), "slide found"))
    }

    /// As [`Self::rescan`]; tells `found` of what appeared or changed.
    fn look_through(&self, found: impl Fn(&str, &Path)) -> io::Result<()> {
        let mut present = HashSet::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != id::EXTENSION) || is_hidden(&path) {
                continue;
            }
            let Some(id) = id::of_pack(&path) else {
                self.refuse(path);
                continue;
            };
            // Gone since it was listed, or not a file: not a slide.
            let Some(stamp) = Stamp::of(&path) else { continue };
            present.insert(id.to_owned());
            if self.take_in(id, &path, stamp) {
                found(id, &path);
            }
        }
        self.files.retain(|id, file| {
            let keep = present.contains(id);
            if !keep {
                self.opened.invalidate(&file.number);
                info!(id, "slide vanished");
            }
            keep
        });
        // Closed now, not when the next pack is opened.
        self.opened.run_pending_tasks();
        Ok(())
    }

    /// Notes the file of `id` in the state `stamp`, instead of any other;
    /// whether that was news.
    fn take_in(&self, id: &str, path: &Path, stamp: Stamp) -> bool {
        let before = self.files.get(id).map(|file| (file.stamp, file.number));
        if before.is_some_and(|(before, _)| before == stamp) {
            return false;
        }
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let file = PackFile { id: id.to_owned(), path: path.to_owned(), stamp, number };
        self.files.insert(id.to_owned(), Arc::new(file));
        if let Some((_, number)) = before {
            self.opened.invalidate(&number);
        }
        true
    }

    fn refuse(&self, path: PathBuf) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if !refused.contains(&path) {
            warn!(path = %path.display(), "ignored: a pack is named by its slide's id, and this is none");
            refused.insert(path);
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
    pub async fn slide(&self, id: &str) -> Result<Arc<Slide>, Error> {
        let file = self.file(id)?;
        if let Some(opened) = self.opened(&file) {
            return opened;
        }
        let opening = self.opening(file);
        web::block(opening).await.unwrap_or(Err(Error::Internal))
    }

    /// As [`Self::slide`], on the calling thread.
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, id: &str) -> Result<Arc<Slide>, Error> {
        let file = self.file(id)?;
        self.opened(&file).unwrap_or_else(|| self.opening(file)())
    }

    fn file(&self, id: &str) -> Result<Arc<PackFile>, Error> {
        self.files.get(id).map(|file| Arc::clone(&file)).ok_or(Error::NotFound("slide"))
    }

    /// What opening `file` has come to, if that is known and still so.
    fn opened(&self, file: &PackFile) -> Option<Result<Arc<Slide>, Error>> {
        let opened = self.opened.get(&file.number)?;
        if opened.as_ref().is_ok_and(|slide| !slide.pack.is_whole()) {
            // Cut short under its map: opening it again finds out.
            self.opened.invalidate(&file.number);
            return None;
        }
        Some(opened)
    }

    fn opening(&self, file: Arc<PackFile>) -> impl FnOnce() -> Result<Arc<Slide>, Error> + Send + 'static {
        let (opened, damage, metrics) = (self.opened.clone(), self.damage.clone(), self.metrics.clone());
        move || {
            let answer = opened.try_get_with(file.number, || file.open(&metrics, &damage));
            answer.unwrap_or_else(|error| Err(*error))
        }
    }
}

/// Packs being written and other people's business.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
