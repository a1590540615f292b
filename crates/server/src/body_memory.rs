//! The memory of large bodies that clients have not read yet.

use crate::error::{Busy, Error};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// A body may need up to this many times the memory, if no other large one is being sent.
/// That is within what the shares of the memory budget leave free.
const MAX_ALONE: u64 = 4;

const NO_ROOM: Error = Error::Busy(Busy::PoolExhausted);

/// The memory of all large bodies that a server is sending: finished images, and regions
/// that are made while they are sent. Bytes that several clients read count once. A body
/// counts as three quarters of the memory at most: whoever reads the largest slowly leaves
/// the last quarter to others.
pub struct BodyMemory {
    /// What is being sent.
    sending: Room,
    /// What waits to be sent is in memory, too: it may take as much again.
    waiting: Room,
}

/// Memory that bodies take shares of.
struct Room {
    /// KiB in all, at least 1.
    kib: u32,
    /// A permit for each KiB that is free.
    free: Arc<Semaphore>,
    /// Told when a share has ended.
    ended: Arc<Notify>,
    /// The shares of finished bodies, by the addresses of their bytes.
    finished: Mutex<HashMap<usize, Weak<Share>>>,
}

/// The memory of one body, or of all that have the same bytes. It is free again when the last
/// of them drops this. A slow client holds it for as long as it reads.
#[derive(Debug)]
pub struct Share {
    /// `None` only while this is dropped.
    permit: Option<OwnedSemaphorePermit>,
    ended: Arc<Notify>,
    /// What takes the memory, so that nothing else is at its address before the share ends;
    /// empty if it is not made yet.
    _bytes: Bytes,
}

impl BodyMemory {
    /// `bytes` of memory, all free.
    pub fn new(bytes: u64) -> Self {
        Self { sending: Room::new(bytes), waiting: Room::new(bytes) }
    }

    /// Whether one body may take `bytes` if it is alone.
    pub fn allows(&self, bytes: u64) -> bool {
        bytes >> 10 <= MAX_ALONE * u64::from(self.sending.kib)
    }

    /// Takes `bytes` for a body that is not made yet.
    ///
    /// # Errors
    /// [`Busy::PoolExhausted`] if other bodies hold too much.
    pub fn take(&self, bytes: u64) -> Result<Arc<Share>, Error> {
        self.sending.take(bytes, Bytes::new())
    }

    /// Takes the memory of `body`, which is finished and would be work for nothing if it were
    /// refused at once: waits until clients have read others. What waits for much keeps
    /// nothing from what needs little. Whoever calls this bounds the time.
    ///
    /// # Errors
    /// [`Busy::PoolExhausted`] if too much waits already, or if it would wait although it is
    /// larger than all the memory.
    pub async fn wait_for(&self, body: &Bytes) -> Result<Arc<Share>, Error> {
        if let Ok(share) = self.sending.take_finished(body) {
            return Ok(share);
        }
        if !self.waiting.holds(body.len() as u64) {
            return Err(NO_ROOM);
        }
        let _waiting = self.waiting.take_finished(body)?;
        loop {
            // Before the attempt, so that no share ends unnoticed between the two.
            let ended = self.sending.ended.notified();
            if let Ok(share) = self.sending.take_finished(body) {
                return Ok(share);
            }
            ended.await;
        }
    }

    /// Checks that a finished body of `bytes` would be sent or at least wait, if it were there
    /// now.
    ///
    /// # Errors
    /// [`Busy::PoolExhausted`] if it would be refused.
    pub fn check(&self, bytes: u64) -> Result<(), Error> {
        let may_wait = self.waiting.holds(bytes) && self.waiting.has_free(bytes);
        if self.sending.has_free(bytes) || may_wait { Ok(()) } else { Err(NO_ROOM) }
    }
}

impl Room {
    fn new(bytes: u64) -> Self {
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).max(1);
        let free = Arc::new(Semaphore::new(kib as usize));
        Self { kib, free, ended: Arc::default(), finished: Mutex::default() }
    }

    /// Whether a body of `bytes` is not larger than all of it.
    fn holds(&self, bytes: u64) -> bool {
        bytes >> 10 <= u64::from(self.kib)
    }

    /// Whether a body of `bytes` would get its share now.
    fn has_free(&self, bytes: u64) -> bool {
        self.free.available_permits() >= self.permits(bytes) as usize
    }

    /// Permits for `bytes`, at least 1 and at most those of three quarters.
    fn permits(&self, bytes: u64) -> u32 {
        let most = (self.kib - self.kib / 4).max(1);
        u32::try_from(bytes >> 10).unwrap_or(most).clamp(1, most)
    }

    /// Takes `bytes`, in which `body` is.
    fn take(&self, bytes: u64, body: Bytes) -> Result<Arc<Share>, Error> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(self.permits(bytes));
        let permit = Some(permit.map_err(|_| NO_ROOM)?);
        Ok(Arc::new(Share { permit, ended: Arc::clone(&self.ended), _bytes: body }))
    }

    /// Takes the memory of `body`, which all that have the same bytes share.
    fn take_finished(&self, body: &Bytes) -> Result<Arc<Share>, Error> {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let address = body.as_ptr().addr();
        if let Some(share) = finished.get(&address).and_then(Weak::upgrade) {
            return Ok(share);
        }
        let share = self.take(body.len() as u64, body.clone())?;
        finished.retain(|_, share| share.strong_count() > 0);
        finished.insert(address, Arc::downgrade(&share));
        Ok(share)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // First the memory, then the word: whoever waits for it finds it free.
        self.permit = None;
        self.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
