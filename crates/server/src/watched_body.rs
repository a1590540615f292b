//! Large bodies, which clients lose if they do not read them.

use crate::body_memory::{BodyMemory, Share};
use crate::error::{Busy, Error};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::rt::{self, time};
use bytes::Bytes;
use std::cell::RefCell;
use std::future::ready;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

/// Bytes that the connection gets at a time, so that a slow client is seen to read.
const PIECE: usize = 64 << 10;

/// How long a client may take for a piece before its body, and the memory of that, is
/// given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Finished bodies of at least this many bytes are watched and count in [`BodyMemory`].
/// What is shorter is mostly in the buffers of the kernel as soon as it is sent.
const LARGE: usize = 1 << 20;

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
/// by `Content-Length` or by the missing last chunk. A client that stops reading does not
/// keep the memory of its body from others for ever.
pub struct WatchedBody {
    size: BodySize,
    unsent: Rc<RefCell<Unsent>>,
}

/// What the connection has not taken yet.
#[derive(Default)]
struct Unsent {
    bytes: Bytes,
    next: Option<Making>,
    /// Number of pieces that the connection has taken.
    taken: u64,
    /// Whether the connection waits for the next piece, which is being made. Otherwise that
    /// waits for the connection, and so for the client.
    is_making: bool,
    /// The memory that it takes until the connection has all of it.
    share: Option<Share>,
}

/// The body with `bytes`. If they are many, it has a share of `memory`, for which it may
/// have to wait.
///
/// # Errors
/// [`Busy::PoolExhausted`] if too many bodies wait already.
pub async fn finished(bytes: Bytes, memory: &BodyMemory) -> Result<BoxBody, Error> {
    if bytes.len() < LARGE {
        return Ok(BoxBody::new(bytes));
    }
    let length = bytes.len() as u64;
    let share = memory.wait_for(length).await?;
    Ok(BoxBody::new(WatchedBody::new(Some(length), Part { bytes, rest: None }, share)))
}

impl WatchedBody {
    /// The body that begins with `first` and has `length` bytes, if that is known. It keeps
    /// `share` until the connection has taken all of it.
    ///
    /// # Panics
    /// Outside of the runtime of a server, which watches it.
    pub fn new(length: Option<u64>, first: Part, share: Share) -> Self {
        Self::within(PATIENCE, length, first, share)
    }

    fn within(patience: Duration, length: Option<u64>, first: Part, share: Share) -> Self {
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

    fn of(length: Option<u64>, next: Option<Making>, share: Option<Share>) -> Self {
        let size = length.map_or(BodySize::Stream, BodySize::Sized);
        let unsent = Rc::new(RefCell::new(Unsent { next, share, ..Unsent::default() }));
        Self { size, unsent }
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
        self.is_making = false;
        while self.bytes.is_empty() {
            let Some(next) = &mut self.next else { return Poll::Ready(None) };
            let Poll::Ready(made) = next.as_mut().poll(context) else {
                self.is_making = true;
                return Poll::Pending;
            };
            self.next = None;
            match made {
                Ok(Part { bytes, rest }) => (self.bytes, self.next) = (bytes, rest),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        self.taken += 1;
        let len = self.bytes.len().min(PIECE);
        Poll::Ready(Some(Ok(self.bytes.split_to(len))))
    }
}

/// Gives `unsent` up when its client has taken no piece for as long as `patience`. The
/// connection does not ask for bytes then, so the body itself cannot notice.
async fn watch(unsent: Weak<RefCell<Unsent>>, patience: Duration) {
    let mut seen = 0;
    loop {
        time::sleep(patience).await;
        let Some(unsent) = unsent.upgrade() else { return };
        let mut unsent = unsent.borrow_mut();
        if unsent.is_empty() {
            return;
        }
        if !unsent.is_making && unsent.taken == seen {
            let next: Making = Box::pin(ready(Err(Error::Busy(Busy::Deadline))));
            *unsent = Unsent { next: Some(next), ..Unsent::default() };
            return;
        }
        seen = unsent.taken;
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
