//! Rate-limits checks of a file that requests trigger.

use crate::error::Error;
use actix_web::web;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::sleep_until;

/// Shortest time from the start of one check of a file to the next.
const PAUSE: Duration = Duration::from_millis(100);

/// Checks one file again when a request names a version of it that the server does
/// not know. The holder of the lock checks; other requests wait for its result.
#[derive(Clone, Default)]
pub struct Recheck {
    /// When the last check started.
    started: Arc<Mutex<Option<Instant>>>,
}

impl Recheck {
    /// Runs `check` off the async threads, unless another check that starts after
    /// this call runs meanwhile: either way the result is newer than the call.
    /// Checks of one file start at least [`PAUSE`] apart, and all requests in
    /// between wait for the same one.
    ///
    /// # Errors
    /// If `check` panics, or the server is stopping.
    pub async fn run(&self, check: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let requested = Instant::now();
        // The lock is held until the check is over even if the request that runs it
        // goes away: a disk that hangs takes one thread, not one for each request.
        let mut started = Arc::clone(&self.started).lock_owned().await;
        match *started {
            Some(started) if started >= requested => return Ok(()),
            Some(started) => sleep_until((started + PAUSE).into()).await,
            None => {}
        }
        let checked = web::block(move || {
            *started = Some(Instant::now());
            check();
        });
        checked.await.map_err(|_| Error::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::rt::{System, spawn};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use tokio::time::{sleep, timeout};

    #[test]
    fn many_requests_share_a_few_checks_and_each_gets_a_fresh_one() {
        let (checks, state) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let recheck = Recheck::default();
        let begun = Instant::now();
        System::new().block_on(async {
            let mut clients = Vec::new();
            for round in 1..=20 {
                state.store(round, Relaxed);
                for _ in 0..50 {
                    let (recheck, checks, state) = (recheck.clone(), Arc::clone(&checks), Arc::clone(&state));
                    clients.push(spawn(async move {
                        recheck.run(move || _ = checks.fetch_add(1, Relaxed)).await.unwrap();
                        assert!(state.load(Relaxed) >= round);
                    }));
                }
                sleep(Duration::from_millis(10)).await;
            }
            for client in clients {
                client.await.unwrap();
            }
        });
        let max = begun.elapsed().as_millis() / PAUSE.as_millis() + 1;
        let checks = checks.load(Relaxed);
        assert!(
            checks >= 2 && u128::from(checks) <= max,
            "{checks} checks for 1000 requests, at most {max} expected"
        );
    }

    #[test]
    fn a_check_that_hangs_takes_one_thread_however_many_requests_give_up() {
        let (checks, hang) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
        let recheck = Recheck::default();
        System::new().block_on(async {
            for _ in 0..20 {
                let (counter, hanging) = (Arc::clone(&checks), Arc::clone(&hang));
                let check = recheck.run(move || {
                    counter.fetch_add(1, Relaxed);
                    hanging.wait();
                });
                assert!(timeout(Duration::from_millis(5), check).await.is_err());
            }
            hang.wait();
            let counter = Arc::clone(&checks);
            recheck.run(move || _ = counter.fetch_add(1, Relaxed)).await.unwrap();
        });
        assert_eq!(checks.load(Relaxed), 2, "the one that hung, and the next");
    }
}
