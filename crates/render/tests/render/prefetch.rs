//! Neighbours of touched families are read ahead, within the budget.

use crate::common::cold::drop_pages;
use crate::common::{Plan, Via, all_tiles, over_all_storages};
use origami_pack::Pack;
use origami_pyramid::{Point, TileId};
use origami_render::Prefetcher;
use std::ops::Range;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Columns and rows of the families of a [`ColdPack`].
const FAMILIES: u32 = 8;

/// A pack of 8 x 8 families of stored tiles of 64 px, none of whose blobs are in memory.
/// Families are given by their column and row.
struct ColdPack {
    pack: Arc<Pack>,
    _folder: tempfile::TempDir,
}

impl ColdPack {
    /// Prints a message and returns `None` where pages cannot be dropped.
    fn new(via: Via) -> Option<Self> {
        Self::predicting(via, 0)
    }

    /// The same with the `levels` finest levels predicted.
    fn predicting(via: Via, levels: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan { tile: 64, ..Plan::luma(2048, 2048).predicting(levels) };
        let path = plan.write(&folder.path().join("plan.origami"));
        drop_pages(&path);
        let cold = Self { pack: Arc::new(via.open(&path).unwrap()), _folder: folder };
        if cold.is_in_memory(Point::new(4, 4)) {
            println!("SKIP: the pages of {} cannot be dropped", path.display());
            return None;
        }
        Some(cold)
    }

    /// An L0 tile of a family.
    fn tile(&self, family: Point) -> TileId {
        TileId { z: self.pack.pyramid().max_level(), x: 4 * family.x + 1, y: 4 * family.y + 2 }
    }

    fn range(&self, family: Point) -> Range<u64> {
        let family = self.pack.pyramid().family_of(self.tile(family)).unwrap();
        self.pack.family_range(family).unwrap().unwrap()
    }

    /// The coarser families that a family is predicted from.
    fn containing(&self, family: Point) -> Vec<Range<u64>> {
        let (pack, mut ranges) = (&self.pack, Vec::new());
        let mut family = pack.pyramid().family_of(self.tile(family)).unwrap();
        while let Some(parent) = pack.parent(family.root) {
            family = pack.pyramid().family_of(parent).unwrap();
            ranges.extend(pack.family_range(family).unwrap());
        }
        ranges
    }

    fn bytes(&self, family: Point) -> u64 {
        let range = self.range(family);
        range.end - range.start
    }

    fn is_in_memory(&self, family: Point) -> bool {
        self.pack.is_in_memory(self.range(family))
    }

    fn touch(&self, prefetcher: &Prefetcher, family: Point) {
        prefetcher.touch(&self.pack, self.tile(family));
    }
}

fn all_families() -> impl Iterator<Item = Point> {
    (0..FAMILIES).flat_map(|y| (0..FAMILIES).map(move |x| Point::new(x, y)))
}

/// The eight families around one that is not at an edge.
fn neighbours(family: Point) -> impl Iterator<Item = Point> {
    let Point { x, y } = family;
    let around = (y - 1..=y + 1).flat_map(move |v| (x - 1..=x + 1).map(move |u| Point::new(u, v)));
    around.filter(move |&other| other != family)
}

/// Waits until `done` returns true, and fails with `message` after ten seconds.
fn wait(message: &str, done: impl Fn() -> bool) {
    for _ in 0..2000 {
        if done() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{message}");
}

over_all_storages!(
    neighbours_of_a_touched_family_are_read_and_count_as_useful_when_touched,
    no_more_is_read_ahead_than_the_budget_allows,
    families_in_memory_and_tiles_outside_have_no_effect,
    coarser_families_are_read_with_those_that_are_predicted_from_them,
    many_threads_may_touch_at_once,
);

fn neighbours_of_a_touched_family_are_read_and_count_as_useful_when_touched(via: Via) {
    let Some(cold) = ColdPack::new(via) else { return };
    let prefetcher = Prefetcher::start(64 << 20).unwrap();
    let touched = Point::new(3, 3);
    assert!(!neighbours(touched).any(|family| cold.is_in_memory(family)));
    for _ in 0..10 {
        cold.touch(&prefetcher, touched);
    }
    wait("neighbours are not read", || neighbours(touched).all(|family| cold.is_in_memory(family)));
    if via == Via::Read {
        // The queries above may have made the kernel read other families.
        return;
    }
    for (x, y) in [(7, 7), (0, 7), (7, 0)] {
        assert!(!cold.is_in_memory(Point::new(x, y)), "others are not read");
    }
    let stats = prefetcher.stats();
    assert_eq!((stats.issued, stats.useful, stats.dropped), (8, 0, 0));
    assert_eq!(stats.issued_bytes, neighbours(touched).map(|family| cold.bytes(family)).sum::<u64>());
    assert_eq!(stats.outstanding, stats.issued_bytes);
    // To the right is a family that was read. Three of its neighbours are new, and the
    // family that was touched first is not in memory, because only requests for its own
    // tiles would read it.
    let right = Point::new(4, 3);
    cold.touch(&prefetcher, right);
    wait("new neighbours are not read", || prefetcher.stats().issued == 8 + 4);
    let stats = prefetcher.stats();
    assert_eq!((stats.useful, stats.dropped), (1, 0));
    assert_eq!(stats.outstanding, stats.issued_bytes - cold.bytes(right));
}

fn no_more_is_read_ahead_than_the_budget_allows(via: Via) {
    let Some(cold) = ColdPack::new(via) else { return };
    let largest = all_families().map(|family| cold.bytes(family)).max().unwrap();
    let prefetcher = Prefetcher::start(3 * largest).unwrap();
    for (x, y) in [(3, 3), (5, 5), (1, 6)] {
        cold.touch(&prefetcher, Point::new(x, y));
        assert!(prefetcher.stats().outstanding <= 3 * largest);
    }
    wait("touches are not followed", || {
        let stats = prefetcher.stats();
        stats.issued + stats.dropped >= 20
    });
    let stats = prefetcher.stats();
    assert!(stats.outstanding <= 3 * largest && stats.issued >= 3, "{stats:?}");
    let in_memory = all_families().filter(|&family| cold.is_in_memory(family)).count() as u64;
    // The queries may make the kernel begin to read what a positioned read would need.
    assert!(via == Via::Read || in_memory <= stats.issued, "{in_memory} families are in memory, {stats:?}");
}

fn coarser_families_are_read_with_those_that_are_predicted_from_them(via: Via) {
    let Some(cold) = ColdPack::predicting(via, u32::MAX) else { return };
    let (touched, right) = (Point::new(3, 3), Point::new(4, 3));
    let containing = cold.containing(touched);
    assert_eq!(containing.len(), 3, "levels 6, 3 and 0 have their roots");
    // Those of the coarsest levels may be in the page of the header.
    let count_cold = || containing.iter().filter(|range| !cold.pack.is_in_memory((*range).clone())).count();
    let coarse = count_cold() as u64;
    assert!(coarse > 0);
    let prefetcher = Prefetcher::start(64 << 20).unwrap();
    cold.touch(&prefetcher, touched);
    wait("coarser families are not read", || count_cold() == 0);
    wait("neighbours are not read", || neighbours(touched).all(|family| cold.is_in_memory(family)));
    if via == Via::Read {
        // The queries above may have made the kernel read other families.
        return;
    }
    let stats = prefetcher.stats();
    assert_eq!((stats.issued, stats.useful, stats.dropped), (8 + coarse, 0, 0));
    // Its tiles are predicted from the same coarser families.
    cold.touch(&prefetcher, right);
    wait("what was read does not count as useful", || prefetcher.stats().useful == 1 + coarse);
    // Without predicted levels there is nothing above.
    let Some(stored) = ColdPack::new(via) else { return };
    assert!(stored.containing(touched).is_empty());
}

fn families_in_memory_and_tiles_outside_have_no_effect(via: Via) {
    let Some(cold) = ColdPack::new(via) else { return };
    let pack = &cold.pack;
    for id in all_tiles(pack.pyramid()) {
        pack.make_ready(id);
    }
    let prefetcher = Prefetcher::start(64 << 20).unwrap();
    let top = pack.pyramid().max_level();
    for (z, x, y) in [(top, 99, 0), (top, u32::MAX, u32::MAX), (top + 1, 0, 0), (u32::MAX, 0, 0)] {
        prefetcher.touch(pack, TileId { z, x, y });
    }
    (0..=top).for_each(|z| prefetcher.touch(pack, TileId { z, x: 0, y: 0 }));
    all_families().for_each(|family| cold.touch(&prefetcher, family));
    drop(prefetcher);
    // A small pyramid has one family, without neighbours.
    let folder = tempfile::tempdir().unwrap();
    let small = Arc::new(Pack::open(&Plan::luma(1, 1).write(&folder.path().join("a.origami"))).unwrap());
    let prefetcher = Prefetcher::start(64 << 20).unwrap();
    prefetcher.touch(&small, TileId { z: 0, x: 0, y: 0 });
    cold.touch(&prefetcher, Point::new(3, 3));
    wait("the pack is still in use", || Arc::strong_count(pack) == 1);
    let stats = prefetcher.stats();
    assert_eq!((stats.issued, stats.dropped, stats.useful), (0, 0, 0));
}

fn many_threads_may_touch_at_once(via: Via) {
    let Some(cold) = ColdPack::new(via) else { return };
    let prefetcher = Prefetcher::start(1 << 20).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (prefetcher, cold) = (&prefetcher, &cold);
            scope.spawn(move || {
                for n in 0..1000 {
                    let number = (n * 7 + thread * 13) % (FAMILIES * FAMILIES);
                    cold.touch(prefetcher, Point::new(number % FAMILIES, number / FAMILIES));
                    assert!(prefetcher.stats().outstanding <= 1 << 20);
                }
            });
        }
    });
}
