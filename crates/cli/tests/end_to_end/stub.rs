//! A server that says it has a slide and answers every tile with the same
//! bytes, as badly as a test wants it to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const SLIDES: &str =
    r#"{"slides":[{"id":"a","generation":"0","width":4096,"height":4096,"tile_size":256}],"total":1}"#;

/// What happens at one request for a tile, counted from 1.
#[derive(Clone, Copy)]
pub enum Trouble {
    /// That one and all others wait until so much time has passed.
    Stall(usize, Duration),
    /// All connections end, and no new one is taken.
    End(usize),
    /// From there on the answer is this status.
    Refuse(usize, u16),
}

/// The server; it runs until the test's process ends, or its trouble says so.
pub struct Stub {
    address: SocketAddr,
}

struct Shared {
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
            trouble,
            tiles: AtomicUsize::new(0),
            stalled_until: Mutex::new(None),
            ended: AtomicBool::new(false),
        });
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // A client that goes away is none of a server's errors.
                thread::spawn(move || answer(&shared, stream.unwrap(), address));
            }
        });
        Self { address }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn answer(shared: &Shared, stream: TcpStream, address: SocketAddr) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(request) = lines.next() {
        let request = request?;
        while !lines.next().unwrap_or(Ok(String::new()))?.is_empty() {}
        let tile = request.starts_with("GET /tiles/");
        let mut status = 200;
        let body = if request.starts_with("GET /slides") { SLIDES } else { "tile" };
        if tile {
            let count = 1 + shared.tiles.fetch_add(1, Ordering::SeqCst);
            match shared.trouble {
                Trouble::Stall(at, time) => {
                    let until = {
                        let mut until = shared.stalled_until.lock().unwrap();
                        if count == at {
                            *until = Some(Instant::now() + time);
                        }
                        *until
                    };
                    if let Some(until) = until {
                        thread::sleep(until.saturating_duration_since(Instant::now()));
                    }
                }
                Trouble::End(at) if count >= at => {
                    shared.ended.store(true, Ordering::SeqCst);
                    // Wakes the listener, which then closes.
                    TcpStream::connect(address)?;
                    return Ok(());
                }
                Trouble::Refuse(at, refusal) if count >= at => status = refusal,
                Trouble::End(_) | Trouble::Refuse(..) => {}
            }
        }
        if request.starts_with("GET /metrics") {
            status = 404;
        }
        write!(out, "HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    }
    Ok(())
}
