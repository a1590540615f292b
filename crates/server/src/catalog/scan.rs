//! Keeps the catalog up to date: finds packs, and opens each once to see what is in it.

use super::Catalog;
use super::faulty_packs::{Fault, FaultyPack, FaultyPacks};
use super::file_stamp::FileStamp;
use super::ignored::{IgnoreReason, Ignored};
use super::pack_file::PackFile;
use super::walk::Listing;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tracing::{info, warn};

impl Catalog {
    /// Scans the folder for packs that appeared, changed or vanished. Running requests
    /// keep the packs they use.
    ///
    /// # Errors
    /// If the folder cannot be listed; the catalog then stays as it is.
    pub fn rescan(&self) -> io::Result<()> {
        let listing = self.root.list();
        self.is_listed.store(listing.is_ok(), Ordering::Relaxed);
        self.update(&listing?);
        Ok(())
    }

    /// Updates the catalog to what is in `listing`.
    pub(super) fn update(&self, listing: &Listing) {
        self.report_folders(listing);
        for folder in &listing.too_deep {
            self.ignore(&Ignored::new(folder, IgnoreReason::TooDeep));
        }
        let listed = self.check_listed(&listing.packs);
        // Slides that are not listed are usually gone. If an entry could not be read,
        // they may still exist.
        let unlisted = self.files.iter().filter(|file| !listed.contains(&file.id));
        let unlisted: Vec<_> = unlisted.map(|file| Arc::clone(&file)).collect();
        for file in unlisted {
            self.check_file(&file.id, &file.path);
        }
        self.stat_failures.retain(|path| {
            listing.folders.contains(path)
                || listing.packs.binary_search_by(|pack| pack.as_path().cmp(path)).is_ok()
                || self.files.iter().any(|file| file.path == path)
        });
        self.open_packs.close_removed();
        self.count_packs();
    }

    /// Reports which folders could be listed, and which not.
    fn report_folders(&self, listing: &Listing) {
        for failure in &listing.failures {
            self.stat_failures.report(&failure.path, &failure.cause);
        }
        let failed: HashSet<&Path> = listing.failures.iter().map(|failure| &*failure.path).collect();
        for folder in listing.folders.iter().filter(|folder| !failed.contains(&***folder)) {
            self.stat_failures.clear(folder);
        }
    }

    /// Checks all `packs`, whose paths are in order; returns the ids of their slides. Of
    /// several with the same id, only the first is served.
    fn check_listed(&self, packs: &[PathBuf]) -> HashSet<String> {
        let mut listed = HashSet::new();
        for path in packs {
            match self.root.id(path) {
                Err(ignored) => self.ignore(&ignored),
                Ok(id) if listed.contains(&id) => self.ignore(&Ignored::new(path, IgnoreReason::SameId)),
                Ok(id) => {
                    if self.check_file(&id, path) {
                        listed.insert(id);
                    }
                }
            }
        }
        listed
    }

    /// Checks the file of slide `id`: adds or replaces the slide, or removes it if the
    /// file is gone. If the check fails, the slide stays as it is. Returns whether there
    /// is a file, or may be one.
    pub(super) fn check_file(&self, id: &str, path: &Path) -> bool {
        let stamp = match FileStamp::of(path) {
            Ok(stamp) => stamp,
            Err(cause) => {
                self.stat_failures.report(path, &cause);
                return true;
            }
        };
        self.stat_failures.clear(path);
        if let Some(stamp) = stamp {
            self.add(id, path, stamp);
        } else if let Some((id, file)) = self.files.remove_if(id, |_, file| file.path == path) {
            self.open_packs.remove(&file);
            self.revisions.advance();
            info!(id, "slide vanished");
        }
        stamp.is_some()
    }

    /// Adds the file of slide `id` in the state `stamp`, or replaces another state.
    fn add(&self, id: &str, path: &Path, stamp: FileStamp) {
        let before = self.file(id).ok();
        if before.as_ref().is_some_and(|before| before.stamp == stamp && before.path == path) {
            return;
        }
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let recheck = before.map(|before| before.recheck.clone()).unwrap_or_default();
        let file = PackFile::new(id, path.to_owned(), stamp, number, recheck, self.revisions.clone());
        if let Some(before) = self.files.insert(id.to_owned(), Arc::new(file)) {
            self.open_packs.remove(&before);
        }
        self.revisions.advance();
        if self.logs_found {
            info!(id, path = %path.display(), "slide found");
        }
    }

    /// Logs once that something is not served.
    fn ignore(&self, Ignored { path, reason }: &Ignored) {
        if self.ignored.insert(path.clone()) {
            warn!(path = %path.display(), "ignored: {reason}");
        }
    }

    /// Opens packs of which nothing is known yet, so that the list has all that is in
    /// them and says which are broken before anybody asks. Ends at `until`, or when
    /// `is_stopped`; what is left then is for the next call.
    pub fn inspect(&self, until: Instant, is_stopped: impl Fn() -> bool) {
        let due = self.files.iter().filter(|file| file.is_due());
        let due: Vec<_> = due.map(|file| Arc::clone(&file)).collect();
        for file in due {
            if is_stopped() || Instant::now() >= until {
                break;
            }
            // An error has been recorded and reported.
            let _ = self.read_summary(&file);
        }
        self.count_packs();
    }

    /// Brings up to date what is said of all packs.
    fn count_packs(&self) {
        // Damage that is noted from here on is of packs that are served.
        let mut gone: HashSet<_> = self.failure_log.damaged.packs().into_iter().collect();
        let mut faulty = Vec::new();
        for file in &self.files {
            if let Some(storage) = file.storage() {
                gone.remove(&storage);
            }
            if let Some(fault) = Fault::of(&file, &self.failure_log) {
                faulty.push(FaultyPack { file: Arc::clone(&file), fault });
            }
        }
        for storage in gone {
            self.failure_log.damaged.remove(storage);
        }
        let faulty = FaultyPacks::of(faulty);
        let metrics = &self.failure_log.metrics;
        metrics.packs.set(self.files.len() as i64);
        metrics.packs_broken.set(faulty.unreadable as i64);
        *self.lock_faulty() = Arc::new(faulty);
    }
}
