//! Times single flight: many tasks of one thread that request the same tile, and one
//! build that ends when all of them wait.

use crate::allocators;
use crate::flights::{BuildFailed, BuildResult, CellFlight, Flight, MokaFlight, NoFlight, OwnFlight};
use crate::table::{self, Row};
use bytes::Bytes;
use origami_benches::turns::in_turns;
use std::cell::Cell;
use std::rc::Rc;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

/// Number of tasks that request the same tile.
const WAITERS: usize = 100;

/// Number of tiles in one run, one after the other.
const TILES: usize = 20;

const ROUNDS: usize = 60;

const TILE_BYTES: usize = 10 << 10;

/// What happens to a build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BuildOutcome {
    Success,
    Failure,
    /// The request that started it is cancelled before it ends.
    FirstCancelled,
}

/// How often a tile was built, and how many requests got it.
struct BuildCounts {
    builds: usize,
    successes: usize,
}

/// An alternative, and the worker behind it.
struct Subject<F: Flight> {
    flight: Rc<F>,
    jobs: UnboundedReceiver<F::Job>,
    tile: Bytes,
    /// Key of the next tile.
    next: u64,
    /// Calls of the last run that allocated memory.
    allocations: u64,
}

impl<F: Flight + 'static> Subject<F> {
    fn new() -> Self {
        let (queue, jobs) = mpsc::unbounded_channel();
        let tile = Bytes::from(vec![0; TILE_BYTES]);
        Self { flight: Rc::new(F::new(queue)), jobs, tile, next: 0, allocations: 0 }
    }

    /// Requests the next tile with all tasks, and builds it when all of them wait.
    async fn request_tile(&mut self, outcome: BuildOutcome) -> BuildCounts {
        let tasks = self.start_tasks().await;
        if outcome == BuildOutcome::FirstCancelled {
            tasks[0].abort();
            while !tasks[0].is_finished() {
                yield_now().await;
            }
        }
        let result = if outcome == BuildOutcome::Failure { Err(BuildFailed) } else { Ok(self.tile.clone()) };
        let mut builds = 0;
        while !tasks.iter().all(JoinHandle::is_finished) {
            while let Ok(job) = self.jobs.try_recv() {
                builds += 1;
                self.flight.finish(job, result.clone());
            }
            yield_now().await;
        }
        let mut successes = 0;
        for task in tasks {
            successes += usize::from(matches!(task.await, Ok(Ok(_))));
        }
        BuildCounts { builds, successes }
    }

    /// Tasks that request the next tile, each of which has begun to wait.
    async fn start_tasks(&mut self) -> Vec<JoinHandle<BuildResult>> {
        let (key, requests) = (self.next, Rc::new(Cell::new(0)));
        self.next += 1;
        let mut tasks = Vec::with_capacity(WAITERS);
        for _ in 0..WAITERS {
            let (flight, requests) = (Rc::clone(&self.flight), Rc::clone(&requests));
            tasks.push(spawn_local(async move {
                requests.set(requests.get() + 1);
                flight.get(key).await
            }));
        }
        while requests.get() < WAITERS {
            yield_now().await;
        }
        tasks
    }

    fn run(&mut self, runtime: &Runtime) {
        let before = allocators::allocations();
        LocalSet::new().block_on(runtime, async {
            for _ in 0..TILES {
                let BuildCounts { builds, successes } = self.request_tile(BuildOutcome::Success).await;
                assert!(builds <= 1 && successes == WAITERS, "one build for all");
            }
        });
        self.allocations = allocators::allocations() - before;
    }

    /// Allocations per request.
    fn details(&self) -> String {
        format!(" {:11.4}", self.allocations as f64 / (TILES * WAITERS) as f64)
    }

    /// Prints the counts for builds that do not succeed.
    fn print(&mut self, name: &str, runtime: &Runtime) {
        let failing = self.counts(BuildOutcome::Failure, runtime);
        let cancelled = self.counts(BuildOutcome::FirstCancelled, runtime);
        println!("  {name:60} {failing:>8} {cancelled:>13}");
    }

    /// Builds and successful requests of one tile.
    fn counts(&mut self, outcome: BuildOutcome, runtime: &Runtime) -> String {
        let BuildCounts { builds, successes } = LocalSet::new().block_on(runtime, self.request_tile(outcome));
        format!("{builds}, {successes}")
    }
}

pub fn measure() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let (mut own, mut moka) = (Subject::<OwnFlight>::new(), Subject::<MokaFlight>::new());
    let (mut cells, mut none) = (Subject::<CellFlight>::new(), Subject::<NoFlight>::new());
    let runs = in_turns(4, ROUNDS, |which| match which {
        0 => own.run(&runtime),
        1 => moka.run(&runtime),
        2 => cells.run(&runtime),
        _ => none.run(&runtime),
    });
    let names = [
        "ours: watch channels in a dashmap, moka's sync cache",
        "try_get_with of moka's future cache",
        "OnceCells in a dashmap, moka's sync cache",
        "tasks that wait for nothing",
    ];
    let details = [own.details(), moka.details(), cells.details(), none.details()];
    let measured = names.iter().zip(&runs).zip(details);
    let rows: Vec<_> = measured.map(|((name, runs), details)| Row { name, runs, details }).collect();
    let title = format!("a request, one of {WAITERS} for the same tile, us");
    table::print(&title, " allocations", &rows, TILES * WAITERS);

    let title = format!("builds, and requests of {WAITERS} that got the tile");
    println!("\n{title:62}  failing  first leaves");
    own.print(names[0], &runtime);
    moka.print(names[1], &runtime);
    cells.print(names[2], &runtime);
}
