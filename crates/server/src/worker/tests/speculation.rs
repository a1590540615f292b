//! Tests of what idle workers do.

use super::{BLOCK, PANIC, TestWorkers, thumbnail, wait_until};
use crate::artifact::{Artifact, Job, Pixels};
use crate::overview::Overviews;
use crate::speculation::families_to_complete;
use crate::test_pack;
use actix_web::rt::time;
use origami_pyramid::TileId;
use origami_render::{Encoding, Fidelity, Format};
use std::sync::Arc;
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

#[actix_web::test]
async fn requests_interrupt_the_overview_of_an_announced_slide() {
    let mut workers = TestWorkers::speculating();
    let folder = tempfile::tempdir().unwrap();
    let pack = Arc::new(test_pack::create_predicting(folder.path(), 4));
    let threads = workers.threads.as_mut().unwrap();
    let overviews = Overviews::start(threads, workers.idle_jobs.clone()).unwrap();
    // The only worker is doing something that nobody asked for when it is asked for something.
    workers.idle_jobs.send(workers.job(thumbnail(BLOCK))).unwrap();
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    overviews.announce_pack(&pack);
    let requested = [64, 65].map(|side| workers.spawn_get(thumbnail(side)));
    wait_until(|| workers.flights.queue_depth() >= 2).await;
    wait_until(|| !workers.idle_jobs.is_empty()).await;
    workers.release = None;
    for request in requested {
        assert!(request.await.unwrap().is_ok());
    }
    // Levels 10 and 11 of four predicted ones, the second of which has 2048 px.
    wait_until(|| workers.metrics.speculative_built.get() >= 1 + 16 + 64).await;
    let built = workers.built.lock().unwrap().clone();
    assert_eq!(built[..3], [BLOCK, 64, 65].map(thumbnail));
    let levels: Vec<u32> = built[3..].iter().map(|artifact| tile_level(*artifact)).collect();
    assert_eq!(levels, [vec![10; 16], vec![11; 64]].concat(), "coarse to fine, and no more");
    overviews.announce_pack(&pack);
    time::sleep(Duration::from_millis(20)).await;
    assert_eq!(workers.built.lock().unwrap().len(), built.len(), "all of it is cached");
}

fn tile_level(artifact: Artifact) -> u32 {
    let Artifact::Tile(id) = artifact else { panic!("{artifact:?} is no tile") };
    id.z
}

#[test]
fn a_root_has_no_siblings_in_its_family_but_those_that_share_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Arc::new(test_pack::create_predicting(folder.path(), 4));
    let roots = |z, x, y| {
        let artifact = Artifact::Tile(TileId { z, x, y });
        let families = families_to_complete(&Job { pack: Arc::clone(&pack), artifact });
        families.map(|family| family.root.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(roots(13, 9, 6), ["11/2/1"]);
    assert_eq!(roots(12, 4, 3), ["11/2/1"]);
    assert_eq!(roots(11, 2, 1), ["11/2/0", "11/3/0", "11/2/1", "11/3/1"]);
    assert_eq!(roots(10, 1, 0), ["8/0/0"]);
    assert!(roots(9, 0, 0).is_empty(), "a stored tile");
}
