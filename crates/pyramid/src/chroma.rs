//! Chroma of predicted levels, upsampled from the level that stores it.
//!
//! The chroma planes of a level are those of the whole chroma level doubled once
//! for each level between, rounded to 8 bits after each step; only the edge of the
//! *level* repeats. Near its own edge a family therefore needs samples of
//! neighbouring tiles. Chroma has no residual to correct what a prediction from one
//! tile alone gets wrong there, and stained tissue shows the error as a line.

use crate::{Plane, Point, Pyramid, Rect, Samples, SamplesMut, Size, Subsampling, TileId, Ycc, upsample};
use std::ops::Range;

/// How many samples of the chroma level beyond those that a region covers affect
/// the region, after any number of doublings: each takes two of its own source,
/// `2 + 2/2 + 2/4 + ...` < 4.
const REACH: u32 = 4;

/// Extra columns and rows around the window between two doublings, enough for
/// the taps of the second.
const MARGIN: usize = 4;

/// The window of a level's chroma planes that a region of a finer level is made
/// from.
///
/// # Examples
/// ```
/// use origami_pyramid::chroma::{ChromaScratch, ChromaSource};
/// use origami_pyramid::{Pyramid, Size, Subsampling, TileId, Ycc};
/// let pyramid = Pyramid::new(Size::square(64), 32).unwrap();
/// let mut stored = Ycc::zeros(32, 32, Subsampling::S420);
/// stored.fill([0, 90, 160]);
///
/// let region = pyramid.tile_rect(TileId { z: 6, x: 1, y: 0 }).unwrap();
/// let mut source = ChromaSource::default();
/// source.prepare(&pyramid, 5, region, 6, Subsampling::S420);
/// for id in source.tiles(&pyramid) {
///     source.place(&pyramid, id, &stored);
/// }
///
/// let mut tile = Ycc::zeros(32, 32, Subsampling::S420);
/// source.upsample(region, 6, &mut ChromaScratch::default(), &mut tile);
/// let [cb, cr] = tile.chroma().unwrap();
/// assert_eq!([cb.uniform(), cr.uniform()], [Some(90), Some(160)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ChromaSource {
    subsampling: Subsampling,
    /// The chroma level.
    level: u32,
    /// The window, in chroma samples of the level.
    window: Rect,
    /// Cb and Cr, `window.width` x `window.height` samples each.
    planes: [Vec<u8>; 2],
}

/// Planes between doublings, which grow as needed.
#[derive(Clone, Debug, Default)]
pub struct ChromaScratch(Vec<Vec<u8>>);

impl ChromaSource {
    /// Selects the window of the chroma of level `from` that `region`, in pixels of
    /// level `z`, is made from. Storage is reused; the samples are unspecified until
    /// every tile of [`Self::tiles`] is placed.
    ///
    /// # Panics
    /// If the pyramid has no such levels, or `from` is not coarser than `z`. May also
    /// panic if `region` is not inside level `z`.
    pub fn prepare(&mut self, pyramid: &Pyramid, from: u32, region: Rect, z: u32, subsampling: Subsampling) {
        assert!(from < z, "chroma comes from a coarser level");
        let level = pyramid.level_size(from).expect("a level of the pyramid");
        let plane = subsampling.chroma_size(level);
        let (across, down) = subsampling.factors();
        let doublings = z - from;
        let columns = source_samples(&region.columns(), (across as u64) << doublings, plane.width);
        let rows = source_samples(&region.rows(), (down as u64) << doublings, plane.height);
        self.subsampling = subsampling;
        self.level = from;
        self.window = Rect::spanning(&columns, &rows);
        let len = (self.window.width * self.window.height) as usize;
        for plane in &mut self.planes {
            plane.resize(len, 0);
        }
    }

    /// The tiles that hold samples of the window; none for gray.
    pub fn tiles(&self, pyramid: &Pyramid) -> impl Iterator<Item = TileId> + use<> {
        let tile = self.tile_size(pyramid);
        let Rect { x, y, width, height } = self.window;
        let z = self.level;
        let columns = x / tile.width..(x + width).div_ceil(tile.width);
        let rows = match self.subsampling {
            Subsampling::Gray => 0..0,
            _ => y / tile.height..(y + height).div_ceil(tile.height),
        };
        rows.flat_map(move |y| columns.clone().map(move |x| TileId { z, x, y }))
    }

    /// Size of a whole tile in chroma samples.
    fn tile_size(&self, pyramid: &Pyramid) -> Size {
        self.subsampling.chroma_size(Size::square(pyramid.tile_size()))
    }

    /// Copies the samples of the window that are in the decoded tile `id`.
    ///
    /// # Panics
    /// If the tile has another subsampling, or is none of [`Self::tiles`].
    pub fn place(&mut self, pyramid: &Pyramid, id: TileId, tile: &Ycc<impl Samples>) {
        assert_eq!(tile.subsampling(), self.subsampling, "levels are sampled alike");
        let Some(planes) = tile.chroma() else { return };
        let whole = self.tile_size(pyramid);
        let (left, top) = (id.x * whole.width, id.y * whole.height);
        let window = self.window;
        for (from, to) in planes.into_iter().zip(&mut self.planes) {
            let columns = left.max(window.x)..(left + from.width() as u32).min(window.x + window.width);
            let rows = top.max(window.y)..(top + from.height() as u32).min(window.y + window.height);
            for y in rows {
                let row = &from.row((y - top) as usize)[(columns.start - left) as usize..][..columns.len()];
                let start = (y - window.y) * window.width + columns.start - window.x;
                to[start as usize..][..row.len()].copy_from_slice(row);
            }
        }
    }

    /// Fills the chroma planes of `tile`, which covers `region` of level `z`, from
    /// the placed samples.
    ///
    /// # Panics
    /// If `region` is not inside the one this was prepared for, or does not start
    /// at the corner of a tile.
    pub fn upsample<B: SamplesMut>(
        &self,
        region: Rect,
        z: u32,
        scratch: &mut ChromaScratch,
        tile: &mut Ycc<B>,
    ) {
        assert_eq!(tile.subsampling(), self.subsampling, "levels are sampled alike");
        let (across, down) = self.subsampling.factors();
        let (width, height) = (self.window.width as usize, self.window.height as usize);
        let doublings = z - self.level;
        let origin = Point::new(
            region.x / across as u32 - (self.window.x << doublings),
            region.y / down as u32 - (self.window.y << doublings),
        );
        scratch.0.resize(scratch.0.len().max(doublings as usize - 1), Vec::new());
        let (_, chroma) = tile.planes_mut();
        for (from, mut to) in self.planes.iter().zip(chroma.into_iter().flatten()) {
            let from = Plane::new(&from[..], width, height, width);
            double_repeatedly(&from, doublings, origin, &mut scratch.0, &mut to);
        }
    }

    /// Fills the chroma planes of tiles of several levels from the placed
    /// samples, all levels at the same time, and the tiles of each in parallel,
    /// on the current rayon pool. Without the feature `parallel` one after the
    /// other; the samples are the same.
    ///
    /// # Panics
    /// If a tile is not inside the region this was prepared for.
    pub fn upsample_levels<B>(&self, pyramid: &Pyramid, levels: &mut [Vec<(TileId, Ycc<B>)>])
    where
        B: SamplesMut + Send,
    {
        #[cfg(feature = "parallel")]
        {
            use rayon::prelude::*;
            levels.par_iter_mut().for_each(|tiles| {
                tiles.par_iter_mut().for_each_init(ChromaScratch::default, |scratch, (id, tile)| {
                    self.upsample_tile(pyramid, *id, scratch, tile);
                });
            });
        }
        #[cfg(not(feature = "parallel"))]
        for tiles in levels {
            let mut scratch = ChromaScratch::default();
            for (id, tile) in tiles {
                self.upsample_tile(pyramid, *id, &mut scratch, tile);
            }
        }
    }

    /// Fills the chroma planes of tile `id`, if the pyramid has such a tile.
    fn upsample_tile<B: SamplesMut>(
        &self,
        pyramid: &Pyramid,
        id: TileId,
        scratch: &mut ChromaScratch,
        tile: &mut Ycc<B>,
    ) {
        if let Some(region) = pyramid.tile_rect(id) {
            self.upsample(region, id.z, scratch, tile);
        }
    }
}

/// The samples, along one axis of a chroma plane of `length` samples, that `pixels`
/// of a finer level are made from. `scale` is the number of these pixels per sample.
fn source_samples(pixels: &Range<u32>, scale: u64, length: u32) -> Range<u32> {
    let start = ((u64::from(pixels.start) / scale) as u32).saturating_sub(REACH);
    let end = (u64::from(pixels.end).div_ceil(scale) as u32 + REACH).min(length);
    start..end
}

/// Doubles the window at `origin` of `source` doubled `times` times, each step
/// rounded to 8 bits. The steps between are made for this window only, in the
/// first `times - 1` planes of `scratch`.
///
/// # Panics
/// If the column of `origin` is odd, the window leaves the plane doubled `times`
/// times, or `scratch` has fewer planes.
fn double_repeatedly(
    source: &Plane<impl Samples>,
    times: u32,
    origin: Point,
    scratch: &mut [Vec<u8>],
    out: &mut Plane<impl SamplesMut>,
) {
    if times <= 1 {
        return upsample::double(source, origin, out);
    }
    let coarser = times - 1;
    let (x, y) = (origin.x as usize, origin.y as usize);
    // A doubled window begins at an even column.
    let left = (x / 2).saturating_sub(MARGIN) & !1;
    let top = (y / 2).saturating_sub(MARGIN);
    let right = ((x + out.width()).div_ceil(2) + MARGIN).min(source.width() << coarser);
    let bottom = ((y + out.height()).div_ceil(2) + MARGIN).min(source.height() << coarser);
    let (width, height) = (right - left, bottom - top);
    let (samples, scratch) = scratch.split_first_mut().expect("a plane for every step but the last");
    samples.resize(samples.len().max(width * height), 0);
    let mut between = Plane::new(&mut samples[..width * height], width, height, width);
    double_repeatedly(source, coarser, Point::new(left as u32, top as u32), scratch, &mut between);
    upsample::double(&between, Point::new((x - 2 * left) as u32, (y - 2 * top) as u32), out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn doubling_a_window_repeatedly_is_doubling_the_plane_repeatedly(
            (width, height) in (1usize..24, 1usize..16), times in 1u32..6, at: [u16; 4], noise in prop::collection::vec(any::<u8>(), 24 * 16),
        ) {
            let source = Plane::new(&noise[..], width, height, width);
            let mut whole = oracle::double(&source);
            for _ in 1..times {
                whole = oracle::double(&whole.view());
            }
            let at = at.map(usize::from);
            let left = (at[0] % (width << times)) & !1;
            let top = at[1] % (height << times);
            let (w, h) = (1 + at[2] % ((width << times) - left), 1 + at[3] % ((height << times) - top));
            let mut out = Plane::zeros(w, h);
            let mut scratch = vec![Vec::new(); times as usize - 1];
            let origin = Point::new(left as u32, top as u32);
            double_repeatedly(&source, times, origin, &mut scratch, &mut out);
            for y in 0..h {
                prop_assert_eq!(out.row(y), &whole.row(top + y)[left..left + w]);
            }
        }
    }
}
