//! Whether a call may wait for the disk.

/// Whether a call may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// It waits as long as reading takes.
    Allowed,
    /// It gives up on bytes that are not in memory.
    Forbidden,
}
