//! The slides there are: the packs folder, looked through again and again.
//!
//! Requests look slides up here and nowhere else; no part of a URL ever becomes
//! part of a path.

use crate::error::Error;
use crate::metrics::Metrics;
use actix_web::web::{self, Data};
use dashmap::DashMap;
use origami_pack::Pack;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing::{error, info, warn};

/// What a pack file's name ends in.
const EXTENSION: &str = "origami";

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
struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// One pack file in one state, opened when it is first asked for.
struct Slot {
    path: PathBuf,
    stamp: Stamp,
    opened: OnceLock<Result<Arc<Slide>, Error>>,
}

/// All slides of one folder.
pub struct Catalog {
    folder: PathBuf,
    slots: DashMap<String, Arc<Slot>>,
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
        let catalog = Self { folder, slots: DashMap::new(), refused: Mutex::default(), metrics };
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
            if path.extension().is_none_or(|extension| extension != EXTENSION) || is_hidden(&path) {
                continue;
            }
            let Some(id) = path.file_stem().and_then(OsStr::to_str).filter(|id| is_slide_id(id)) else {
                self.refuse(path);
                continue;
            };
            // Gone since it was listed, or not a file: not a slide.
            let Some(stamp) =
                fs::metadata(&path).ok().filter(Metadata::is_file).map(|metadata| Stamp::of(&metadata))
            else {
                continue;
            };
            present.insert(id.to_owned());
            let known = self.slots.get(id).map(|slot| slot.stamp);
            if known == Some(stamp) {
                continue;
            }
            info!(id, path = %path.display(), "{}", if known.is_some() { "slide changed" } else { "slide found" });
            self.slots
                .insert(id.to_owned(), Arc::new(Slot { path: path.clone(), stamp, opened: OnceLock::new() }));
        }
        self.slots.retain(|id, _| {
            let keep = present.contains(id);
            if !keep {
                info!(id, "slide vanished");
            }
            keep
        });
        Ok(())
    }

    fn refuse(&self, path: PathBuf) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if !refused.contains(&path) {
            warn!(path = %path.display(), "ignored: a pack is named by its slide's id: letters, digits, . _ and -, no image extension");
            refused.insert(path);
        }
    }

    /// The folder that is looked through.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All ids in order.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.slots.iter().map(|slot| slot.key().clone()).collect();
        ids.sort_unstable();
        ids
    }

    /// The slide `id`, opened if it was not; opening happens off the async
    /// threads.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Damaged`] if its pack cannot be opened,
    /// until the file changes.
    pub async fn slide(&self, id: &str) -> Result<Arc<Slide>, Error> {
        let slot = self.slots.get(id).map(|slot| Arc::clone(&slot)).ok_or(Error::NotFound("slide"))?;
        if let Some(opened) = slot.opened.get() {
            return opened.clone();
        }
        let (id, metrics) = (id.to_owned(), self.metrics.clone());
        web::block(move || slot.open(&id, &metrics)).await.unwrap_or(Err(Error::Internal))
    }
}

impl Slot {
    fn open(&self, id: &str, metrics: &Data<Metrics>) -> Result<Arc<Slide>, Error> {
        let open = || match Pack::open(&self.path) {
            Ok(pack) => {
                metrics.packs_open.inc();
                Ok(Arc::new(Slide { id: id.to_owned(), pack: Arc::new(pack), metrics: metrics.clone() }))
            }
            Err(cause) => {
                metrics.pack_errors.with_label_values(&[cause.kind()]).inc();
                error!(id, pack = %self.path.display(), %cause, "a pack cannot be opened");
                Err(Error::Damaged)
            }
        };
        self.opened.get_or_init(open).clone()
    }
}

/// Packs being written and other people's business.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Flat ASCII names that no route can mistake for something else.
fn is_slide_id(id: &str) -> bool {
    const RESERVED: [&str; 8] = [".dzi", "_files", ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"];
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !id.is_empty()
        && !id.starts_with('.')
        && id.bytes().all(plain)
        && !RESERVED.iter().any(|end| id.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flat_unreserved_names_are_ids() {
        for id in ["a", "CMU-1_small.v2", "-", "a.dzi.b"] {
            assert!(is_slide_id(id), "{id}");
        }
        for id in ["", ".", "..", ".tmp", "a b", "ä", "a/b", "a\0", "x.dzi", "x_files", "x.jpg", "x.tiff"] {
            assert!(!is_slide_id(id), "{id}");
        }
    }
}
