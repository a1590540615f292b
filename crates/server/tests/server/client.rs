//! A client that sends exactly the bytes it is given: real ones tidy up the
//! hostile paths these tests are about.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// Body, empty for HEAD.
    pub body: Vec<u8>,
}

impl Answer {
    /// The header `name`, which may stand there once at most.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = found.next();
        assert!(found.next().is_none(), "{name} stands twice in {:?}", self.headers);
        value
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
pub fn send(stream: &mut TcpStream, method: &str, target: &[u8], headers: &[&str]) {
    let mut request = Vec::new();
    request.extend_from_slice(method.as_bytes());
    request.push(b' ');
    request.extend_from_slice(target);
    request.extend_from_slice(b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for header in headers {
        request.extend_from_slice(header.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).expect("the server reads");
}

/// Reads the answer to a request sent with `method`.
pub fn receive(stream: TcpStream, method: &str) -> Answer {
    try_receive(stream, method).expect("a whole answer")
}

/// As [`receive`], or how the connection broke before the answer was whole.
pub fn try_receive(stream: TcpStream, method: &str) -> io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let line = header_line(&mut reader)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("status line {line:?}"));
    let mut headers = Vec::new();
    loop {
        let line = header_line(&mut reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("header {line:?}"));
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    let bodiless = method == "HEAD" || matches!(status, 204 | 304);
    let length = answer.header("content-length").map(|length| length.parse().expect("a length"));
    if let (Some(length), false) = (length, bodiless) {
        answer.body = vec![0; length];
        reader.read_exact(&mut answer.body)?;
    }
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest)?;
    assert!(rest.is_empty(), "{} bytes after the body", rest.len());
    Ok(answer)
}

/// One line of a head, without its end.
fn header_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// One request on a connection of its own.
pub fn request(addr: SocketAddr, method: &str, target: &[u8], headers: &[&str]) -> Answer {
    let mut stream = connect(addr);
    send(&mut stream, method, target, headers);
    receive(stream, method)
}

/// A plain GET.
pub fn get(addr: SocketAddr, target: &str) -> Answer {
    request(addr, "GET", target.as_bytes(), &[])
}
