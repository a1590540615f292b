//! A server that lists one slide and answers each request for a tile with the same bytes, as
//! badly as a test wants.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const SLIDES: &str =
    r#"{"slides":[{"id":"a","generation":"0","width":4096,"height":4096,"tile_size":256}],"total":1}"#;

const TILE: &str = "tile";

/// What goes wrong at the request for tile number `at`, counted from 1.
#[derive(Clone, Copy)]
pub enum Trouble {
    /// That request and all others wait until `time` has passed.
    Stall { at: usize, time: Duration },
    /// All connections end, and no new one is accepted.
    End { at: usize },
    /// From there on all responses have this status.
    Refuse { at: usize, status: u16 },
}

/// The server; it runs until the test's process ends, or until its trouble ends it.
pub struct Stub {
    address: SocketAddr,
}

/// What all connections share.
struct Shared {
    address: SocketAddr,
    trouble: Trouble,
    tiles: AtomicUsize,
    stalled_until: Mutex<Option<Instant>>,
    ended: AtomicBool,
}

impl Stub {
    /// Listens on a free port of this machine.
    pub fn start(trouble: Trouble) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            address,
            trouble,
            tiles: AtomicUsize::new(0),
            stalled_until: Mutex::new(None),
            ended: AtomicBool::new(false),
        });
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // Clients that close their connection are not an error of the server.
                thread::spawn(move || shared.serve(stream.unwrap()));
            }
        });
        Self { address }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Shared {
    /// Answers the requests of one connection.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut out = stream.try_clone()?;
        let mut lines = BufReader::new(stream).lines();
        while let Some(request) = lines.next() {
            let request = request?;
            while !lines.next().unwrap_or(Ok(String::new()))?.is_empty() {}
            let mut body = TILE;
            let status = if request.starts_with("GET /tiles/") {
                let Some(status) = self.tile_status()? else { return Ok(()) };
                status
            } else if request.starts_with("GET /slides") {
                body = SLIDES;
                200
            } else if request.starts_with("GET /metrics") {
                404
            } else {
                200
            };
            write!(out, "HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
        }
        Ok(())
    }

    /// Counts a request for a tile and returns the status of its response; `None` if the
    /// server ends.
    fn tile_status(&self) -> io::Result<Option<u16>> {
        let count = 1 + self.tiles.fetch_add(1, SeqCst);
        match self.trouble {
            Trouble::Stall { at, time } => {
                if count == at {
                    *self.stalled_until.lock().unwrap() = Some(Instant::now() + time);
                }
                self.wait_for_stall();
                Ok(Some(200))
            }
            Trouble::End { at } if count >= at => {
                self.ended.store(true, SeqCst);
                // Wakes the listener, which then closes.
                TcpStream::connect(self.address)?;
                Ok(None)
            }
            Trouble::Refuse { at, status } if count >= at => Ok(Some(status)),
            Trouble::End { .. } | Trouble::Refuse { .. } => Ok(Some(200)),
        }
    }

    fn wait_for_stall(&self) {
        let until = *self.stalled_until.lock().unwrap();
        if let Some(until) = until {
            thread::sleep(until.saturating_duration_since(Instant::now()));
        }
    }
}
