//! The access log: a line for each request, on standard output.
//!
//! Requests leave their lines in memory, and a thread of its own writes them, many at a time.
//! So a disk that is full, a pipe that nobody reads or a terminal that is stopped holds up no
//! request: lines that do not fit are lost and counted. (A channel with a message for each line
//! would wake the thread for each of them, which costs more than the line.)

mod format;
mod line;
mod line_file;
mod pending;
mod timestamp;

pub use format::AccessLogFormat;
pub use line::{AccessFacts, AccessLine};

use crate::log_limit::LogLimit;
use crossbeam::channel::{Receiver, bounded};
use line_file::LineFile;
use pending::PendingLines;
use prometheus::IntCounter;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, stdout};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tracing::warn;

/// How long the end of the server waits for the last lines to be written.
const FLUSH: Duration = Duration::from_secs(1);

/// Room for a line of usual length, so that formatting seldom allocates.
const LINE_LEN: usize = 1024;

thread_local! {
    /// The line that is being formatted.
    static LINE: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(LINE_LEN));
}

/// An access log that is being written.
pub struct AccessLog {
    format: AccessLogFormat,
    pending: Arc<PendingLines>,
    /// Disconnected when the thread has written everything.
    finished: Receiver<()>,
}

impl AccessLog {
    /// Starts to write to standard output in this `format`; `None` if that is off. Lines that are
    /// lost are counted in `dropped`.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(format: AccessLogFormat, dropped: IntCounter) -> io::Result<Option<Self>> {
        if format == AccessLogFormat::Off {
            return Ok(None);
        }
        // A descriptor of its own: the one of the standard library is locked by whoever prints,
        // and keeps what it could not write.
        let file = File::from(stdout().as_fd().try_clone_to_owned()?);
        Self::start_in(file, format, dropped).map(Some)
    }

    fn start_in(file: File, format: AccessLogFormat, dropped: IntCounter) -> io::Result<Self> {
        let pending = Arc::new(PendingLines::new(dropped));
        let (finish, finished) = bounded(0);
        let lines = Arc::clone(&pending);
        // Not joined: it may hang where the lines go.
        thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            write_lines(&lines, LineFile::new(file));
            drop(finish);
        })?;
        Ok(Self { format, pending, finished })
    }

    /// Adds a line.
    pub fn add(&self, line: &AccessLine<'_>) {
        LINE.with_borrow_mut(|text| {
            text.clear();
            line.write(self.format, text);
            self.pending.push(text);
        });
    }

    /// Writes what is left, but does not wait for long. Lines that are added later are lost.
    pub fn close(&self) {
        self.pending.close();
        // The end of the channel is the answer.
        let _ = self.finished.recv_timeout(FLUSH);
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.close();
    }
}

/// Writes the lines to `file` until there will be no more.
fn write_lines(lines: &PendingLines, mut file: LineFile<File>) {
    let (mut batch, mut lost, warnings) = (Vec::new(), 0, LogLimit::default());
    while lines.take(&mut batch) {
        if let Err(failure) = file.write(&batch) {
            lines.dropped.inc_by(failure.lost);
            lost += failure.lost;
            if warnings.allows() {
                warn!(cause = %failure.cause, lines = lost, "the access log cannot be written; lines are lost");
                lost = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests;
