//! A light HTTP/1.1 client over keep-alive connections.

use crate::address::ServerAddress;
use anyhow::{Result, anyhow};
use http_body_util::{BodyExt as _, Empty};
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

/// How long one response may take before and after the load.
pub const SETUP_TIMEOUT: Duration = Duration::from_secs(30);

/// A status, and what is retained of the body.
pub struct Response<B> {
    pub status: u16,
    pub body: B,
}

/// The length of a body, none of whose bytes are retained.
#[derive(Default)]
pub struct BodyLength(pub u64);

impl Extend<Bytes> for BodyLength {
    fn extend<T: IntoIterator<Item = Bytes>>(&mut self, pieces: T) {
        self.0 += pieces.into_iter().map(|piece| piece.len() as u64).sum::<u64>();
    }
}

/// Why there is no complete response.
#[derive(Debug, thiserror::Error)]
pub enum RequestFailure {
    /// No connection could be made.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection ended too early.
    #[error("{0}")]
    Broken(String),
    /// The deadline has passed.
    #[error("timeout")]
    Timeout,
}

impl From<hyper::Error> for RequestFailure {
    fn from(error: hyper::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// One keep-alive connection, made when it is first needed and again after it
/// was lost.
pub struct Connection {
    address: Arc<ServerAddress>,
    sender: Option<SendRequest<Empty<Bytes>>>,
}

impl Connection {
    /// A connection that is not open yet.
    pub fn new(address: &Arc<ServerAddress>) -> Self {
        Self { address: Arc::clone(address), sender: None }
    }

    /// Requests `path` and waits for the response until `deadline`. A server may
    /// close an idle connection at the moment it is used again; in that case this
    /// retries once, on a new connection, as browsers do.
    pub async fn get<B: Default + Extend<Bytes>>(
        &mut self,
        path: &str,
        deadline: Instant,
    ) -> Result<Response<B>, RequestFailure> {
        let reused = self.sender.is_some();
        match self.attempt(path, deadline).await {
            Err(RequestFailure::Broken(_)) if reused => self.attempt(path, deadline).await,
            result => result,
        }
    }

    async fn attempt<B: Default + Extend<Bytes>>(
        &mut self,
        path: &str,
        deadline: Instant,
    ) -> Result<Response<B>, RequestFailure> {
        timeout_at(deadline, self.exchange(path)).await.unwrap_or(Err(RequestFailure::Timeout))
    }

    /// Takes the connection, and puts it back after a complete response.
    async fn exchange<B: Default + Extend<Bytes>>(
        &mut self,
        path: &str,
    ) -> Result<Response<B>, RequestFailure> {
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => connect(&self.address).await.map_err(|error| RequestFailure::Connect(error.to_string()))?,
        };
        sender.ready().await?;
        let request = Request::get(path)
            .header(HOST, &self.address.host)
            .body(Empty::new())
            .map_err(|error| RequestFailure::Broken(format!("{path}: {error}")))?;
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let (mut frames, mut body) = (response.into_body(), B::default());
        while let Some(frame) = frames.frame().await {
            body.extend(frame?.into_data().ok());
        }
        self.sender = Some(sender);
        Ok(Response { status, body })
    }
}

/// Runs `work`, which may use connections, on this thread.
pub fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(tokio::task::LocalSet::new().block_on(&runtime, work))
}

/// Requests `path` on a connection of its own and returns the whole body.
pub fn fetch(address: &Arc<ServerAddress>, path: &str) -> Result<Response<Vec<u8>>> {
    let mut connection = Connection::new(address);
    let response = block_on(connection.get::<Vec<Bytes>>(path, Instant::now() + SETUP_TIMEOUT))?
        .map_err(|failure| anyhow!("{}: {failure}", address.url))?;
    Ok(Response { status: response.status, body: response.body.concat() })
}

async fn connect(address: &ServerAddress) -> Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(&address.sockets[..]).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // The sender notices when the connection ends.
    tokio::task::spawn_local(connection);
    Ok(sender)
}
