//! The slides that were announced and whose overviews are not built yet.

use origami_pack::Pack;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// A client that was told of a slide this long ago has requested its overview, or has moved on.
const LIFETIME: Duration = Duration::from_secs(5);

/// Maximum number of slides. In its lifetime an overview of 30 ms finds a worker even if it is
/// the last of so many.
const MAX_WAITING: usize = 64;

/// Announced slides in the order in which they were announced. It keeps no pack open: that of a
/// slide which is closed meanwhile is not worth opening again.
#[derive(Default)]
pub struct AnnouncedPacks(VecDeque<Announcement>);

struct Announcement {
    pack: Weak<Pack>,
    deadline: Instant,
}

impl AnnouncedPacks {
    /// Adds `pack`, which was announced `now`, in place of an earlier announcement of it, and of
    /// the oldest one if there are too many.
    pub fn add(&mut self, pack: &Arc<Pack>, now: Instant) {
        let pack = Arc::downgrade(pack);
        self.0.retain(|other| !other.pack.ptr_eq(&pack));
        if self.0.len() == MAX_WAITING {
            self.0.pop_front();
        }
        self.0.push_back(Announcement { pack, deadline: now + LIFETIME });
    }

    /// Takes out the pack that was announced last and is still open, with the time until which
    /// its overview is worth building: the newest client is the one that waits for sure.
    pub fn take_newest(&mut self, now: Instant) -> Option<(Arc<Pack>, Instant)> {
        while let Some(Announcement { pack, deadline }) = self.0.pop_back() {
            if now < deadline
                && let Some(pack) = pack.upgrade()
            {
                return Some((pack, deadline));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_pack;

    /// One pack, opened several times.
    fn packs<const COUNT: usize>() -> [Arc<Pack>; COUNT] {
        let folder = tempfile::tempdir().unwrap();
        let path = test_pack::create(folder.path()).path().to_owned();
        [(); COUNT].map(|()| Arc::new(Pack::open(&path).unwrap()))
    }

    /// All packs that are left `now`, the first to be built first.
    fn take_all(announced: &mut AnnouncedPacks, now: Instant) -> Vec<Arc<Pack>> {
        std::iter::from_fn(|| announced.take_newest(now)).map(|(pack, _)| pack).collect()
    }

    fn are_same(packs: &[Arc<Pack>], expected: &[&Arc<Pack>]) -> bool {
        packs.len() == expected.len() && packs.iter().zip(expected).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    #[test]
    fn the_slide_that_was_announced_last_is_built_first() {
        let [a, b, c] = packs();
        let (mut announced, now) = (AnnouncedPacks::default(), Instant::now());
        for pack in [&a, &b, &c, &a] {
            announced.add(pack, now);
        }
        assert!(are_same(&take_all(&mut announced, now), &[&a, &c, &b]), "each once");
    }

    #[test]
    fn a_slide_that_waited_too_long_is_not_built() {
        let [a, b] = packs();
        let (mut announced, begin) = (AnnouncedPacks::default(), Instant::now());
        announced.add(&a, begin);
        announced.add(&b, begin + LIFETIME / 2);
        assert!(are_same(&take_all(&mut announced, begin + LIFETIME), &[&b]));
        announced.add(&a, begin);
        let (_, deadline) = announced.take_newest(begin).unwrap();
        assert_eq!(deadline, begin + LIFETIME);
    }

    #[test]
    fn too_many_slides_push_the_oldest_out() {
        let [old, new] = packs();
        let (mut announced, now) = (AnnouncedPacks::default(), Instant::now());
        let others = packs::<{ MAX_WAITING - 1 }>();
        announced.add(&old, now);
        for pack in others.iter().chain([&new]) {
            announced.add(pack, now);
        }
        let left = take_all(&mut announced, now);
        assert!(left.len() == MAX_WAITING && Arc::ptr_eq(&left[0], &new));
        assert!(!left.iter().any(|pack| Arc::ptr_eq(pack, &old)));
    }

    #[test]
    fn a_waiting_slide_is_closed_as_if_it_did_not_wait() {
        let [a, b] = packs();
        let (mut announced, now) = (AnnouncedPacks::default(), Instant::now());
        announced.add(&a, now);
        announced.add(&b, now);
        assert_eq!(Arc::strong_count(&b), 1);
        drop(b);
        assert!(are_same(&take_all(&mut announced, now), &[&a]));
    }
}
