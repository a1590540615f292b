//! The bounded queue and the named threads behind it.
//!
//! A worker owns what it builds with. A job that panics costs its own answer
//! and that equipment, which is made anew; the thread lives on.

use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use actix_web::web::Data;
use bytes::Bytes;
use crossbeam::channel::{Receiver, Sender, TrySendError, bounded, select};
use origami_pack::Pack;
use origami_pyramid::TileId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::{fmt, io};
use tokio::sync::oneshot;
use tracing::error;

/// What a worker is asked to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// The JPEG of one tile.
    Tile(TileId),
    /// A JPEG of the whole slide whose longer side is at most this many pixels.
    Thumbnail(u32),
}

/// What a worker thread builds with. Made on the thread that uses it.
pub trait Build<J> {
    /// The finished product of `job`.
    fn build(&mut self, job: &J) -> Result<Bytes, Error>;
}

/// One product of one pack.
#[derive(Clone)]
pub struct Job {
    /// Where it is built from.
    pub pack: Arc<Pack>,
    /// What is built.
    pub product: Product,
}

type Reply = oneshot::Sender<Result<Bytes, Error>>;

/// The way into the workers.
pub struct Queue<J> {
    jobs: Sender<(J, Reply)>,
}

impl<J> Clone for Queue<J> {
    fn clone(&self) -> Self {
        Self { jobs: self.jobs.clone() }
    }
}

impl<J> Queue<J> {
    /// Waits for `job` to be built; a full queue fails at once.
    pub async fn run(&self, job: J) -> Result<Bytes, Error> {
        let (reply, answer) = oneshot::channel();
        match self.jobs.try_send((job, reply)) {
            Ok(()) => answer.await.unwrap_or(Err(Error::Busy(Busy::Stopping))),
            Err(TrySendError::Full(_)) => Err(Error::Busy(Busy::QueueFull)),
            Err(TrySendError::Disconnected(_)) => Err(Error::Busy(Busy::Stopping)),
        }
    }

    /// Jobs that wait now.
    pub fn depth(&self) -> usize {
        self.jobs.len()
    }
}

/// The worker threads; dropping it ends them without their waiting jobs.
pub struct Workers {
    stop: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` threads behind a queue of `length` jobs. Each makes its
    /// equipment with `make` before its first job and after each panic.
    pub fn start<J, B, E, F>(
        count: usize,
        length: usize,
        metrics: &Data<Metrics>,
        make: F,
    ) -> io::Result<(Self, Queue<J>)>
    where
        J: Send + 'static,
        B: Build<J>,
        E: fmt::Display,
        F: Fn() -> Result<B, E> + Clone + Send + 'static,
    {
        let (jobs, waiting) = bounded(length);
        let (stop, stopped) = bounded(0);
        let mut workers = Self { stop: Some(stop), threads: Vec::new() };
        for number in 0..count.max(1) {
            let (waiting, stopped, make, metrics) =
                (waiting.clone(), stopped.clone(), make.clone(), metrics.clone());
            let work = move || work(&waiting, &stopped, &make, &metrics);
            workers.threads.push(thread::Builder::new().name(format!("worker-{number}")).spawn(work)?);
        }
        Ok((workers, Queue { jobs }))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop = None;
        for thread in self.threads.drain(..) {
            // A thread only panics outside of jobs; there is nobody to tell.
            let _ = thread.join();
        }
    }
}

fn work<J, B: Build<J>, E: fmt::Display>(
    jobs: &Receiver<(J, Reply)>,
    stopped: &Receiver<()>,
    make: &impl Fn() -> Result<B, E>,
    metrics: &Metrics,
) {
    let mut equipment = None;
    loop {
        let (job, reply) = select! {
            recv(stopped) -> _ => return,
            recv(jobs) -> job => match job { Ok(job) => job, Err(_) => return },
        };
        // Nobody waits any more: the server is being torn down.
        if reply.is_closed() {
            continue;
        }
        let answer = match equipment.take().map_or_else(make, Ok) {
            Ok(mut owned) => match catch_unwind(AssertUnwindSafe(|| owned.build(&job))) {
                Ok(answer) => {
                    equipment = Some(owned);
                    answer
                }
                // The panic hook has printed where and why; whatever state the
                // equipment is in goes with it.
                Err(_) => {
                    metrics.worker_panics.inc();
                    Err(Error::Internal)
                }
            },
            Err(cause) => {
                error!(%cause, "a worker cannot be equipped");
                Err(Error::Internal)
            }
        };
        // The requester may have gone meanwhile.
        let _ = reply.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread::sleep;
    use std::time::Duration;

    /// A job that says what happens to it.
    enum Fake {
        Answer(&'static [u8]),
        Panic,
        Until(Receiver<()>),
    }

    struct Equipment(u32);

    impl Build<Fake> for Equipment {
        fn build(&mut self, job: &Fake) -> Result<Bytes, Error> {
            match job {
                Fake::Answer(bytes) => Ok(Bytes::from_static(bytes)),
                Fake::Panic => panic!("equipment {} fails on purpose", self.0),
                Fake::Until(end) => {
                    let _ = end.recv();
                    Ok(Bytes::new())
                }
            }
        }
    }

    fn start(count: usize, length: usize) -> (Workers, Queue<Fake>, Data<Metrics>, Arc<AtomicU32>) {
        let (metrics, made) = (Data::new(Metrics::new()), Arc::new(AtomicU32::new(0)));
        let counter = Arc::clone(&made);
        let make = move || Ok::<_, Infallible>(Equipment(counter.fetch_add(1, Ordering::Relaxed)));
        let (workers, queue) = Workers::start(count, length, &metrics, make).unwrap();
        (workers, queue, metrics, made)
    }

    #[actix_web::test]
    async fn a_panic_costs_its_job_and_equipment_but_no_worker() {
        let (_workers, queue, metrics, made) = start(1, 4);
        assert_eq!(queue.run(Fake::Answer(b"a")).await.unwrap(), "a");
        assert_eq!(queue.run(Fake::Panic).await, Err(Error::Internal));
        assert_eq!(queue.run(Fake::Answer(b"b")).await.unwrap(), "b");
        assert_eq!((metrics.worker_panics.get(), made.load(Ordering::Relaxed)), (1, 2));
    }

    #[actix_web::test]
    async fn a_full_queue_is_refused_at_once() {
        let (_workers, queue, _, _) = start(1, 1);
        let (end, held) = bounded(0);
        let running = actix_web::rt::spawn({
            let (queue, held) = (queue.clone(), held.clone());
            async move { queue.run(Fake::Until(held)).await }
        });
        // The worker has taken the first job when the queue is empty again.
        tokio::task::yield_now().await;
        while queue.depth() > 0 {
            sleep(Duration::from_millis(1));
        }
        let waiting = actix_web::rt::spawn({
            let queue = queue.clone();
            async move { queue.run(Fake::Until(held)).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(queue.depth(), 1);
        assert_eq!(queue.run(Fake::Answer(b"")).await, Err(Error::Busy(Busy::QueueFull)));
        drop(end);
        assert!(running.await.unwrap().is_ok());
        assert!(waiting.await.unwrap().is_ok());
    }

    #[actix_web::test]
    async fn stopped_workers_turn_jobs_away() {
        let (workers, queue, _, _) = start(2, 1);
        drop(workers);
        assert_eq!(queue.run(Fake::Answer(b"")).await, Err(Error::Busy(Busy::Stopping)));
    }
}
