//! How far a run has come.

use std::time::Duration;

/// What happens while a server is loaded, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadEvent {
    /// The load begins, and will ask for so many tiles.
    Tiles(u64),
    /// The load begins, and takes so long.
    Time(Duration),
    /// So many more tiles, or milliseconds, are done; now and then 0.
    Advanced(u64),
    /// The load is over.
    Finished,
}
