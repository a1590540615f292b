//! What a pack has in the parent cache.

use super::order::ParentClass;
use super::pending_slot::Origin;
use super::table::{ParentKey, SlotState};
use super::{Parent, ParentCache, ParentPlanes, Parents};
use crate::RebuildError;
use origami_pack::StorageId;
use origami_pyramid::TileId;

/// The cached parents of one pack.
#[derive(Clone, Copy, Debug)]
pub struct PackParents<'a> {
    cache: &'a ParentCache,
    storage: StorageId,
    finest: u32,
}

impl<'a> PackParents<'a> {
    /// Those in `cache` of the pack in `storage`; `finest` is the finest level that others are
    /// predicted from.
    pub(super) fn new(cache: &'a ParentCache, storage: StorageId, finest: u32) -> Self {
        Self { cache, storage, finest }
    }

    fn key(&self, id: TileId) -> ParentKey {
        ParentKey { storage: self.storage, id }
    }

    fn class(&self, id: TileId) -> ParentClass {
        ParentClass::of(id.z, self.finest)
    }
}

impl Parents for PackParents<'_> {
    fn get_or_decode<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError> {
        let (cache, key) = (self.cache, self.key(id));
        let mut table = cache.lock();
        // A lookup counts once, however often it has to wait.
        let mut is_counted = false;
        while let Some(at) = table.find(key) {
            if let SlotState::Building = table.slots[at].state {
                table.stats.misses += u64::from(!is_counted);
                table.stats.waits += u64::from(!is_counted);
                is_counted = true;
                table = cache.wait(table, at)?;
                continue;
            }
            table.stats.hits += u64::from(!is_counted);
            table.mark_used(at);
            return Ok(cache.read(at));
        }
        table.stats.misses += u64::from(!is_counted);
        table.stats.decodes += 1;
        let Some(slot) = cache.claim(table, key, self.class(id)) else { return decode().map(Parent::Owned) };
        match decode() {
            Ok(planes) => Ok(slot.fill(planes, Origin::Lookup)),
            Err(error) => Err(slot.fail(error)),
        }
    }

    fn is_cached(&self, id: TileId) -> bool {
        let mut table = self.cache.lock();
        let Some(at) = table.find(self.key(id)) else { return false };
        if let SlotState::Ready = table.slots[at].state {
            table.order.touch(at);
        }
        true
    }

    fn seed(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let (cache, key) = (self.cache, self.key(id));
        let table = cache.lock();
        if table.find(key).is_some() {
            return;
        }
        let Some(slot) = cache.claim(table, key, self.class(id)) else { return };
        match make() {
            Ok(planes) => drop(slot.fill(planes, Origin::Seed)),
            // The tile itself was made; its children will report the failure.
            Err(error) => _ = slot.fail(error),
        }
    }
}
