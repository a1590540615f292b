//! Asks a server for a list of paths, each once, over a few kept connections,
//! and prints what came and when.
//!
//! ```text
//! load 127.0.0.1:8090 paths.txt --connections 6 [--pause-ms 50] > answers.tsv
//! ```
//!
//! A blank line in the list ends a view: the next one starts, after the pause,
//! when all of it is there. One line is printed for each path, in the list's
//! order: view, status (0: no answer), bytes and hash of the body,
//! microseconds from the start of the run to the request and to its answer.

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

/// Paths that are asked for together, and the next of them to ask for.
struct View {
    paths: Vec<String>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Answer {
    view: usize,
    path: usize,
    status: u16,
    bytes: usize,
    hash: u64,
    asked: Duration,
    answered: Duration,
}

fn main() -> io::Result<()> {
    let Arguments { address, paths, connections, pause_ms } = Arguments::parse();
    let list = std::fs::read_to_string(paths)?;
    let views: Vec<View> = list
        .trim_end()
        .split("\n\n")
        .map(|view| View { paths: view.lines().map(str::to_owned).collect(), next: AtomicUsize::new(0) })
        .collect();
    let pause = Duration::from_millis(pause_ms);
    let barrier = Barrier::new(connections);
    let begin = Instant::now();
    let mut answers: Vec<Answer> = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..connections).map(|_| scope.spawn(|| ask(address, &views, pause, &barrier, begin))).collect();
        clients.into_iter().flat_map(|client| client.join().expect("clients do not panic")).collect()
    });
    answers.sort_unstable_by_key(|answer| (answer.view, answer.path));
    let mut out = io::BufWriter::new(io::stdout().lock());
    for Answer { view, status, bytes, hash, asked, answered, .. } in answers {
        let (asked, answered) = (asked.as_micros(), answered.as_micros());
        writeln!(out, "{view}\t{status}\t{bytes}\t{hash:016x}\t{asked}\t{answered}")?;
    }
    out.flush()
}

/// One client: takes paths of the current view until none is left.
fn ask(
    address: SocketAddr,
    views: &[View],
    pause: Duration,
    barrier: &Barrier,
    begin: Instant,
) -> Vec<Answer> {
    let mut connection = Connection::open(address);
    let mut answers = Vec::new();
    for (number, view) in views.iter().enumerate() {
        barrier.wait();
        if number > 0 {
            thread::sleep(pause);
        }
        loop {
            let path = view.next.fetch_add(1, Ordering::Relaxed);
            let Some(target) = view.paths.get(path) else { break };
            let mut answer = Answer { view: number, path, asked: begin.elapsed(), ..Answer::default() };
            let got = connection.and_then(|mut connection| {
                let body = connection.get(target, &mut answer.status)?;
                answer.bytes = body.len();
                let mut hasher = DefaultHasher::new();
                hasher.write(body);
                answer.hash = hasher.finish();
                Ok(connection)
            });
            answer.answered = begin.elapsed();
            answers.push(answer);
            connection = got.or_else(|error| {
                eprintln!("{target}: {error}");
                Connection::open(address)
            });
        }
    }
    answers
}

/// A kept HTTP/1.1 connection.
struct Connection {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Connection {
    /// A tile has some kilobytes; a longer body is a mistake.
    const LONGEST_BODY: usize = 16 << 20;
    const PATIENCE: Duration = Duration::from_secs(20);

    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Self::PATIENCE))?;
        Ok(Self { stream: BufReader::with_capacity(64 << 10, stream), body: Vec::new() })
    }

    /// The body that `path` is answered with, whatever the status.
    fn get(&mut self, path: &str, status: &mut u16) -> io::Result<&[u8]> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let bad = |what| io::Error::new(ErrorKind::InvalidData, what);
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        *status = line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| bad("no status line"))?;
        let mut length = None;
        while line.trim_end() != "" {
            line.clear();
            self.stream.read_line(&mut line)?;
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok().filter(|length| *length <= Self::LONGEST_BODY);
            }
        }
        self.body.resize(length.ok_or_else(|| bad("no sensible Content-Length"))?, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(&self.body)
    }
}
