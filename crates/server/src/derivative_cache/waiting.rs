//! What waits to be written.

use blake3::Hash;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Images that wait to be written, within a number of bytes. Each counts once, however many
/// requests it was built for.
pub struct Waiting {
    limit: u64,
    images: Mutex<Images>,
}

#[derive(Default)]
struct Images {
    /// Their bytes, by the names of their files.
    lens: HashMap<Hash, u64>,
    /// Bytes of all of them.
    bytes: u64,
}

/// What becomes of an image that is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It waits from now on.
    New,
    /// It waits already.
    Already,
    /// It does not wait: there are too many bytes.
    Full,
}

impl Waiting {
    /// Nothing yet, and never more than `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, images: Mutex::default() }
    }

    /// Adds the image of `len` bytes whose file is called `name`.
    pub fn add(&self, name: Hash, len: u64) -> Queued {
        let mut images = self.images();
        if images.lens.contains_key(&name) {
            return Queued::Already;
        }
        let bytes = images.bytes.saturating_add(len);
        if bytes > self.limit {
            return Queued::Full;
        }
        images.bytes = bytes;
        images.lens.insert(name, len);
        Queued::New
    }

    /// Forgets the image whose file is called `name`: it was written, or could not be.
    pub fn remove(&self, name: Hash) {
        let mut images = self.images();
        if let Some(len) = images.lens.remove(&name) {
            images.bytes -= len;
        }
    }

    /// Whether nothing waits.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.images().lens.is_empty()
    }

    fn images(&self) -> MutexGuard<'_, Images> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_many_requests_put_takes_the_room_of_one() {
        let waiting = Waiting::new(10);
        let [first, second, third] = [b"1", b"2", b"3"].map(|key| blake3::hash(key));
        assert_eq!(waiting.add(first, 6), Queued::New);
        for _ in 0..100 {
            assert_eq!(waiting.add(first, 6), Queued::Already);
        }
        assert_eq!(waiting.add(second, 5), Queued::Full);
        assert_eq!(waiting.add(third, 4), Queued::New);
        waiting.remove(first);
        waiting.remove(first);
        assert_eq!(waiting.add(second, 6), Queued::New, "its room is free once");
        assert_eq!(waiting.add(first, 1), Queued::Full);
    }
}
