//! The cache of decoded parents: bounded, one decode each, nothing lost.

use crate::common::{Plan, all_tiles};
use origami_pack::{Pack, StorageId};
use origami_pyramid::{Subsampling, TileId, Ycc};
use origami_render::{Lease, Parent, ParentCache, ParentPlanes, Parents, Pools, RebuildError, Rebuilder};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

/// The smallest buffer.
const BUFFER: usize = 96 << 10;

fn id(x: u32) -> TileId {
    TileId { z: 9, x, y: 3 }
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
    // 64 roots and 256 L1 parents pass through 8 buffers: those that are kept
    // and the four of one worker.
    for id in all_tiles(pack.pyramid()) {
        rebuilder.tile(&pack, id, &cache.of(&pack)).expect("a free buffer");
    }
    let stats = cache.stats();
    assert!(stats.decodes + stats.left >= 320, "{stats:?}");
    assert_eq!((stats.entries, stats.bytes), (4, 4 * BUFFER as u64));
    assert_eq!(stats.evictions, stats.decodes + stats.left - 4);
    assert_eq!(pools.stats().map(|tier| tier.leased).sum::<usize>(), 4);
    drop((cache, rebuilder));
    assert!(pools.stats().all(|tier| tier.leased == 0));
}

#[test]
fn the_least_recently_used_go_first_and_those_in_use_stay() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(3 * BUFFER, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next());
    let ask = |x: u32| parents.get_or_decode(id(x), &mut || planes(&pools, x as u8)).unwrap();
    let held = ask(0);
    for x in 1..3 {
        ask(x);
    }
    ask(1);
    // The oldest is in use, so that 2 goes, which was used before 1.
    ask(3);
    let before = cache.stats();
    assert_eq!((before.entries, before.evictions, before.decodes, before.hits), (3, 1, 4, 1));
    for x in [0, 1, 3] {
        assert_eq!(value(&ask(x)), x as u8);
    }
    assert_eq!(cache.stats().decodes, 4);
    assert_eq!(value(&held), 0);
    ask(2);
    assert_eq!(cache.stats().decodes, 5, "2 was gone");
}

#[test]
fn what_all_threads_hold_may_pass_the_bound_and_goes_when_it_is_let_go() {
    let pools = Pools::new(64 << 20);
    let cache = ParentCache::new(0, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next());
    // More than there are places.
    let ask = |x: u32| parents.get_or_decode(id(x), &mut || planes(&pools, x as u8)).unwrap();
    let held: Vec<Parent<'_>> = (0..40).map(ask).collect();
    assert!(held.iter().zip(0..).all(|(parent, x)| value(parent) == x));
    drop(held);
    assert_eq!(value(&ask(99)), 99);
    assert_eq!(cache.stats().entries, 1, "the one asked for last");
}

#[test]
fn packs_do_not_meet_each_others_parents() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let packs = [StorageId::next(), StorageId::next()];
    for number in [0, 1, 0, 1] {
        let parents = cache.of_storage(packs[number]);
        let parent = parents.get_or_decode(id(0), &mut || planes(&pools, number as u8)).unwrap();
        assert_eq!(usize::from(value(&parent)), number);
    }
    assert_eq!((cache.stats().decodes, cache.stats().hits), (2, 2));
}

/// Runs `decode` on one thread while others wait for what it makes, and returns
/// what each got.
fn together(
    cache: &ParentCache,
    decode: &(dyn Fn() -> Result<ParentPlanes, RebuildError> + Sync),
) -> Vec<thread::Result<Result<u8, RebuildError>>> {
    let (begun, storage) = (Barrier::new(2), StorageId::next());
    let ask = |decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>| {
        catch_unwind(AssertUnwindSafe(|| {
            cache.of_storage(storage).get_or_decode(id(7), decode).map(|p| value(&p))
        }))
    };
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            ask(&mut || {
                begun.wait();
                while cache.stats().waits < 3 {
                    thread::yield_now();
                }
                decode()
            })
        });
        begun.wait();
        let others: Vec<_> = (0..3).map(|_| scope.spawn(|| ask(&mut || decode()))).collect();
        [first].into_iter().chain(others).map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn those_who_ask_at_once_cause_one_decode() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let decodes = AtomicU32::new(0);
    let answers = together(&cache, &|| {
        decodes.fetch_add(1, Relaxed);
        planes(&pools, 5)
    });
    assert!(answers.into_iter().all(|answer| answer.unwrap().unwrap() == 5));
    let stats = cache.stats();
    assert_eq!((decodes.into_inner(), stats.decodes, stats.misses, stats.waits), (1, 1, 4, 3));
}

#[test]
fn a_failure_is_told_to_all_who_waited_and_not_kept() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let decodes = AtomicU32::new(0);
    let answers = together(&cache, &|| {
        decodes.fetch_add(1, Relaxed);
        Err(failure(id(7)))
    });
    for answer in answers {
        let error = answer.unwrap().unwrap_err();
        assert!(matches!(error, RebuildError::Shared(_)) && error.kind() == "codec", "{error}");
    }
    assert_eq!(decodes.into_inner(), 1);
    // Alone it is nobody else's.
    let storage = StorageId::next();
    let error = cache.of_storage(storage).get_or_decode(id(7), &mut || Err(failure(id(7)))).unwrap_err();
    assert!(matches!(error, RebuildError::Codec { .. }), "{error}");
    let parents = cache.of_storage(storage);
    let parent = parents.get_or_decode(id(7), &mut || planes(&pools, 9)).unwrap();
    assert_eq!((value(&parent), cache.stats().entries), (9, 1));
}

#[test]
fn a_panic_costs_its_thread_the_parent_and_another_decodes_it() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let decodes = AtomicU32::new(0);
    let answers = together(&cache, &|| {
        assert!(decodes.fetch_add(1, Relaxed) > 0, "the first fails on purpose");
        planes(&pools, 5)
    });
    let panicked = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!((panicked, decodes.into_inner()), (1, 2));
    assert!(answers.into_iter().flatten().all(|answer| answer.unwrap() == 5));
}

#[test]
fn what_is_left_is_found_once_it_is_asked_for() {
    let pools = Pools::new(1 << 20);
    let cache = ParentCache::new(8 * BUFFER, Arc::clone(&pools));
    let parents = cache.of_storage(StorageId::next());
    parents.leave(id(0), &mut || planes(&pools, 5));
    parents.leave(id(0), &mut || panic!("it is there"));
    parents.leave(id(1), &mut || Err(failure(id(1))));
    for _ in 0..2 {
        let parent = parents.get_or_decode(id(0), &mut || panic!("it is there")).unwrap();
        assert_eq!(value(&parent), 5);
    }
    let parent = parents.get_or_decode(id(1), &mut || planes(&pools, 6)).unwrap();
    let stats = cache.stats();
    assert_eq!((value(&parent), stats.left, stats.left_used, stats.decodes), (6, 1, 1, 1));
}

#[test]
fn threads_always_get_the_parent_they_asked_for_and_no_buffer_is_lost() {
    let pools = Pools::new(32 * BUFFER);
    let cache = ParentCache::new(5 * BUFFER, Arc::clone(&pools));
    let storage = StorageId::next();
    thread::scope(|scope| {
        for number in 0..6u32 {
            let (cache, pools) = (&cache, &pools);
            scope.spawn(move || {
                let parents = cache.of_storage(storage);
                let mut state = number;
                for round in 0..3000 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let (a, b) = ((state >> 8) % 12, (state >> 16) % 12);
                    if round % 5 == 0 {
                        parents.leave(id(a), &mut || planes(pools, a as u8));
                    }
                    let outer = match parents.get_or_decode(id(a), &mut || planes(pools, a as u8)) {
                        Ok(outer) => outer,
                        // It waited for one of those that fail below.
                        Err(RebuildError::Shared(_)) => continue,
                        Err(error) => panic!("{error}"),
                    };
                    // A second one while the first is held, in one order for all.
                    if b > a {
                        let made =
                            &mut || if round % 7 == 0 { Err(failure(id(b))) } else { planes(pools, b as u8) };
                        if let Ok(inner) = parents.get_or_decode(id(b), made) {
                            assert_eq!(u32::from(value(&inner)), b);
                        }
                    }
                    assert_eq!(u32::from(value(&outer)), a);
                }
            });
        }
    });
    let stats = cache.stats();
    assert_eq!(stats.bytes, stats.entries * BUFFER as u64);
    assert_eq!(pools.stats().map(|tier| tier.leased as u64).sum::<u64>(), stats.entries);
    assert!(stats.evictions > 0 && stats.hits > 0);
}
