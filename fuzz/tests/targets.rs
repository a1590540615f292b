//! A short run of every target, with the same seed each time.

use origami_fuzz::target::{IndexTarget, JpegTarget, ModelTarget, PackTarget, ScanTarget, TileTarget};
use origami_fuzz::{FuzzOptions, Limit, RunResult, Tally, Target, run};

/// Runs a target and fails if an execution fails.
fn run_briefly(mut target: impl Target, executions: u64) -> Tally {
    let folder = tempfile::tempdir().expect("a folder");
    let limit = Limit::Executions(executions);
    let options = FuzzOptions { seed: 1, first: 0, limit, folder: folder.path().to_owned() };
    let RunResult { tally, failures } = run(&mut target, &options).expect("a folder for inputs");
    assert!(failures.is_empty(), "{failures:?}");
    tally
}

/// Fails unless executions reached all these stages.
fn assert_reached(tally: &Tally, stages: &[&str]) {
    for stage in stages {
        assert!(tally.reached(stage) > 0, "{stage}: {tally}");
    }
}

#[test]
fn mutated_exact_tiles_are_tiles_or_errors() {
    let tally = run_briefly(TileTarget::new(), 4000);
    assert_reached(&tally, &["all blocks were decoded", "another tile than the one that was mutated"]);
}

#[test]
fn mutated_models_are_models_or_errors() {
    let tally = run_briefly(ModelTarget::new(), 300);
    assert_reached(&tally, &["which is another model", "all blocks were decoded"]);
}

#[test]
fn mutated_jpegs_are_read_as_the_library_reads_them_or_refused() {
    let tally = run_briefly(JpegTarget::new(), 4000);
    assert_reached(
        &tally,
        &[
            "read: progressive",
            "read: with restart markers",
            "compared with the library",
            "scan read alone",
            "optimised and read again",
        ],
    );
}

#[test]
fn mutated_headers_and_scans_are_read_as_the_library_reads_them_or_refused() {
    let tally = run_briefly(ScanTarget::new(), 4000);
    assert_reached(&tally, &["compared with the library", "written and read again"]);
}

#[test]
fn mutated_index_blocks_are_read_as_another_reader_reads_them_or_refused() {
    let tally = run_briefly(IndexTarget::new(), 3000);
    assert_reached(&tally, &["an entry", "an entry that its level cannot have", "a malformed block"]);
}

#[test]
fn tiles_of_mutated_packs_are_rebuilt_if_the_pack_is_verified() {
    let tally = run_briefly(PackTarget::new(), 300);
    let stages = ["opened", "verified", "tiles failed, as verifying told", "tile: exact", "tile: luma"];
    assert_reached(&tally, &stages);
}
