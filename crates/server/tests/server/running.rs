//! A server in a thread of its own, stopped when the test is over.

use crate::client::get;
use origami_server::{Config, Server, StartError};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A server that answers.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), StartError>>>,
}

impl Running {
    /// Serves `packs` with two workers that build what they are asked for alone,
    /// and a quick look-out for changes.
    pub fn start(packs: &Path) -> Self {
        Self::start_with(packs, |_| {})
    }

    /// As [`Self::start`], with the settings `adjust` makes.
    pub fn start_with(packs: &Path, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(packs);
        config.listen.set_port(0);
        config.workers = 2;
        config.speculate = false;
        // scripts/test runs these tests a second time with positioned reads.
        if let Ok(io) = std::env::var("ORIGAMI_IO") {
            config.io = io.parse().expect("mmap or pread");
        }
        config.rescan = Duration::from_millis(20);
        adjust(&mut config);
        let server = Server::bind(config).expect("the server starts");
        let addr = server.addr();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            server.run_until(async {
                let _ = stopped.await;
            })
        });
        Self { addr, stop: Some(stop), thread: Some(thread) }
    }

    /// Tells the server to stop, without waiting for it.
    pub fn tell_to_stop(&mut self) {
        self.stop = None;
    }

    /// Tells the server to stop and waits until it has.
    pub fn stop(&mut self) {
        self.tell_to_stop();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server does not panic").expect("the server ends well");
        }
    }

    /// All series of `/metrics`, each under its name and labels as written there.
    pub fn scrape(&self) -> BTreeMap<String, f64> {
        let answer = get(self.addr, "/metrics");
        let series = answer.text().lines().filter(|line| !line.starts_with('#'));
        series
            .map(|line| {
                line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap()
            })
            .collect()
    }

    /// One series; 0 if it is not there yet.
    pub fn metric(&self, series: &str) -> f64 {
        self.scrape().get(series).copied().unwrap_or(0.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tell_to_stop();
        // A failing test is already panicking; a second panic would hide it.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits up to 10 s until `condition` holds.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what} did not happen within 10 s");
        sleep(Duration::from_millis(10));
    }
}
