//! A light HTTP/1.1 client over keep-alive connections.

use crate::address::Address;
use anyhow::{Result, anyhow};
use http_body_util::{BodyExt as _, Collected, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How long one answer may take before and after the load.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What came back: the HTTP status, and the body in the pieces it came in.
type Answer = (u16, Collected<Bytes>);

/// Why nothing, or not all, came back.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No connection could be made.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection ended too early.
    #[error("{0}")]
    Broken(String),
    /// It took longer than it may.
    #[error("timeout")]
    Late,
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
        let reused = self.sender.is_some();
        match self.attempt(path, deadline).await {
            Err(Failure::Broken(_)) if reused => self.attempt(path, deadline).await,
            result => result,
        }
    }

    /// Takes the connection, and puts it back once the whole answer is there.
    async fn attempt(&mut self, path: &str, deadline: Instant) -> Result<Answer, Failure> {
        let exchange = async {
            let mut sender = match self.sender.take() {
                Some(sender) if !sender.is_closed() => sender,
                _ => connect(&self.address).await.map_err(|error| Failure::Connect(error.to_string()))?,
            };
            let broken = |error: hyper::Error| Failure::Broken(error.to_string());
            sender.ready().await.map_err(broken)?;
            let request = Request::get(path)
                .header(HOST, &self.address.host)
                .body(Empty::new())
                .map_err(|error| Failure::Broken(format!("{path}: {error}")))?;
            let response = sender.send_request(request).await.map_err(broken)?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.map_err(broken)?;
            self.sender = Some(sender);
            Ok((status, body))
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
pub fn fetch(address: &Arc<Address>, path: &str) -> Result<(u16, Bytes)> {
    let got = block_on(Connection::new(address).get(path, Instant::now() + PATIENCE))?;
    let (status, body) = got.map_err(|failure| anyhow!("{}: {failure}", address.url))?;
    Ok((status, body.to_bytes()))
}

async fn connect(address: &Address) -> Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(&address.sockets[..]).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Its end shows at the sender.
    tokio::task::spawn_local(connection);
    Ok(sender)
}
