//! The cache of decoded parents: bounded, one decode each, no buffer lost.

use crate::common::{Plan, all_tiles};
use origami_pack::{Pack, StorageId};
use origami_pyramid::{Subsampling, TileId, Ycc};
use origami_render::{
    Lease, PackParents, Parent, ParentCache, ParentPlanes, Parents, Pools, RebuildError, Rebuilder,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

/// Bytes of the smallest buffer.
const BUFFER: usize = 96 << 10;

/// The finest level that others are predicted from.
const FINEST: u32 = 9;

fn tile(x: u32) -> TileId {
    TileId { z: FINEST, x, y: 3 }
}

/// Planes whose every sample is `value`.
fn planes(pools: &Arc<Pools>, value: u8) -> Result<ParentPlanes, RebuildError> {
    let mut planes: Ycc<Lease> = Ycc::new(pools.lease(64)?, 8, 8, Subsampling::Gray);
    planes.fill([value; 3]);
    Ok(ParentPlanes::Samples(planes))
}

/// The value of all samples.
fn value(parent: &Parent<'_>) -> u8 {
    let ParentPlanes::Samples(planes) = &**parent else { panic!("made here") };
    planes.uniform().expect("one value")[0]
}

/// Requests the parent in column `x`, whose samples have the value `x`.
fn request<'a>(parents: &'a PackParents<'_>, pools: &Arc<Pools>, x: u32) -> Parent<'a> {
    parents.get_or_decode(tile(x), &mut || planes(pools, x as u8)).unwrap()
}

fn failure(id: TileId) -> RebuildError {
    RebuildError::Codec { path: "a".into(), id, error: origami_codec::CodecError::Tile("no") }
}

#[test]
fn parents_give_their_buffers_back_when_the_cache_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Pack::open(&Plan::luma(512, 512).write(&folder.path().join("a.origami"))).unwrap();
    let pools = Pools::new(8 * BUFFER);
    let cache = ParentCache::new(4 * BUFFER, Arc::clone(&pools));
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    // 64 roots and 256 L1 parents pass through 8 buffers: four for the cache and four
    // for the worker.
    for id in all_tiles(pack.pyramid()) {
        rebuilder.tile(&pack, id, &cache.of(&pack)).expect("a free buffer");
    }
    let stats = cache.stats();
    assert!(stats.decodes + stats.seeded >= 320, "{stats:?}");
    assert_eq!((stats.entries, stats.bytes), (4, 4 * BUFFER as u64));
    assert_eq!(stats.evictions, stats.decodes + stats.seeded - 4);
    assert_eq!(pools.stats().map(|tier| tier.leased).sum::<usize>(), 4);
    drop((cache, rebuilder));
    assert!(pools.stats().all(|tier| tier.leased == 0));
}

#[test]
fn the_least_recently_used_are_evicted_first_and_those_in_use_stay() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(3 * BUFFER, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next(), FINEST);
    let in_use = request(&parents, &pools, 0);
    for x in [1, 2, 1] {
        request(&parents, &pools, x);
    }
    // 0 is the oldest, but in use; 2 is evicted, which was used before 1.
    request(&parents, &pools, 3);
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.evictions, stats.decodes, stats.hits), (3, 1, 4, 1));
    for x in [0, 1, 3] {
        assert_eq!(value(&request(&parents, &pools, x)), x as u8);
    }
    assert_eq!(cache.stats().decodes, 4);
    assert_eq!(value(&in_use), 0);
    request(&parents, &pools, 2);
    assert_eq!(cache.stats().decodes, 5, "2 had been evicted");
}

/// Requests the parent in column `x` of level `z`, which is decoded with its chain: up to three
/// parents above the finest, each of which has four children in a row.
fn request_chain(parents: &PackParents<'_>, pools: &Arc<Pools>, z: u32, x: u32) {
    let decode = &mut || {
        if z > FINEST - 3 {
            request_chain(parents, pools, z - 1, x / 4);
        }
        planes(pools, 1)
    };
    drop(parents.get_or_decode(TileId { z, x, y: 0 }, decode).unwrap());
}

#[test]
fn coarse_parents_survive_a_walk_over_more_fine_parents_than_fit() {
    let pools = Pools::new(16 << 20);
    let cache = ParentCache::new(48 * BUFFER, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next(), FINEST);
    for walk in 1..4 {
        for x in 0..64 {
            request_chain(&parents, &pools, FINEST, x);
        }
        let stats = cache.stats();
        assert_eq!(stats.decodes, 64 * walk + 16 + 4 + 1, "the coarse ones are decoded once");
        assert_eq!((stats.entries, stats.coarse_evictions), (48, 0));
    }
}

#[test]
fn coarse_parents_of_slides_that_nobody_looks_at_leave_room_for_the_fine_ones_of_others() {
    let pools = Pools::new(4 << 20);
    let cache = ParentCache::new(16 * BUFFER, Arc::clone(&pools));
    let [old, new] = [0, 1].map(|_| cache.of_storage(StorageId::next(), FINEST));
    for x in 0..40 {
        request_chain(&old, &pools, FINEST - 1, 4 * x);
    }
    let before = cache.stats();
    assert_eq!(before.entries, 16, "there is no reason to leave room empty");
    for _ in 0..3 {
        for x in 0..8 {
            drop(request(&new, &pools, x));
        }
    }
    assert_eq!(cache.stats().decodes, before.decodes + 8, "eight fine parents fit beside the coarse ones");
}

#[test]
fn a_parent_that_a_tile_is_about_to_need_is_not_evicted_first() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(3 * BUFFER, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next(), FINEST);
    for x in 0..3 {
        request(&parents, &pools, x);
    }
    assert!(parents.is_cached(tile(0)) && !parents.is_cached(tile(3)));
    request(&parents, &pools, 3);
    assert!(parents.is_cached(tile(0)) && !parents.is_cached(tile(1)));
    assert_eq!((cache.stats().hits, cache.stats().misses), (0, 4), "asking is no lookup");
}

#[test]
fn parents_in_use_may_exceed_the_budget_until_they_are_dropped() {
    let pools = Pools::new(64 << 20);
    let cache = ParentCache::new(0, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next(), FINEST);
    // More than there are slots.
    let in_use: Vec<Parent<'_>> = (0..40).map(|x| request(&parents, &pools, x)).collect();
    assert!(in_use.iter().zip(0..).all(|(parent, x)| value(parent) == x));
    drop(in_use);
    assert_eq!(value(&request(&parents, &pools, 99)), 99);
    assert_eq!(cache.stats().entries, 1, "the one requested last");
}

#[test]
fn packs_do_not_share_parents() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let packs = [StorageId::next(), StorageId::next()];
    for number in [0, 1, 0, 1] {
        let parents = cache.of_storage(packs[number], FINEST);
        let parent = parents.get_or_decode(tile(0), &mut || planes(&pools, number as u8)).unwrap();
        assert_eq!(usize::from(value(&parent)), number);
    }
    assert_eq!((cache.stats().decodes, cache.stats().hits), (2, 2));
}

/// What a thread got: a parent's value or a failure, or a panic.
type Answer = thread::Result<Result<u8, RebuildError>>;

/// A function that decodes a parent.
type Decode<'a> = dyn Fn() -> Result<ParentPlanes, RebuildError> + Sync + 'a;

fn request_or_panic(cache: &ParentCache, storage: StorageId, decode: &Decode<'_>) -> Answer {
    catch_unwind(AssertUnwindSafe(|| {
        let parents = cache.of_storage(storage, FINEST);
        let parent = parents.get_or_decode(tile(7), &mut || decode())?;
        Ok(value(&parent))
    }))
}

/// Calls `decode` on one thread while three others wait for its result. Returns the
/// answer of each.
fn request_together(cache: &ParentCache, decode: &Decode<'_>) -> Vec<Answer> {
    let (begun, storage) = (Barrier::new(2), StorageId::next());
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            request_or_panic(cache, storage, &|| {
                begun.wait();
                while cache.stats().waits < 3 {
                    thread::yield_now();
                }
                decode()
            })
        });
        begun.wait();
        let others: Vec<_> =
            (0..3).map(|_| scope.spawn(|| request_or_panic(cache, storage, decode))).collect();
        [first].into_iter().chain(others).map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn simultaneous_requests_cause_one_decode() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let decodes = AtomicU32::new(0);
    let answers = request_together(&cache, &|| {
        decodes.fetch_add(1, Relaxed);
        planes(&pools, 5)
    });
    assert!(answers.into_iter().all(|answer| answer.unwrap().unwrap() == 5));
    let stats = cache.stats();
    assert_eq!((decodes.into_inner(), stats.decodes, stats.misses, stats.waits), (1, 1, 4, 3));
}

#[test]
fn a_failure_is_returned_to_all_that_waited_and_not_cached() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let decodes = AtomicU32::new(0);
    let answers = request_together(&cache, &|| {
        decodes.fetch_add(1, Relaxed);
        Err(failure(tile(7)))
    });
    for answer in answers {
        let error = answer.unwrap().unwrap_err();
        assert!(matches!(error, RebuildError::Shared(_)) && error.kind() == "codec", "{error}");
    }
    assert_eq!(decodes.into_inner(), 1);
    // If no other thread waited, it is not shared.
    let parents = cache.of_storage(StorageId::next(), FINEST);
    let error = parents.get_or_decode(tile(7), &mut || Err(failure(tile(7)))).unwrap_err();
    assert!(matches!(error, RebuildError::Codec { .. }), "{error}");
    let parent = parents.get_or_decode(tile(7), &mut || planes(&pools, 9)).unwrap();
    assert_eq!((value(&parent), cache.stats().entries), (9, 1));
}

#[test]
fn a_panic_affects_its_thread_alone_and_another_decodes() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let decodes = AtomicU32::new(0);
    let answers = request_together(&cache, &|| {
        assert!(decodes.fetch_add(1, Relaxed) > 0, "the first fails on purpose");
        planes(&pools, 5)
    });
    let panicked = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!((panicked, decodes.into_inner()), (1, 2));
    assert!(answers.into_iter().flatten().all(|answer| answer.unwrap() == 5));
}

#[test]
fn seeded_parents_are_found() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next(), FINEST);
    parents.seed(tile(0), &mut || planes(&pools, 5));
    parents.seed(tile(0), &mut || panic!("it is cached"));
    parents.seed(tile(1), &mut || Err(failure(tile(1))));
    for _ in 0..2 {
        let parent = parents.get_or_decode(tile(0), &mut || panic!("it is cached")).unwrap();
        assert_eq!(value(&parent), 5);
    }
    let parent = request(&parents, &pools, 1);
    let stats = cache.stats();
    assert_eq!((value(&parent), stats.seeded, stats.seed_hits, stats.decodes), (1, 1, 1, 1));
}

/// Seeds and requests parents in a pseudo-random order, up to two of them at a time.
/// Some decodes fail.
fn request_at_random(parents: PackParents<'_>, pools: &Arc<Pools>, seed: u32) {
    let mut state = seed;
    for round in 0..3000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (a, b) = ((state >> 8) % 12, (state >> 16) % 12);
        if round % 5 == 0 {
            parents.seed(tile(a), &mut || planes(pools, a as u8));
        }
        let outer = match parents.get_or_decode(tile(a), &mut || planes(pools, a as u8)) {
            Ok(outer) => outer,
            // It waited for one of those that fail below.
            Err(RebuildError::Shared(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        // A second one while the first is in use, in the same order on all threads.
        if b > a {
            let inner = parents.get_or_decode(tile(b), &mut || match round % 7 {
                0 => Err(failure(tile(b))),
                _ => planes(pools, b as u8),
            });
            if let Ok(inner) = inner {
                assert_eq!(u32::from(value(&inner)), b);
            }
        }
        assert_eq!(u32::from(value(&outer)), a);
    }
}

#[test]
fn threads_always_get_the_parent_they_requested_and_no_buffer_is_lost() {
    let pools = Pools::new(32 * BUFFER);
    let cache = ParentCache::new(5 * BUFFER, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next(), FINEST);
    thread::scope(|scope| {
        for number in 0..6 {
            let pools = &pools;
            scope.spawn(move || request_at_random(parents, pools, number));
        }
    });
    let stats = cache.stats();
    assert_eq!(stats.bytes, stats.entries * BUFFER as u64);
    assert_eq!(pools.stats().map(|tier| tier.leased as u64).sum::<u64>(), stats.entries);
    assert!(stats.evictions > 0 && stats.hits > 0);
}
