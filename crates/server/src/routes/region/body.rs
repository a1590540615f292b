//! The body of a streamed region.

use super::stream::RegionStream;
use crate::error::Error;
use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use std::future::ready;
use std::pin::Pin;
use std::task::{self, Context, Poll};

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
/// by `Content-Length` or by the missing last chunk.
pub struct RegionBody {
    size: BodySize,
    next: Option<Making>,
}

impl RegionBody {
    /// The body that begins with `first` and has `length` bytes, if that is known.
    pub fn new(length: Option<u64>, first: Part) -> Self {
        Self { next: Some(Box::pin(ready(Ok(first)))), ..Self::of_head(length) }
    }

    /// The body of the response to `HEAD`: it has the same length, and nothing is made.
    pub fn of_head(length: Option<u64>) -> Self {
        Self { size: length.map_or(BodySize::Stream, BodySize::Sized), next: None }
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
        while let Some(next) = &mut self.next {
            let made = task::ready!(next.as_mut().poll(context));
            self.next = None;
            let Part { bytes, rest } = match made {
                Ok(part) => part,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            if let Some(stream) = rest {
                self.next = Some(Box::pin(stream.next()));
            }
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body;
    use actix_web::rt::System;

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
        let mut region = RegionBody { size: BodySize::Stream, next: Some(next) };
        let mut context = Context::from_waker(task::Waker::noop());
        let mut poll = || Pin::new(&mut region).poll_next(&mut context);
        assert!(matches!(poll(), Poll::Ready(Some(Err(Error::Damaged)))));
        assert!(matches!(poll(), Poll::Ready(None)));
    }
}
