//! The memory of large bodies that clients have not read yet.

use crate::error::{Busy, Error};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body may need up to this many times the memory, if no other large one is being sent.
/// That is within what the shares of the memory budget leave free.
const MAX_ALONE: u64 = 4;

const NO_ROOM: Error = Error::Busy(Busy::PoolExhausted);

/// The memory of all large bodies that a server is sending: finished pictures, and regions
/// that are made while they are sent. Bytes that several clients read count once for each of
/// them, which is more than they take and never less.
pub struct BodyMemory {
    /// KiB in all, at least 1.
    kib: u32,
    /// A permit for each KiB that is free.
    free: Arc<Semaphore>,
    /// As many permits again: what waits to be sent is in memory, too.
    waiting: Semaphore,
}

/// The memory of one body, free again when this is dropped. A slow client holds it for as
/// long as it reads.
#[derive(Debug)]
pub struct Share {
    _permit: OwnedSemaphorePermit,
}

impl BodyMemory {
    /// `bytes` of memory, all free.
    pub fn new(bytes: u64) -> Self {
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).max(1);
        let [free, waiting] = [kib, kib].map(|kib| Semaphore::new(kib as usize));
        Self { kib, free: Arc::new(free), waiting }
    }

    /// Whether one body may take `bytes` if it is alone.
    pub fn allows(&self, bytes: u64) -> bool {
        bytes >> 10 <= MAX_ALONE * u64::from(self.kib)
    }

    /// Takes `bytes` for a body that is not made yet.
    ///
    /// # Errors
    /// [`Busy::PoolExhausted`] if other bodies hold too much.
    pub fn take(&self, bytes: u64) -> Result<Share, Error> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(self.permits(bytes));
        permit.map(|permit| Share { _permit: permit }).map_err(|_| NO_ROOM)
    }

    /// Takes `bytes` for a body that is finished, which would be work for nothing if it were
    /// refused at once: waits until clients have read others. Whoever calls this bounds
    /// the time.
    ///
    /// # Errors
    /// [`Busy::PoolExhausted`] if too much waits already.
    pub async fn wait_for(&self, bytes: u64) -> Result<Share, Error> {
        let permits = self.permits(bytes);
        let _waiting = self.waiting.try_acquire_many(permits).map_err(|_| NO_ROOM)?;
        let permit = Arc::clone(&self.free).acquire_many_owned(permits).await;
        permit.map(|permit| Share { _permit: permit }).map_err(|_| NO_ROOM)
    }

    /// Permits for `bytes`. One client that reads slowly leaves a quarter to the others.
    fn permits(&self, bytes: u64) -> u32 {
        let most = (self.kib - self.kib / 4).max(1);
        u32::try_from(bytes >> 10).unwrap_or(most).clamp(1, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::rt::time::timeout;
    use std::iter;
    use std::pin::pin;
    use std::time::Duration;

    const MIB: u64 = 1 << 20;

    #[test]
    fn the_memory_is_free_again_when_a_body_ends() {
        let memory = BodyMemory::new(100 * MIB);
        let all = memory.take(230 * MIB).unwrap();
        assert_eq!(memory.take(30 * MIB).unwrap_err(), NO_ROOM);
        assert!(memory.take(20 * MIB).is_ok(), "it leaves some to others");
        let other = BodyMemory::new(100 * MIB);
        assert!(other.take(230 * MIB).is_ok(), "another server has memory of its own");
        drop(all);
        memory.take(230 * MIB).unwrap();
    }

    #[test]
    fn bodies_are_sent_side_by_side_as_long_as_there_is_memory() {
        let memory = BodyMemory::new(8 * MIB);
        let bodies: Vec<_> = iter::from_fn(|| memory.take(5 * MIB / 2).ok()).collect();
        assert_eq!(bodies.len(), 3);
    }

    #[test]
    fn a_body_of_many_times_the_memory_is_not_allowed_and_the_smallest_always_is() {
        let memory = BodyMemory::new(10 * MIB);
        assert!(memory.allows(40 * MIB) && !memory.allows(40 * MIB + 1024));
        let least = BodyMemory::new(0);
        assert!(least.allows(1) && least.take(1).is_ok());
    }

    #[actix_web::test]
    async fn a_finished_body_waits_until_a_client_has_read_another_one() {
        let memory = BodyMemory::new(8 * MIB);
        let sent = memory.wait_for(6 * MIB).await.unwrap();
        let mut waiting = pin!(memory.wait_for(5 * MIB));
        assert!(timeout(Duration::from_millis(20), &mut waiting).await.is_err(), "there is no room");
        drop(sent);
        assert!(waiting.await.is_ok());
    }

    #[actix_web::test]
    async fn no_more_waits_than_may_be_sent() {
        let memory = BodyMemory::new(8 * MIB);
        let sent = memory.wait_for(6 * MIB).await.unwrap();
        {
            let mut waiting = pin!(memory.wait_for(5 * MIB));
            assert!(timeout(Duration::from_millis(20), &mut waiting).await.is_err(), "it waits");
            assert_eq!(memory.wait_for(4 * MIB).await.unwrap_err(), NO_ROOM);
        }
        drop(sent);
        assert!(memory.wait_for(6 * MIB).await.is_ok(), "what has gone away no longer waits");
    }
}
