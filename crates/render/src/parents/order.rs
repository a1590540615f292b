//! The order in which parents leave the cache. All memory is allocated when an order is made.

/// The number that stands for no slot.
const NONE: u32 = u32::MAX;

/// How many levels a parent is above the finest parents of its pack; those that are further
/// above than the last class are in the last class, too.
///
/// A parent serves four times as many tiles as one that is a level finer, there are a quarter
/// as many of them, and if it is lost, it is decoded again with its own chain. But it is asked
/// for less often, only when one of its children was lost, so that among all parents it would
/// be the least recently used one at the very moment when it is needed next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParentClass(usize);

impl ParentClass {
    const COUNT: usize = 4;
    const FINEST: Self = Self(0);

    /// The class of parents on level `z`, where `finest` is the finest level of parents.
    pub fn of(z: u32, finest: u32) -> Self {
        Self((finest.saturating_sub(z) as usize).min(Self::COUNT - 1))
    }

    /// Whether none of the tiles that are predicted from it is a parent itself.
    pub fn is_finest(self) -> bool {
        self == Self::FINEST
    }
}

/// Which slots have parents in them, and in which order they leave: those of the finest class
/// first, in each class the least recently used first. Coarser ones leave before only where
/// they take more than their share, so that those of slides that nobody looks at any more
/// do not fill the cache: class 1 and coarser may take half of the budget, class 2 and coarser
/// a quarter, class 3 an eighth. Of a region that is viewed evenly they are a quarter, a
/// sixteenth, and a sixty-fourth.
#[derive(Debug)]
pub(super) struct EvictionOrder {
    places: Box<[Place]>,
    queues: [Queue; ParentClass::COUNT],
}

/// What the order knows of one slot, while that is part of it.
#[derive(Clone, Copy, Debug)]
struct Place {
    class: ParentClass,
    bytes: u64,
    /// Neighbours in the queue.
    newer: u32,
    older: u32,
}

/// The slots of one class.
#[derive(Clone, Copy, Debug)]
struct Queue {
    newest: u32,
    oldest: u32,
    /// Bytes of their parents.
    bytes: u64,
}

impl EvictionOrder {
    /// An order for `count` slots, without any yet.
    pub fn new(count: usize) -> Self {
        let place = Place { class: ParentClass::FINEST, bytes: 0, newer: NONE, older: NONE };
        let queue = Queue { newest: NONE, oldest: NONE, bytes: 0 };
        Self { places: vec![place; count].into(), queues: [queue; ParentClass::COUNT] }
    }

    /// Adds a slot that is not in the order, with `bytes` of a parent of `class`, as the most
    /// recently used one.
    pub fn add(&mut self, at: usize, class: ParentClass, bytes: u64) {
        let queue = &mut self.queues[class.0];
        queue.bytes += bytes;
        self.places[at] = Place { class, bytes, newer: NONE, older: queue.newest };
        match self.places.get_mut(queue.newest as usize) {
            Some(newest) => newest.newer = at as u32,
            None => queue.oldest = at as u32,
        }
        queue.newest = at as u32;
    }

    /// Makes a slot of the order the most recently used one of its class.
    pub fn touch(&mut self, at: usize) {
        let Place { class, bytes, .. } = self.places[at];
        self.remove(at);
        self.add(at, class, bytes);
    }

    /// Removes a slot of the order. Returns the class of its parent.
    pub fn remove(&mut self, at: usize) -> ParentClass {
        let Place { class, bytes, newer, older } = self.places[at];
        let queue = &mut self.queues[class.0];
        queue.bytes -= bytes;
        match self.places.get_mut(newer as usize) {
            Some(place) => place.older = older,
            None => queue.newest = older,
        }
        match self.places.get_mut(older as usize) {
            Some(place) => place.newer = newer,
            None => queue.oldest = newer,
        }
        class
    }

    /// Bytes of all parents.
    pub fn bytes(&self) -> u64 {
        self.bytes_from(0)
    }

    /// Bytes of the parents of this class and coarser ones.
    fn bytes_from(&self, class: usize) -> u64 {
        self.queues[class..].iter().map(|queue| queue.bytes).sum()
    }

    /// All slots in the order in which they leave a cache for `budget` bytes. Some may occur
    /// twice.
    pub fn leaving(&self, budget: u64) -> impl Iterator<Item = usize> + '_ {
        let exceeding = (1..ParentClass::COUNT).rev().find(|&class| self.bytes_from(class) > budget >> class);
        exceeding.into_iter().chain(0..ParentClass::COUNT).flat_map(|class| self.queue(class))
    }

    /// The slots of a class, the least recently used first.
    fn queue(&self, class: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = self.queues[class].oldest;
        std::iter::from_fn(move || {
            let at = next as usize;
            next = self.places.get(at)?.newer;
            Some(at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINEST: u32 = 9;

    /// An order of 100 slots with parents of 10 bytes each, on these levels, the first of which
    /// were used before the others.
    fn order(levels: impl IntoIterator<Item = u32>) -> EvictionOrder {
        let mut order = EvictionOrder::new(100);
        for (at, z) in levels.into_iter().enumerate() {
            order.add(at, ParentClass::of(z, FINEST), 10);
        }
        order
    }

    /// The first `count` slots that leave, and stay away, while the cache has `budget` bytes.
    fn leave(order: &mut EvictionOrder, budget: u64, count: usize) -> Vec<usize> {
        let leaving = (0..count).map_while(|_| {
            let at = order.leaving(budget).next()?;
            order.remove(at);
            Some(at)
        });
        leaving.collect()
    }

    #[test]
    fn the_finest_parents_leave_first_and_the_coarsest_last() {
        let mut order = order([9, 2, 9, 8, 7, 9, 8]);
        assert_eq!((order.bytes(), leave(&mut order, 1000, 9)), (70, vec![0, 2, 5, 3, 6, 4, 1]));
        assert_eq!(order.bytes(), 0);
    }

    #[test]
    fn a_parent_that_is_used_again_leaves_after_the_others_of_its_class() {
        let mut order = order([8, 9, 9, 9, 8]);
        for at in [1, 0, 1, 3] {
            order.touch(at);
        }
        assert_eq!(leave(&mut order, 1000, 9), [2, 1, 3, 4, 0]);
    }

    #[test]
    fn coarse_parents_leave_before_fine_ones_where_they_exceed_their_share() {
        // 30 bytes of class 0, 60 of class 1: more than half of 100.
        let mut coarse = order([9, 9, 9, 8, 8, 8, 8, 8, 8]);
        assert_eq!(leave(&mut coarse, 100, 3), [3, 0, 1]);
        // 20 bytes of class 3 and 20 of class 2 together exceed a quarter, and those of class 3
        // alone an eighth.
        let mut coarser = order([9, 9, 7, 7, 6, 0]);
        assert_eq!(leave(&mut coarser, 100, 4), [4, 2, 0, 1]);
    }

    #[test]
    fn a_slot_may_return_in_another_class() {
        let mut order = order([9, 8]);
        order.remove(0);
        order.add(0, ParentClass::of(5, FINEST), 700);
        assert_eq!((order.bytes(), order.leaving(1 << 20).collect::<Vec<_>>()), (710, vec![1, 0]));
    }
}
