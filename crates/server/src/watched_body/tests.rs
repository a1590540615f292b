//! Tests of bodies that clients read, slowly or not at all.

use super::*;
use actix_web::body;
use std::future::{pending, poll_fn};
use std::task::Waker;

/// Bytes that [`watched`] bodies take of [`memory`], which has room for one of them.
const TAKEN: u64 = 6 << 20;
const SHORT: Duration = Duration::from_millis(20);

fn memory() -> BodyMemory {
    BodyMemory::new(8 << 20)
}

fn is_free(memory: &BodyMemory) -> bool {
    memory.take(TAKEN).is_ok()
}

/// A body of `len` bytes that takes most of `memory`, whose client may take as long as
/// [`SHORT`].
fn watched(len: usize, memory: &BodyMemory) -> WatchedBody {
    let first = Part { bytes: Bytes::from(vec![0; len]), rest: None };
    WatchedBody::within(SHORT, None, first, memory.take(TAKEN).unwrap())
}

/// A body that takes most of `memory` and has no end. Each of its parts is one piece, which
/// takes `duration` to make. Its client may take as long as [`SHORT`].
fn endless(duration: Duration, memory: &BodyMemory) -> WatchedBody {
    let first = Part { bytes: Bytes::new(), rest: Some(pieces(duration)) };
    WatchedBody::within(SHORT, None, first, memory.take(TAKEN).unwrap())
}

/// The parts of an [`endless`] body.
fn pieces(duration: Duration) -> Making {
    Box::pin(async move {
        time::sleep(duration).await;
        Ok(Part { bytes: Bytes::from(vec![0; PIECE]), rest: Some(pieces(duration)) })
    })
}

/// The next piece of `body`.
async fn piece(body: &mut WatchedBody) -> Option<Result<Bytes, Error>> {
    poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await
}

#[actix_web::test]
async fn a_body_has_its_bytes_and_the_length_that_was_said() {
    let first = Part { bytes: Bytes::from_static(b"pixels"), rest: None };
    let watched = WatchedBody::new(Some(6), first, memory().take(6).unwrap());
    assert_eq!(watched.size(), BodySize::Sized(6));
    assert_eq!(body::to_bytes(watched).await.ok(), Some(Bytes::from_static(b"pixels")));
}

#[actix_web::test]
async fn a_head_has_the_length_of_the_body_and_no_bytes() {
    let head = WatchedBody::of_head(Some(1 << 40));
    assert_eq!(head.size(), BodySize::Sized(1 << 40));
    assert_eq!(body::to_bytes(head).await.ok(), Some(Bytes::new()));
    assert_eq!(WatchedBody::of_head(None).size(), BodySize::Stream);
}

#[test]
fn an_error_comes_once_and_ends_the_body() {
    let next: Making = Box::pin(ready(Err(Error::Damaged)));
    let mut failing = WatchedBody::of(None, Some(next), None);
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
    let watched = WatchedBody::new(None, first, memory().take(1).unwrap());
    assert_eq!(body::to_bytes(watched).await.ok(), Some(all.into()));
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
    let mut watched = watched(2 * PIECE, &memory);
    assert!(piece(&mut watched).await.is_some() && !is_free(&memory));
    assert!(piece(&mut watched).await.is_some() && is_free(&memory));
    assert!(piece(&mut watched).await.is_none());
}

#[actix_web::test]
async fn a_client_that_stops_reading_loses_its_body() {
    let memory = memory();
    let mut watched = watched(3 * PIECE, &memory);
    assert!(matches!(piece(&mut watched).await, Some(Ok(bytes)) if bytes.len() == PIECE));
    assert!(!is_free(&memory));
    time::sleep(25 * SHORT).await;
    assert!(watched.unsent.borrow().bytes.is_empty() && is_free(&memory));
    assert!(matches!(piece(&mut watched).await, Some(Err(Error::Busy(Busy::Deadline)))));
    assert!(piece(&mut watched).await.is_none());
}

#[actix_web::test]
async fn a_client_that_does_not_even_begin_to_read_loses_its_body() {
    let memory = memory();
    let mut watched = watched(3 * PIECE, &memory);
    assert!(!is_free(&memory));
    time::sleep(25 * SHORT).await;
    assert!(is_free(&memory));
    assert!(matches!(piece(&mut watched).await, Some(Err(Error::Busy(Busy::Deadline)))));
}

#[actix_web::test]
async fn a_client_that_takes_a_piece_now_and_then_loses_its_body() {
    let memory = memory();
    let mut watched = watched(64 * PIECE, &memory);
    let mut pieces = 0;
    while let Some(Ok(_)) = piece(&mut watched).await {
        pieces += 1;
        time::sleep(SHORT / 2).await;
    }
    assert!(pieces < 16, "{pieces} pieces, two in each time that sixteen have to be taken in");
    assert!(is_free(&memory));
}

#[actix_web::test]
async fn a_client_that_takes_enough_keeps_its_body_however_long_it_reads() {
    const LONG: Duration = Duration::from_millis(500);
    let memory = memory();
    let first = Part { bytes: Bytes::from(vec![0; 150 * PIECE]), rest: None };
    let mut watched = WatchedBody::within(LONG, None, first, memory.take(TAKEN).unwrap());
    let mut pieces = 0;
    while let Some(Ok(_)) = piece(&mut watched).await {
        pieces += 1;
        // Some fifty pieces in each time that sixteen have to be taken in.
        time::sleep(LONG / 50).await;
    }
    assert_eq!(pieces, 150);
}

#[actix_web::test]
async fn a_client_that_waits_for_the_server_keeps_its_body() {
    let memory = memory();
    let first = Part { bytes: Bytes::from_static(b"begin"), rest: Some(Box::pin(pending())) };
    let mut watched = WatchedBody::within(SHORT, None, first, memory.take(TAKEN).unwrap());
    assert!(piece(&mut watched).await.is_some());
    assert!(time::timeout(25 * SHORT, piece(&mut watched)).await.is_err(), "it is being made");
    assert!(!is_free(&memory));
}

#[actix_web::test]
async fn moments_of_waiting_for_the_server_excuse_no_client_that_hardly_reads() {
    let memory = memory();
    let mut watched = endless(SHORT / 20, &memory);
    let mut pieces = 0;
    while pieces < 16 && matches!(piece(&mut watched).await, Some(Ok(_))) {
        pieces += 1;
        time::sleep(SHORT / 2).await;
    }
    assert!(pieces < 16, "two pieces or so in each time that sixteen have to be taken in");
    assert!(is_free(&memory));
}

#[actix_web::test]
async fn a_client_that_takes_what_the_server_makes_keeps_its_body_however_slow_the_server_is() {
    let memory = memory();
    let mut watched = endless(SHORT, &memory);
    for number in 0..12 {
        assert!(matches!(piece(&mut watched).await, Some(Ok(_))), "piece {number}");
    }
    assert!(!is_free(&memory));
}

#[actix_web::test]
async fn a_connection_that_waits_for_a_piece_is_not_forgotten_when_the_time_of_its_client_is_over() {
    let memory = memory();
    let mut watched = endless(2 * SHORT, &memory);
    assert!(matches!(piece(&mut watched).await, Some(Ok(_))));
    let begin = Instant::now().checked_sub(SHORT).unwrap();
    watched.unsent.borrow_mut().clients_time = Stopwatch::started(begin);
    let waited = time::timeout(500 * SHORT, piece(&mut watched)).await;
    assert!(matches!(waited, Ok(Some(Ok(_)))), "it is made while the watch looks");
    time::sleep(25 * SHORT).await;
    assert!(matches!(piece(&mut watched).await, Some(Err(Error::Busy(Busy::Deadline)))));
}
