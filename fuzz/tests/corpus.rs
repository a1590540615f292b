//! Runs the corpus of coverage-guided fuzzing without libFuzzer and without
//! instrumentation.

use origami_fuzz::target::{NAMES, named};
use origami_fuzz::{Tally, judge};
use std::fs;
use std::path::{Path, PathBuf};

/// The largest size of all inputs together in bytes, so that the repository stays
/// small.
const MAX_SIZE: u64 = 256 << 10;

/// The files with the inputs of a target, sorted by name.
fn inputs(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    inputs.sort();
    inputs
}

/// One test for all targets, because allocated memory is counted for the whole
/// process.
#[test]
fn no_input_of_the_corpus_fails() {
    for name in NAMES {
        let mut target = named(name).expect("a target");
        assert_eq!(target.name(), name);
        let inputs = inputs(name);
        assert!(!inputs.is_empty(), "{name} has no corpus: scripts/fuzz --minimise {name} makes one");
        for path in inputs {
            let input = fs::read(&path).expect("an input");
            let result = judge(&mut *target, &input, None, &mut Tally::default());
            assert_eq!(result, Ok(()), "{}", path.display());
        }
    }
}

#[test]
fn the_corpus_is_small() {
    let sizes = NAMES.iter().flat_map(|name| inputs(name)).map(|path| path.metadata().expect("a file").len());
    let all: u64 = sizes.sum();
    assert!(all <= MAX_SIZE, "{all} bytes are more than {MAX_SIZE}");
}
