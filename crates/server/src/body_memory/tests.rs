//! Tests of who gets memory, who waits for it, and who is refused.

use super::*;
use actix_web::rt::time::timeout;
use std::iter;
use std::pin::pin;
use std::time::Duration;

const MIB: u64 = 1 << 20;
/// Long enough for whatever does not wait.
const SHORT: Duration = Duration::from_millis(20);

/// A finished body of this many MiB, at an address of its own.
fn body(mib: usize) -> Bytes {
    Bytes::from(vec![0; mib << 20])
}

#[test]
fn the_memory_is_free_again_when_a_body_ends() {
    let memory = BodyMemory::new(100 * MIB);
    let all = memory.take(230 * MIB).unwrap();
    assert_eq!(memory.take(30 * MIB).unwrap_err(), NO_ROOM);
    assert!(memory.take(20 * MIB).is_ok(), "it leaves some to others");
    let other = BodyMemory::new(100 * MIB);
    assert!(other.take(230 * MIB).is_ok(), "another server has memory of its own");
    drop(all);
    memory.take(230 * MIB).unwrap();
}

#[test]
fn bodies_are_sent_side_by_side_as_long_as_there_is_memory() {
    let memory = BodyMemory::new(8 * MIB);
    let bodies: Vec<_> = iter::from_fn(|| memory.take(5 * MIB / 2).ok()).collect();
    assert_eq!(bodies.len(), 3);
}

#[test]
fn a_body_of_many_times_the_memory_is_not_allowed_and_the_smallest_always_is() {
    let memory = BodyMemory::new(10 * MIB);
    assert!(memory.allows(40 * MIB) && !memory.allows(40 * MIB + 1024));
    let least = BodyMemory::new(0);
    assert!(least.allows(1) && least.take(1).is_ok());
}

#[actix_web::test]
async fn a_finished_body_waits_until_a_client_has_read_another_one() {
    let memory = BodyMemory::new(8 * MIB);
    let sent = memory.wait_for(&body(6)).await.unwrap();
    let other = body(5);
    let mut waiting = pin!(memory.wait_for(&other));
    assert!(timeout(SHORT, &mut waiting).await.is_err(), "there is no room");
    drop(sent);
    assert!(waiting.await.is_ok());
}

#[actix_web::test]
async fn no_more_waits_than_may_be_sent() {
    let memory = BodyMemory::new(8 * MIB);
    let sent = memory.wait_for(&body(6)).await.unwrap();
    let other = body(5);
    {
        let mut waiting = pin!(memory.wait_for(&other));
        assert!(timeout(SHORT, &mut waiting).await.is_err(), "it waits");
        assert_eq!(memory.wait_for(&body(4)).await.unwrap_err(), NO_ROOM);
    }
    drop(sent);
    assert!(memory.wait_for(&body(6)).await.is_ok(), "what has gone away no longer waits");
}

#[actix_web::test]
async fn what_waits_for_much_keeps_nothing_from_what_needs_little() {
    let memory = BodyMemory::new(8 * MIB);
    let (first, second) = (memory.take(3 * MIB).unwrap(), memory.take(3 * MIB).unwrap());
    let large = body(6);
    let mut waiting = pin!(memory.wait_for(&large));
    assert!(timeout(SHORT, &mut waiting).await.is_err(), "2 MiB are free");
    assert!(memory.take(2 * MIB).is_ok(), "a stream needs no more");
    let small = timeout(SHORT, memory.wait_for(&body(2))).await.expect("it does not wait");
    assert!(small.is_ok());
    drop(first);
    assert!(timeout(SHORT, &mut waiting).await.is_err(), "3 MiB are free");
    assert!(memory.take(3 * MIB).is_ok(), "and nobody has them");
    drop((second, small));
    assert!(waiting.await.is_ok());
}

#[actix_web::test]
async fn a_popular_picture_takes_memory_once_and_is_refused_to_nobody() {
    let memory = BodyMemory::new(8 * MIB);
    let popular = body(5);
    let mut shares = Vec::new();
    for _ in 0..100 {
        shares.push(memory.wait_for(&popular.clone()).await.unwrap());
    }
    assert!(memory.take(3 * MIB).is_ok(), "it counts once");
    assert!(memory.take(4 * MIB).is_err(), "and fully");
    shares.truncate(1);
    assert!(memory.take(4 * MIB).is_err(), "one client still reads it");
    drop(shares);
    assert!(memory.take(6 * MIB).is_ok());
    let again = memory.wait_for(&popular).await.unwrap();
    assert!(memory.take(4 * MIB).is_err(), "it counts anew");
    drop(again);
}

#[actix_web::test]
async fn clients_that_wait_for_the_same_picture_wait_in_one_place_and_go_on_together() {
    let memory = BodyMemory::new(8 * MIB);
    let sent = memory.take(6 * MIB).unwrap();
    let popular = body(5);
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(memory.wait_for(&popular))).collect();
    for one in &mut waiting {
        assert!(timeout(SHORT, one).await.is_err(), "there is no room");
    }
    drop(sent);
    let mut shares = Vec::new();
    for one in waiting {
        shares.push(timeout(SHORT, one).await.expect("there is room").unwrap());
    }
}

#[actix_web::test]
async fn a_body_larger_than_the_memory_is_sent_or_refused_and_never_waits() {
    let memory = BodyMemory::new(8 * MIB);
    let sent = memory.wait_for(&body(9)).await.unwrap();
    let refused = timeout(SHORT, memory.wait_for(&body(9))).await.expect("it does not wait");
    assert_eq!(refused.unwrap_err(), NO_ROOM);
    assert_eq!(memory.check(9 * MIB), Err(NO_ROOM));
    drop(sent);
    assert!(memory.check(9 * MIB).is_ok() && memory.wait_for(&body(9)).await.is_ok());
}

#[actix_web::test]
async fn it_is_known_beforehand_what_would_be_refused() {
    let memory = BodyMemory::new(8 * MIB);
    assert_eq!(memory.check(6 * MIB), Ok(()));
    let _sent = memory.wait_for(&body(6)).await.unwrap();
    assert_eq!(memory.check(6 * MIB), Ok(()), "it would wait");
    let other = body(5);
    let mut waiting = pin!(memory.wait_for(&other));
    assert!(timeout(SHORT, &mut waiting).await.is_err(), "it waits");
    assert_eq!(memory.check(4 * MIB), Err(NO_ROOM));
    assert_eq!(memory.check(3 * MIB), Ok(()), "as much may wait");
}
