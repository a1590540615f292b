//! Checks that rebuilding a tile allocates and frees nothing, once a worker and its
//! buffers are warm.
//!
//! This counts the calls of Rust code to the global allocator, on the thread that
//! rebuilds. The JPEG library, which encodes luma tiles and decodes stored ones, takes
//! its memory from the C library and is not counted.

#[path = "../../pack/tests/common/mod.rs"]
mod common;

use common::coefficients::CoefficientPlan;
use common::{Plan, all_tiles};
use origami_fixtures::slide;
use origami_ingest::{PackOptions, source};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Subsampling, TileId};
use origami_render::{ParentCache, Pools, Rebuilder, Uncached};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Debug;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

thread_local! {
    /// Number of times this thread has called the allocator, to allocate or to free.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, with a count of the calls.
struct CountingAllocator;

// SAFETY: every call is passed to the system's allocator unchanged.
#[expect(unsafe_code, reason = "counting allocations takes an allocator")]
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller upholds the contract.
        unsafe { System.realloc(memory, layout, len) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The number of calls to the allocator while `work` runs, and its result.
fn count_calls<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = CALLS.get();
    let result = work();
    (CALLS.get() - before, result)
}

/// Numbers of tiles of each kind in a pack.
#[derive(Debug, Default)]
struct TileKinds {
    rebuilt: u32,
    stored: u32,
}

/// Memory of a decoded parent, in bytes.
const PARENT_BYTES: usize = 96 << 10;

/// Rebuilds every tile of `pack` after a warm-up: without a cache, in a cache that is
/// too small, so that the parents of every family evict others, and in one that has
/// room for all of them.
fn rebuild_everything(pack: &Pack) -> TileKinds {
    let ids: Vec<TileId> = all_tiles(pack.pyramid()).collect();
    let pools = Pools::new(1 << 30);
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    for &id in &ids {
        rebuilder.tile(pack, id, &Uncached).unwrap();
    }
    let kinds = rebuild_uncached(pack, &ids, &mut rebuilder);
    for places in [3, ids.len()] {
        rebuild_cached(pack, &ids, &mut rebuilder, &pools, places);
    }
    kinds
}

/// Rebuilds `ids`, the parents decoded anew for each; nothing may be allocated.
fn rebuild_uncached(pack: &Pack, ids: &[TileId], rebuilder: &mut Rebuilder) -> TileKinds {
    let mut kinds = TileKinds::default();
    for &id in ids {
        let (calls, tile) = count_calls(|| rebuilder.tile(pack, id, &Uncached).unwrap());
        assert_eq!(calls, 0, "tile {id}, with its parents decoded for it alone");
        match pack.stored_len(id, pack.entry(id).unwrap()) {
            Some(_) => kinds.stored += 1,
            None => kinds.rebuilt += 1,
        }
        let (calls, ()) = count_calls(|| drop(tile));
        assert_eq!(calls, 0, "dropping tile {id}");
    }
    kinds
}

/// Rebuilds `ids` three times with a cache that has room for this number of parents; the
/// third pass must not allocate.
fn rebuild_cached(pack: &Pack, ids: &[TileId], rebuilder: &mut Rebuilder, pools: &Arc<Pools>, places: usize) {
    let cache = ParentCache::new(places * PARENT_BYTES, Arc::clone(pools));
    let parents = cache.of(pack);
    // The first pass makes the buffers of cached parents, the second those that are
    // still missing then.
    for pass in 0..3 {
        for &id in ids {
            let (calls, _) = count_calls(|| rebuilder.tile(pack, id, &parents).unwrap());
            assert!(calls == 0 || pass < 2, "tile {id}: {calls} calls, room for {places} parents");
        }
    }
    let stats = cache.stats();
    assert_eq!(stats.evictions > 0, places == 3 && stats.decodes > 3, "{stats:?}");
}

/// Fails unless `pack` has rebuilt and stored tiles, and rebuilding them allocates
/// nothing.
fn assert_no_allocations(pack: &Path, what: &dyn Debug) {
    let kinds = rebuild_everything(&Pack::open(pack).unwrap());
    assert!(kinds.rebuilt > 0 && kinds.stored > 0, "{kinds:?} of {what:?}");
}

#[test]
fn the_counter_counts() {
    assert_eq!(count_calls(|| drop(black_box(Box::new(1)))).0, 2);
}

#[test]
fn tiles_of_luma_packs_are_rebuilt_without_allocations() {
    let folder = tempfile::tempdir().unwrap();
    for (number, subsampling) in
        [Subsampling::S420, Subsampling::S444, Subsampling::Gray].into_iter().enumerate()
    {
        let plan = Plan { subsampling, tile: 32, ..Plan::luma(531, 267) };
        for plan in [
            plan.clone().with_modes(Mode::Luma, Mode::Luma),
            plan.clone().with_modes(Mode::Stored, Mode::Luma),
            plan.clone().with_modes(Mode::Luma, Mode::Stored),
            plan.predicting(5),
        ] {
            assert_no_allocations(&plan.write(&folder.path().join(format!("{number}.origami"))), &plan);
        }
    }
}

#[test]
fn tiles_of_coefficients_are_rebuilt_without_allocations() {
    let folder = tempfile::tempdir().unwrap();
    for (number, plan) in [
        CoefficientPlan::new(331, 267, Subsampling::S420),
        CoefficientPlan::new(331, 267, Subsampling::Gray),
        CoefficientPlan::rgb(331, 267),
        CoefficientPlan { trained: true, ..CoefficientPlan::new(331, 267, Subsampling::S422) },
        CoefficientPlan::new(331, 267, Subsampling::S420).predicting(5),
    ]
    .into_iter()
    .enumerate()
    {
        assert_no_allocations(&plan.write(&folder.path().join(format!("{number}.origami"))), &plan);
    }
}

#[test]
fn tiles_of_a_real_slide_are_rebuilt_without_allocations() {
    let Some(slide) = slide("CMU-1-Small-Region.svs") else { return };
    let folder = tempfile::tempdir().unwrap();
    for mode in [Mode::Exact, Mode::Luma, Mode::Stored] {
        let source = source::open(&slide, &source::OpenOptions::default()).unwrap();
        let path = folder.path().join(format!("{}.origami", mode.name()));
        let options = PackOptions { mode, measure: false, ..PackOptions::default() };
        origami_ingest::pack(&*source, Some(&slide), &path, &options, &|_| ()).unwrap();
        let kinds = rebuild_everything(&Pack::open(&path).unwrap());
        assert!(kinds.rebuilt + kinds.stored > 100, "{kinds:?}");
    }
}
