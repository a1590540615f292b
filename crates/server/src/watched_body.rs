//! Large bodies, which clients lose if they do not read them.

mod stopwatch;

use crate::body_memory::BodyMemory;
use crate::error::{Busy, Error};
use crate::request_context;
use crate::room::Share;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::Method;
use actix_web::rt::{self, time};
use bytes::Bytes;
use std::cell::RefCell;
use std::future::ready;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use stopwatch::Stopwatch;

/// Bytes that the connection gets at a time, so that a slow client is seen to read.
const PIECE: usize = 64 << 10;

/// Time in which a client has to take [`LEAST`] bytes of its body, without that in which it
/// waits for the server. Otherwise the body, and its memory, is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes that a client takes within [`PATIENCE`] at least.
const LEAST: usize = 16 * PIECE;

/// How often the watch looks within [`PATIENCE`] at most, however often the client waited for
/// the server meanwhile.
const MOST_LOOKS: u32 = 64;

/// Finished bodies of at least this many bytes are watched and count in [`BodyMemory`]. What
/// is shorter is copied into the buffer of its connection at once: there a client that reads
/// nothing keeps it for as long as it stays.
const LARGE: usize = 256 << 10;

/// Some bytes of a body, and what makes those after them.
pub struct Part {
    /// The bytes; there may be none.
    pub bytes: Bytes,
    /// `None` after the last bytes.
    pub rest: Option<Making>,
}

/// A part that is being made.
pub type Making = Pin<Box<dyn Future<Output = Result<Part, Error>>>>;

/// A body whose next part is made when the connection has room for it, so that a slow client
/// takes no worker. An error ends the connection before the last byte, which the client sees
/// by `Content-Length` or by the missing last chunk. A client that hardly reads does not keep
/// the memory of its body from others for ever.
pub struct WatchedBody {
    size: BodySize,
    unsent: Rc<RefCell<Unsent>>,
}

/// What the connection has not taken yet.
#[derive(Default)]
struct Unsent {
    bytes: Bytes,
    next: Option<Making>,
    /// Bytes that the connection has taken since `clients_time` began.
    taken: usize,
    /// Runs while the next piece waits for the connection, and so for the client. Stopped
    /// while the connection waits for that piece, which is being made.
    clients_time: Stopwatch,
    /// The memory that it takes until the connection has all of it.
    share: Option<Arc<Share>>,
}

/// Checks that a body of about `bytes`, which would be the answer to a request of this
/// `method`, would not be refused by [`finished`] if it were made now.
///
/// # Errors
/// [`Busy::PoolExhausted`] if there is no room for it.
pub fn check(bytes: u64, method: &Method, memory: &BodyMemory) -> Result<(), Error> {
    if bytes < LARGE as u64 || method == Method::HEAD { Ok(()) } else { memory.check(bytes) }
}

/// The body with `bytes` of the answer to a request of this `method`. If they are many, it
/// has a share of `memory`, for which it may have to wait. `HEAD` gets their length, and
/// keeps none of them.
///
/// # Errors
/// [`Busy::PoolExhausted`] if too many bodies wait already, or those before it leave no
/// room for one that is larger than all the memory.
pub async fn finished(bytes: Bytes, method: &Method, memory: &BodyMemory) -> Result<BoxBody, Error> {
    let length = Some(bytes.len() as u64);
    if method == Method::HEAD {
        return Ok(BoxBody::new(WatchedBody::of_head(length)));
    }
    if bytes.len() < LARGE {
        return Ok(BoxBody::new(bytes));
    }
    let _span = request_context::span("memory wait");
    let share = memory.wait_for(&bytes).await?;
    Ok(BoxBody::new(WatchedBody::new(length, Part { bytes, rest: None }, share)))
}

impl WatchedBody {
    /// The body that begins with `first` and has `length` bytes, if that is known. It keeps
    /// `share` until the connection has taken all of it.
    ///
    /// # Panics
    /// Outside of the runtime of a server, which watches it.
    pub fn new(length: Option<u64>, first: Part, share: Arc<Share>) -> Self {
        Self::within(PATIENCE, length, first, share)
    }

    fn within(patience: Duration, length: Option<u64>, first: Part, share: Arc<Share>) -> Self {
        let body = Self::of(length, Some(Box::pin(ready(Ok(first)))), Some(share));
        // From now on, and not from the first piece on: a connection that is full of earlier
        // responses does not ask for one.
        drop(rt::spawn(watch(Rc::downgrade(&body.unsent), patience)));
        body
    }

    /// The body of the response to `HEAD`: it has the same length, and nothing is made.
    pub fn of_head(length: Option<u64>) -> Self {
        Self::of(length, None, None)
    }

    fn of(length: Option<u64>, next: Option<Making>, share: Option<Arc<Share>>) -> Self {
        let size = length.map_or(BodySize::Stream, BodySize::Sized);
        let clients_time = Stopwatch::started(Instant::now());
        let unsent = Unsent { next, share, clients_time, ..Unsent::default() };
        Self { size, unsent: Rc::new(RefCell::new(unsent)) }
    }
}

impl Unsent {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.next.is_none()
    }

    /// The next piece, or `None` after the last.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let piece = self.poll_piece(context);
        if self.is_empty() {
            self.share = None;
        }
        piece
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        while self.bytes.is_empty() {
            let Some(next) = &mut self.next else { return Poll::Ready(None) };
            let Poll::Ready(made) = next.as_mut().poll(context) else {
                self.clients_time.stop(Instant::now());
                return Poll::Pending;
            };
            self.next = None;
            match made {
                Ok(Part { bytes, rest }) => (self.bytes, self.next) = (bytes, rest),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        self.clients_time.start(Instant::now());
        let len = self.bytes.len().min(PIECE);
        self.taken += len;
        Poll::Ready(Some(Ok(self.bytes.split_to(len))))
    }
}

/// Gives `unsent` up when its client has taken less than [`LEAST`] within `patience`, not
/// counting the time in which it waited for the server: that makes `patience` end later. The
/// connection does not ask for bytes then, so the body itself cannot notice. For the same
/// reason the connection stays, with a piece or two in its buffer, until the client reads on,
/// which then ends it, or leaves.
async fn watch(unsent: Weak<RefCell<Unsent>>, patience: Duration) {
    let mut left = patience;
    loop {
        time::sleep(left.max(patience / MOST_LOOKS)).await;
        let Some(unsent) = unsent.upgrade() else { return };
        let mut unsent = unsent.borrow_mut();
        if unsent.is_empty() {
            return;
        }
        let now = Instant::now();
        left = patience.saturating_sub(unsent.clients_time.time(now));
        // A connection that waits for a piece would not hear that there will be none.
        if !left.is_zero() || !unsent.clients_time.is_running() {
            continue;
        }
        if unsent.taken < LEAST {
            let next: Making = Box::pin(ready(Err(Error::Busy(Busy::Deadline))));
            *unsent = Unsent { next: Some(next), ..Unsent::default() };
            return;
        }
        (unsent.taken, unsent.clients_time, left) = (0, Stopwatch::started(now), patience);
    }
}

impl MessageBody for WatchedBody {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.unsent.borrow_mut().poll(context)
    }
}

#[cfg(test)]
mod tests;
