//! Opening a malformed pack takes little memory.

use super::{MalformedPack, Stage::Open, packs, remove};
use crate::ALLOCATOR;
use crate::common::forge::TABLES;
use crate::common::{Plan, Via};
use origami_codec::exact::BuiltIn;
use std::path::Path;
use std::process::Command;

/// Bytes that opening a pack may allocate at a time besides as many as the file has:
/// what the metadata is decompressed with, and what the tables of a few tile headers and
/// a model are read into.
const READ_BUFFERS: usize = 512 << 10;

/// Set for a process that runs one test alone.
const ALONE: &str = "ORIGAMI_TEST_ALONE";

/// A table of a model that is short and has much content.
fn short_model() -> Vec<u8> {
    let mut model = BuiltIn::Ycc.model(3);
    for plane in &mut model.planes {
        plane.matrix = [[0; 4]; 8];
        plane.gains = [0; 64];
        plane.weights = [[0; 64]; 6];
        (plane.reference, plane.carry) = (None, [0; 64]);
        plane.distributions = vec![[256; 16], [1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]];
        plane.ac.fill(0);
        plane.dc.fill(0);
        plane.last_high.fill(0);
        plane.last_low.fill(1);
    }
    let model = model.to_bytes();
    assert!(model.len() < 1000, "{} bytes", model.len());
    [&3_u32.to_le_bytes()[..], &(model.len() as u32).to_le_bytes(), &model].concat()
}

/// A pack with the maximum number of tables, all but one of them short models.
fn pack_of_models() -> MalformedPack {
    MalformedPack::from_parts("64-models", Open, "", "", |parts| {
        let tables = parts.section(TABLES);
        let first = tables.split_off(4);
        *tables = 64_u32.to_le_bytes().to_vec();
        tables.extend(first);
        tables.extend(short_model().repeat(63));
    })
}

/// The maximum number of bytes that were allocated at a time while the pack at `path` was
/// opened.
fn allocated_while_opening(path: &Path, via: Via) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    drop(via.open(path));
    ALLOCATOR.peak_usage() - before
}

#[test]
fn opening_a_malformed_pack_allocates_no_more_than_its_length() {
    if std::env::var_os(ALONE).is_none() {
        let test = "malformed::memory::opening_a_malformed_pack_allocates_no_more_than_its_length";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&child.stdout);
        print!("{out}");
        assert!(child.status.success() && out.contains("1 passed"), "{child:?}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("malformed.origami");
    let valid = Plan::sample().bytes();
    let mut max = (0, String::new());
    for pack in packs().into_iter().chain([pack_of_models()]) {
        (pack.write)(&valid, &path);
        for via in [Via::Map, Via::Read] {
            let allocated = allocated_while_opening(&path, via);
            let len = std::fs::metadata(&path).unwrap().len() as usize;
            assert!(allocated <= len + READ_BUFFERS, "{}: {allocated} bytes for a file of {len}", pack.name);
            max = max.max((allocated.saturating_sub(len), pack.name.clone()));
        }
        remove(&path);
    }
    println!("at most {} bytes more than the file has, for {}", max.0, max.1);
}

#[test]
fn wrong_sizes_are_detected_in_little_memory() {
    // One thread and one arena, so that the memory that the limit leaves does not depend
    // on the machine. A reader that believes a claim of 4 GiB aborts.
    let child = Command::new("sh")
        .args(["-c", "ulimit -v 1000000; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "malformed::every_malformed_pack_is_detected_at_its_stage"])
        .args(["--test-threads", "1"])
        .envs([("RAYON_NUM_THREADS", "1"), ("MALLOC_ARENA_MAX", "1")])
        .env_remove("ORIGAMI_MALFORMED")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && out.contains("1 passed"), "{out}");
}
