//! Progress of a run.

use std::time::Duration;

/// A step of a run, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadEvent {
    /// The load begins and will request this many tiles.
    Tiles(u64),
    /// The load begins and will take this long.
    Time(Duration),
    /// This many more tiles, or milliseconds, are done; possibly 0.
    Advanced(u64),
    /// The load is over.
    Finished,
}
