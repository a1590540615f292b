//! The slides and packs that tests start from.

use crate::binary;
pub use origami_fixtures::{skip, slide};

use origami_pack::{Entry, Metadata, Pack, PackSpec, PackWriter, Unpublished};
use origami_pyramid::{Pyramid, Subsampling, TileId};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The small slide of most tests: 2220x2967 px, JPEG tiles of 240 px as RGB.
pub const SMALL: &str = "CMU-1-Small-Region.svs";

/// The large one: 70,779x22,023 px, JPEG tiles of 256 px in 4:2:0.
pub const BIG: &str = "pathologyatlas-BS9-HE1.tif";

/// A pack that is made when it is first needed.
struct SharedPack {
    slide: &'static str,
    made: OnceLock<Option<MadePack>>,
}

/// A pack and the temporary folder that holds it.
struct MadePack {
    _folder: TempDir,
    path: PathBuf,
}

impl SharedPack {
    const fn of(slide: &'static str) -> Self {
        Self { slide, made: OnceLock::new() }
    }

    /// The pack of the slide with default options; `None` without the slide.
    fn path(&self) -> Option<&Path> {
        let made = self.made.get_or_init(|| {
            let slide = slide(self.slide)?;
            let folder = tempfile::tempdir().unwrap();
            let path = binary::packed(&slide, folder.path(), &[]);
            Some(MadePack { _folder: folder, path })
        });
        made.as_ref().map(|pack| pack.path.as_path())
    }
}

/// The pack of [`SMALL`] with default options, made once for all tests.
pub fn small_pack() -> Option<&'static Path> {
    static PACK: SharedPack = SharedPack::of(SMALL);
    PACK.path()
}

/// The pack of [`BIG`] with default options, made once for all tests.
pub fn big_pack() -> Option<&'static Path> {
    static PACK: SharedPack = SharedPack::of(BIG);
    PACK.path()
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

/// A copy of [`small_pack`] with a flipped bit in the blob of tile 12/3/4.
pub struct DamagedPack {
    _folder: TempDir,
    pub path: PathBuf,
    /// Where the blob begins in the file.
    pub offset: u64,
}

impl DamagedPack {
    pub fn new() -> Option<Self> {
        let folder = small_packs(&["a"])?;
        let path = folder.path().join("a.origami");
        let id = TileId { z: 12, x: 3, y: 4 };
        let entry = Pack::open(&path).unwrap().entry(id).unwrap();
        let Entry::Blob { offset, .. } = entry else { panic!("tile {id} has no blob") };
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[offset as usize + 7] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        Some(Self { _folder: folder, path, offset })
    }
}

/// Writes a pack of blank tiles in many colours, over whatever is there already.
pub fn blank_pack(path: &Path, pyramid: Pyramid, metadata: &Metadata) {
    let spec = PackSpec::stored(pyramid, Subsampling::S420, 80);
    let mut writer = PackWriter::create(path, spec, true).unwrap();
    for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)) {
        writer.blank(id, [(id.x % 251) as u8, (id.y % 241) as u8, 128]);
    }
    writer.finish(metadata).and_then(Unpublished::publish).unwrap();
}
