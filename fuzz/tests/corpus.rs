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

/// What inputs of a target have to reach, all together. A corpus that was made for other
/// fixtures or another format is refused at the first checks, and reaches none of it.
fn late_stages(name: &str) -> &'static [&'static str] {
    match name {
        "tile" => {
            &["a good end", "another tile than the one that was mutated", "served as a scan and read again"]
        }
        "model" => &["a tile came back with it", "which is another model"],
        "jpeg" => &["read: progressive", "compared with the library", "optimised and read again"],
        "scan" => &["compared with the library", "written and read again"],
        "index" => &["an entry", "a malformed block"],
        "pack" => &["verified", "tile: exact", "tile: luma", "tile: constant"],
        _ => panic!("{name} has no stages"),
    }
}

/// One test for all targets, because allocated memory is counted for the whole
/// process.
#[test]
fn no_input_of_the_corpus_fails_and_together_they_reach_late_stages() {
    for name in NAMES {
        let mut target = named(name).expect("a target");
        assert_eq!(target.name(), name);
        let inputs = inputs(name);
        assert!(!inputs.is_empty(), "{name} has no corpus: scripts/fuzz --minimise {name} makes one");
        let mut tally = Tally::default();
        for path in inputs {
            let input = fs::read(&path).expect("an input");
            let result = judge(&mut *target, &input, None, &mut tally);
            assert_eq!(result, Ok(()), "{}", path.display());
        }
        for stage in late_stages(name) {
            let hint = "the corpus is out of date: scripts/fuzz --minimise makes a new one";
            assert!(tally.reached(stage) > 0, "{name} does not reach `{stage}`; {hint}\n{tally}");
        }
    }
}

#[test]
fn the_corpus_is_small() {
    let sizes = NAMES.iter().flat_map(|name| inputs(name)).map(|path| path.metadata().expect("a file").len());
    let all: u64 = sizes.sum();
    assert!(all <= MAX_SIZE, "{all} bytes are more than {MAX_SIZE}");
}
