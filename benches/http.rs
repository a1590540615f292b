//! Tiles through the real server on loopback, beside a handler of the same framework
//! that returns the same bytes with the same headers.
//!
//! One thread sends requests over eight persistent connections; each server has one
//! thread that answers. The processor time is that of all threads but the requesting
//! one, so it includes the network stack's part in answering.

use bytes::Bytes;
use origami_benches::floor::{self, FixedResponse};
use origami_benches::turns::in_turns;
use origami_pack::Pack;
use origami_pyramid::Grid;
use origami_server::{Config, Server};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A free port on loopback.
const FREE_PORT: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
const CONNECTIONS: usize = 8;
/// Requests on each connection in one run.
const REQUESTS: usize = 250;
const ROUNDS: usize = 60;
/// Headers that the framework adds itself.
const FRAMEWORK_HEADERS: [&str; 3] = ["content-length", "date", "connection"];

/// Connections to one server, and its response to one request.
struct Client {
    connections: Vec<TcpStream>,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Client {
    fn new(addr: SocketAddr, path: &str) -> io::Result<Self> {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let connection = TcpStream::connect(addr)?;
            connection.set_nodelay(true)?;
            connections.push(connection);
        }
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
        let mut client = Self { connections, request, response: Vec::new() };
        client.response = client.first_response()?;
        Ok(client)
    }

    /// The complete response to the first request.
    fn first_response(&mut self) -> io::Result<Vec<u8>> {
        self.connections[0].write_all(&self.request)?;
        let (mut response, mut byte) = (Vec::new(), [0]);
        while !response.ends_with(b"\r\n\r\n") {
            self.connections[0].read_exact(&mut byte)?;
            response.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&response).to_ascii_lowercase();
        let (_, length) = head.split_once("content-length:").expect("a length");
        let length: usize = length.lines().next().unwrap_or_default().trim().parse().expect("a number");
        let start = response.len();
        response.resize(start + length, 0);
        self.connections[0].read_exact(&mut response[start..])?;
        Ok(response)
    }

    /// The first response, without [`FRAMEWORK_HEADERS`].
    fn fixed_response(&self) -> FixedResponse {
        let end = self.response.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&self.response[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let headers = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| !FRAMEWORK_HEADERS.contains(&name.to_ascii_lowercase().as_str()))
            .map(|(name, value)| {
                (name.parse().expect("a header's name"), value.parse().expect("a header's value"))
            });
        FixedResponse { headers: headers.collect(), body: Bytes::copy_from_slice(&self.response[end..]) }
    }

    /// Sends [`REQUESTS`] requests on every connection. Responses must be as long as
    /// the first, since dates are of the same length, and end like it.
    fn run(&mut self) -> io::Result<()> {
        let mut response = vec![0; self.response.len()];
        for _ in 0..REQUESTS {
            for connection in &mut self.connections {
                connection.write_all(&self.request)?;
            }
            for connection in &mut self.connections {
                connection.read_exact(&mut response)?;
                let end = response.len() - 64;
                assert!(response[end..] == self.response[end..], "another response");
            }
        }
        Ok(())
    }
}

/// A client of a new floor server that gives the same response as `client` got.
fn start_floor(client: &Client) -> io::Result<Client> {
    let (listener, response) = (TcpListener::bind(FREE_PORT)?, client.fixed_response());
    let addr = listener.local_addr()?;
    thread::spawn(move || floor::serve(listener, 1, response));
    let floor = Client::new(addr, "/")?;
    assert_eq!(floor.response.len(), client.response.len(), "the floor responds with the same length");
    Ok(floor)
}

/// The URL path of a tile in the middle of level `z`.
fn tile_path(pack: &Pack, z: u32) -> String {
    let generation = pack.generation();
    let Grid { columns, rows } = pack.pyramid().grid(z).expect("a level");
    let (x, y) = (columns / 2, rows / 2);
    let slide = pack.path().file_stem().unwrap_or_default().to_string_lossy();
    format!("/tiles/{slide}/{z}/{x}/{y}.jpg?v={generation:016x}")
}

fn main() -> io::Result<()> {
    let pack = origami_benches::pack();
    let mut config = Config::new(pack.folder());
    config.listen = SocketAddr::from(FREE_PORT);
    (config.http_threads, config.workers, config.speculate) = (1, 1, false);
    let server = Server::bind(config).expect("the server starts");
    let addr = server.addr();
    thread::spawn(move || server.run());

    let cached = Client::new(addr, &tile_path(&pack, pack.pyramid().max_level()))?;
    let stored = Client::new(addr, &tile_path(&pack, origami_benches::finest_stored(&pack)))?;
    let mut clients = [start_floor(&cached)?, cached, start_floor(&stored)?, stored];

    let runs = in_turns(clients.len(), ROUNDS, |which| clients[which].run().expect("responses"));
    let requests = (CONNECTIONS * REQUESTS) as f64;
    println!("{requests} requests a run over {CONNECTIONS} connections, median of {ROUNDS} runs");
    println!("tile         bytes   CPU us    floor    above    req/s    floor    ratio");
    for (n, name) in ["cached", "stored"].into_iter().enumerate() {
        let [floor, ours] = [2 * n, 2 * n + 1].map(|n| &runs[n]);
        let cpu = [floor, ours].map(|runs| runs.others(0.5) / requests);
        let rate = [floor, ours].map(|runs| requests * 1e6 / runs.wall(0.5));
        println!(
            "{name:8} {:>9} {:8.1} {:8.1} {:8.1} {:8.0} {:8.0} {:8.2}",
            clients[2 * n + 1].response.len(),
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
