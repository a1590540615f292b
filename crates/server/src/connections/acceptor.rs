//! Makes connections of what a listener accepts.

use super::activity::Activity;
use super::clients::Clients;
use super::refusal;
use super::stream::ClientStream;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::metrics::connections::{CloseReason, ListenerName};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Makes connections of what one listener accepts.
#[derive(Clone)]
pub struct Acceptor {
    /// Which listener.
    pub listener: ListenerName,
    /// The limits of its connections.
    pub live: Arc<Live>,
    /// All clients of this server.
    pub clients: Arc<Clients>,
    /// How long nothing may happen on a connection.
    pub idle_timeout: Duration,
    /// Where they are counted.
    pub metrics: Data<Metrics>,
}

impl Acceptor {
    /// The connection of the client at the other end of `stream`.
    ///
    /// # Errors
    /// If the client has gone, or has too many connections; it is told so.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<ClientStream> {
        let metrics = &self.metrics.connections;
        metrics.accepted(self.listener);
        let (peer, now) = (stream.peer_addr()?, Instant::now());
        let Some(admitted) = self.clients.admit(peer.ip(), now) else {
            metrics.closed(CloseReason::ClientLimit);
            refusal::refuse(stream).await;
            return Err(ErrorKind::ConnectionRefused.into());
        };
        let activity = Rc::new(Activity::new(Arc::clone(&self.live), self.idle_timeout, now));
        let open = metrics.open(self.listener);
        Ok(ClientStream::new(stream, activity, admitted, open, self.metrics.clone()))
    }
}
