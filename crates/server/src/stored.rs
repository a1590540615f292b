//! The body of a tile that goes from the map to the socket.

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use origami_pack::{Blob, PackError, StoredJpeg};
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Bytes at the end that are held back until all before them have been taken.
const HELD_BACK: usize = 2;

/// A stored tile: its header, the bytes of the map as they lie there, its end.
///
/// Whoever writes them to the socket copies them first. Should the file lose
/// the bytes between their check and that, zeros would be copied; so the end of
/// the tile is held back until the copy has been made, and not given out if the
/// file is not whole by then. The client then sees a connection that breaks,
/// never a tile of zeros that looks complete.
pub struct StoredBody {
    head: Bytes,
    blob: Option<Bytes>,
    tail: Bytes,
    check: Blob,
    len: u64,
}

impl StoredBody {
    /// A body of `jpeg`.
    pub fn new(jpeg: StoredJpeg) -> Self {
        let len = jpeg.len() as u64;
        let StoredJpeg { head, blob, tail } = jpeg;
        let check = blob.clone();
        let mut blob = Bytes::from_owner(blob);
        let tail = if tail.is_empty() {
            Bytes::copy_from_slice(&blob.split_off(blob.len().saturating_sub(HELD_BACK)))
        } else {
            Bytes::from_static(tail)
        };
        Self { head: head.into(), blob: Some(blob), tail, check, len }
    }
}

impl MessageBody for StoredBody {
    type Error = PackError;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.len)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, PackError>>> {
        let body = self.get_mut();
        if !body.head.is_empty() {
            return Poll::Ready(Some(Ok(take(&mut body.head))));
        }
        if let Some(blob) = body.blob.take().filter(|blob| !blob.is_empty()) {
            return Poll::Ready(Some(Ok(blob)));
        }
        if body.tail.is_empty() {
            return Poll::Ready(None);
        }
        if let Err(lost) = body.check.check_whole() {
            return Poll::Ready(Some(Err(lost)));
        }
        Poll::Ready(Some(Ok(take(&mut body.tail))))
    }
}
