//! A light HTTP/1.1 client: keep-alive connections that count what they get.

use crate::address::Address;
use anyhow::{Result, anyhow};
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How long one answer may take before and after the load.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What came back; the body is only counted.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Bytes of the body.
    pub bytes: u64,
}

/// Why nothing, or not all, came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection could be made.
    Connect(String),
    /// The connection ended too early.
    Broken(String),
    /// It took longer than it may.
    Late,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(cause) => write!(f, "cannot connect: {cause}"),
            Self::Broken(cause) => f.write_str(cause),
            Self::Late => f.write_str("timeout"),
        }
    }
}

/// One keep-alive connection, made when it is first needed and again after it
/// was lost.
pub struct Connection {
    address: Arc<Address>,
    sender: Option<SendRequest<Empty<Bytes>>>,
}

impl Connection {
    /// Not connected yet.
    pub fn new(address: &Arc<Address>) -> Self {
        Self { address: Arc::clone(address), sender: None }
    }

    /// Gets `path` until `deadline`. A server may close a connection that idles
    /// at the moment it is used again; as in a browser, that is tried once more
    /// on a new one.
    pub async fn get(&mut self, path: &str, deadline: Instant) -> Result<Answer, Failure> {
        self.receive(path, deadline, count).await
    }

    /// As [`Self::get`], with the whole body.
    pub async fn read(&mut self, path: &str, deadline: Instant) -> Result<(u16, Vec<u8>), Failure> {
        self.receive(path, deadline, whole).await
    }

    async fn receive<T, F: Future<Output = hyper::Result<T>>>(
        &mut self,
        path: &str,
        deadline: Instant,
        take: impl Fn(u16, Incoming) -> F,
    ) -> Result<T, Failure> {
        let reused = self.sender.is_some();
        let result = match self.attempt(path, deadline, &take).await {
            Err(Failure::Broken(_)) if reused => {
                self.sender = None;
                self.attempt(path, deadline, &take).await
            }
            result => result,
        };
        if result.is_err() {
            self.sender = None;
        }
        result
    }

    async fn attempt<T, F: Future<Output = hyper::Result<T>>>(
        &mut self,
        path: &str,
        deadline: Instant,
        take: impl Fn(u16, Incoming) -> F,
    ) -> Result<T, Failure> {
        let exchange = async {
            let mut sender = match self.sender.take() {
                Some(sender) if !sender.is_closed() => sender,
                _ => connect(&self.address).await?,
            };
            let broken = |error: hyper::Error| Failure::Broken(error.to_string());
            sender.ready().await.map_err(broken)?;
            let request = Request::get(path)
                .header(HOST, &self.address.host)
                .body(Empty::new())
                .map_err(|error| Failure::Broken(format!("{path}: {error}")))?;
            let response = sender.send_request(request).await.map_err(broken)?;
            let status = response.status().as_u16();
            let taken = take(status, response.into_body()).await.map_err(broken)?;
            self.sender = Some(sender);
            Ok(taken)
        };
        timeout_at(deadline, exchange).await.unwrap_or(Err(Failure::Late))
    }
}

/// Runs `work`, which may use connections, on this thread.
pub fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(tokio::task::LocalSet::new().block_on(&runtime, work))
}

/// Gets one status with its whole body on a connection of its own.
pub fn fetch(address: &Arc<Address>, path: &str) -> Result<(u16, Vec<u8>)> {
    let got = block_on(Connection::new(address).read(path, Instant::now() + PATIENCE))?;
    got.map_err(|failure| anyhow!("{}: {failure}", address.url))
}

async fn count(status: u16, mut body: Incoming) -> hyper::Result<Answer> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, Bytes::len) as u64;
    }
    Ok(Answer { status, bytes })
}

async fn whole(status: u16, body: Incoming) -> hyper::Result<(u16, Vec<u8>)> {
    Ok((status, body.collect().await?.to_bytes().into()))
}

async fn connect(address: &Address) -> Result<SendRequest<Empty<Bytes>>, Failure> {
    let refused = |error: std::io::Error| Failure::Connect(error.to_string());
    let stream = TcpStream::connect(&address.sockets[..]).await.map_err(refused)?;
    stream.set_nodelay(true).map_err(refused)?;
    let (sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| Failure::Connect(error.to_string()))?;
    // Its end shows at the sender.
    tokio::task::spawn_local(connection);
    Ok(sender)
}
