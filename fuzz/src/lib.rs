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

// Counts what is allocated, so that an execution that takes far too much fails.
#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

mod forge;
mod harness;
mod library;
mod mutation;
mod picture;
mod random;
mod setting;
mod tally;
pub mod target;

pub use harness::{Failure, Limit, Options, Target, run};
pub use random::Random;
pub use tally::Tally;
