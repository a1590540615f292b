//! The bookkeeping of a cache: which key is in which place, and in which order
//! they were used. All memory is taken when it is made.

use crate::{ParentStats, RebuildError};
use origami_pack::StorageId;
use origami_pyramid::TileId;
use std::sync::Arc;

/// The opened pack, and the tile.
pub(super) type Key = (StorageId, TileId);

/// No place.
const NONE: u32 = u32::MAX;

/// What is in a place.
#[derive(Debug)]
pub(super) enum SlotState {
    Free,
    /// Somebody decodes it.
    Building,
    /// It can be read.
    Ready,
    /// Its decoding failed; nobody finds it any more but those who wait.
    Failed(Arc<RebuildError>),
    /// Its decoding panicked; as above.
    Abandoned,
}

#[derive(Debug)]
pub(super) struct TableSlot {
    /// `None` in places that were never taken.
    pub key: Option<Key>,
    pub state: SlotState,
    /// Threads that wait until it is no longer building. It is not reused
    /// before they have all seen what became of it.
    pub waiters: u32,
    pub bytes: usize,
    /// It was left by a tile that was served, and nobody has used it yet.
    pub left: bool,
    /// The next place of the same bucket, or the next free one.
    chain: u32,
    /// Neighbours in the order of use.
    newer: u32,
    older: u32,
}

#[derive(Debug)]
pub(super) struct ParentTable {
    pub places: Box<[TableSlot]>,
    pub stats: ParentStats,
    /// The first place of each bucket; a power of two of them.
    buckets: Box<[u32]>,
    free: u32,
    newest: u32,
    oldest: u32,
}

impl ParentTable {
    /// Of `count` places.
    pub fn new(count: usize) -> Self {
        let place = |number: usize| TableSlot {
            key: None,
            state: SlotState::Free,
            waiters: 0,
            bytes: 0,
            left: false,
            chain: if number + 1 < count { number as u32 + 1 } else { NONE },
            newer: NONE,
            older: NONE,
        };
        Self {
            places: (0..count).map(place).collect(),
            stats: ParentStats::default(),
            buckets: vec![NONE; count.next_power_of_two()].into(),
            free: 0,
            newest: NONE,
            oldest: NONE,
        }
    }

    fn bucket(&self, (storage, id): Key) -> usize {
        let tile = u64::from(id.x) | u64::from(id.y) << 24 | u64::from(id.z) << 48;
        // Fibonacci hashing: the upper bits of a product depend on all below.
        let hash = (storage.get().rotate_left(32) ^ tile).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        hash as usize & (self.buckets.len() - 1)
    }

    /// The place of `key`, building or ready.
    pub fn find(&self, key: Key) -> Option<usize> {
        let mut at = self.buckets[self.bucket(key)];
        while at != NONE {
            let place = &self.places[at as usize];
            if place.key == Some(key) {
                return Some(at as usize);
            }
            at = place.chain;
        }
        None
    }

    /// Gives a free place to `key`, which is building from here on.
    pub fn claim(&mut self, key: Key) -> Option<usize> {
        let at = self.free;
        let bucket = self.bucket(key);
        let place = self.places.get_mut(at as usize)?;
        self.free = place.chain;
        place.key = Some(key);
        place.state = SlotState::Building;
        place.left = false;
        place.chain = self.buckets[bucket];
        self.buckets[bucket] = at;
        Some(at as usize)
    }

    /// Makes a place that nobody finds any more free.
    pub fn release(&mut self, at: usize) {
        self.places[at].state = SlotState::Free;
        self.places[at].chain = self.free;
        self.free = at as u32;
    }

    /// Takes a place out of its bucket, so that its key is not found any more.
    pub fn forget(&mut self, at: usize) {
        let Some(key) = self.places[at].key else { return };
        let bucket = self.bucket(key);
        let next = self.places[at].chain;
        let mut link = self.buckets[bucket];
        if link == at as u32 {
            self.buckets[bucket] = next;
            return;
        }
        while self.places[link as usize].chain != at as u32 {
            link = self.places[link as usize].chain;
        }
        self.places[link as usize].chain = next;
    }

    /// Makes a place, which is in no order yet, the one used last.
    pub fn link(&mut self, at: usize) {
        self.places[at].newer = NONE;
        self.places[at].older = self.newest;
        match self.places.get_mut(self.newest as usize) {
            Some(newest) => newest.newer = at as u32,
            None => self.oldest = at as u32,
        }
        self.newest = at as u32;
    }

    /// Takes a place out of the order of use.
    pub fn unlink(&mut self, at: usize) {
        let (newer, older) = (self.places[at].newer, self.places[at].older);
        match self.places.get_mut(newer as usize) {
            Some(place) => place.older = older,
            None => self.newest = older,
        }
        match self.places.get_mut(older as usize) {
            Some(place) => place.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// The places in use that nobody waits for, the least recently used first.
    pub fn oldest_first(&self) -> impl Iterator<Item = usize> + '_ {
        let mut at = self.oldest;
        std::iter::from_fn(move || {
            let found = at;
            at = self.places.get(at as usize)?.newer;
            Some(found as usize)
        })
        .filter(|&at| self.places[at].waiters == 0)
    }
}
