//! Packs slides and checks the packs.

use super::Tiff;
use origami_ingest::source::{OpenOptions, Source, open};
use origami_ingest::{KeepSource, PackOptions, PackSlideError, PackedSlide, pack};
use origami_pack::{Entry, Identity, Pack, verify};
use origami_pyramid::{Pyramid, Size, TileId};
use origami_render::{Pools, Rebuilder, Uncached};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use tempfile::TempDir;

pub fn workers(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Options that do not measure quality.
pub fn options() -> PackOptions {
    PackOptions { workers: workers(2), measure: false, overwrite: true, ..PackOptions::default() }
}

/// Options with which packing fails unless the source's tiles are kept.
pub fn keeping_options() -> PackOptions {
    PackOptions { keep_source: KeepSource::Always, ..options() }
}

/// A slide and its pack.
pub struct Packed {
    /// The folder that the pack is in.
    pub folder: TempDir,
    pub source: Box<dyn Source>,
    pub outcome: PackedSlide,
    pub pack: Pack,
}

/// The numbers of full-resolution tiles that are not stored like most of the source's
/// tiles, according to the metadata of the pack.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OtherTiles {
    /// Served with the source's coefficients, but different bytes.
    pub coefficients: u64,
    /// Stored as complete JPEGs.
    pub verbatim: u64,
}

impl Packed {
    /// The tiles of full resolution.
    pub fn finest_tiles(&self) -> impl Iterator<Item = TileId> + use<> {
        self.pack.pyramid().tiles(self.pack.pyramid().max_level())
    }

    pub fn tile_size(&self, id: TileId) -> Size {
        self.pack.pyramid().tile_rect(id).unwrap().size()
    }

    /// The identity of a tile; `None` for a tile of one colour.
    pub fn identity(&self, id: TileId) -> Option<Identity> {
        match self.pack.entry(id).unwrap() {
            Entry::Blob { identity, .. } => Some(identity),
            Entry::Constant { .. } => None,
            other => panic!("{id} is {other:?}"),
        }
    }

    pub fn other_tiles(&self) -> OtherTiles {
        let level = self.outcome.metadata.levels.last().unwrap();
        OtherTiles { coefficients: level.coefficients, verbatim: level.verbatim }
    }
}

/// Packs the slide at `path`, in `folder`, and checks the pack.
pub fn pack_path(folder: TempDir, path: &Path, options: &PackOptions) -> Result<Packed, PackSlideError> {
    pack_opened(folder, path, &OpenOptions::default(), options)
}

/// The same with a slide that is opened in this way.
fn pack_opened(
    folder: TempDir,
    path: &Path,
    open_options: &OpenOptions,
    options: &PackOptions,
) -> Result<Packed, PackSlideError> {
    let source = open(path, open_options).unwrap_or_else(|error| panic!("{error}"));
    let to = folder.path().join("made.origami");
    let outcome = pack(&*source, None, &to, options, &|_| {})?;
    assert_sound(&to, "the pack");
    let pack = Pack::open(&to).unwrap();
    Ok(Packed { folder, source, outcome, pack })
}

/// Packs a TIFF and checks the pack.
pub fn pack_tiff(tiff: &Tiff, options: &PackOptions) -> Result<Packed, PackSlideError> {
    pack_tiff_opened(tiff, &OpenOptions::default(), options)
}

/// Packs a TIFF whose damaged tiles are painted with the background.
pub fn pack_damaged_tiff(tiff: &Tiff, options: &PackOptions) -> Result<Packed, PackSlideError> {
    pack_tiff_opened(tiff, &OpenOptions { tolerant: true, ..OpenOptions::default() }, options)
}

fn pack_tiff_opened(
    tiff: &Tiff,
    open_options: &OpenOptions,
    options: &PackOptions,
) -> Result<Packed, PackSlideError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.tif");
    fs::write(&path, tiff.bytes()).unwrap();
    pack_opened(folder, &path, open_options, options)
}

/// The bytes of the pack of a TIFF.
pub fn pack_bytes(tiff: &Tiff, options: &PackOptions) -> Vec<u8> {
    let packed = pack_tiff(tiff, options).unwrap();
    fs::read(packed.pack.path()).unwrap()
}

/// Fails unless the pack of a TIFF is the same on every run and with any number of
/// workers.
pub fn assert_same_with_any_workers(tiff: &Tiff, options: &PackOptions, what: &str) {
    let [first, repeated, with_three] =
        [1, 1, 3].map(|count| pack_bytes(tiff, &PackOptions { workers: workers(count), ..options.clone() }));
    assert!(first == repeated, "{what} repeated");
    assert!(first == with_three, "{what} with three workers");
}

/// Fails unless the pack is valid and all its tiles decode.
pub fn assert_sound(path: &Path, what: &str) {
    let pack = Pack::open(path).unwrap();
    let report = verify::verify(&pack, |_| {});
    assert!(report.problems.is_empty(), "{what}: {:?}", report.problems);
    let undecoded = origami_render::decode(&pack, |_| {});
    assert!(undecoded.is_empty(), "{what}: {undecoded:?}");
}

/// The tiles of all levels, coarse to fine.
pub fn all_tiles(pyramid: &Pyramid) -> impl Iterator<Item = TileId> + use<> {
    let pyramid = *pyramid;
    (0..pyramid.level_count()).flat_map(move |z| pyramid.tiles(z))
}

/// A tile as it is served.
pub fn served(pack: &Pack, id: TileId) -> Vec<u8> {
    Rebuilder::new(Pools::new(0)).unwrap().tile(pack, id, &Uncached).unwrap().to_vec()
}
