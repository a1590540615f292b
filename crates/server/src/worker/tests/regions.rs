//! Tests of regions that are made a few rows at a time.

use super::{BLOCK, LONG_WAIT, PANIC, TestWorkers, wait_until};
use crate::error::{Busy, Error};
use actix_web::rt::time;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

#[actix_web::test]
async fn rows_are_made_on_a_worker_and_a_panic_costs_one_region() {
    let mut workers = TestWorkers::start(LONG_WAIT);
    let (_, encoded) = workers.rows(7).await.unwrap();
    assert_eq!(encoded.bytes, [9; 3 * 7]);
    assert_eq!(workers.rows(PANIC).await.err(), Some(Error::Internal));
    assert!(workers.rows(8).await.is_ok());
    assert_eq!(workers.metrics.worker_panics.get(), 1);
    workers.threads = None;
    assert_eq!(workers.rows(7).await.err(), Some(Error::Busy(Busy::Stopping)));
}

#[actix_web::test]
async fn a_region_whose_client_goes_away_keeps_its_memory_until_it_leaves_the_queue() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let gone = time::timeout(Duration::from_millis(20), workers.rows(7)).await;
    assert!(gone.is_err() && workers.flights.queue_depth() == 1, "it was given up in the queue");
    assert!(!workers.has_room(), "it is still there");
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok());
    wait_until(|| workers.has_room()).await;
    assert_eq!(workers.metrics.abandoned.get(), 1, "no rows were made");
}

#[actix_web::test]
async fn a_region_whose_client_goes_away_keeps_its_memory_until_its_worker_is_done() {
    let workers = TestWorkers::start(LONG_WAIT);
    let mut leaving = Box::pin(workers.rows(BLOCK));
    assert!(time::timeout(Duration::from_millis(20), &mut leaving).await.is_err(), "it waits");
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    drop(leaving);
    assert!(!workers.has_room(), "its rows are being made");
    workers.release_one();
    wait_until(|| workers.has_room()).await;
}

#[actix_web::test]
async fn rows_in_the_middle_of_a_region_wait_for_room_in_the_queue() {
    let workers = TestWorkers::start(Duration::ZERO);
    let blocking = workers.block_worker().await;
    let mut waiting = Box::pin(workers.rows(7));
    assert!(time::timeout(Duration::from_millis(50), &mut waiting).await.is_err(), "there is no room");
    assert_eq!(workers.flights.queue_depth(), 0);
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok());
    assert!(waiting.await.is_ok());
}

#[actix_web::test]
async fn rows_in_the_middle_of_a_region_wait_for_a_free_buffer() {
    let workers = TestWorkers::start(LONG_WAIT);
    workers.exhausted.store(true, Relaxed);
    let mut waiting = Box::pin(workers.rows(7));
    assert!(time::timeout(Duration::from_millis(50), &mut waiting).await.is_err(), "none is free");
    workers.exhausted.store(false, Relaxed);
    let (_, encoded) = waiting.await.unwrap();
    assert_eq!(encoded.bytes, [9; 3 * 7]);
}

#[actix_web::test]
async fn rows_are_given_up_when_no_buffer_is_free_in_time() {
    let workers = TestWorkers::start(LONG_WAIT);
    workers.exhausted.store(true, Relaxed);
    let given_up = workers.rows_within(7, Duration::from_millis(50)).await;
    assert_eq!(given_up.err(), Some(Error::Busy(Busy::PoolExhausted)));
}
