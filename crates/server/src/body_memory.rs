//! The memory of large bodies that clients have not read yet.

use crate::error::Error;
use crate::room::{NO_ROOM, Room, Share};
use bytes::Bytes;
use std::sync::Arc;

/// A body may need up to this many times the memory. It counts as three quarters of it then; what
/// is above that is within what the shares of the memory budget leave free.
const MAX_ALONE: u64 = 4;

/// The memory of all large bodies that a server is sending: finished images, and regions
/// that are made while they are sent. Bytes that several clients read count once, and a slow
/// client holds them for as long as it reads.
pub struct BodyMemory {
    /// What is being sent.
    sending: Room,
    /// What waits to be sent is in memory, too: it may take as much again.
    waiting: Room,
}

impl BodyMemory {
    /// `bytes` of memory, all free.
    pub fn new(bytes: u64) -> Self {
        Self { sending: Room::new(bytes), waiting: Room::new(bytes) }
    }

    /// Whether one body may take `bytes` if it is alone.
    pub fn allows(&self, bytes: u64) -> bool {
        self.sending.holds(bytes, MAX_ALONE)
    }

    /// Bytes of all bodies that are being sent or wait to be.
    pub fn taken(&self) -> u64 {
        self.sending.taken() + self.waiting.taken()
    }

    /// Takes `bytes` for a body that is not made yet.
    ///
    /// # Errors
    /// [`NO_ROOM`] if other bodies hold too much.
    pub fn take(&self, bytes: u64) -> Result<Arc<Share>, Error> {
        self.sending.take(bytes)
    }

    /// Takes the memory of `body`, which is finished and would be work for nothing if it were
    /// refused at once: waits until clients have read others. What waits for much keeps
    /// nothing from what needs little. Whoever calls this bounds the time.
    ///
    /// # Errors
    /// [`NO_ROOM`] if too much waits already, or if it would wait although it is
    /// larger than all the memory.
    pub async fn wait_for(&self, body: &Bytes) -> Result<Arc<Share>, Error> {
        if let Ok(share) = self.sending.take_finished(body) {
            return Ok(share);
        }
        if !self.waiting.holds(body.len() as u64, 1) {
            return Err(NO_ROOM);
        }
        let _waiting = self.waiting.take_finished(body)?;
        Ok(self.sending.when_free(|sending| sending.take_finished(body)).await)
    }

    /// Checks that a finished body of `bytes` would be sent or at least wait, if it were there
    /// now.
    ///
    /// # Errors
    /// [`NO_ROOM`] if it would be refused.
    pub fn check(&self, bytes: u64) -> Result<(), Error> {
        let may_wait = self.waiting.holds(bytes, 1) && self.waiting.has_free(bytes);
        if self.sending.has_free(bytes) || may_wait { Ok(()) } else { Err(NO_ROOM) }
    }
}

#[cfg(test)]
mod tests;
