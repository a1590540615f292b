//! Tiles rebuilt slowly, according to the text of `FORMAT.md` and with the oracle's
//! kernels.

use super::{RESIDUAL_QUALITY, encode};
use origami_codec::Decoder;
use origami_pack::{Entry, Mode, Pack};
use origami_pyramid::{Plane, Point, Subsampling, TileId, Ycc, oracle};

/// The samples that tile `id` of `pack` must have, according to the text of the format
/// and the slow kernels alone.
pub fn expected(pack: &Pack, id: TileId) -> Ycc<Vec<u8>> {
    let pyramid = pack.pyramid();
    let level = pack.level(id.z).unwrap();
    let rect = pyramid.tile_rect(id).unwrap();
    let (width, height) = (rect.width as usize, rect.height as usize);
    let mut tile = Ycc::zeros(width, height, level.subsampling);
    let entry = pack.entry(id).unwrap();
    let blob = pack.blob(entry).unwrap();
    if let Entry::Blank { colour } = entry {
        tile.fill(colour);
        return tile;
    }
    let mut decoder = Decoder::new().unwrap();
    if level.mode == Mode::Stored {
        decoder.decode_ycc(&blob.expect("stored tiles have bytes"), &mut tile).unwrap();
        return tile;
    }
    let doubled = oracle::double(&expected(pack, pack.parent(id).unwrap()).luma());
    copy(&doubled, pyramid.origin_under(id, 1), &mut tile.luma_mut());
    if let Some(scan) = blob {
        let residual = residual_of(&scan, width, height);
        let mut luma = tile.luma_mut();
        for y in 0..height {
            for (sample, &residual) in luma.row_mut(y).iter_mut().zip(residual.row(y)) {
                *sample = oracle::applied(*sample, residual);
            }
        }
    }
    let chroma_level = pack.chroma_level().unwrap();
    let (across, down) = level.subsampling.factors();
    let (_, to) = tile.planes_mut();
    for (channel, mut to) in to.into_iter().flatten().enumerate() {
        let mut doubled = whole_chroma(pack, chroma_level, channel);
        for _ in chroma_level..id.z {
            doubled = oracle::double(&doubled.view());
        }
        let corner = Point { x: rect.x / across as u32, y: rect.y / down as u32 };
        copy(&doubled, corner, &mut to);
    }
    tile
}

/// Cb (0) or Cr (1) of the whole level `z`, put together from its decoded tiles.
fn whole_chroma(pack: &Pack, z: u32, channel: usize) -> Plane<Vec<u8>> {
    let level = pack.level(z).unwrap();
    let (across, down) = level.subsampling.factors();
    let size = level.subsampling.chroma_size(level.size);
    let mut whole = Plane::zeros(size.width as usize, size.height as usize);
    for id in pack.pyramid().tiles(z) {
        let at = pack.pyramid().tile_rect(id).unwrap();
        let tile = expected(pack, id);
        let from = tile.chroma().unwrap()[channel];
        let corner = Point { x: at.x / across as u32, y: at.y / down as u32 };
        oracle::paste(&from, &mut whole, corner);
    }
    whole
}

/// The residual of a scan, with the header's bytes cut out of another JPEG by hand.
fn residual_of(scan: &[u8], width: usize, height: usize) -> Plane<Vec<u8>> {
    let mut gray = Ycc::zeros(width, height, Subsampling::Gray);
    let whole = encode(&mut gray, RESIDUAL_QUALITY);
    let start = whole.windows(2).position(|pair| pair == [0xff, 0xda]).expect("a scan");
    let header = start + 2 + usize::from(u16::from_be_bytes([whole[start + 2], whole[start + 3]]));
    let jpeg = [&whole[..header], scan, &[0xff, 0xd9]].concat();
    let mut plane = Plane::zeros(width, height);
    Decoder::new().unwrap().decode_luma(&jpeg, &mut plane).unwrap();
    plane
}

/// Fills `to` with the samples from `corner` of `from` on.
fn copy(from: &Plane<Vec<u8>>, corner: Point, to: &mut Plane<&mut [u8]>) {
    let (left, top) = (corner.x as usize, corner.y as usize);
    for y in 0..to.height() {
        let width = to.width();
        to.row_mut(y).copy_from_slice(&from.row(top + y)[left..left + width]);
    }
}

/// Fails unless the true samples of two tiles are equal; padding may differ.
pub fn assert_same(found: &Ycc<Vec<u8>>, expected: &Ycc<Vec<u8>>, id: TileId) {
    assert_eq!((found.width(), found.height()), (expected.width(), expected.height()), "size of {id}");
    assert!(found.luma().rows().eq(expected.luma().rows()), "luma of {id}");
    let chroma = found.chroma().into_iter().flatten().zip(expected.chroma().into_iter().flatten());
    for (found, expected) in chroma {
        assert!(found.rows().eq(expected.rows()), "chroma of {id}");
    }
}
