//! The bytes of one connection, which ends when its client is too slow.

use super::activity::Activity;
use super::clients::Admitted;
use crate::metrics::Metrics;
use crate::metrics::connections::{CloseReason, OpenConnection};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use rustix::net::sockopt::set_socket_linger;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep, sleep_until};
use tracing::debug;

/// The connection of a client.
///
/// Every read and write looks whether the client is within its limits, and a timer has the
/// connection read again when the next limit is due if nothing else does. Once it is not, they
/// fail, and the HTTP library drops the connection with everything that belongs to it.
pub struct ClientStream {
    stream: TcpStream,
    activity: Rc<Activity>,
    admitted: Admitted,
    _open: OpenConnection,
    metrics: Data<Metrics>,
    /// When to look at the client's limits again.
    next_check: Pin<Box<Sleep>>,
    /// Until when the client has used up its bytes, if it has.
    next_bytes: Option<Pin<Box<Sleep>>>,
    closed: Option<CloseReason>,
}

impl ClientStream {
    /// `stream` of a client that was `admitted`.
    pub fn new(
        stream: TcpStream,
        activity: Rc<Activity>,
        admitted: Admitted,
        open: OpenConnection,
        metrics: Data<Metrics>,
    ) -> Self {
        // The first read finds out when to look next.
        let next_check = Box::pin(sleep(Duration::ZERO));
        Self { stream, activity, admitted, _open: open, metrics, next_check, next_bytes: None, closed: None }
    }

    /// What happens on it.
    pub fn activity(&self) -> &Rc<Activity> {
        &self.activity
    }

    /// Fails once the client has exceeded a limit.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.closed.is_some() {
            return Err(ErrorKind::TimedOut.into());
        }
        while self.next_check.as_mut().poll(context).is_ready() {
            match self.activity.check(Instant::now()) {
                Ok(next) => self.next_check.as_mut().reset(next.into()),
                Err(reason) => return Err(self.close(reason)),
            }
        }
        Ok(())
    }

    /// Looks at the client's limits soon, although it was left alone for longer.
    fn look_soon(&mut self, now: Instant, context: &mut Context<'_>) -> io::Result<()> {
        let soon = self.activity.soon(now).into();
        if self.next_check.deadline() > soon {
            self.next_check.as_mut().reset(soon);
            // The timer wakes whoever polled it after it was set.
            self.check(context)?;
        }
        Ok(())
    }

    fn close(&mut self, reason: CloseReason) -> io::Error {
        debug!(?reason, client = ?self.stream.peer_addr().ok(), "connection closed");
        self.closed = Some(reason);
        self.metrics.connections.closed(reason);
        if reason == CloseReason::SlowReader {
            // Or the kernel would keep what it has for the client and go on offering it. If this
            // fails, it does.
            let _ = set_socket_linger(&self.stream, Some(Duration::ZERO));
        }
        ErrorKind::TimedOut.into()
    }

    /// The number of bytes, up to `wanted`, that the client may be sent now.
    fn poll_allowance(&mut self, wanted: usize, context: &mut Context<'_>) -> Poll<usize> {
        loop {
            if let Some(timer) = &mut self.next_bytes {
                ready!(timer.as_mut().poll(context));
                self.next_bytes = None;
            }
            let now = Instant::now();
            match self.admitted.take(wanted, now) {
                Ok(bytes) => return Poll::Ready(bytes),
                Err(wait) => self.next_bytes = Some(Box::pin(sleep_until((now + wait).into()))),
            }
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(context)?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            let now = Instant::now();
            this.activity.received(now);
            this.look_soon(now, context)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check(context)?;
        let allowed = ready!(this.poll_allowance(bytes.len(), context));
        let sent = Pin::new(&mut this.stream).poll_write(context, &bytes[..allowed]);
        let taken = if let Poll::Ready(Ok(taken)) = sent { taken } else { 0 };
        this.admitted.put_back(allowed - taken);
        let now = Instant::now();
        match sent {
            Poll::Ready(_) => this.activity.sent(taken, now),
            Poll::Pending => {
                this.activity.blocked(now);
                this.look_soon(now, context)?;
            }
        }
        sent
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
