//! Fuzzing with feedback from coverage, by libFuzzer: what `scripts/fuzz` builds
//! and runs.
//!
//! The command line is libFuzzer's, so the environment says what to do:
//! `ORIGAMI_FUZZ_TARGET` names the target. With `ORIGAMI_FUZZ_BLIND` nothing is
//! kept and every input is a new one, as in the deterministic runner: what that
//! finds in the same time is found without feedback.
#![no_main]
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, reason = "what the macros of libFuzzer's crate expand to")]

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};
use origami_fuzz::{MAX_TIME, Random, Tally, Target, judge, target};
use std::cell::RefCell;

/// How many times the time of other executions one may take that is instrumented.
const SLOWDOWN: u32 = 5;

/// One in so many inputs is a new one instead of one that was kept, changed.
const NEW: usize = 10;

/// Inputs that are made before one that fits is left to libFuzzer alone.
const TRIES: usize = 8;

/// Bytes that a change by libFuzzer may add.
const ROOM: usize = 64;

/// What is fuzzed how.
struct Session {
    target: Box<dyn Target>,
    blind: bool,
}

thread_local! {
    // libFuzzer asks for everything on its main thread.
    static SESSION: RefCell<Session> = RefCell::new(Session::of_environment());
}

fuzz_target!(init: begin(), |input: &[u8]| -> Corpus { SESSION.with_borrow_mut(|session| session.run(input)) });

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    SESSION.with_borrow_mut(|session| session.mutate(data, size, max_size, seed))
});

/// Makes the session before libFuzzer begins to measure.
fn begin() {
    // Packs are verified and decoded on rayon's threads. With others than this one
    // their order, and with it the coverage, would be another each time.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("nothing used rayon before");
    SESSION.with_borrow(|_| ());
}

impl Session {
    fn of_environment() -> Self {
        let name = std::env::var("ORIGAMI_FUZZ_TARGET").unwrap_or_default();
        let Some(target) = target::named(&name) else {
            eprintln!("ORIGAMI_FUZZ_TARGET is '{name}' and none of {}", target::NAMES.join(", "));
            std::process::exit(2);
        };
        Self { target, blind: std::env::var_os("ORIGAMI_FUZZ_BLIND").is_some() }
    }

    /// Panics if the execution failed, which ends the process.
    fn run(&mut self, input: &[u8]) -> Corpus {
        // A tally of its own, so that what is reached depends on the input alone.
        let tally = &mut Tally::default();
        if let Err(what) = judge(&mut *self.target, input, Some(SLOWDOWN * MAX_TIME), tally) {
            panic!("{}: {what}", self.target.name());
        }
        if self.blind { Corpus::Reject } else { Corpus::Keep }
    }

    /// Makes another input of `data[..size]`, in place. Returns its length, at
    /// most `max_size`.
    fn mutate(&mut self, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
        let mut random = Random::new(u64::from(seed));
        for _ in 0..TRIES {
            let input = if self.blind || random.one_in(NEW) {
                self.target.input(&mut random)
            } else {
                self.target.mutate(&data[..size], &mut random, by_libfuzzer)
            };
            if !input.is_empty() && input.len() <= max_size {
                data[..input.len()].copy_from_slice(&input);
                return input.len();
            }
        }
        fuzzer_mutate(data, size, max_size)
    }
}

/// Changes `bytes` once by one of libFuzzer's own mutations.
fn by_libfuzzer(bytes: &mut Vec<u8>) {
    let len = bytes.len();
    bytes.resize(len + ROOM, 0);
    let new = fuzzer_mutate(bytes, len, len + ROOM);
    bytes.truncate(new);
}
