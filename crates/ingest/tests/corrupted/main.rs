//! Damaged slides of every kind, thousands of them in one process: none may panic, end the
//! process, take much memory, or take long. What they show is not judged here.
//!
//! `ORIGAMI_CORRUPTED` is the number of variants (400 unless given; `scripts/conformance
//! corrupted` makes 20,000). They are the same in every run. The variants are read in a
//! process of its own, so that even one that ends the process is found and named: its files
//! stay in `target/corrupted`.
//!
//! That process has no OpenSlide, which is C code that this project does not answer for.
//! In the long run another process reads a twentieth as many variants with it.

#[path = "../common/mod.rs"]
mod common;

mod damage;
mod process;
mod random;
mod seed;
mod table;
mod trial;
mod variants;

use peak_alloc::PeakAlloc;
use std::env;
use std::process::Command;

/// Counts the bytes that Rust code allocates, for each variant. Those of the JPEG library and of
/// OpenSlide come from the C library: they are in the peak of the whole process.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The variable with the number of variants, and that number without it.
const COUNT: (&str, usize) = ("ORIGAMI_CORRUPTED", 400);
/// From this number of variants on, some are also read with OpenSlide.
const LONG: usize = 10_000;

fn count() -> usize {
    let (name, default) = COUNT;
    env::var(name).map_or(default, |count| count.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Runs [`every_variant`] in a process of its own.
fn in_own_process(count: usize, openslide: Option<&str>) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "every_variant", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(COUNT.0, count.to_string());
    if let Some(path) = openslide {
        command.env("ORIGAMI_OPENSLIDE", path);
    }
    let status = command.status().unwrap();
    let left = variants::left_behind();
    assert!(status.success(), "{status}; the variant that was being read: {left:?}");
}

#[test]
fn damaged_slides_neither_panic_nor_end_the_process_nor_take_much() {
    let count = count();
    in_own_process(count, Some("/nowhere"));
    if count >= LONG {
        in_own_process(count / 20, None);
    }
}

#[test]
#[ignore = "ends the process if it fails badly: the test above runs it"]
fn every_variant() {
    variants::read(count());
    process::check_peak();
}
