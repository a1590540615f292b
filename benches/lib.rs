//! What the benches measure on, and with: a pack of a real slide, the tiles of
//! [`crops`], and what ours is compared with.

pub mod crops;
pub mod floor;
pub mod sequential;
pub mod turns;

use origami_demo::Demo;
use origami_ingest::PackOptions;
use origami_ingest::source::{self, OpenOptions};
use origami_pack::{Mode, Pack};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A real slide of the test set, by its path in it, where it is there.
///
/// # Panics
/// If it is missing and `CI` is set.
#[must_use]
pub fn slide_named(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ORIGAMI_SLIDES").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/slides"));
    let slide = folder.join(name);
    let found = slide.exists();
    assert!(found || std::env::var_os("CI").is_none(), "{} is missing", slide.display());
    found.then_some(slide)
}

/// The small real slide, 2,220 x 2,967 px of stained skin, where it is there.
#[must_use]
pub fn slide() -> Option<PathBuf> {
    slide_named("CMU-1-Small-Region.svs")
}

/// Slides with tissue in the 2,048 x 2,048 px from the place beside them, those
/// that are there.
#[must_use]
pub fn slides() -> Vec<(PathBuf, (u32, u32))> {
    let Some(small) = slide() else { return Vec::new() };
    let large = small.with_file_name("pathologyatlas-BS9-HE1.tif");
    [(small, (0, 512)), (large, (62_464, 3_840))].into_iter().filter(|(path, _)| path.exists()).collect()
}

/// A luma pack of [`slide`], or of the demo slide where there is none. The
/// folder it lies in goes when the second value is dropped.
///
/// # Panics
/// If it cannot be packed.
#[must_use]
pub fn pack() -> (Pack, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let destination = folder.path().join("slide.origami");
    let options = PackOptions { mode: Mode::Luma, measure: false, ..PackOptions::default() };
    match slide() {
        Some(slide) => {
            let source = source::open(&slide, &OpenOptions::default()).expect("the slide opens");
            origami_ingest::pack(&*source, Some(&slide), &destination, &options, &|_| ())
        }
        None => {
            eprintln!("SKIP: no real slide; measuring on the demo slide");
            origami_ingest::pack(&Demo::default(), None, &destination, &options, &|_| ())
        }
    }
    .expect("the slide packs");
    (Pack::open(&destination).expect("the pack opens"), folder)
}

/// The finest level of `pack` that is stored.
///
/// # Panics
/// Never: level 0 is.
#[must_use]
pub fn finest_stored(pack: &Pack) -> u32 {
    let stored = |z: &u32| pack.level(*z).is_some_and(|level| !level.is_predicted());
    (0..pack.pyramid().level_count()).rev().find(stored).expect("level 0")
}
