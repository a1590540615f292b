//! Threads that run beside the request handlers.

use crossbeam::channel::{Receiver, Sender, bounded};
use std::io;
use std::thread::{self, JoinHandle};

/// A set of named threads. Dropping it stops all of them and joins them.
pub struct Background {
    stop: Option<Sender<()>>,
    stopped: Receiver<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    /// An empty set.
    pub fn new() -> Self {
        let (stop, stopped) = bounded(0);
        Self { stop: Some(stop), stopped, threads: Vec::new() }
    }

    /// Runs `work` on a new thread. It must return once the receiver it is passed is
    /// disconnected.
    pub fn start(
        &mut self,
        name: String,
        work: impl FnOnce(&Receiver<()>) + Send + 'static,
    ) -> io::Result<()> {
        let stopped = self.stopped.clone();
        self.threads.push(thread::Builder::new().name(name).spawn(move || work(&stopped))?);
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop = None;
        for thread in self.threads.drain(..) {
            // It panics only if the process is beyond recovery anyway.
            let _ = thread.join();
        }
    }
}
