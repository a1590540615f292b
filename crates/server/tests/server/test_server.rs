//! A server in a thread of its own, stopped at the end of the test.

use crate::client::{self, IMMUTABLE, Response};
use origami_server::{Config, Server, StartError};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A running server.
pub struct TestServer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where it listens for operators, if it does.
    pub admin: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), StartError>>>,
}

impl TestServer {
    /// Serves `packs` with two workers, without speculation, and rescans the folder often.
    pub fn start(packs: &Path) -> Self {
        Self::start_with(packs, |_| {})
    }

    /// As [`Self::start`], with the settings that `adjust` makes.
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
        let (addr, admin) = (server.addr(), server.admin_addr());
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            server.run_until(async {
                let _ = stopped.await;
            })
        });
        Self { addr, admin, stop: Some(stop), thread: Some(thread) }
    }

    /// Makes the server stop, without waiting for it.
    pub fn request_stop(&mut self) {
        self.stop = None;
    }

    /// Leaves the server to the end of the tests.
    pub fn forget(&mut self) {
        self.thread = None;
    }

    /// Makes the server stop and waits until it has.
    pub fn stop(&mut self) {
        self.request_stop();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server does not panic").expect("the server ends well");
        }
    }

    /// The response to a plain GET.
    pub fn get(&self, target: &str) -> Response {
        self.request("GET", target, &[])
    }

    /// The response to a request on a connection of its own.
    pub fn request(&self, method: &str, target: impl AsRef<[u8]>, headers: &[&str]) -> Response {
        let mut stream = client::connect(self.addr);
        client::send(&mut stream, method, target, headers);
        client::receive(stream, method)
    }

    /// Sends a GET; its response can be read from the connection.
    pub fn send_get(&self, target: &str) -> TcpStream {
        let mut stream = client::connect(self.addr);
        client::send(&mut stream, "GET", target, &[]);
        stream
    }

    /// The responses to GETs that `count` clients send at the same moment, in the order of the
    /// clients. `target` gives each client's target by its number.
    pub fn get_at_once(&self, count: usize, target: impl Fn(usize) -> String + Sync) -> Vec<Response> {
        client::get_at_once(self.addr, count, target)
    }

    /// The generation of slide `a`.
    pub fn generation(&self) -> String {
        self.get("/slides/a").json()["generation"].as_str().unwrap().to_owned()
    }

    /// Asserts that `target`, of slide `a`, never changes if its URL names the current version,
    /// that its tag is known, and that another version is gone.
    pub fn expect_versioned(&self, target: &str) {
        let versioned = format!("{target}?v={}", self.generation());
        let response = self.get(&versioned);
        assert_eq!(response.header("cache-control"), IMMUTABLE, "{target}");
        let tag = format!("If-None-Match: {}", response.header("etag").unwrap());
        assert_eq!(self.request("GET", &versioned, &[&tag]).status, 304, "{target}");
        assert_eq!(self.get(&format!("{target}?v=0123456789abcdef")).status, 410, "{target}");
    }

    /// All series of `/metrics`, by their names with labels as written there.
    pub fn scrape(&self) -> BTreeMap<String, f64> {
        let mut stream = client::connect(self.admin.unwrap_or(self.addr));
        client::send(&mut stream, "GET", "/metrics", &[]);
        let response = client::receive(stream, "GET");
        let series = response.text().lines().filter(|line| !line.starts_with('#'));
        series
            .map(|line| {
                line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap()
            })
            .collect()
    }

    /// The value of one series; 0 if it does not exist yet.
    pub fn metric(&self, series: &str) -> f64 {
        self.scrape().get(series).copied().unwrap_or(0.0)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.request_stop();
        // A failing test is already panicking; a second panic would hide it.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits up to 10 s until `condition` holds.
pub fn eventually(what: &str, condition: impl FnMut() -> bool) {
    eventually_within(Duration::from_secs(10), what, condition);
}

/// Waits up to `limit` until `condition` holds.
pub fn eventually_within(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < limit, "{what} did not happen within {limit:?}");
        sleep(Duration::from_millis(10));
    }
}
