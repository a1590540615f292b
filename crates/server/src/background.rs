//! Threads that work beside the requests.

use crossbeam::channel::{Receiver, Sender, bounded};
use std::io;
use std::thread::{self, JoinHandle};

/// Named threads; dropping this ends them all and waits for that.
pub struct Background {
    stop: Option<Sender<()>>,
    stopped: Receiver<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    /// No threads yet.
    pub fn new() -> Self {
        let (stop, stopped) = bounded(0);
        Self { stop: Some(stop), stopped, threads: Vec::new() }
    }

    /// Starts `work`, which is to end when what it is given is disconnected.
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
            // It only panics where the process is beyond repair anyway.
            let _ = thread.join();
        }
    }
}
