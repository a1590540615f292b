//! Tiles through the real server on loopback, beside a handler of the same
//! framework that answers the same bytes with the same headers.
//!
//! One thread asks over eight connections that stay open; each server has one
//! thread that answers. Processor time is that of all threads but the asking
//! one, so it holds the network stack's share of answering too.

use bytes::Bytes;
use origami_benches::floor::{self, Answer};
use origami_benches::turns::in_turns;
use origami_pack::Pack;
use origami_pyramid::Grid;
use origami_server::{Config, Server};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
const CONNECTIONS: usize = 8;
/// Requests on each connection in one run.
const REQUESTS: usize = 250;
const ROUNDS: usize = 60;
/// Headers that the framework writes itself.
const OWN: [&str; 3] = ["content-length", "date", "connection"];

/// Connections to one server, and what it answers to one request.
struct Client {
    connections: Vec<TcpStream>,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    fn new(addr: SocketAddr, path: &str) -> io::Result<Self> {
        let connect = |_| {
            let connection = TcpStream::connect(addr)?;
            connection.set_nodelay(true)?;
            Ok(connection)
        };
        let connections = (0..CONNECTIONS).map(connect).collect::<io::Result<Vec<_>>>()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
        let mut client = Self { connections, request, answer: Vec::new() };
        client.answer = client.first()?;
        Ok(client)
    }

    /// The whole answer to the first request.
    fn first(&mut self) -> io::Result<Vec<u8>> {
        self.connections[0].write_all(&self.request)?;
        let (mut answer, mut byte) = (Vec::new(), [0]);
        while !answer.ends_with(b"\r\n\r\n") {
            self.connections[0].read_exact(&mut byte)?;
            answer.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        let (_, length) = head.split_once("content-length:").expect("a length");
        let length: usize = length.lines().next().unwrap_or_default().trim().parse().expect("a number");
        let start = answer.len();
        answer.resize(start + length, 0);
        self.connections[0].read_exact(&mut answer[start..])?;
        Ok(answer)
    }

    /// The headers of the first answer but [`OWN`], and its body.
    fn parts(&self) -> Answer {
        let end = self.answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&self.answer[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers.filter(|(name, _)| !OWN.contains(&name.to_ascii_lowercase().as_str()));
        let headers = headers.map(|(name, value)| {
            (name.parse().expect("a header's name"), value.parse().expect("a header's value"))
        });
        Answer { headers: headers.collect(), body: Bytes::copy_from_slice(&self.answer[end..]) }
    }

    /// Asks [`REQUESTS`] times on every connection; answers are as long as the
    /// first, the date included, and end like it.
    fn run(&mut self) -> io::Result<()> {
        let mut answer = vec![0; self.answer.len()];
        for _ in 0..REQUESTS {
            for connection in &mut self.connections {
                connection.write_all(&self.request)?;
            }
            for connection in &mut self.connections {
                connection.read_exact(&mut answer)?;
                assert!(answer[answer.len() - 64..] == self.answer[answer.len() - 64..], "another answer");
            }
        }
        Ok(())
    }
}

/// A floor that answers what `client` was answered, and connections to it.
fn floor_of(client: &Client) -> io::Result<Client> {
    let (listener, answer) = (TcpListener::bind(ANY)?, client.parts());
    let addr = listener.local_addr()?;
    thread::spawn(move || floor::serve(listener, 1, answer));
    let floor = Client::new(addr, "/")?;
    assert_eq!(floor.answer.len(), client.answer.len(), "the floor answers the same");
    Ok(floor)
}

fn main() -> io::Result<()> {
    let (pack, folder) = origami_benches::pack();
    let mut config = Config::new(folder.path());
    config.listen = SocketAddr::from(ANY);
    (config.http_threads, config.workers, config.speculate) = (1, 1, false);
    let server = Server::bind(config).expect("the server starts");
    let addr = server.addr();
    thread::spawn(move || server.run());

    let path = |pack: &Pack, z: u32| {
        let generation = pack.generation();
        let Grid { columns, rows } = pack.pyramid().grid(z).expect("a level");
        let (x, y) = (columns / 2, rows / 2);
        let slide = pack.path().file_stem().unwrap_or_default().to_string_lossy();
        format!("/tiles/{slide}/{z}/{x}/{y}.jpg?v={generation:016x}")
    };
    let cached = Client::new(addr, &path(&pack, pack.pyramid().max_level()))?;
    let stored = Client::new(addr, &path(&pack, origami_benches::finest_stored(&pack)))?;
    let mut clients = [floor_of(&cached)?, cached, floor_of(&stored)?, stored];

    let runs = in_turns(clients.len(), ROUNDS, |which| clients[which].run().expect("answers"));
    let requests = (CONNECTIONS * REQUESTS) as f64;
    println!("{requests} requests a run over {CONNECTIONS} connections, median of {ROUNDS} runs");
    println!("tile         bytes   CPU us    floor    above    req/s    floor    ratio");
    for (n, name) in ["cached", "stored"].into_iter().enumerate() {
        let [floor, ours] = [2 * n, 2 * n + 1].map(|n| &runs[n]);
        let cpu = [floor, ours].map(|runs| runs.others(0.5) / requests);
        let rate = [floor, ours].map(|runs| requests * 1e6 / runs.wall(0.5));
        println!(
            "{name:8} {:>9} {:8.1} {:8.1} {:8.1} {:8.0} {:8.0} {:8.2}",
            clients[2 * n + 1].answer.len(),
            cpu[1],
            cpu[0],
            ours.others_above(floor) / requests,
            rate[1],
            rate[0],
            rate[1] / rate[0]
        );
    }
    Ok(())
}
