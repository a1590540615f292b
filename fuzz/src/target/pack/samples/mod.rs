//! Small valid packs of both predicted modes.

mod exact;
mod luma;

use crate::picture::View;
use exact::{ExactSample, ModelKind};
use luma::LumaSample;
use origami_codec::Colour;
use origami_pack::{Metadata, PackWriter, Unpublished};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use std::path::Path;

/// The size of most packs.
const SIZE: Size = Size::new(83, 51);
/// The width and height of their tiles.
const TILE_SIZE: u32 = 16;

/// The number of levels of [`SIZE`] above level 0.
const ALL_LEVELS: u32 = 7;

/// Exact packs of several samplings and luma packs, with two and more predicted
/// levels, written to a file in `folder`. The last one has the largest possible
/// tiles.
pub fn packs(folder: &Path) -> Vec<Vec<u8>> {
    let path = folder.join("sample.origami");
    let mut packs = Vec::new();
    for (subsampling, colour, models, exact_levels) in [
        (Subsampling::S420, Colour::Ycc, ModelKind::Trained, 2),
        (Subsampling::S444, Colour::Rgb, ModelKind::Trained, 2),
        (Subsampling::S422, Colour::Ycc, ModelKind::BuiltIn, 3),
        (Subsampling::Gray, Colour::Gray, ModelKind::BuiltIn, ALL_LEVELS),
    ] {
        let (size, tile_size) = (SIZE, TILE_SIZE);
        packs.push(ExactSample { size, tile_size, subsampling, colour, models, exact_levels }.write(&path));
    }
    for (subsampling, luma_levels) in [(Subsampling::S420, 2), (Subsampling::S444, 4)] {
        packs.push(LumaSample { subsampling, luma_levels }.write(&path));
    }
    let large = ExactSample {
        size: Size::new(1030, 50),
        tile_size: 1024,
        subsampling: Subsampling::S444,
        colour: Colour::Rgb,
        models: ModelKind::BuiltIn,
        exact_levels: 2,
    };
    packs.push(large.write(&path));
    packs
}

/// Publishes a pack as `path`. Returns its bytes.
fn publish(writer: PackWriter, path: &Path) -> Vec<u8> {
    let metadata = Metadata { software: "fuzz".into(), ..Metadata::default() };
    writer.finish(&metadata).and_then(Unpublished::publish).expect("a pack");
    std::fs::read(path).expect("a pack that was just written")
}

/// All tiles, parents first.
fn tiles(pyramid: &Pyramid) -> Vec<TileId> {
    pyramid.all_families().flat_map(|family| pyramid.family_tiles(family)).collect()
}

/// The part of the picture that a tile shows.
fn view(pyramid: &Pyramid, id: TileId) -> View {
    let rect = pyramid.tile_rect(id).expect("a tile");
    View { x: rect.x as usize, y: rect.y as usize, shift: pyramid.max_level() - id.z }
}
