//! The lines that wait to be written.

use prometheus::IntCounter;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maximum number of bytes that wait. As many may be on their way to the disk.
const MAX_BYTES: usize = 2 << 20;

/// As soon as this many bytes wait, they are written without more delay.
const BATCH: usize = 128 << 10;

/// How long lines gather before they are written: less than anybody notices, and long enough for
/// a busy server to write many of them at once.
const GATHERING: Duration = Duration::from_millis(50);

/// A bounded amount of lines, from many threads to one that writes them.
pub(super) struct PendingLines {
    lines: Mutex<Lines>,
    /// Notified when the thread that writes may be asleep: at the first line after a pause, when a
    /// batch is complete, and at the end.
    changed: Condvar,
    /// Counts the lines that found no room, or could not be written.
    pub(super) dropped: IntCounter,
}

#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    /// Whether the thread that writes sleeps until there is a line. While lines come, it looks for
    /// them by itself: to wake it would cost a request more than its line.
    is_asleep: bool,
    is_closed: bool,
}

impl PendingLines {
    pub(super) fn new(dropped: IntCounter) -> Self {
        Self { lines: Mutex::default(), changed: Condvar::new(), dropped }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a complete line, unless there is no room.
    pub(super) fn push(&self, line: &[u8]) {
        let mut lines = self.lines();
        let before = lines.bytes.len();
        let after = before + line.len();
        if lines.is_closed || after > MAX_BYTES {
            drop(lines);
            self.dropped.inc();
            return;
        }
        lines.bytes.extend_from_slice(line);
        let wakes = lines.is_asleep || (before < BATCH && after >= BATCH);
        drop(lines);
        if wakes {
            self.changed.notify_one();
        }
    }

    /// Waits for lines and puts those that have gathered in the place of what is in `batch`.
    /// Returns whether there are any: there are none only after [`Self::close`].
    pub(super) fn take(&self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        let mut lines = self.gathered(self.lines());
        if lines.bytes.is_empty() && !lines.is_closed {
            lines.is_asleep = true;
            let woken = self.changed.wait_while(lines, |lines| lines.bytes.is_empty() && !lines.is_closed);
            lines = woken.unwrap_or_else(PoisonError::into_inner);
            lines.is_asleep = false;
            lines = self.gathered(lines);
        }
        mem::swap(&mut lines.bytes, batch);
        !batch.is_empty()
    }

    /// The lines after some time, or at once if they are a batch or the last ones.
    fn gathered<'a>(&self, lines: MutexGuard<'a, Lines>) -> MutexGuard<'a, Lines> {
        let is_early = |lines: &mut Lines| lines.bytes.len() < BATCH && !lines.is_closed;
        let gathered = self.changed.wait_timeout_while(lines, GATHERING, is_early);
        gathered.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Refuses lines from now on, and lets the thread that writes take what is left at once.
    pub(super) fn close(&self) {
        self.lines().is_closed = true;
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn pending() -> PendingLines {
        PendingLines::new(IntCounter::new("dropped", "Lines.").unwrap())
    }

    #[test]
    fn lines_that_nobody_takes_are_dropped_and_counted() {
        let (pending, line) = (pending(), [b'x'; 1 << 10]);
        for _ in 0..3000 {
            pending.push(&line);
        }
        let kept = MAX_BYTES / line.len();
        assert_eq!(pending.dropped.get(), 3000 - kept as u64);
        let mut batch = Vec::new();
        assert!(pending.take(&mut batch));
        assert_eq!(batch.len(), MAX_BYTES);
        pending.push(b"there is room again\n");
        assert!(pending.take(&mut batch));
        assert_eq!(batch, b"there is room again\n");
    }

    #[test]
    fn a_thread_that_sleeps_is_woken_by_the_first_line() {
        let (pending, mut batch) = (pending(), Vec::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                while !pending.lines().is_asleep {
                    thread::yield_now();
                }
                pending.push(b"a\n");
            });
            assert!(pending.take(&mut batch));
        });
        assert_eq!(batch, b"a\n");
        assert!(!pending.lines().is_asleep);
    }

    #[test]
    fn the_last_lines_are_taken_after_the_end_and_no_more_are_added() {
        let (pending, mut batch) = (pending(), b"old".to_vec());
        pending.push(b"a\n");
        pending.push(b"b\n");
        pending.close();
        pending.push(b"c\n");
        assert!(pending.take(&mut batch));
        assert_eq!(batch, b"a\nb\n");
        assert!(!pending.take(&mut batch) && batch.is_empty());
        assert_eq!(pending.dropped.get(), 1);
    }
}
