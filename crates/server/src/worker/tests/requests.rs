//! Tests of builds that requests wait for.

use super::{BLOCK, LONG_WAIT, PANIC, TestWorkers, thumbnail, wait_until};
use crate::artifact::{Artifact, Pixels};
use crate::error::{Busy, Error};
use crate::test_pack;
use crate::urgency::Urgency;
use actix_web::rt::time;
use origami_pyramid::{Rect, Size};
use origami_render::{Encoding, Fidelity, Format, Picture};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

#[actix_web::test]
async fn a_panic_costs_its_job_and_renderer_but_no_worker() {
    let workers = TestWorkers::start(LONG_WAIT);
    assert_eq!(workers.get(thumbnail(64)).await.unwrap(), "jpeg");
    assert_eq!(workers.get(thumbnail(PANIC)).await, Err(Error::Internal));
    assert_eq!(workers.get(thumbnail(65)).await.unwrap(), "jpeg");
    assert_eq!((workers.metrics.worker_panics.get(), workers.renderers.load(Relaxed)), (1, 2));
}

#[actix_web::test]
async fn a_request_that_goes_away_does_not_cancel_the_build_others_wait_for() {
    let workers = TestWorkers::start(LONG_WAIT);
    let leaving = workers.block_worker().await;
    let mut staying = Box::pin(workers.get(thumbnail(BLOCK)));
    time::timeout(Duration::from_millis(20), &mut staying).await.unwrap_err();
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    workers.release_one();
    assert_eq!(staying.await.unwrap(), "jpeg");
    assert_eq!(workers.metrics.single_flight_waits.get(), 1);
    assert!(workers.blocked.is_empty(), "it was built once");
}

#[actix_web::test]
async fn queued_work_that_no_request_waits_for_any_more_is_dropped() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let (leaving, staying) = (workers.spawn_get(thumbnail(64)), workers.spawn_get(thumbnail(65)));
    wait_until(|| workers.flights.queue_depth() >= 2).await;
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok() && staying.await.unwrap().is_ok());
    assert_eq!(workers.metrics.abandoned.get(), 1);
    assert_eq!(workers.get(thumbnail(64)).await.unwrap(), "jpeg", "it is built when requested again");
}

#[actix_web::test]
async fn too_much_waiting_work_is_rejected_at_once_and_stopped_workers_reject_all() {
    let mut workers = TestWorkers::start(Duration::ZERO);
    let blocking = workers.block_worker().await;
    assert_eq!(workers.get(thumbnail(64)).await, Err(Error::Busy(Busy::QueueFull)));
    workers.release = None;
    assert!(blocking.await.unwrap().is_ok());
    assert!(workers.get(thumbnail(64)).await.is_ok());
    workers.threads = None;
    assert_eq!(workers.get(thumbnail(66)).await, Err(Error::Busy(Busy::Stopping)));
}

#[actix_web::test]
async fn more_urgent_work_overtakes_what_waits() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let urgencies = [Urgency::Low, Urgency::Usual, Urgency::High];
    let mut requests = Vec::new();
    for (side, urgency) in (64..).zip(urgencies) {
        requests.push(workers.spawn_urgent_get(thumbnail(side), urgency));
        wait_until(|| workers.flights.queue_depth() >= requests.len()).await;
    }
    // The urgent one was asked for last. The worker blocks again after it, before it takes
    // the next one.
    let png = Encoding::new(Format::Png, Fidelity::Lossless).unwrap();
    let again = Artifact::Encoded(Pixels::Thumbnail(BLOCK), png);
    let blocking_again = workers.spawn_urgent_get(again, Urgency::High);
    wait_until(|| workers.flights.queue_depth() >= 4).await;
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok());
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    let [low, usual, high] = [64, 65, 66].map(|side| workers.is_cached(thumbnail(side)));
    assert_eq!((low, usual, high), (false, false, true));
    workers.release_one();
    assert!(blocking_again.await.unwrap().is_ok());
    for request in requests {
        assert!(request.await.unwrap().is_ok());
    }
}

#[actix_web::test]
async fn a_request_joins_a_build_of_another_urgency() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let low = workers.spawn_urgent_get(thumbnail(64), Urgency::Low);
    wait_until(|| workers.flights.queue_depth() >= 1).await;
    let high = workers.spawn_urgent_get(thumbnail(64), Urgency::High);
    wait_until(|| workers.metrics.single_flight_waits.get() >= 1).await;
    assert_eq!(workers.flights.queue_depth(), 1);
    workers.release_one();
    for request in [blocking, low, high] {
        assert!(request.await.unwrap().is_ok());
    }
}

#[actix_web::test]
async fn what_is_being_built_or_is_there_already_is_not_late() {
    let workers = TestWorkers::start(LONG_WAIT);
    let job = workers.job(thumbnail(64));
    assert!(workers.flights.is_late(&job, Urgency::Usual, Duration::ZERO));
    let blocking = workers.block_worker().await;
    let request = workers.spawn_get(job.artifact);
    wait_until(|| workers.flights.queue_depth() >= 1).await;
    assert!(!workers.flights.is_late(&job, Urgency::Usual, Duration::ZERO), "it is joined");
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok() && request.await.unwrap().is_ok());
    assert!(!workers.flights.is_late(&job, Urgency::Usual, Duration::ZERO), "it is cached");
}

fn two_workers() -> TestWorkers {
    TestWorkers::start_with(LONG_WAIT, |config| (config.speculate, config.workers) = (false, 2))
}

/// A picture that takes all the memory for pictures, and blocks its worker.
fn large_picture(width: u32) -> Artifact {
    let picture = Picture::new(Rect { x: 0, y: 0, width: 8, height: 8 }, Size::new(width, 2000));
    Artifact::Encoded(Pixels::Picture(picture), test_pack::jpeg(90))
}

#[actix_web::test]
async fn large_pictures_are_made_one_after_the_other_where_there_is_memory_for_one() {
    let workers = two_workers();
    let first = workers.spawn_get(large_picture(2000));
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    let second = workers.spawn_get(large_picture(2001));
    time::sleep(Duration::from_millis(50)).await;
    assert!(workers.blocked.is_empty(), "a worker is idle, but there is no memory");
    assert_eq!(workers.get(thumbnail(64)).await.unwrap(), "jpeg", "what is small needs none");
    let joining = workers.spawn_get(large_picture(2001));
    wait_until(|| workers.metrics.single_flight_waits.get() >= 1).await;
    workers.release_one();
    assert!(first.await.unwrap().is_ok());
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    workers.release_one();
    assert!(second.await.unwrap().is_ok() && joining.await.unwrap().is_ok());
}

#[actix_web::test]
async fn a_large_picture_whose_client_has_left_keeps_its_memory_until_its_worker_is_done() {
    let workers = two_workers();
    let leaving = workers.spawn_get(large_picture(2000));
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    let next = workers.spawn_get(large_picture(2001));
    time::sleep(Duration::from_millis(50)).await;
    assert!(workers.blocked.is_empty(), "it is still being made");
    workers.release_one();
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    workers.release_one();
    assert!(next.await.unwrap().is_ok());
}

#[actix_web::test]
async fn pictures_that_wait_for_memory_keep_no_tile_from_idle_workers() {
    // Workers may have 100 ms before them, and each picture is expected to take about 40 ms.
    let workers = TestWorkers::start_with(Duration::from_millis(50), |config| config.workers = 2);
    let pictures: Vec<_> = (2000..2008).map(|side| workers.spawn_get(large_picture(side))).collect();
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    assert!(workers.get(workers.tile(1)).await.is_ok(), "a worker is idle");
    for picture in pictures.iter().skip(1) {
        picture.abort();
    }
    workers.release_one();
    wait_until(|| workers.metrics.abandoned.get() == 7).await;
    assert!(workers.blocked.is_empty(), "none of them is made for nobody");
}

#[actix_web::test]
async fn nothing_that_comes_later_overtakes_a_picture_that_holds_memory() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let picture = workers.spawn_urgent_get(large_picture(2000), Urgency::Low);
    wait_until(|| workers.flights.queue_depth() == 1).await;
    let later = workers.spawn_get(workers.tile(1));
    wait_until(|| workers.flights.queue_depth() == 2).await;
    workers.release_one();
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    assert!(!workers.is_cached(workers.tile(1)));
    workers.release_one();
    assert!(
        blocking.await.unwrap().is_ok() && picture.await.unwrap().is_ok() && later.await.unwrap().is_ok()
    );
}
