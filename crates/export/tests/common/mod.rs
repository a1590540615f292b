//! Small packs of generated JPEGs, and functions to export and read them.

#![allow(dead_code, reason = "every test binary uses another part")]

use origami_codec::{Block, Coefficients, Colour, Frame, Quantisation, TileHeader};
use origami_export::{ExportError, ExportFormat, ExportOptions};
use origami_pack::{Metadata, Pack, PackSpec, PackWriter, SourceFile, Unpublished};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// A pack all of whose levels are stored.
#[derive(Clone, Copy)]
pub struct Plan {
    pub size: Size,
    pub tile: u32,
    pub colour: Colour,
    pub subsampling: Subsampling,
}

pub const STEPS: Quantisation = [[3; 64], [5; 64], [5; 64]];

impl Plan {
    pub fn new(width: u32, height: u32) -> Self {
        Self { size: Size::new(width, height), tile: 32, colour: Colour::Ycc, subsampling: Subsampling::S420 }
    }

    pub fn pyramid(&self) -> Pyramid {
        Pyramid::new(self.size, self.tile).expect("a plan's size is valid")
    }

    pub fn is_blank(&self, id: TileId) -> bool {
        (id.x + 2 * id.y + id.z) % 5 == 4 && self.colour == Colour::Ycc
    }

    /// The JPEG of a tile: blocks that all differ, including those beyond the picture.
    pub fn jpeg(&self, id: TileId) -> Vec<u8> {
        let steps = if self.colour == Colour::Rgb { [STEPS[0]; 3] } else { STEPS };
        let header = TileHeader::new(&steps, self.subsampling, self.colour).expect("a header");
        let rect = self.pyramid().tile_rect(id).expect("a tile of the plan");
        let mut tile = Coefficients::zeros(header.frame(rect.width as usize, rect.height as usize).unwrap());
        let seed = 31 * id.x + 17 * id.y + 7 * id.z;
        for (block, n) in tile.blocks_mut().iter_mut().zip(i16::try_from(seed % 97).unwrap()..) {
            block.0[0] = n % 61 - 30;
            block.0[1 + n.unsigned_abs() as usize % 63] = n % 7 - 3;
        }
        let mut out = vec![0; header.jpeg_bound(tile.frame())];
        let len = header.write(&tile, &mut out).expect("a JPEG");
        out.truncate(len);
        out
    }

    /// Writes the pack with the JPEGs of [`Self::jpeg`] after `change`.
    pub fn write_with(&self, path: &Path, change: impl Fn(TileId, Vec<u8>) -> Vec<u8>) -> Pack {
        self.write_of("été.svs", path, change)
    }

    /// As [`Self::write_with`], made of a file of this name.
    pub fn write_of(&self, name: &str, path: &Path, change: impl Fn(TileId, Vec<u8>) -> Vec<u8>) -> Pack {
        let pyramid = self.pyramid();
        let spec = PackSpec::stored(pyramid, self.subsampling, 80);
        let mut writer = PackWriter::create(path, spec, true).expect("a folder to write to");
        for id in tiles(&pyramid) {
            if self.is_blank(id) {
                writer.blank(id, [200, 120, 130]);
            } else {
                writer.blob(id, &change(id, self.jpeg(id))).expect("room for a blob");
            }
        }
        let source = SourceFile { name: name.into(), ..SourceFile::default() };
        let metadata =
            Metadata { source, mpp: Some([0.25, 0.5]), objective: Some(40.0), ..Metadata::default() };
        Pack::open(&writer.finish(&metadata).and_then(Unpublished::publish).expect("a pack")).unwrap()
    }

    /// Writes the pack with the JPEGs of [`Self::jpeg`].
    pub fn write(&self, path: &Path) -> Pack {
        self.write_with(path, |_, jpeg| jpeg)
    }
}

/// All tiles, coarse to fine.
pub fn tiles(pyramid: &Pyramid) -> impl Iterator<Item = TileId> + use<> {
    let pyramid = *pyramid;
    (0..pyramid.level_count()).flat_map(move |z| pyramid.tiles(z))
}

/// The JPEGs that the server would answer.
pub fn served(pack: &Pack) -> BTreeMap<TileId, Vec<u8>> {
    let mut rebuilder = origami_render::Rebuilder::new(origami_render::Pools::new(0)).unwrap();
    tiles(pack.pyramid())
        .map(|id| (id, rebuilder.tile(pack, id, &origami_render::Uncached).unwrap().to_vec()))
        .collect()
}

/// Exports, and checks that the progress adds up to all tiles.
pub fn export(pack: &Pack, destination: &Path, overwrite: bool) -> Result<u64, ExportError> {
    let format = ExportFormat::from_path(destination)?;
    let progress = AtomicU64::new(0);
    let options = ExportOptions { overwrite, interrupted: &AtomicBool::new(false) };
    let bytes = origami_export::export(pack, format, destination, options, &|tiles| {
        progress.fetch_add(tiles, Relaxed);
    })?;
    assert_eq!(progress.into_inner(), format.tile_count(pack.pyramid()));
    Ok(bytes)
}

/// Names of everything in `folder`, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        names.push(entry.unwrap().file_name().into_string().unwrap());
    }
    names.sort();
    names
}

/// All files below `folder` with their contents, by their path in it.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for path in fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The blocks of every plane, row by row.
pub fn planes(tile: &Coefficients) -> Vec<Vec<Vec<Block>>> {
    let mut planes = Vec::new();
    for plane in 0..tile.frame().planes() {
        let (columns, _) = tile.frame().blocks(plane);
        planes.push(tile.plane(plane).chunks(columns).map(<[Block]>::to_vec).collect());
    }
    planes
}

/// The coefficients of a JPEG.
pub fn coefficients(jpeg: &[u8]) -> Coefficients {
    let mut tile = Coefficients::zeros(Frame::new(1, 1, Subsampling::Gray, Colour::Gray).unwrap());
    origami_codec::read_coefficients(jpeg, 1 << 20, &mut tile).expect("a JPEG");
    tile
}
