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

/// How long one answer may take before and after the load.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of a body, of which nothing is kept.
#[derive(Default)]
pub struct Length(pub u64);

impl Extend<Bytes> for Length {
    fn extend<T: IntoIterator<Item = Bytes>>(&mut self, pieces: T) {
        self.0 += pieces.into_iter().map(|piece| piece.len() as u64).sum::<u64>();
    }
}

/// Why nothing, or not all, came back.
#[derive(Debug, thiserror::Error)]
pub enum RequestFailure {
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
    address: Arc<ServerAddress>,
    sender: Option<SendRequest<Empty<Bytes>>>,
}

impl Connection {
    /// Not connected yet.
    pub fn new(address: &Arc<ServerAddress>) -> Self {
        Self { address: Arc::clone(address), sender: None }
    }

    /// Gets the status of `path`, and of its body what `B` keeps, until
    /// `deadline`. A server may close a connection that idles
    /// at the moment it is used again; as in a browser, that is tried once more
    /// on a new one.
    pub async fn get<B: Default + Extend<Bytes>>(
        &mut self,
        path: &str,
        deadline: Instant,
    ) -> Result<(u16, B), RequestFailure> {
        let reused = self.sender.is_some();
        match self.attempt(path, deadline).await {
            Err(RequestFailure::Broken(_)) if reused => self.attempt(path, deadline).await,
            result => result,
        }
    }

    /// Takes the connection, and puts it back once the whole answer is there.
    async fn attempt<B: Default + Extend<Bytes>>(
        &mut self,
        path: &str,
        deadline: Instant,
    ) -> Result<(u16, B), RequestFailure> {
        let exchange = async {
            let mut sender = match self.sender.take() {
                Some(sender) if !sender.is_closed() => sender,
                _ => connect(&self.address)
                    .await
                    .map_err(|error| RequestFailure::Connect(error.to_string()))?,
            };
            let broken = |error: hyper::Error| RequestFailure::Broken(error.to_string());
            sender.ready().await.map_err(broken)?;
            let request = Request::get(path)
                .header(HOST, &self.address.host)
                .body(Empty::new())
                .map_err(|error| RequestFailure::Broken(format!("{path}: {error}")))?;
            let response = sender.send_request(request).await.map_err(broken)?;
            let status = response.status().as_u16();
            let (mut body, mut kept) = (response.into_body(), B::default());
            while let Some(frame) = body.frame().await {
                kept.extend(frame.map_err(broken)?.into_data().ok());
            }
            self.sender = Some(sender);
            Ok((status, kept))
        };
        timeout_at(deadline, exchange).await.unwrap_or(Err(RequestFailure::Late))
    }
}

/// Runs `work`, which may use connections, on this thread.
pub fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(tokio::task::LocalSet::new().block_on(&runtime, work))
}

/// Gets one status with its whole body on a connection of its own.
pub fn fetch(address: &Arc<ServerAddress>, path: &str) -> Result<(u16, Vec<u8>)> {
    let got = block_on(Connection::new(address).get(path, Instant::now() + PATIENCE))?;
    let (status, pieces): (u16, Vec<Bytes>) = got.map_err(|failure| anyhow!("{}: {failure}", address.url))?;
    Ok((status, pieces.concat()))
}

async fn connect(address: &ServerAddress) -> Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(&address.sockets[..]).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Its end shows at the sender.
    tokio::task::spawn_local(connection);
    Ok(sender)
}
