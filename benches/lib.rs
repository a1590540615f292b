//! What the benches share: packs and tiles of real slides, and baselines to compare
//! with.

pub mod crops;
pub mod floor;
pub mod machine;
pub mod sequential;
pub mod turns;

use origami_demo::Demo;
use origami_ingest::PackOptions;
use origami_ingest::source::{self, OpenOptions};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Rect, Size};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The small real slide, 2,220 x 2,967 px of stained skin; `None` if it is missing.
#[must_use]
pub fn small_slide() -> Option<PathBuf> {
    origami_fixtures::slide("CMU-1-Small-Region.svs")
}

/// A part of a slide with tissue.
#[derive(Clone, Debug)]
pub struct TissueRegion {
    /// Path of the slide.
    pub slide: PathBuf,
    /// 2,048 x 2,048 px of it.
    pub region: Rect,
}

/// Regions of the slides that exist.
#[must_use]
pub fn tissue_regions() -> Vec<TissueRegion> {
    let Some(small) = small_slide() else { return Vec::new() };
    let large = small.with_file_name("pathologyatlas-BS9-HE1.tif");
    let Size { width, height } = Size::square(2048);
    [
        TissueRegion { slide: small, region: Rect { x: 0, y: 512, width, height } },
        TissueRegion { slide: large, region: Rect { x: 62_464, y: 3_840, width, height } },
    ]
    .into_iter()
    .filter(|region| region.slide.exists())
    .collect()
}

/// A pack in a temporary folder, which is deleted when this is dropped.
#[derive(Debug)]
pub struct TemporaryPack {
    pack: Pack,
    folder: TempDir,
}

impl TemporaryPack {
    /// The folder that the pack is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Deref for TemporaryPack {
    type Target = Pack;

    fn deref(&self) -> &Pack {
        &self.pack
    }
}

/// A luma pack of [`small_slide`], or of the demo slide if that is missing.
///
/// # Panics
/// If it cannot be packed.
#[must_use]
pub fn pack() -> TemporaryPack {
    let folder = TempDir::new().expect("a temporary folder");
    let destination = folder.path().join("slide.origami");
    let options = PackOptions { mode: Mode::Luma, measure: false, ..PackOptions::default() };
    match small_slide() {
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
    TemporaryPack { pack: Pack::open(&destination).expect("the pack opens"), folder }
}

/// The finest stored level of `pack`.
///
/// # Panics
/// Never: level 0 is stored.
#[must_use]
pub fn finest_stored(pack: &Pack) -> u32 {
    (0..pack.pyramid().level_count())
        .rev()
        .find(|&z| pack.level(z).is_some_and(|level| !level.is_predicted()))
        .expect("level 0 is stored")
}
