//! The slides there are: the packs folder, looked through again and again.
//!
//! Requests look slides up here and nowhere else; no part of a URL ever becomes
//! part of a path.

use crate::error::Error;
use crate::metrics::Metrics;
use crate::slide::{PackFile, Slide, Stamp};
use actix_web::web::{self, Data};
use dashmap::DashMap;
use origami_pack::id;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};
use tracing::{info, warn};

/// All slides of one folder.
pub struct Catalog {
    folder: PathBuf,
    files: DashMap<String, Arc<PackFile>>,
    /// Packs whose names are no ids, so that each is reported once.
    refused: Mutex<HashSet<PathBuf>>,
    metrics: Data<Metrics>,
}

impl Catalog {
    /// The slides in `folder` as it is now.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn new(folder: PathBuf, metrics: Data<Metrics>) -> io::Result<Self> {
        let catalog = Self { folder, files: DashMap::new(), refused: Mutex::default(), metrics };
        catalog.rescan()?;
        Ok(catalog)
    }

    /// Takes in what appeared, changed and vanished. Requests that run keep
    /// the pack they have.
    ///
    /// # Errors
    /// If the folder cannot be listed; the catalog then stays as it is.
    pub fn rescan(&self) -> io::Result<()> {
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
            self.file(id, &path, stamp);
        }
        self.files.retain(|id, _| {
            let keep = present.contains(id);
            if !keep {
                info!(id, "slide vanished");
            }
            keep
        });
        Ok(())
    }

    /// The file of `id` in the state `stamp`, which replaces any other.
    fn file(&self, id: &str, path: &Path, stamp: Stamp) -> Arc<PackFile> {
        let new = || {
            info!(id, path = %path.display(), "slide found");
            Arc::new(PackFile::new(path.to_owned(), stamp))
        };
        let mut file = self.files.entry(id.to_owned()).or_insert_with(new);
        if file.stamp() != stamp {
            *file = new();
        }
        Arc::clone(&file)
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

    /// All ids in order.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.files.iter().map(|file| file.key().clone()).collect();
        ids.sort_unstable();
        ids
    }

    /// The slide `id`, opened if it was not; opening happens off the async
    /// threads.
    ///
    /// The file is looked at every time, because touching the map of a file
    /// that was cut short would end the process.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Damaged`] if its pack cannot be opened.
    pub async fn slide(&self, id: &str) -> Result<Arc<Slide>, Error> {
        const NO_SLIDE: Error = Error::NotFound("slide");
        let known = self.files.get(id).map(|file| Arc::clone(&file)).ok_or(NO_SLIDE)?;
        let file = match Stamp::of(known.path()) {
            Some(stamp) if stamp == known.stamp() => known,
            Some(stamp) => self.file(id, known.path(), stamp),
            // The next look through the folder removes it.
            None => return Err(NO_SLIDE),
        };
        if let Some(opened) = file.opened() {
            return opened;
        }
        let (id, metrics) = (id.to_owned(), self.metrics.clone());
        web::block(move || file.open(&id, &metrics)).await.unwrap_or(Err(Error::Internal))
    }
}

/// Packs being written and other people's business.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
