//! Chains of parents: read from the storage together, decoded by any number of threads.

use crate::common::coefficients::CoefficientPlan;
use crate::common::{Plan, all_tiles};
use origami_pack::{Blocking, Entry, Identity, MemoryStorage, Pack, Storage, StorageId};
use origami_pyramid::{Subsampling, TileId};
use origami_render::{
    Models, Parent, ParentCache, ParentChain, ParentPlanes, Parents, Pools, RebuildError, Rebuilder, Uncached,
};
use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

/// Bytes that are in memory together or not at all: few, so that no blob is read with another.
const SECTOR: u64 = 8;

/// A disk that answers everything requested of it at the same time.
#[derive(Debug)]
struct Disk {
    bytes: MemoryStorage,
    sectors: Mutex<Sectors>,
}

#[derive(Debug, Default)]
struct Sectors {
    requested: HashSet<u64>,
    in_memory: HashSet<u64>,
    /// How many times a reader had to wait.
    waits: u32,
}

impl Disk {
    fn new(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { bytes: MemoryStorage::new(bytes), sectors: Mutex::default() })
    }

    /// Makes everything cold. Returns how many times readers waited since the last call.
    fn cool_down(&self) -> u32 {
        std::mem::take(&mut *self.sectors.lock().unwrap()).waits
    }
}

fn sectors(offset: u64, len: usize) -> Range<u64> {
    offset / SECTOR..(offset + len as u64).div_ceil(SECTOR)
}

impl Storage for Disk {
    fn len(&self) -> u64 {
        self.bytes.len()
    }

    fn storage_id(&self) -> StorageId {
        self.bytes.storage_id()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read_ahead(offset..offset + out.len() as u64);
        let disk = &mut *self.sectors.lock().unwrap();
        if sectors(offset, out.len()).any(|sector| !disk.in_memory.contains(&sector)) {
            disk.waits += 1;
            disk.in_memory.extend(disk.requested.drain());
        }
        self.bytes.read_at(offset, out)
    }

    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        let in_memory = &self.sectors.lock().unwrap().in_memory;
        let is_read = sectors(offset, out.len()).all(|sector| in_memory.contains(&sector));
        self.bytes.read_at(offset, out).map(|()| is_read)
    }

    fn read_ahead(&self, range: Range<u64>) {
        let len = (range.end - range.start) as usize;
        self.sectors.lock().unwrap().requested.extend(sectors(range.start, len));
    }
}

/// A luma pack and an exact one in which all levels but the coarsest are predicted, and whose
/// index has several blocks.
fn deep_packs() -> [Vec<u8>; 2] {
    let exact = CoefficientPlan::new(600, 400, Subsampling::S420);
    [Plan::luma(600, 400).predicting(u32::MAX).bytes(), exact.predicting(u32::MAX).bytes()]
}

fn open(disk: &Arc<Disk>) -> Pack {
    Pack::from_storage(Path::new("a"), Arc::clone(disk) as Arc<dyn Storage>).unwrap()
}

/// The chain of a tile; `None` if an index entry would have to be waited for and may not.
fn chain<'p>(
    pack: &'p Pack,
    id: TileId,
    parents: &dyn Parents,
    blocking: Blocking,
) -> Option<ParentChain<'p>> {
    let entry = ParentChain::look_up(pack, id, parents, blocking).unwrap()?;
    ParentChain::of(pack, id, entry, parents, blocking)
}

fn missing(pack: &Pack, id: TileId, parents: &dyn Parents) -> Vec<TileId> {
    chain(pack, id, parents, Blocking::Allowed).unwrap().missing().collect()
}

fn make_ready(pack: &Pack, id: TileId, parents: &dyn Parents, models: &Models) {
    chain(pack, id, parents, Blocking::Allowed).unwrap().make_ready(models);
}

fn is_ready(pack: &Pack, id: TileId, parents: &dyn Parents, models: &Models) -> bool {
    chain(pack, id, parents, Blocking::Forbidden).is_some_and(|chain| chain.is_ready(models))
}

/// Some tiles of full resolution whose chain has a blob in at least six tiles.
fn deep_tiles(pack: &Pack) -> Vec<TileId> {
    let has_blob = |id: TileId| pack.entry(id).unwrap().blob_len() > 0;
    let tiles = pack.pyramid().tiles(pack.pyramid().max_level()).step_by(7);
    let is_deep = |id: &TileId| {
        has_blob(*id)
            && pack.stored_len(*id, pack.entry(*id).unwrap()).is_none()
            && missing(pack, *id, &Uncached).into_iter().filter(|id| has_blob(*id)).count() >= 6
    };
    let tiles: Vec<TileId> = tiles.filter(is_deep).take(8).collect();
    assert!(tiles.len() >= 4);
    tiles
}

#[test]
fn a_cold_tile_waits_for_the_disk_once_and_not_once_a_level() {
    for bytes in deep_packs() {
        let tiles = deep_tiles(&open(&Disk::new(bytes.clone())));
        for id in tiles {
            let disk = Disk::new(bytes.clone());
            let (pack, pools) = (open(&disk), Pools::new(32 << 20));
            let cache = ParentCache::new(16 << 20, Arc::clone(&pools));
            disk.cool_down();
            Rebuilder::new(pools).unwrap().tile(&pack, id, &cache.of(&pack)).unwrap();
            assert_eq!(disk.cool_down(), 2, "{id}: for the index, and for the blobs");
        }
    }
}

#[test]
fn a_chain_that_is_ready_is_rebuilt_without_waiting() {
    for bytes in deep_packs() {
        let tiles = deep_tiles(&open(&Disk::new(bytes.clone())));
        for id in tiles {
            let disk = Disk::new(bytes.clone());
            let (pack, pools, models) = (open(&disk), Pools::new(32 << 20), Models::new(8 << 20));
            let cache = ParentCache::new(16 << 20, Arc::clone(&pools));
            let parents = cache.of(&pack);
            disk.cool_down();
            assert!(!is_ready(&pack, id, &parents, &models), "{id}");
            // One tile alone is not the chain.
            pack.make_ready(id);
            assert!(!is_ready(&pack, id, &parents, &models), "{id}");
            make_ready(&pack, id, &parents, &models);
            assert!(is_ready(&pack, id, &parents, &models), "{id}");
            let waits = disk.sectors.lock().unwrap().waits;
            let mut rebuilder = Rebuilder::with_models(pools, Arc::clone(&models)).unwrap();
            rebuilder.tile(&pack, id, &parents).unwrap();
            assert_eq!(disk.cool_down(), waits, "{id}");
        }
    }
}

#[test]
fn a_tile_that_has_no_use_for_its_parents_requests_none_of_them() {
    for bytes in deep_packs() {
        let disk = Disk::new(bytes);
        let (pack, pools) = (open(&disk), Pools::new(32 << 20));
        let takes_no_parent = |id: &TileId| {
            let entry = pack.entry(*id).unwrap();
            let is_verbatim = matches!(entry, Entry::Blob { identity: Identity::Verbatim, .. });
            pack.parent(*id).is_some()
                && (is_verbatim || matches!(entry, Entry::Constant { .. } | Entry::Blank { .. }))
        };
        let tiles: Vec<TileId> = all_tiles(pack.pyramid()).filter(takes_no_parent).take(5).collect();
        assert!(!tiles.is_empty());
        let mut rebuilder = Rebuilder::new(pools).unwrap();
        for id in tiles {
            pack.make_ready(id);
            disk.cool_down();
            rebuilder.tile(&pack, id, &Uncached).unwrap();
            let Sectors { requested, in_memory, waits } = &*disk.sectors.lock().unwrap();
            assert_eq!(*waits, 0, "{id}");
            assert!(requested.is_subset(in_memory), "{id}");
        }
    }
}

#[test]
fn nothing_above_a_cached_parent_has_to_be_in_memory() {
    for bytes in deep_packs() {
        let disk = Disk::new(bytes);
        let (pack, pools, models) = (open(&disk), Pools::new(32 << 20), Models::new(8 << 20));
        let cache = ParentCache::new(16 << 20, Arc::clone(&pools));
        let parents = cache.of(&pack);
        let mut rebuilder = Rebuilder::with_models(pools, Arc::clone(&models)).unwrap();
        for id in deep_tiles(&pack) {
            rebuilder.tile(&pack, id, &parents).unwrap();
            disk.cool_down();
            pack.make_ready(id);
            assert!(is_ready(&pack, id, &parents, &models), "{id}");
            assert!(!is_ready(&pack, id, &Uncached, &models), "{id}");
        }
    }
}

#[test]
fn nothing_above_a_parent_of_one_colour_is_needed() {
    for bytes in deep_packs() {
        let pack = open(&Disk::new(bytes));
        let has_one_colour = |id: &TileId| {
            let entry = pack.entry(*id).unwrap();
            pack.parent(*id).is_some() && matches!(entry, Entry::Constant { .. } | Entry::Blank { .. })
        };
        let mut found = 0;
        for id in all_tiles(pack.pyramid()) {
            let needed = missing(&pack, id, &Uncached);
            let Some(plain) = needed.iter().find(|id| has_one_colour(id)) else { continue };
            let above =
                needed.iter().filter(|other| other.z < plain.z && Some(other.z) != pack.chroma_level());
            assert_eq!(above.count(), 0, "{id}: {needed:?}");
            found += 1;
        }
        assert!(found > 0);
    }
}

/// Parents that are lost as soon as they were found.
struct LostParents;

impl Parents for LostParents {
    fn get_or_decode<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError> {
        Uncached.get_or_decode(id, decode)
    }

    fn is_cached(&self, _: TileId) -> bool {
        true
    }
}

#[test]
fn parents_that_are_lost_as_soon_as_they_were_found_are_decoded_again() {
    for bytes in deep_packs() {
        let disk = Disk::new(bytes);
        let pack = open(&disk);
        let mut rebuilder = Rebuilder::new(Pools::new(32 << 20)).unwrap();
        for id in deep_tiles(&pack) {
            let expected = rebuilder.tile(&pack, id, &Uncached).unwrap().to_vec();
            disk.cool_down();
            assert!(*rebuilder.tile(&pack, id, &LostParents).unwrap() == *expected, "{id}");
        }
    }
}

#[test]
fn parents_that_are_evicted_after_a_tile_was_ready_are_read_again_together() {
    for bytes in deep_packs() {
        let disk = Disk::new(bytes);
        let (pack, pools, models) = (open(&disk), Pools::new(32 << 20), Models::new(8 << 20));
        // Room for no parent that is not in use, but the one that was decoded last.
        let cache = ParentCache::new(1, Arc::clone(&pools));
        let parents = cache.of(&pack);
        let mut rebuilder = Rebuilder::with_models(pools, Arc::clone(&models)).unwrap();
        for pair in deep_tiles(&pack).windows(2) {
            let [id, other] = [pair[0], pair[1]];
            let expected = rebuilder.tile(&pack, id, &Uncached).unwrap().to_vec();
            rebuilder.tile(&pack, id, &parents).unwrap();
            make_ready(&pack, id, &parents, &models);
            assert!(is_ready(&pack, id, &parents, &models), "{id}");
            rebuilder.tile(&pack, other, &parents).unwrap();
            assert!(!parents.is_cached(pack.parent(id).unwrap()), "{id}");
            disk.cool_down();
            assert!(*rebuilder.tile(&pack, id, &parents).unwrap() == *expected, "{id}");
            // Once for all blobs, since the index is known; once more where the tile that chroma comes
            // from was the one in the cache, which then the parents displaced.
            let waits = disk.cool_down();
            assert!((1..=2).contains(&waits), "{id}: {waits} times, and not for each of six parents");
        }
    }
}

#[test]
fn threads_that_need_the_same_chains_never_wait_for_each_other() {
    for bytes in deep_packs() {
        let (pack, pools) = (open(&Disk::new(bytes)), Pools::new(64 << 20));
        let tiles: Vec<TileId> = all_tiles(pack.pyramid()).step_by(5).collect();
        let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
        let alone: HashMap<TileId, Vec<u8>> =
            tiles.iter().map(|&id| (id, rebuilder.tile(&pack, id, &Uncached).unwrap().to_vec())).collect();
        // Room for fewer parents than a chain has.
        let cache = ParentCache::new(3 * (96 << 10), Arc::clone(&pools));
        thread::scope(|scope| {
            for number in 0..4 {
                let (tiles, alone, pack, pools, cache) = (&tiles, &alone, &pack, &pools, &cache);
                scope.spawn(move || {
                    let mut rebuilder = Rebuilder::new(Arc::clone(pools)).unwrap();
                    let (before, after) = tiles.split_at(tiles.len() * number / 4);
                    for &id in after.iter().chain(before) {
                        assert!(*rebuilder.tile(pack, id, &cache.of(pack)).unwrap() == *alone[&id], "{id}");
                    }
                });
            }
        });
        assert!(cache.stats().evictions > 0);
    }
}
