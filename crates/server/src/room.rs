//! Memory that is shared out.

use crate::error::{Busy, Error};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The error if other shares hold too much.
pub const NO_ROOM: Error = Error::Busy(Busy::PoolExhausted);

/// Memory of which few take much at a time: each takes a share for as long as it needs it. A
/// share counts as three quarters of the memory at most, so that whoever holds the largest
/// for long leaves the last quarter to others.
pub struct Room {
    /// KiB in all, at least 1.
    kib: u32,
    /// A permit for each KiB that is free.
    free: Arc<Semaphore>,
    /// Told when a share has ended.
    ended: Arc<Notify>,
    /// The shares of finished bytes, by their addresses.
    finished: Mutex<HashMap<usize, Weak<Share>>>,
}

/// A part of a [`Room`], which is free again when all that hold this have dropped it.
#[derive(Debug)]
pub struct Share {
    /// `None` only while this is dropped.
    permit: Option<OwnedSemaphorePermit>,
    ended: Arc<Notify>,
    /// What takes the memory, so that nothing else is at its address before the share ends;
    /// empty if it is not made yet.
    _bytes: Bytes,
}

impl Room {
    /// `bytes` of memory, all free.
    pub fn new(bytes: u64) -> Self {
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).max(1);
        let free = Arc::new(Semaphore::new(kib as usize));
        Self { kib, free, ended: Arc::default(), finished: Mutex::default() }
    }

    /// Whether `bytes` are at most this many times all of it.
    pub fn holds(&self, bytes: u64, times: u64) -> bool {
        bytes >> 10 <= times * u64::from(self.kib)
    }

    /// Whether a share of `bytes` could be taken now.
    pub fn has_free(&self, bytes: u64) -> bool {
        self.free.available_permits() >= self.permits(bytes) as usize
    }

    /// Bytes of all shares that are taken now.
    pub fn taken(&self) -> u64 {
        u64::from(self.kib).saturating_sub(self.free.available_permits() as u64) << 10
    }

    /// Permits for `bytes`, at least 1 and at most those of three quarters.
    fn permits(&self, bytes: u64) -> u32 {
        let most = (self.kib - self.kib / 4).max(1);
        u32::try_from(bytes >> 10).unwrap_or(most).clamp(1, most)
    }

    /// Takes `bytes` for what is not made yet.
    ///
    /// # Errors
    /// [`NO_ROOM`].
    pub fn take(&self, bytes: u64) -> Result<Arc<Share>, Error> {
        self.take_for(bytes, Bytes::new())
    }

    /// Takes the memory of `made`, which all that have the same bytes share.
    ///
    /// # Errors
    /// [`NO_ROOM`].
    pub fn take_finished(&self, made: &Bytes) -> Result<Arc<Share>, Error> {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let address = made.as_ptr().addr();
        if let Some(share) = finished.get(&address).and_then(Weak::upgrade) {
            return Ok(share);
        }
        let share = self.take_for(made.len() as u64, made.clone())?;
        finished.retain(|_, share| share.strong_count() > 0);
        finished.insert(address, Arc::downgrade(&share));
        Ok(share)
    }

    fn take_for(&self, bytes: u64, made: Bytes) -> Result<Arc<Share>, Error> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(self.permits(bytes));
        let permit = Some(permit.map_err(|_| NO_ROOM)?);
        Ok(Arc::new(Share { permit, ended: Arc::clone(&self.ended), _bytes: made }))
    }

    /// What `take` takes of this, as soon as there is room for it. What waits for much keeps
    /// nothing from what needs little. Whoever calls this bounds the time.
    pub async fn when_free(&self, take: impl Fn(&Self) -> Result<Arc<Share>, Error>) -> Arc<Share> {
        loop {
            // Before the attempt, so that no share ends unnoticed between the two.
            let ended = self.ended.notified();
            if let Ok(share) = take(self) {
                return share;
            }
            ended.await;
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // First the memory, then the word: whoever waits for it finds it free.
        self.permit = None;
        self.ended.notify_waiters();
    }
}
