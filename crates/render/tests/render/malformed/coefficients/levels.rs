//! Wrong records of levels.

use super::{COARSE, FINE, MIDDLE, ROOT, VALID, changed};
use crate::common::forge::put;
use crate::malformed::{MalformedPack, Stage::Open};

/// A pack with `value` at byte `at` of the record of level `z`.
fn level(name: &str, z: u32, at: usize, value: &[u8], kind: &'static str, text: &str) -> MalformedPack {
    let value = value.to_vec();
    changed(&VALID, name, Open, kind, text, move |parts| put(parts.level(z), at, &value))
}

pub fn packs() -> Vec<MalformedPack> {
    let (header, parent) = ("tile header of a level", "parent of a level");
    let (table, second) = ("table of a level", "second model of a level");
    vec![
        level("tile-header-missing-at-level-0", 0, 27, &[0], "unsupported", header),
        level("tile-header-missing-at-one-level", COARSE, 27, &[0], "unsupported", header),
        level("tile-header-missing-at-full-resolution", FINE, 27, &[0], "unsupported", header),
        level("tile-header-out-of-range", FINE, 27, &[9], "unsupported", "tile header of a level 0x9"),
        level("tile-header-number-255", FINE, 27, &[255], "unsupported", "tile header of a level 0xff"),
        level("tile-header-that-is-a-model", FINE, 27, &[3], "unsupported", header),
        level("luma-in-a-pack-of-coefficients", FINE, 24, &[1], "unsupported", "level mode 0x1"),
        changed(
            &VALID,
            "exact-at-level-0",
            Open,
            "unsupported",
            "mode of a level without a parent",
            |parts| {
                put(parts.level(0), 24, &[2]);
                put(parts.level(0), 28, &[2, 0]);
            },
        ),
        level("exact-level-without-a-parent", FINE, 26, &[255], "field", parent),
        level("exact-level-of-another-parent", FINE, 26, &[ROOT.z as u8], "field", parent),
        level("exact-level-that-is-its-own-parent", FINE, 26, &[FINE as u8], "field", parent),
        level("exact-level-whose-parent-is-finer", MIDDLE, 26, &[FINE as u8], "field", parent),
        level("exact-level-without-a-model", FINE, 28, &[0xff; 2], "unsupported", table),
        level("exact-level-with-a-header-for-a-model", FINE, 28, &[0; 2], "unsupported", table),
        level("exact-level-with-a-model-out-of-range", FINE, 28, &[5, 0], "unsupported", table),
        level("stored-coefficients-with-a-model", COARSE, 28, &[2, 0], "unsupported", table),
        level("second-model-that-is-the-first", FINE, 30, &[3, 0], "unsupported", second),
        level("second-model-that-is-a-header", FINE, 30, &[1, 0], "unsupported", second),
        level("second-model-out-of-range", FINE, 30, &[5, 0], "unsupported", second),
        level("second-model-number-65534", FINE, 30, &[0xfe, 0xff], "unsupported", second),
        level("second-model-of-a-level-of-stored-scans", COARSE, 30, &[4, 0], "unsupported", second),
        level("quality-101-of-coefficients", FINE, 25, &[101], "field", "quality of a level"),
        changed(&VALID, "subsampling-of-coefficients", Open, "unsupported", header, |parts| {
            parts.header[32] = 1;
        }),
    ]
}
