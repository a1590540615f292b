//! Nothing is allocated or freed while a tile is rebuilt, once a worker and its
//! buffers are warm.
//!
//! Counted is what Rust code takes from the global allocator on the thread that
//! rebuilds. The JPEG library, through which luma tiles are encoded and stored
//! samples decoded, has its memory from the C library and is not counted.

#[path = "../../pack/tests/common/mod.rs"]
mod common;

use common::coefficients::CoefficientPlan;
use common::{Plan, all_tiles};
use origami_ingest::{PackOptions, source};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Subsampling, TileId};
use origami_render::{ParentCache, Pools, Rebuilder, Uncached};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

thread_local! {
    /// Calls of this thread to the allocator, to take memory and to give it back.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator as it is.
#[expect(unsafe_code, reason = "counting allocations takes an allocator")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(memory, layout, len) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Calls to the allocator while `work` runs.
fn calls<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = CALLS.get();
    let result = work();
    (CALLS.get() - before, result)
}

/// What a pass over all tiles met.
#[derive(Debug, Default)]
struct Seen {
    built: u32,
    stored: u32,
}

/// Rebuilds every tile of `pack` after a warm-up: without a cache; in one that
/// is too small, so that every family's parents evict others; in one that keeps
/// all of them. `scale` is the bytes of a parent.
fn rebuild_everything(pack: &Pack, scale: usize) -> Seen {
    let ids: Vec<TileId> = all_tiles(pack.pyramid()).collect();
    let pools = Pools::new(1 << 30);
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    let mut seen = Seen::default();
    for id in &ids {
        rebuilder.tile(pack, *id, &Uncached).unwrap();
    }
    for &id in &ids {
        let (calls, tile) = calls(|| rebuilder.tile(pack, id, &Uncached).unwrap());
        assert_eq!(calls, 0, "tile {id}, its parents decoded for it alone");
        match pack.stored_len(id, pack.entry(id).unwrap()) {
            Some(_) => seen.stored += 1,
            None => seen.built += 1,
        }
        let (calls, ()) = self::calls(|| drop(tile));
        assert_eq!(calls, 0, "letting go of tile {id}");
    }
    for places in [3, ids.len()] {
        let cache = ParentCache::new(places * scale, Arc::clone(&pools));
        let parents = cache.of(pack);
        // The first pass makes buffers for the parents that are kept, the second
        // those that are then wanting.
        for round in 0..3 {
            for &id in &ids {
                let (calls, _) = calls(|| rebuilder.tile(pack, id, &parents).unwrap());
                assert!(calls == 0 || round < 2, "tile {id}: {calls} calls, {places} parents kept");
            }
        }
        let stats = cache.stats();
        assert_eq!(stats.evictions > 0, places == 3 && stats.decodes > 3, "{stats:?}");
    }
    seen
}

fn open(path: &Path) -> Pack {
    Pack::open(path).unwrap()
}

#[test]
fn the_counter_counts() {
    assert_eq!(calls(|| drop(black_box(Box::new(1)))).0, 2);
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
            let pack = open(&plan.write(&folder.path().join(format!("{number}.origami"))));
            let seen = rebuild_everything(&pack, 96 << 10);
            assert!(seen.built > 0 && seen.stored > 0, "{seen:?} of {plan:?}");
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
        let pack = open(&plan.write(&folder.path().join(format!("{number}.origami"))));
        let seen = rebuild_everything(&pack, 96 << 10);
        assert!(seen.built > 0 && seen.stored > 0, "{seen:?} of {plan:?}");
    }
}

/// A small real slide, where it is there.
fn slide() -> Option<PathBuf> {
    let folder = std::env::var_os("ORIGAMI_SLIDES").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/slides"));
    let slide = folder.join("CMU-1-Small-Region.svs");
    let found = slide.exists();
    assert!(found || std::env::var_os("CI").is_none(), "{} is missing", slide.display());
    found.then_some(slide)
}

#[test]
fn tiles_of_a_real_slide_are_rebuilt_without_allocations() {
    let Some(slide) = slide() else {
        println!("SKIP: no real slide");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for mode in [Mode::Exact, Mode::Luma, Mode::Stored] {
        let source = source::open(&slide, &source::OpenOptions::default()).unwrap();
        let path = folder.path().join(format!("{}.origami", mode.name()));
        let options = PackOptions { mode, measure: false, ..PackOptions::default() };
        origami_ingest::pack(&*source, Some(&slide), &path, &options, &|_| ()).unwrap();
        let seen = rebuild_everything(&open(&path), 96 << 10);
        assert!(seen.built + seen.stored > 100, "{seen:?}");
    }
}
