//! What of the packs folder cannot be looked at: counted every time, logged once
//! for as long as it lasts.

use crate::metrics::Metrics;
use actix_web::web::Data;
use dashmap::DashMap;
use std::io;
use std::path::{Path, PathBuf};
use tracing::{info, warn};

/// Files, and the folder itself, for which the system has an error instead of an
/// answer. That is no sign of their end: what is known of them is kept.
pub struct StatFailures {
    /// With the number of the error: another one is news.
    states: DashMap<PathBuf, Option<i32>>,
    metrics: Data<Metrics>,
}

impl StatFailures {
    /// Nothing fails yet.
    pub fn new(metrics: Data<Metrics>) -> Self {
        Self { states: DashMap::new(), metrics }
    }

    /// Notes that `path` could not be looked at because of `cause`.
    pub fn report(&self, path: &Path, cause: &io::Error) {
        self.metrics.pack_errors.with_label_values(&["stat"]).inc();
        let state = cause.raw_os_error();
        if self.states.insert(path.to_owned(), state) != Some(state) {
            warn!(path = %path.display(), %cause, "cannot be looked at; what is known of it is kept");
        }
    }

    /// Notes that `path` could be looked at.
    pub fn is_over(&self, path: &Path) {
        if self.states.remove(path).is_some() {
            info!(path = %path.display(), "can be looked at again");
        }
    }

    /// Forgets what is not `there` any more.
    pub fn retain(&self, there: impl Fn(&Path) -> bool) {
        self.states.retain(|path, _| there(path));
    }
}
