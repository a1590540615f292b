//! Reports paths of the packs folder that cannot be checked: counts every failed
//! check, logs a failure once for as long as it lasts.

use crate::metrics::Metrics;
use actix_web::web::Data;
use dashmap::DashMap;
use std::io;
use std::path::{Path, PathBuf};
use tracing::{info, warn};

/// Files and folders whose state the system cannot report because of an
/// error. Such an error does not mean that a file is gone; its slide is retained.
pub struct StatFailures {
    /// The system's number of the last error; a different one is logged again.
    errors: DashMap<PathBuf, Option<i32>>,
    metrics: Data<Metrics>,
}

impl StatFailures {
    /// No failures yet.
    pub fn new(metrics: Data<Metrics>) -> Self {
        Self { errors: DashMap::new(), metrics }
    }

    /// Records that `path` could not be checked because of `cause`.
    pub fn report(&self, path: &Path, cause: &io::Error) {
        self.metrics.pack_errors("stat").inc();
        let error = cause.raw_os_error();
        if self.errors.insert(path.to_owned(), error) != Some(error) {
            warn!(path = %path.display(), %cause, "cannot be looked at; what is known of it is kept");
        }
    }

    /// Records that `path` could be checked.
    pub fn clear(&self, path: &Path) {
        if self.errors.remove(path).is_some() {
            info!(path = %path.display(), "can be looked at again");
        }
    }

    /// Forgets all paths but those that are `relevant`.
    pub fn retain(&self, relevant: impl Fn(&Path) -> bool) {
        self.errors.retain(|path, _| relevant(path));
    }
}
