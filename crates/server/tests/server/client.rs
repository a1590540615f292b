//! A client that sends exactly the bytes it is given: real ones tidy up the
//! hostile paths that some of these tests send.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// `Cache-Control` of a URL with the current generation.
pub const IMMUTABLE: Option<&str> = Some("public, max-age=31536000, immutable");
/// `Cache-Control` of a URL without a generation.
pub const NO_CACHE: Option<&str> = Some("no-cache");
/// `Cache-Control` of errors.
pub const NO_STORE: Option<&str> = Some("no-store");

/// A complete response.
#[derive(Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// Body, empty for HEAD.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of the header `name`.
    ///
    /// # Panics
    /// If the header is repeated.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().filter(|(key, _)| key == name);
        let header = headers.next();
        assert!(headers.next().is_none(), "{name} is repeated in {:?}", self.headers);
        header.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text body")
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// Opens a connection that gives up after 30 s.
pub fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Writes a request with `headers`, each `Name: value`.
pub fn send(stream: &mut TcpStream, method: &str, target: impl AsRef<[u8]>, headers: &[&str]) {
    let mut request = Vec::new();
    request.extend_from_slice(method.as_bytes());
    request.push(b' ');
    request.extend_from_slice(target.as_ref());
    request.extend_from_slice(b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for header in headers {
        request.extend_from_slice(header.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).expect("the server reads");
}

/// Reads the response to a request sent with `method`.
pub fn receive(stream: TcpStream, method: &str) -> Response {
    try_receive(stream, method).expect("a complete response")
}

/// As [`receive`], or how the connection broke before the response was complete.
pub fn try_receive(stream: TcpStream, method: &str) -> io::Result<Response> {
    let mut reader = BufReader::new(stream);
    let mut response = read_head(&mut reader)?;
    let has_body = method != "HEAD" && !matches!(response.status, 204 | 304);
    let length = response.header("content-length").map(|length| length.parse().expect("a length"));
    if let (Some(length), true) = (length, has_body) {
        response.body = vec![0; length];
        reader.read_exact(&mut response.body)?;
    }
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest)?;
    assert!(rest.is_empty(), "{} bytes after the body", rest.len());
    Ok(response)
}

/// Reads the status line and the headers; the body is still empty.
fn read_head(reader: &mut impl BufRead) -> io::Result<Response> {
    let line = read_line(reader)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("status line {line:?}"));
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok(Response { status, headers, body: Vec::new() });
        }
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("header {line:?}"));
        headers.push((name.to_lowercase(), value.to_owned()));
    }
}

/// One line of the head, without its line break.
fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The responses to GETs that `count` clients send at the same moment, in the order of the
/// clients. `target` gives each client's target by its number.
pub fn get_at_once(addr: SocketAddr, count: usize, target: impl Fn(usize) -> String + Sync) -> Vec<Response> {
    let start = Barrier::new(count);
    let (start, target) = (&start, &target);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..count)
            .map(|client| {
                scope.spawn(move || {
                    let mut stream = connect(addr);
                    start.wait();
                    send(&mut stream, "GET", target(client), &[]);
                    receive(stream, "GET")
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}
