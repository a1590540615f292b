//! The body of a streamed region.

use super::stream::RegionStream;
use crate::error::{Busy, Error};
use actix_web::body::{BodySize, MessageBody};
use actix_web::rt::{self, time};
use bytes::Bytes;
use std::cell::RefCell;
use std::future::ready;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{self, Context, Poll};
use std::time::Duration;

/// Bytes that the connection gets at a time, so that a slow client is seen to read.
const PIECE: usize = 64 << 10;

/// How long a client may take for a piece before its region, and the memory of that, is
/// given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Some bytes of a body, and what makes those after them.
pub struct Part {
    /// The bytes; there may be none.
    pub bytes: Bytes,
    /// `None` after the last bytes.
    pub rest: Option<RegionStream>,
}

/// A part that is being made.
type Making = Pin<Box<dyn Future<Output = Result<Part, Error>>>>;

/// A body whose next part is made when the connection has room for it, so that a slow client
/// takes no worker. An error ends the connection before the last byte, which the client sees
/// by `Content-Length` or by the missing last chunk. A client that stops reading does not
/// keep the memory of its region from others for ever.
pub struct RegionBody {
    size: BodySize,
    unsent: Rc<RefCell<Unsent>>,
    patience: Duration,
    is_watched: bool,
}

/// What the connection has not taken yet.
#[derive(Default)]
struct Unsent {
    bytes: Bytes,
    next: Option<Making>,
    /// Number of pieces that the connection has taken.
    taken: u64,
    /// Whether the connection has its piece, and has not asked for another one.
    waits_for_client: bool,
}

impl RegionBody {
    /// The body that begins with `first` and has `length` bytes, if that is known.
    pub fn new(length: Option<u64>, first: Part) -> Self {
        Self::of(length, Some(Box::pin(ready(Ok(first)))))
    }

    /// The body of the response to `HEAD`: it has the same length, and nothing is made.
    pub fn of_head(length: Option<u64>) -> Self {
        Self::of(length, None)
    }

    fn of(length: Option<u64>, next: Option<Making>) -> Self {
        let size = length.map_or(BodySize::Stream, BodySize::Sized);
        let unsent = Rc::new(RefCell::new(Unsent { next, ..Unsent::default() }));
        Self { size, unsent, patience: PATIENCE, is_watched: false }
    }
}

impl Unsent {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.next.is_none()
    }

    /// The next piece, or `None` after the last.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.waits_for_client = false;
        while self.bytes.is_empty() {
            let Some(next) = &mut self.next else { return Poll::Ready(None) };
            let made = task::ready!(next.as_mut().poll(context));
            self.next = None;
            let Part { bytes, rest } = match made {
                Ok(part) => part,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            self.bytes = bytes;
            if let Some(stream) = rest {
                self.next = Some(Box::pin(stream.next()));
            }
        }
        self.taken += 1;
        self.waits_for_client = true;
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
        if unsent.waits_for_client && unsent.taken == seen {
            let next: Making = Box::pin(ready(Err(Error::Busy(Busy::Deadline))));
            *unsent = Unsent { next: Some(next), ..Unsent::default() };
            return;
        }
        seen = unsent.taken;
    }
}

impl MessageBody for RegionBody {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = self.unsent.borrow_mut().poll(context);
        if !self.is_watched && !self.unsent.borrow().is_empty() {
            self.is_watched = true;
            drop(rt::spawn(watch(Rc::downgrade(&self.unsent), self.patience)));
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body;
    use actix_web::rt::System;
    use std::future::poll_fn;

    #[test]
    fn a_body_has_its_bytes_and_the_length_that_was_said() {
        let part = Part { bytes: Bytes::from_static(b"pixels"), rest: None };
        let region = RegionBody::new(Some(6), part);
        assert_eq!(region.size(), BodySize::Sized(6));
        let bytes = System::new().block_on(body::to_bytes(region));
        assert_eq!(bytes.ok(), Some(Bytes::from_static(b"pixels")));
    }

    #[test]
    fn a_head_has_the_length_of_the_body_and_no_bytes() {
        let head = RegionBody::of_head(Some(1 << 40));
        assert_eq!(head.size(), BodySize::Sized(1 << 40));
        assert_eq!(System::new().block_on(body::to_bytes(head)).ok(), Some(Bytes::new()));
        assert_eq!(RegionBody::of_head(None).size(), BodySize::Stream);
    }

    #[test]
    fn an_error_comes_once_and_ends_the_body() {
        let next: Making = Box::pin(ready(Err(Error::Damaged)));
        let mut region = RegionBody::of(None, Some(next));
        let mut context = Context::from_waker(task::Waker::noop());
        let mut poll = || Pin::new(&mut region).poll_next(&mut context);
        assert!(matches!(poll(), Poll::Ready(Some(Err(Error::Damaged)))));
        assert!(matches!(poll(), Poll::Ready(None)));
    }

    #[test]
    fn bytes_come_in_pieces_that_are_all_of_them() {
        let bytes: Bytes = (0..=255).cycle().take(3 * PIECE + 5).collect::<Vec<u8>>().into();
        let region = RegionBody::new(None, Part { bytes: bytes.clone(), rest: None });
        assert_eq!(System::new().block_on(body::to_bytes(region)).ok(), Some(bytes));
    }

    #[test]
    fn a_client_that_stops_reading_loses_its_region() {
        System::new().block_on(async {
            let first = Part { bytes: Bytes::from(vec![0; 3 * PIECE]), rest: None };
            let mut region =
                RegionBody { patience: Duration::from_millis(20), ..RegionBody::new(None, first) };
            let piece = poll_fn(|context| Pin::new(&mut region).poll_next(context)).await;
            assert!(matches!(piece, Some(Ok(piece)) if piece.len() == PIECE));
            time::sleep(Duration::from_millis(500)).await;
            assert!(region.unsent.borrow().bytes.is_empty(), "its memory is free");
            let piece = poll_fn(|context| Pin::new(&mut region).poll_next(context)).await;
            assert!(matches!(piece, Some(Err(Error::Busy(Busy::Deadline)))));
        });
    }
}
