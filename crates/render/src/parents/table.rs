//! The bookkeeping of the parent cache: which parent is in which slot, and the order in
//! which they leave. All memory is allocated when a table is made.

use super::order::EvictionOrder;
use crate::{ParentStats, RebuildError};
use origami_pack::StorageId;
use origami_pyramid::TileId;
use std::sync::Arc;

/// A tile of an open pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParentKey {
    pub storage: StorageId,
    pub id: TileId,
}

/// The number that stands for no slot.
const NONE: u32 = u32::MAX;

/// What a slot contains.
#[derive(Debug)]
pub(super) enum SlotState {
    Free,
    /// A thread is decoding it.
    Building,
    /// It can be read.
    Ready,
    /// Decoding failed. Only the threads that wait for it still use the slot.
    Failed(Arc<RebuildError>),
    /// Decoding panicked. Only the threads that wait for it still use the slot.
    Abandoned,
}

#[derive(Debug)]
pub(super) struct TableSlot {
    /// `None` if the slot was never claimed.
    pub key: Option<ParentKey>,
    pub state: SlotState,
    /// Threads waiting for the end of building. The slot is not reused before all of
    /// them have seen the result.
    pub waiters: u32,
    /// Whether the planes were seeded and have not been used since.
    pub is_unused_seed: bool,
    /// The next slot of the same bucket, or the next free one.
    chain: u32,
}

impl TableSlot {
    /// A slot that was never claimed; `chain` is the next free one.
    fn free(chain: u32) -> Self {
        Self { key: None, state: SlotState::Free, waiters: 0, is_unused_seed: false, chain }
    }
}

#[derive(Debug)]
pub(super) struct ParentTable {
    pub slots: Box<[TableSlot]>,
    pub stats: ParentStats,
    /// The ready slots.
    pub order: EvictionOrder,
    /// The first slot of each bucket. Their number is a power of two.
    buckets: Box<[u32]>,
    free: u32,
}

impl ParentTable {
    /// A table of `count` slots.
    pub fn new(count: usize) -> Self {
        let next_free = (1..=count).map(|next| if next < count { next as u32 } else { NONE });
        Self {
            slots: next_free.map(TableSlot::free).collect(),
            stats: ParentStats::default(),
            order: EvictionOrder::new(count),
            buckets: vec![NONE; count.next_power_of_two()].into(),
            free: 0,
        }
    }

    fn bucket(&self, ParentKey { storage, id }: ParentKey) -> usize {
        let tile = u64::from(id.x) | u64::from(id.y) << 24 | u64::from(id.z) << 48;
        // Fibonacci hashing: the upper bits of a product depend on all lower ones.
        let hash = (storage.get().rotate_left(32) ^ tile).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        hash as usize & (self.buckets.len() - 1)
    }

    /// The slot of `key`, building or ready.
    pub fn find(&self, key: ParentKey) -> Option<usize> {
        let mut at = self.buckets[self.bucket(key)];
        while at != NONE {
            let slot = &self.slots[at as usize];
            if slot.key == Some(key) {
                return Some(at as usize);
            }
            at = slot.chain;
        }
        None
    }

    /// Gives a free slot to `key` and marks it as building; `None` if there is none.
    pub fn claim(&mut self, key: ParentKey) -> Option<usize> {
        let at = self.free;
        let bucket = self.bucket(key);
        let slot = self.slots.get_mut(at as usize)?;
        self.free = slot.chain;
        slot.key = Some(key);
        slot.state = SlotState::Building;
        slot.is_unused_seed = false;
        slot.chain = self.buckets[bucket];
        self.buckets[bucket] = at;
        Some(at as usize)
    }

    /// Frees a slot that is in no bucket.
    pub fn release(&mut self, at: usize) {
        self.slots[at].state = SlotState::Free;
        self.slots[at].chain = self.free;
        self.free = at as u32;
    }

    /// Takes a slot out of its bucket, so that its key is no longer found.
    pub fn forget(&mut self, at: usize) {
        let Some(key) = self.slots[at].key else { return };
        let bucket = self.bucket(key);
        let next = self.slots[at].chain;
        let mut link = self.buckets[bucket];
        if link == at as u32 {
            self.buckets[bucket] = next;
            return;
        }
        while self.slots[link as usize].chain != at as u32 {
            link = self.slots[link as usize].chain;
        }
        self.slots[link as usize].chain = next;
    }

    /// Counts a use of a ready slot and makes it the most recently used one.
    pub fn mark_used(&mut self, at: usize) {
        let is_first_use = std::mem::take(&mut self.slots[at].is_unused_seed);
        self.stats.seed_hits += u64::from(is_first_use);
        self.order.touch(at);
    }

    /// The ready slots that no thread waits for, in the order in which they leave a cache for
    /// `budget` bytes.
    pub fn leaving(&self, budget: u64) -> impl Iterator<Item = usize> + '_ {
        self.order.leaving(budget).filter(|&at| self.slots[at].waiters == 0)
    }
}
