//! Tests of large bodies.

use super::*;
use crate::error::Busy;
use actix_web::body;
use actix_web::rt::time;
use std::future::poll_fn;
use std::task::Waker;
use std::time::Duration;

/// Bytes that [`large`] bodies take of [`memory`], which has room for one of them.
const TAKEN: u64 = 6 << 20;
const SHORT: Duration = Duration::from_millis(20);

fn memory() -> BodyMemory {
    BodyMemory::new(8 << 20)
}

fn is_free(memory: &BodyMemory) -> bool {
    memory.take(TAKEN).is_ok()
}

/// A body of `len` bytes that takes most of `memory`.
fn large(len: usize, memory: &BodyMemory) -> LargeBody {
    let first = Part { bytes: Bytes::from(vec![0; len]), rest: None };
    LargeBody::new(None, first, memory.take(TAKEN).unwrap())
}

/// The next piece of `body`.
async fn piece(body: &mut LargeBody) -> Option<Result<Bytes, Error>> {
    poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await
}

#[actix_web::test]
async fn a_body_has_its_bytes_and_the_length_that_was_said() {
    let first = Part { bytes: Bytes::from_static(b"pixels"), rest: None };
    let large = LargeBody::new(Some(6), first, memory().take(6).unwrap());
    assert_eq!(large.size(), BodySize::Sized(6));
    assert_eq!(body::to_bytes(large).await.ok(), Some(Bytes::from_static(b"pixels")));
}

#[actix_web::test]
async fn a_head_has_the_length_of_the_body_and_no_bytes() {
    let head = LargeBody::of_head(Some(1 << 40));
    assert_eq!(head.size(), BodySize::Sized(1 << 40));
    assert_eq!(body::to_bytes(head).await.ok(), Some(Bytes::new()));
    assert_eq!(LargeBody::of_head(None).size(), BodySize::Stream);
}

#[test]
fn an_error_comes_once_and_ends_the_body() {
    let next: Making = Box::pin(ready(Err(Error::Damaged)));
    let mut failing = LargeBody::of(None, Some(next), None);
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = || Pin::new(&mut failing).poll_next(&mut context);
    assert!(matches!(poll(), Poll::Ready(Some(Err(Error::Damaged)))));
    assert!(matches!(poll(), Poll::Ready(None)));
}

#[actix_web::test]
async fn bytes_come_in_pieces_that_are_all_of_them() {
    let all: Vec<u8> = (0..=255).cycle().take(5 * PIECE + 5).collect();
    let (start, end) = all.split_at(3 * PIECE + 1);
    let last = Part { bytes: Bytes::copy_from_slice(end), rest: None };
    let rest: Making = Box::pin(ready(Ok(last)));
    let first = Part { bytes: Bytes::copy_from_slice(start), rest: Some(rest) };
    let large = LargeBody::new(None, first, memory().take(1).unwrap());
    assert_eq!(body::to_bytes(large).await.ok(), Some(all.into()));
}

#[actix_web::test]
async fn a_picture_of_many_bytes_keeps_its_length_and_counts_until_all_of_it_is_sent() {
    let memory = memory();
    let short = finished(Bytes::from(vec![7; LARGE - 1]), &Method::GET, &memory).await.unwrap();
    assert!(is_free(&memory), "it is too short to count");
    let bytes = Bytes::from(vec![7; TAKEN as usize]);
    let large = finished(bytes.clone(), &Method::GET, &memory).await.unwrap();
    assert_eq!(large.size(), BodySize::Sized(TAKEN));
    assert!(!is_free(&memory), "it is not sent yet");
    assert_eq!(body::to_bytes(large).await.ok(), Some(bytes));
    assert!(is_free(&memory), "it is sent");
    assert_eq!(short.size(), BodySize::Sized(LARGE as u64 - 1));
}

#[actix_web::test]
async fn a_head_of_a_large_picture_neither_takes_memory_nor_waits_for_it() {
    let memory = memory();
    let sent = memory.take(TAKEN).unwrap();
    let bytes = Bytes::from(vec![7; TAKEN as usize]);
    let answered = finished(bytes.clone(), &Method::HEAD, &memory);
    let head = time::timeout(SHORT, answered).await.expect("it does not wait").unwrap();
    assert!(bytes.is_unique(), "the body does not keep it");
    assert_eq!(head.size(), BodySize::Sized(TAKEN));
    drop(sent);
    assert!(is_free(&memory));
    assert_eq!(body::to_bytes(head).await.ok(), Some(Bytes::new()));
}

#[actix_web::test]
async fn what_has_no_room_is_known_before_it_is_made_unless_it_is_small_or_for_a_head() {
    let memory = memory();
    assert_eq!(check(TAKEN, &Method::GET, &memory), Ok(()));
    let _sent = memory.take(8 << 20).unwrap();
    let large = Bytes::from(vec![7; TAKEN as usize]);
    let mut waiting = Box::pin(memory.wait_for(&large));
    assert!(time::timeout(SHORT, &mut waiting).await.is_err(), "it waits");
    for (bytes, method, result) in [
        (TAKEN, Method::GET, Err(Error::Busy(Busy::PoolExhausted))),
        (TAKEN, Method::HEAD, Ok(())),
        (LARGE as u64 - 1, Method::GET, Ok(())),
    ] {
        assert_eq!(check(bytes, &method, &memory), result, "{bytes} bytes for {method}");
    }
}

#[actix_web::test]
async fn the_memory_is_free_as_soon_as_the_connection_has_the_last_piece() {
    let memory = memory();
    let mut body = large(2 * PIECE, &memory);
    assert!(piece(&mut body).await.is_some() && !is_free(&memory));
    assert!(piece(&mut body).await.is_some() && is_free(&memory));
    assert!(piece(&mut body).await.is_none());
}
