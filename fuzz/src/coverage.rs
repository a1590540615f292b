//! Fuzzes with feedback from coverage, by libFuzzer. `scripts/fuzz` builds and
//! runs this program.
//!
//! The command line is libFuzzer's, so options come from the environment:
//! `ORIGAMI_FUZZ_TARGET` names the target. With `ORIGAMI_FUZZ_BLIND` no input is
//! kept and every input is a new one, as in the deterministic fuzzer; this shows
//! what is found in the same time without feedback.
#![no_main]
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, reason = "what the macros of libFuzzer's crate expand to")]

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};
use origami_fuzz::{MAX_TIME, Random, Tally, Target, judge, target};
use std::cell::RefCell;

/// How many times longer an instrumented execution may take than others.
const SLOWDOWN: u32 = 5;

/// One of this number of inputs is a new one, the others are mutated from those
/// that were kept.
const NEW_INPUTS: usize = 10;

/// How often a mutation is tried. If none fits, libFuzzer alone mutates the input.
const TRIES: usize = 8;

/// The number of bytes that a mutation by libFuzzer may add.
const MAX_ADDED: usize = 64;

/// A target, and how it is fuzzed.
struct Session {
    target: Box<dyn Target>,
    mode: FuzzMode,
}

/// Whether inputs that reach something new are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FuzzMode {
    Feedback,
    Blind,
}

thread_local! {
    // libFuzzer makes all calls on its main thread.
    static SESSION: RefCell<Session> = RefCell::new(Session::from_environment());
}

fuzz_target!(init: initialise(), |input: &[u8]| -> Corpus { SESSION.with_borrow_mut(|session| session.run(input)) });

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    SESSION.with_borrow_mut(|session| session.mutate(data, size, max_size, seed))
});

/// Creates the session before libFuzzer begins to measure.
fn initialise() {
    // Packs are verified and decoded on rayon's threads. With more than this one
    // thread, their order and therefore the coverage would differ each time.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("nothing used rayon before");
    SESSION.with_borrow(|_| ());
}

impl Session {
    fn from_environment() -> Self {
        let name = std::env::var("ORIGAMI_FUZZ_TARGET").unwrap_or_default();
        let Some(target) = target::named(&name) else {
            eprintln!("ORIGAMI_FUZZ_TARGET is '{name}' and none of {}", target::NAMES.join(", "));
            std::process::exit(2);
        };
        let blind = std::env::var_os("ORIGAMI_FUZZ_BLIND").is_some();
        Self { target, mode: if blind { FuzzMode::Blind } else { FuzzMode::Feedback } }
    }

    /// Executes the target. Panics if that fails, which ends the process.
    fn run(&mut self, input: &[u8]) -> Corpus {
        // A new tally each time, so that the coverage depends on the input alone.
        let tally = &mut Tally::default();
        if let Err(reason) = judge(&mut *self.target, input, Some(SLOWDOWN * MAX_TIME), tally) {
            panic!("{}: {reason}", self.target.name());
        }
        match self.mode {
            FuzzMode::Feedback => Corpus::Keep,
            FuzzMode::Blind => Corpus::Reject,
        }
    }

    /// Mutates the input `data[..size]` in place. Returns its new length, at most
    /// `max_size`.
    fn mutate(&mut self, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
        let mut random = Random::new(u64::from(seed));
        for _ in 0..TRIES {
            let input = if self.mode == FuzzMode::Blind || random.one_in(NEW_INPUTS) {
                self.target.input(&mut random)
            } else {
                self.target.mutate(&data[..size], &mut random, mutate_by_libfuzzer)
            };
            if !input.is_empty() && input.len() <= max_size {
                data[..input.len()].copy_from_slice(&input);
                return input.len();
            }
        }
        fuzzer_mutate(data, size, max_size)
    }
}

/// Applies one of libFuzzer's own mutations to `bytes`.
fn mutate_by_libfuzzer(bytes: &mut Vec<u8>) {
    let len = bytes.len();
    bytes.resize(len + MAX_ADDED, 0);
    let new_len = fuzzer_mutate(bytes, len, len + MAX_ADDED);
    bytes.truncate(new_len);
}
