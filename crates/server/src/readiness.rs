//! Whether requests should be sent here or to another server.

use crate::routes::AppState;
use std::sync::atomic::Ordering;
use thiserror::Error;

/// Why requests should be sent to another server. What another server would have, too, is no
/// reason: a broken pack, or more requests than all of them can answer.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Unready {
    /// It finishes what it has begun and takes nothing new.
    #[error("the server is stopping")]
    Stopping,
    /// The folder is not mounted, or not readable. Known slides are served as far as possible.
    #[error("the packs folder cannot be listed; the log says why")]
    Packs,
    /// Only what is in memory can be answered.
    #[error("the storage of packs does not answer: all readers wait for it")]
    Storage,
}

impl Unready {
    const ALL: [Self; 3] = [Self::Stopping, Self::Packs, Self::Storage];

    /// All reasons that there are now; none if requests should be sent here.
    pub fn reasons(state: &AppState) -> impl Iterator<Item = Self> + '_ {
        Self::ALL.into_iter().filter(|reason| reason.holds(state))
    }

    fn holds(self, state: &AppState) -> bool {
        match self {
            Self::Stopping => state.stopping.load(Ordering::Relaxed),
            Self::Packs => !state.catalog.is_listed(),
            // Whoever waits for longer is refused.
            Self::Storage => state.readers.are_stuck(state.live.request_limit.get()),
        }
    }
}
