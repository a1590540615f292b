//! The corpus of coverage-guided fuzzing, run without libFuzzer and without
//! instrumentation.

use origami_fuzz::target::{NAMES, named};
use origami_fuzz::{Tally, judge};
use std::fs;
use std::path::{Path, PathBuf};

/// Most bytes of all inputs together, so that the repository stays small.
const MOST: u64 = 256 << 10;

/// The inputs of a target that are kept, in order.
fn inputs(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    inputs.sort();
    inputs
}

/// One test for all targets: what an execution allocates is counted for the whole
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
    assert!(all <= MOST, "{all} bytes are more than {MOST}");
}
