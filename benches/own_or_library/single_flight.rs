//! One build of many requests, measured: many tasks of one thread that ask for
//! the same tile, and one build that ends when all of them wait.

use crate::allocators;
use crate::flights::{Answer, Cells, Failed, Flight, Floor, Moka, Own};
use crate::table::{self, Row};
use bytes::Bytes;
use origami_benches::turns::in_turns;
use std::cell::Cell;
use std::rc::Rc;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

/// Tasks that ask for the same tile.
const WAITERS: usize = 100;

/// Tiles asked for in one run, one after the other.
const TILES: usize = 20;

const ROUNDS: usize = 60;

const TILE_BYTES: usize = 10 << 10;

/// What becomes of a build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Good,
    Failure,
    /// The request that started it goes away before it ends.
    FirstLeaves,
}

/// How often a tile was built, and how many requests got it.
struct Answers {
    builds: usize,
    good: usize,
}

/// An alternative, and the worker behind it.
struct Meeting<F: Flight> {
    flight: Rc<F>,
    jobs: UnboundedReceiver<F::Job>,
    tile: Bytes,
    /// What is asked for next.
    next: u64,
    /// Calls of the last run that took memory from the allocator.
    taken: u64,
}

impl<F: Flight + 'static> Meeting<F> {
    fn new() -> Self {
        let (queue, jobs) = mpsc::unbounded_channel();
        let tile = Bytes::from(vec![0; TILE_BYTES]);
        Self { flight: Rc::new(F::new(queue)), jobs, tile, next: 0, taken: 0 }
    }

    /// All ask, and get to wait before anything is built.
    async fn answers(&mut self, outcome: Outcome) -> Answers {
        let (key, asked) = (self.next, Rc::new(Cell::new(0)));
        self.next += 1;
        let mut tasks: Vec<JoinHandle<Answer>> = Vec::with_capacity(WAITERS);
        for _ in 0..WAITERS {
            let (flight, asked) = (Rc::clone(&self.flight), Rc::clone(&asked));
            tasks.push(spawn_local(async move {
                asked.set(asked.get() + 1);
                flight.get(key).await
            }));
        }
        while asked.get() < WAITERS {
            yield_now().await;
        }
        if outcome == Outcome::FirstLeaves {
            tasks[0].abort();
            while !tasks[0].is_finished() {
                yield_now().await;
            }
        }
        let answer = if outcome == Outcome::Failure { Err(Failed) } else { Ok(self.tile.clone()) };
        let mut builds = 0;
        while !tasks.iter().all(JoinHandle::is_finished) {
            while let Ok(job) = self.jobs.try_recv() {
                builds += 1;
                self.flight.finish(job, answer.clone());
            }
            yield_now().await;
        }
        let mut good = 0;
        for task in tasks {
            good += usize::from(matches!(task.await, Ok(Ok(_))));
        }
        Answers { builds, good }
    }

    fn run(&mut self, runtime: &Runtime) {
        let before = allocators::taken();
        LocalSet::new().block_on(runtime, async {
            for _ in 0..TILES {
                let Answers { builds, good } = self.answers(Outcome::Good).await;
                assert!(builds <= 1 && good == WAITERS, "one build for all");
            }
        });
        self.taken = allocators::taken() - before;
    }

    /// Allocations for each request.
    fn more(&self) -> String {
        format!(" {:11.4}", self.taken as f64 / (TILES * WAITERS) as f64)
    }

    /// What becomes of bad builds.
    fn print(&mut self, name: &str, runtime: &Runtime) {
        let mut builds = |outcome| {
            let Answers { builds, good } = LocalSet::new().block_on(runtime, self.answers(outcome));
            format!("{builds}, {good}")
        };
        let (failing, left) = (builds(Outcome::Failure), builds(Outcome::FirstLeaves));
        println!("  {name:60} {failing:>8} {left:>13}");
    }
}

pub fn measure() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let (mut own, mut moka) = (Meeting::<Own>::new(), Meeting::<Moka>::new());
    let (mut cells, mut floor) = (Meeting::<Cells>::new(), Meeting::<Floor>::new());
    let runs = in_turns(4, ROUNDS, |which| match which {
        0 => own.run(&runtime),
        1 => moka.run(&runtime),
        2 => cells.run(&runtime),
        _ => floor.run(&runtime),
    });
    let names = [
        "ours: watch channels in a dashmap, moka's sync cache",
        "try_get_with of moka's future cache",
        "OnceCells in a dashmap, moka's sync cache",
        "tasks that wait for nothing",
    ];
    let more = [own.more(), moka.more(), cells.more(), floor.more()];
    let measured = names.iter().zip(&runs).zip(more);
    let rows: Vec<_> = measured.map(|((name, runs), more)| Row { name, runs, more }).collect();
    let title = format!("a request, one of {WAITERS} for the same tile, us");
    table::print(&title, " allocations", &rows, TILES * WAITERS);

    let title = format!("builds, and requests of {WAITERS} that got the tile");
    println!("\n{title:62}  failing  first leaves");
    own.print(names[0], &runtime);
    moka.print(names[1], &runtime);
    cells.print(names[2], &runtime);
}
