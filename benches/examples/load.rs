//! Requests a list of paths from a server, each once, over a few persistent connections,
//! and prints the responses with their times.
//!
//! ```text
//! load 127.0.0.1:8090 paths.txt --connections 6 [--pause-ms 50] > answers.tsv
//! ```
//!
//! A blank line in the list ends a view: the next view starts, after the pause, when
//! all paths of the one before are answered. One line is printed for each path, in the
//! order of the list: view, status (0: no whole response), length and hash of the body, and
//! microseconds from the start of the run to the request and to its response.

use clap::Parser;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Parser)]
struct Arguments {
    /// Where the server listens.
    address: SocketAddr,
    /// File of paths, one a line.
    paths: PathBuf,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Milliseconds between views.
    #[arg(long, default_value_t = 0)]
    pause_ms: u64,
}

/// Paths that are requested together.
struct View {
    paths: Vec<String>,
    /// Index of the next path to request.
    next: AtomicUsize,
}

impl View {
    /// A view of these paths, one per line.
    fn parse(text: &str) -> Self {
        Self { paths: text.lines().map(str::to_owned).collect(), next: AtomicUsize::new(0) }
    }
}

/// A request and its response.
#[derive(Default)]
struct Exchange {
    view: usize,
    path: usize,
    status: u16,
    bytes: usize,
    hash: u64,
    /// From the start of the run to the request.
    requested: Duration,
    /// From the start of the run to the response.
    answered: Duration,
}

fn main() -> io::Result<()> {
    let Arguments { address, paths, connections, pause_ms } = Arguments::parse();
    let list = std::fs::read_to_string(paths)?;
    let load = Load {
        address,
        views: list.trim_end().split("\n\n").map(View::parse).collect(),
        pause: Duration::from_millis(pause_ms),
        barrier: Barrier::new(connections),
        begin: Instant::now(),
    };
    let mut exchanges: Vec<Exchange> = thread::scope(|scope| {
        let clients: Vec<_> = (0..connections).map(|_| scope.spawn(|| load.run_client())).collect();
        clients.into_iter().flat_map(|client| client.join().expect("clients do not panic")).collect()
    });
    exchanges.sort_unstable_by_key(|exchange| (exchange.view, exchange.path));
    let mut out = io::BufWriter::new(io::stdout().lock());
    for Exchange { view, status, bytes, hash, requested, answered, .. } in exchanges {
        let (requested, answered) = (requested.as_micros(), answered.as_micros());
        writeln!(out, "{view}\t{status}\t{bytes}\t{hash:016x}\t{requested}\t{answered}")?;
    }
    out.flush()
}

/// What all clients share.
struct Load {
    address: SocketAddr,
    views: Vec<View>,
    /// Between views.
    pause: Duration,
    /// Where clients wait for each other before each view.
    barrier: Barrier,
    begin: Instant,
}

impl Load {
    /// Requests paths of each view until none is left.
    fn run_client(&self) -> Vec<Exchange> {
        let mut connection = Connection::open(self.address);
        let mut exchanges = Vec::new();
        for (number, view) in self.views.iter().enumerate() {
            self.barrier.wait();
            if number > 0 {
                thread::sleep(self.pause);
            }
            loop {
                let path = view.next.fetch_add(1, Ordering::Relaxed);
                let Some(target) = view.paths.get(path) else { break };
                let requested = self.begin.elapsed();
                let mut exchange = Exchange { view: number, path, requested, ..Exchange::default() };
                let result = connection.and_then(|connection| connection.exchange(target, &mut exchange));
                exchange.answered = self.begin.elapsed();
                exchanges.push(exchange);
                connection = result.or_else(|error| {
                    eprintln!("{target}: {error}");
                    Connection::open(self.address)
                });
            }
        }
        exchanges
    }
}

/// A persistent HTTP/1.1 connection.
struct Connection {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Connection {
    /// A tile has some kilobytes; a longer body is an error.
    const MAX_BODY: usize = 16 << 20;
    const TIMEOUT: Duration = Duration::from_secs(20);

    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Self::TIMEOUT))?;
        Ok(Self { stream: BufReader::with_capacity(64 << 10, stream), body: Vec::new() })
    }

    /// Requests `path` and records the response, if its body is whole. Returns the connection for
    /// the next request.
    fn exchange(mut self, path: &str, exchange: &mut Exchange) -> io::Result<Self> {
        exchange.status = self.request(path)?;
        exchange.bytes = self.body.len();
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.body);
        exchange.hash = hasher.finish();
        Ok(self)
    }

    /// Requests `path` and reads the body of the response, whatever its status.
    fn request(&mut self, path: &str) -> io::Result<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?;
        let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| malformed("no status line"))?;
        let (mut length, mut is_chunked) = (None, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok(),
                "transfer-encoding" => is_chunked = value.trim().eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        self.body.clear();
        if is_chunked {
            self.read_chunks()?;
        } else {
            self.read(length.ok_or_else(|| malformed("no Content-Length"))?)?;
        }
        Ok(status)
    }

    /// Reads a body that comes in chunks, without trailers: servers send it so when they do not
    /// know its length.
    fn read_chunks(&mut self) -> io::Result<()> {
        loop {
            let line = self.line()?;
            let length =
                line.split(';').next().and_then(|length| usize::from_str_radix(length.trim(), 16).ok());
            let length = length.ok_or_else(|| malformed("no length of a chunk"))?;
            self.read(length)?;
            if !self.line()?.is_empty() {
                return Err(malformed("a chunk without an end"));
            }
            if length == 0 {
                return Ok(());
            }
        }
    }

    /// Reads `length` bytes to the end of the body.
    fn read(&mut self, length: usize) -> io::Result<()> {
        let begin = self.body.len();
        if length > Self::MAX_BODY - begin {
            return Err(malformed("a body that is too long"));
        }
        self.body.resize(begin + length, 0);
        self.stream.read_exact(&mut self.body[begin..])
    }

    /// The next line, without its end.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
