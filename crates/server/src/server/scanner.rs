//! The thread that keeps the catalog up to date.

use crate::background::Background;
use crate::catalog::Catalog;
use crate::live::Live;
use crossbeam::channel::{RecvTimeoutError, TryRecvError};
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tracing::warn;

/// The pause after a scan of the packs folder is at least this many times as long as
/// the scan, but at most [`MAX_INTERVALS`] times the configured interval.
const MIN_PAUSE_RATIO: u32 = 50;
/// Maximum pause between scans, in configured intervals.
const MAX_INTERVALS: u32 = 10;

/// Starts a thread that keeps the catalog up to date by scanning its folder every
/// [`Live::rescan`]. Between two scans it opens the packs that were found.
pub fn start(background: &mut Background, catalog: Arc<Catalog>, live: Arc<Live>) -> io::Result<()> {
    background.start("catalog".to_owned(), move |stopped| {
        let mut failing = false;
        let mut pause = live.rescan.get();
        loop {
            let next = Instant::now() + pause;
            catalog.inspect(next, || stopped.try_recv() == Err(TryRecvError::Disconnected));
            if stopped.recv_deadline(next) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let started = Instant::now();
            let scanned = catalog.rescan();
            // Very large and slow folders are scanned less often.
            let interval = live.rescan.get();
            pause = interval.max(MIN_PAUSE_RATIO * started.elapsed()).min(MAX_INTERVALS * interval);
            if let (Err(cause), false) = (&scanned, failing) {
                warn!(folder = %catalog.folder().display(), %cause, "the packs folder cannot be listed; keeping the slides known");
            }
            failing = scanned.is_err();
        }
    })
}
