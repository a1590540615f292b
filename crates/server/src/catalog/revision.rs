//! The revision of the catalog, by which clients learn that the list has changed.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Counts the changes of one catalog. Clones count together.
#[derive(Clone)]
pub struct Revisions {
    /// Tells this start of the server from all others: nanoseconds of Unix time.
    start: u64,
    changes: Arc<AtomicU64>,
}

/// One state of the catalog. Another state, or one of another server, has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    start: u64,
    changes: u64,
}

impl Revisions {
    /// Those of a catalog that begins now.
    pub fn new() -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: time.as_nanos() as u64, changes: Arc::default() }
    }

    /// The current one.
    pub fn current(&self) -> Revision {
        Revision { start: self.start, changes: self.changes.load(Ordering::Acquire) }
    }

    /// Begins the next one. To be called after a change, so that whoever sees the
    /// revision sees the change as well.
    pub fn advance(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }
}

impl Display for Revision {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.start, self.changes)
    }
}
