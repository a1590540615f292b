//! Tests of what idle workers do.

use super::{PANIC, TestWorkers, thumbnail, wait_until};
use crate::artifact::{Artifact, Pixels};
use actix_web::rt::time;
use origami_pyramid::TileId;
use origami_render::{Encoding, Fidelity, Format};
use std::time::Duration;

#[actix_web::test]
async fn an_idle_worker_builds_the_siblings_and_no_more() {
    let workers = TestWorkers::speculating();
    workers.get(workers.tile(0)).await.unwrap();
    wait_until(|| workers.metrics.speculative_built.get() >= 15).await;
    for x in 0..4 {
        assert!(workers.is_cached(workers.tile(x)), "tile {x}");
    }
    time::sleep(Duration::from_millis(20)).await;
    assert_eq!(workers.metrics.speculative_built.get(), 15, "the rest of the family");
}

#[actix_web::test]
async fn requested_jobs_come_before_siblings_and_idle_jobs() {
    let mut workers = TestWorkers::speculating();
    let blocking = workers.block_worker().await;
    // Waits until the only worker has nothing else to do.
    workers.idle_jobs.send(workers.job(thumbnail(PANIC))).unwrap();
    let requested = workers.spawn_get(workers.tile(0));
    wait_until(|| workers.flights.queue_depth() >= 1).await;
    workers.release = None;
    assert!(blocking.await.unwrap().is_ok());
    assert!(requested.await.unwrap().is_ok());
    wait_until(|| workers.metrics.worker_panics.get() >= 1).await;
    assert_eq!(workers.metrics.speculative_built.get(), 16, "fifteen siblings came first");
}

#[actix_web::test]
async fn nothing_is_built_beside_artifacts_that_viewers_do_not_request() {
    let workers = TestWorkers::speculating();
    let top = workers.pack.pyramid().max_level();
    let png = Encoding::new(Format::Png, Fidelity::Lossless).unwrap();
    let png = Artifact::Encoded(Pixels::Tile(TileId { z: top, x: 0, y: 0 }), png);
    let stored = Artifact::Tile(TileId { z: top - 2, x: 0, y: 0 });
    for artifact in [png, stored, thumbnail(64)] {
        workers.get(artifact).await.unwrap();
        time::sleep(Duration::from_millis(20)).await;
        assert_eq!(workers.metrics.speculative_built.get(), 0, "{artifact:?}");
    }
    assert!(!workers.is_cached(workers.tile(0)), "the same tile in another format is another artifact");
}
