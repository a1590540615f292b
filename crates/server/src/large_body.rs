//! Large bodies, which are sent piece by piece and count as memory until they are.

use crate::body_memory::BodyMemory;
use crate::error::Error;
use crate::request_context;
use crate::room::Share;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::Method;
use bytes::Bytes;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Bytes that the connection gets at a time, so that it is seen whether the client reads.
const PIECE: usize = 64 << 10;

/// Finished bodies of at least this many bytes come in pieces and count in [`BodyMemory`]. What
/// is shorter is copied into the buffer of its connection at once.
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
/// by `Content-Length` or by the missing last chunk. A client that hardly reads loses its
/// connection, and so the body.
pub struct LargeBody {
    size: BodySize,
    /// What the connection has not taken yet.
    bytes: Bytes,
    next: Option<Making>,
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
        return Ok(BoxBody::new(LargeBody::of_head(length)));
    }
    if bytes.len() < LARGE {
        return Ok(BoxBody::new(bytes));
    }
    let _span = request_context::span("memory wait");
    let share = memory.wait_for(&bytes).await?;
    Ok(BoxBody::new(LargeBody::new(length, Part { bytes, rest: None }, share)))
}

impl LargeBody {
    /// The body that begins with `first` and has `length` bytes, if that is known. It keeps
    /// `share` until the connection has taken all of it.
    pub fn new(length: Option<u64>, first: Part, share: Arc<Share>) -> Self {
        Self::of(length, Some(Box::pin(ready(Ok(first)))), Some(share))
    }

    /// The body of the response to `HEAD`: it has the same length, and nothing is made.
    pub fn of_head(length: Option<u64>) -> Self {
        Self::of(length, None, None)
    }

    fn of(length: Option<u64>, next: Option<Making>, share: Option<Arc<Share>>) -> Self {
        let size = length.map_or(BodySize::Stream, BodySize::Sized);
        Self { size, bytes: Bytes::new(), next, share }
    }

    /// The next piece, or `None` after the last.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        while self.bytes.is_empty() {
            let Some(next) = &mut self.next else { return Poll::Ready(None) };
            let made = ready!(next.as_mut().poll(context));
            self.next = None;
            match made {
                Ok(Part { bytes, rest }) => (self.bytes, self.next) = (bytes, rest),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        let len = self.bytes.len().min(PIECE);
        Poll::Ready(Some(Ok(self.bytes.split_to(len))))
    }
}

impl MessageBody for LargeBody {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = self.poll_piece(context);
        if self.bytes.is_empty() && self.next.is_none() {
            self.share = None;
        }
        piece
    }
}

#[cfg(test)]
mod tests;
