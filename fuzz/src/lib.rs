//! A deterministic fuzzer for everything that reads bytes from outside.
//!
//! ```text
//! origami-fuzz all --seconds 60              # all targets, a sixth of the time each
//! origami-fuzz jpeg --seconds 60 --seed 2    # other mutations
//! origami-fuzz pack --seconds 60 --scalar    # without wide vectors
//! origami-fuzz tile --seed 1 --iteration 77  # one execution again
//! ```
//!
//! A target makes its own valid inputs; each iteration mutates one of them and
//! runs the code under test on it. Seed and iteration determine everything, so
//! every failure can be reproduced. An execution fails if it panics, breaks an
//! invariant of its target (for example: instruction sets agree, and what was
//! decoded can be encoded and decoded again), or takes more time or memory than
//! an input of that size should. Failing inputs are saved to a folder. Only the
//! sequence of mutations is random, and there is no feedback from coverage; the
//! counts of the stages that executions reached show how deep they went.
//!
//! # With feedback from coverage
//! ```text
//! scripts/fuzz --seconds 600 jpeg            # ten minutes of one target
//! scripts/fuzz --save                        # all targets, benches/results/fuzz.md
//! scripts/fuzz --minimise                    # makes a new corpus of the inputs found
//! scripts/fuzz --planted                     # checks that a planted bug is found
//! origami-fuzz jpeg --input target/fuzz/jpeg-crash-...
//! ```
//!
//! `scripts/fuzz` builds `origami-fuzz-coverage` (with the feature `coverage`,
//! which nothing else needs), instruments our crates and their dependencies, and
//! has libFuzzer run the same targets. Inputs that reach something new are kept
//! and mutated further by [`Target::mutate`], which corrects lengths and checksums
//! and leaves some of the changes to libFuzzer; now and then [`Target::input`]
//! makes a new one. Limits are the same ([`judge`]), except that instrumented code
//! gets more time. libFuzzer stops at the first failure and saves its input.
//!
//! `fuzz/corpus` contains a small part of the inputs found for each target: those
//! that reach most and, as `found-*`, those that once failed. A test runs them all
//! without instrumentation. All other inputs are in `target/fuzz`. Inputs are
//! self-contained: those of tiles and models begin with the number of the fixture
//! that they are decoded with, those of scans with a size.

// Counts allocated memory, so that an execution that allocates far too much fails.
#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

mod fixture;
mod forge;
mod harness;
mod library;
mod mutation;
mod picture;
#[cfg(feature = "planted")]
mod planted;
mod random;
mod tally;
pub mod target;

pub use harness::{Failure, FuzzOptions, Limit, MAX_TIME, RunResult, Target, judge, run};
pub use mutation::Bytewise;
pub use random::Random;
pub use tally::Tally;
