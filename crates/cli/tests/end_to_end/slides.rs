//! The slides tests are made of.

use crate::binary;
use origami_pack::{LevelSpec, Metadata, Mode, PackSpec, PackWriter, Unpublished};
use origami_pyramid::{Pyramid, Subsampling};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The small slide of most tests: 2220x2967 px, JPEG tiles of 240 px as RGB.
pub const SMALL: &str = "CMU-1-Small-Region.svs";

/// The large one: 70,779x22,023 px, JPEG tiles of 256 px in 4:2:0.
pub const BIG: &str = "pathologyatlas-BS9-HE1.tif";

/// A real slide; without the slides the test shows a skip, or fails in CI.
pub fn slide(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ORIGAMI_SLIDES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/slides"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
    eprintln!("SKIP: {} is missing", path.display());
    None
}

/// A pack, and the folder that goes with it.
type Kept = OnceLock<Option<(TempDir, PathBuf)>>;

fn made_once(kept: &'static Kept, name: &str) -> Option<&'static Path> {
    let make = || {
        let slide = slide(name)?;
        let folder = tempfile::tempdir().unwrap();
        let pack = binary::packed(&slide, folder.path(), &[]);
        Some((folder, pack))
    };
    kept.get_or_init(make).as_ref().map(|(_, pack)| pack.as_path())
}

/// The pack of [`SMALL`] with default options, made once for all tests.
pub fn small_pack() -> Option<&'static Path> {
    static PACK: Kept = Kept::new();
    made_once(&PACK, SMALL)
}

/// The pack of [`BIG`] with default options, made once for all tests.
pub fn big_pack() -> Option<&'static Path> {
    static PACK: Kept = Kept::new();
    made_once(&PACK, BIG)
}

/// A folder with a copy of [`small_pack`] under each of `ids`.
pub fn small_packs(ids: &[&str]) -> Option<TempDir> {
    let pack = small_pack()?;
    let folder = tempfile::tempdir().unwrap();
    for id in ids {
        std::fs::copy(pack, folder.path().join(format!("{id}.origami"))).unwrap();
    }
    Some(folder)
}

/// Writes a pack of blank tiles in many colours, whatever is there already.
pub fn blank_pack(path: &Path, pyramid: Pyramid, metadata: &Metadata) {
    let level = LevelSpec { mode: Mode::Stored, quality: 80, parent: None, header: None, table: None };
    let spec = PackSpec {
        pyramid,
        subsampling: Subsampling::S420,
        chroma_level: None,
        levels: vec![level; pyramid.level_count() as usize],
        tables: Vec::new(),
    };
    let mut writer = PackWriter::create(path, spec, true).unwrap();
    for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)) {
        writer.blank(id, [(id.x % 251) as u8, (id.y % 241) as u8, 128]);
    }
    writer.finish(metadata).and_then(Unpublished::publish).unwrap();
}
