//! The answer to a client that has too many connections.

use actix_web::rt::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// The whole response. It is sent before the request is read, as HTTP allows.
const RESPONSE: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 58\r\n\
    Cache-Control: no-store\r\n\
    Access-Control-Allow-Origin: *\r\n\
    Retry-After: 1\r\n\
    Connection: close\r\n\
    \r\n\
    too many connections from this address, try again shortly\n";

/// How long a client may take to read it.
const TIME: Duration = Duration::from_secs(1);

/// How many clients may be reading it; others just lose their connection.
const MOST: usize = 256;

static READING: AtomicUsize = AtomicUsize::new(0);

/// Tells the client of `stream` that it has too many connections, and closes it.
pub async fn refuse(stream: TcpStream) {
    if READING.fetch_add(1, Relaxed) < MOST {
        let _ = timeout(TIME, tell(stream)).await;
    }
    READING.fetch_sub(1, Relaxed);
}

/// Sends the response and waits until the client has closed its side. If the connection were
/// closed while the request is unread, the client would see a reset instead of the response.
async fn tell(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(RESPONSE).await?;
    stream.shutdown().await?;
    let mut request = [0; 1024];
    while stream.read(&mut request).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::RESPONSE;

    #[test]
    fn the_response_has_the_length_that_it_says() {
        let text = std::str::from_utf8(RESPONSE).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }
}
