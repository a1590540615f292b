//! A short run of every target, always the same one.

use origami_fuzz::target::{Jpegs, ModelTarget, Packs, ScanTarget, TileTarget};
use origami_fuzz::{FuzzOptions, Limit, Tally, Target, run};

/// Runs a target and expects nothing to be found.
fn short(mut target: impl Target, executions: u64) -> Tally {
    let folder = tempfile::tempdir().expect("a folder");
    let limit = Limit::Executions(executions);
    let options = FuzzOptions { seed: 1, first: 0, limit, folder: folder.path().to_owned() };
    let (tally, failures) = run(&mut target, &options).expect("a folder for inputs");
    assert!(failures.is_empty(), "{failures:?}");
    tally
}

/// Fails unless executions got to all these stages.
fn expect(tally: &Tally, stages: &[&str]) {
    for stage in stages {
        assert!(tally.reached(stage) > 0, "{stage}: {tally}");
    }
}

#[test]
fn mutated_exact_tiles_are_tiles_or_errors() {
    let tally = short(TileTarget::new(), 4000);
    expect(&tally, &["all blocks were decoded", "another tile than the one that was mutated"]);
}

#[test]
fn mutated_models_are_models_or_errors() {
    let tally = short(ModelTarget::new(), 300);
    expect(&tally, &["which is another model", "all blocks were decoded"]);
}

#[test]
fn mutated_jpegs_are_read_as_the_library_reads_them_or_refused() {
    let tally = short(Jpegs::new(), 4000);
    expect(
        &tally,
        &["read: progressive", "read: with restart markers", "compared with the library", "scan read alone"],
    );
}

#[test]
fn mutated_headers_and_scans_are_read_as_the_library_reads_them_or_refused() {
    let tally = short(ScanTarget::new(), 4000);
    expect(&tally, &["compared with the library", "written and read again"]);
}

#[test]
fn mutated_packs_give_what_they_verify() {
    let tally = short(Packs::new(), 300);
    let stages = ["opened", "verified", "tiles failed, as verifying told", "tile: exact", "tile: luma"];
    expect(&tally, &stages);
}
