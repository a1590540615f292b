//! Looking at one file again because a request knows of another version of it.

use crate::error::Error;
use actix_web::web;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::sleep_until;

/// Shortest time from one look at a file to the next, however many ask for it.
const PAUSE: Duration = Duration::from_millis(100);

/// When one file was last looked at for a request. Whoever holds the lock looks,
/// the others wait for what is seen.
#[derive(Clone, Default)]
pub struct Recheck {
    begun: Arc<Mutex<Option<Instant>>>,
}

impl Recheck {
    /// Has `look` run off the async threads, unless another that begins after
    /// this call does as well: what is known afterwards was so after the call.
    /// Looks at one file are apart by [`PAUSE`] at least, which all who ask in
    /// between wait for together.
    ///
    /// # Errors
    /// If `look` panics, or the server is stopping.
    pub async fn again(&self, look: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let asked = Instant::now();
        // Held until the look is over even if the request that has it made goes
        // away: a disk that hangs takes one thread, not one for each request.
        let mut begun = Arc::clone(&self.begun).lock_owned().await;
        match *begun {
            Some(begun) if begun >= asked => return Ok(()),
            Some(begun) => sleep_until((begun + PAUSE).into()).await,
            None => {}
        }
        let look = move || {
            *begun = Some(Instant::now());
            look();
        };
        web::block(look).await.map_err(|_| Error::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::rt::{System, spawn};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use tokio::time::{sleep as pause, timeout};

    #[test]
    fn a_flood_of_questions_is_a_few_looks_and_everybody_gets_a_fresh_one() {
        let (looks, state) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let look = Recheck::default();
        let asked = Instant::now();
        System::new().block_on(async {
            let mut clients = Vec::new();
            for round in 1..=20 {
                state.store(round, Relaxed);
                for _ in 0..50 {
                    let (look, looks, state) = (look.clone(), Arc::clone(&looks), Arc::clone(&state));
                    clients.push(spawn(async move {
                        let seen = Arc::clone(&looks);
                        look.again(move || _ = seen.fetch_add(1, Relaxed)).await.unwrap();
                        assert!(state.load(Relaxed) >= round);
                    }));
                }
                pause(Duration::from_millis(10)).await;
            }
            for client in clients {
                client.await.unwrap();
            }
        });
        let most = asked.elapsed().as_millis() / PAUSE.as_millis() + 1;
        let looks = looks.load(Relaxed);
        assert!(looks >= 2 && u128::from(looks) <= most, "{looks} looks for 1000 questions, at most {most}");
    }

    #[test]
    fn a_look_that_hangs_takes_one_thread_however_many_give_up_waiting() {
        let (looks, hangs) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
        let look = Recheck::default();
        System::new().block_on(async {
            for _ in 0..20 {
                let (seen, hangs) = (Arc::clone(&looks), Arc::clone(&hangs));
                let hanging = move || {
                    seen.fetch_add(1, Relaxed);
                    hangs.wait();
                };
                assert!(timeout(Duration::from_millis(5), look.again(hanging)).await.is_err());
            }
            hangs.wait();
            let seen = Arc::clone(&looks);
            look.again(move || _ = seen.fetch_add(1, Relaxed)).await.unwrap();
        });
        assert_eq!(looks.load(Relaxed), 2, "the one that hung, and the next");
    }
}
