//! Neighbours of touched families get into memory, within the budget.

use crate::common::cold::drop_pages;
use crate::common::{Plan, Via, over_all_storages};
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::Prefetcher;
use std::ops::Range;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A pack of 8 x 8 families of stored tiles of 64 px, none of whose blobs are
/// in memory. `None`, with a word, where pages cannot be dropped.
fn cold(via: Via) -> Option<(tempfile::TempDir, Arc<Pack>)> {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { tile: 64, ..Plan::luma(2048, 2048).stored() };
    let path = plan.write(&folder.path().join("plan.origami"));
    drop_pages(&path);
    let pack = Arc::new(via.open(&path).unwrap());
    if pack.is_in_memory(range(&pack, (4, 4))) {
        println!("SKIP: the pages of {} cannot be dropped", path.display());
        return None;
    }
    Some((folder, pack))
}

fn range(pack: &Pack, at: (u32, u32)) -> Range<u64> {
    let family = pack.pyramid().family_of(tile(pack, at)).unwrap();
    pack.family_range(family).unwrap().unwrap()
}

/// Bytes of a family.
fn bytes(pack: &Pack, at: (u32, u32)) -> u64 {
    let range = range(pack, at);
    range.end - range.start
}

/// An L0 tile of a family.
fn tile(pack: &Pack, (x, y): (u32, u32)) -> TileId {
    TileId { z: pack.pyramid().max_level(), x: 4 * x + 1, y: 4 * y + 2 }
}

fn wait(what: &str, done: impl Fn() -> bool) {
    for _ in 0..2000 {
        if done() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{what}");
}

over_all_storages!(
    neighbours_of_a_touched_family_get_resident_and_count_as_useful_when_touched,
    no_more_is_read_ahead_than_the_budget_allows,
    resident_families_coarse_ones_and_tiles_outside_cost_nothing,
    many_threads_may_touch_at_once,
);

fn neighbours((x, y): (u32, u32)) -> impl Iterator<Item = (u32, u32)> {
    let around = (y - 1..=y + 1).flat_map(move |v| (x - 1..=x + 1).map(move |u| (u, v)));
    around.filter(move |&at| at != (x, y))
}

fn neighbours_of_a_touched_family_get_resident_and_count_as_useful_when_touched(via: Via) {
    let Some((_folder, pack)) = cold(via) else { return };
    let prefetcher = Prefetcher::start(64 << 20).unwrap();
    let cold = |at| !pack.is_in_memory(range(&pack, at));
    assert!(neighbours((3, 3)).all(cold));
    for _ in 0..10 {
        prefetcher.touch(&pack, tile(&pack, (3, 3)));
    }
    wait("neighbours are not read", || neighbours((3, 3)).all(|at| pack.is_in_memory(range(&pack, at))));
    if via == Via::Read {
        // Being asked above, the kernel may have begun to read one or another.
        return;
    }
    assert!(cold((7, 7)) && cold((0, 7)) && cold((7, 0)), "others are not read");
    let bytes = |at| bytes(&pack, at);
    let stats = prefetcher.stats();
    assert_eq!((stats.issued, stats.useful, stats.dropped), (8, 0, 0));
    assert_eq!(stats.issued_bytes, neighbours((3, 3)).map(bytes).sum::<u64>());
    assert_eq!(stats.outstanding, stats.issued_bytes);
    // To the right: one that was read. Three of its neighbours are new, and the
    // family that was touched first is not in memory, because only its tiles
    // themselves would bring it there.
    prefetcher.touch(&pack, tile(&pack, (4, 3)));
    wait("new neighbours are not asked for", || prefetcher.stats().issued == 8 + 4);
    let stats = prefetcher.stats();
    assert_eq!((stats.useful, stats.dropped), (1, 0));
    assert_eq!(stats.outstanding, stats.issued_bytes - bytes((4, 3)));
}

fn no_more_is_read_ahead_than_the_budget_allows(via: Via) {
    let Some((_folder, pack)) = cold(via) else { return };
    let largest = (0..64).map(|n| bytes(&pack, (n % 8, n / 8))).max().unwrap();
    let prefetcher = Prefetcher::start(3 * largest).unwrap();
    for at in [(3, 3), (5, 5), (1, 6)] {
        prefetcher.touch(&pack, tile(&pack, at));
        assert!(prefetcher.stats().outstanding <= 3 * largest);
    }
    wait("touches are not followed", || {
        let stats = prefetcher.stats();
        stats.issued + stats.dropped >= 20
    });
    let stats = prefetcher.stats();
    assert!(stats.outstanding <= 3 * largest && stats.issued >= 3, "{stats:?}");
    let all = (0..64).map(|n| (n % 8, n / 8));
    let resident = all.filter(|&at| pack.is_in_memory(range(&pack, at))).count() as u64;
    // Being asked, the kernel may begin to read what a positioned read would need.
    assert!(via == Via::Read || resident <= stats.issued, "{resident} families are resident, {stats:?}");
}

fn resident_families_coarse_ones_and_tiles_outside_cost_nothing(via: Via) {
    let Some((_folder, pack)) = cold(via) else { return };
    for id in crate::common::all_tiles(pack.pyramid()) {
        pack.make_ready(id);
    }
    let prefetcher = Prefetcher::start(64 << 20).unwrap();
    let top = pack.pyramid().max_level();
    for (z, x, y) in [(top, 99, 0), (top, u32::MAX, u32::MAX), (top + 1, 0, 0), (u32::MAX, 0, 0)] {
        prefetcher.touch(&pack, TileId { z, x, y });
    }
    for z in 0..top - 2 {
        prefetcher.touch(&pack, TileId { z, x: 0, y: 0 });
    }
    for n in 0..64 {
        prefetcher.touch(&pack, tile(&pack, (n % 8, n / 8)));
    }
    drop(prefetcher);
    // A small pyramid has one family, and no neighbours of it.
    let folder = tempfile::tempdir().unwrap();
    let small = Arc::new(Pack::open(&Plan::luma(1, 1).write(&folder.path().join("a.origami"))).unwrap());
    let prefetcher = Prefetcher::start(64 << 20).unwrap();
    prefetcher.touch(&small, TileId { z: 0, x: 0, y: 0 });
    prefetcher.touch(&pack, tile(&pack, (3, 3)));
    wait("the pack is still in use", || Arc::strong_count(&pack) == 1);
    let stats = prefetcher.stats();
    assert_eq!((stats.issued, stats.dropped, stats.useful), (0, 0, 0));
}

fn many_threads_may_touch_at_once(via: Via) {
    let Some((_folder, pack)) = cold(via) else { return };
    let prefetcher = Prefetcher::start(1 << 20).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (prefetcher, pack) = (&prefetcher, &pack);
            scope.spawn(move || {
                for n in 0..1000 {
                    let at = (n * 7 + thread * 13) % 64;
                    prefetcher.touch(pack, tile(pack, (at % 8, at / 8)));
                    assert!(prefetcher.stats().outstanding <= 1 << 20);
                }
            });
        }
    });
}
