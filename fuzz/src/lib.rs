//! A deterministic fuzzer for everything that reads bytes from outside.
//!
//! ```text
//! origami-fuzz all --seconds 60              # all targets, a fifth of the time each
//! origami-fuzz jpeg --seconds 60 --seed 2    # other mutations
//! origami-fuzz pack --seconds 60 --scalar    # without wide vectors
//! origami-fuzz tile --seed 1 --iteration 77  # one execution again
//! ```
//!
//! A target makes its own good inputs, mutates one of them in each iteration
//! and runs the code under test on it. Seed and iteration decide everything, so
//! what was found can be found again. An execution fails if it panics, breaks an
//! invariant of its target (for example: instruction sets agree, what was decoded
//! comes back after encoding), or takes more time or memory than any input of
//! that size should. Failing inputs are kept in a folder. Nothing but the order
//! of mutations is random, and there is no feedback from coverage: counts of the
//! stages that executions reached show how deep they went.
//!
//! # With feedback from coverage
//! ```text
//! scripts/fuzz --seconds 600 jpeg            # ten minutes of one target
//! scripts/fuzz --save                        # all targets, benches/results/fuzz.md
//! scripts/fuzz --minimise                    # what was found becomes the corpus
//! scripts/fuzz --planted                     # is a bug found that is there?
//! origami-fuzz jpeg --input target/fuzz/jpeg-crash-...
//! ```
//!
//! `scripts/fuzz` builds `origami-fuzz-coverage` (the feature `coverage`; nothing
//! else needs it) with instrumentation of our crates and what they depend on, and
//! has libFuzzer run the same targets. Inputs that reach something new are kept
//! and mutated further: by [`Target::mutate`], which mends lengths and checksums
//! and leaves some of the changes to libFuzzer, or now and then a new one by
//! [`Target::input`]. Limits are the same ([`judge`]), with more time for code
//! that is instrumented; libFuzzer ends at the first failure and keeps its input.
//!
//! `fuzz/corpus` holds a small part of what was found, by target: the inputs that
//! reach most, and as `found-*` those that failed once. A test runs them all
//! without instrumentation. What else was found is in `target/fuzz`. An input
//! says all by itself: those of tiles and models begin with the number of what
//! they are decoded with, those of scans with a size.

// Counts what is allocated, so that an execution that takes far too much fails.
#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

mod forge;
mod harness;
mod library;
mod mutation;
mod picture;
#[cfg(feature = "planted")]
mod planted;
mod random;
mod setting;
mod tally;
pub mod target;

pub use harness::{Failure, FuzzOptions, Limit, MAX_TIME, Target, judge, run};
pub use mutation::Bytewise;
pub use random::Random;
pub use tally::Tally;
