//! Chroma of predicted levels, carried up from the level that has it.
//!
//! The chroma planes of a level are those of the whole chroma level doubled once
//! for each level between, 8 bits after each step; only the edge of the *level*
//! repeats. Near its own edge a family therefore takes samples of its neighbours'
//! tiles. Chroma has no residual to mend what a prediction from one tile alone
//! gets wrong there, and stained tissue shows it as a line.

use crate::{Plane, Pyramid, Rect, Samples, SamplesMut, Size, Subsampling, TileId, Ycc, upsample};

/// Samples of the chroma level that any number of doublings reaches beyond those
/// it stands for: each takes two of its own source, `2 + 2/2 + 2/4 + ...` < 4.
const REACH: u32 = 4;

/// Columns and rows kept around the window between two doublings, enough for
/// the taps of the second.
const APRON: usize = 4;

/// The part of a level's chroma planes that a region of a finer level is made
/// from.
#[derive(Clone, Debug, Default)]
pub struct ChromaSource {
    subsampling: Subsampling,
    /// The level.
    z: u32,
    /// The part, in chroma samples of the level.
    at: Rect,
    /// Cb and Cr, `at.width` x `at.height` samples each.
    planes: [Vec<u8>; 2],
}

/// Planes between doublings, which grow as needed.
#[derive(Clone, Debug, Default)]
pub struct Between(Vec<Vec<u8>>);

impl ChromaSource {
    /// Aims at what `region`, in pixels of level `z`, needs of the chroma of
    /// level `from`. Storage is reused; the samples are unspecified until every
    /// tile of [`Self::tiles`] is placed.
    ///
    /// # Panics
    /// If the pyramid has no such levels, or `from` is not coarser than `z`.
    pub fn aim(&mut self, pyramid: &Pyramid, from: u32, region: Rect, z: u32, subsampling: Subsampling) {
        assert!(from < z, "chroma comes from a coarser level");
        let level = pyramid.level_size(from).expect("a level of the pyramid");
        let (across, down) = subsampling.factors();
        let span = |start: u32, length: u32, factor: usize, level: u32| {
            let scale = (factor as u64) << (z - from);
            let (start, end) = (u64::from(start), u64::from(start) + u64::from(length));
            let begin = ((start / scale) as u32).saturating_sub(REACH);
            let end = (end.div_ceil(scale) as u32 + REACH).min(level.div_ceil(factor as u32));
            (begin, end - begin)
        };
        let (x, width) = span(region.x, region.width, across, level.width);
        let (y, height) = span(region.y, region.height, down, level.height);
        self.subsampling = subsampling;
        self.z = from;
        self.at = Rect { x, y, width, height };
        for plane in &mut self.planes {
            plane.resize((width * height) as usize, 0);
        }
    }

    /// The tiles that hold samples of the part; none for gray.
    pub fn tiles(&self, pyramid: &Pyramid) -> impl Iterator<Item = TileId> + use<> {
        let tile = self.tile_size(pyramid);
        let Rect { x, y, width, height } = self.at;
        let z = Some(self.z).filter(|_| self.subsampling != Subsampling::Gray);
        let columns = x / tile.width..(x + width).div_ceil(tile.width);
        let rows = y / tile.height..(y + height).div_ceil(tile.height);
        z.into_iter().flat_map(move |z| {
            let columns = columns.clone();
            rows.clone().flat_map(move |y| columns.clone().map(move |x| TileId { z, x, y }))
        })
    }

    /// Size of a whole tile in chroma samples.
    fn tile_size(&self, pyramid: &Pyramid) -> Size {
        let (across, down) = self.subsampling.factors();
        Size::new(pyramid.tile_size() / across as u32, pyramid.tile_size() / down as u32)
    }

    /// Copies what the part needs of the decoded tile `id`.
    ///
    /// # Panics
    /// If the tile has another subsampling, or is none of [`Self::tiles`].
    pub fn place(&mut self, pyramid: &Pyramid, id: TileId, tile: &Ycc<impl Samples>) {
        assert_eq!(tile.subsampling(), self.subsampling, "levels are sampled alike");
        let size = self.tile_size(pyramid);
        let (left, top) = (id.x * size.width, id.y * size.height);
        let Some(from) = tile.chroma() else { return };
        for (from, to) in from.into_iter().zip(&mut self.planes) {
            let columns = left.max(self.at.x)..(left + from.width() as u32).min(self.at.x + self.at.width);
            let rows = top.max(self.at.y)..(top + from.height() as u32).min(self.at.y + self.at.height);
            for y in rows {
                let row = &from.row((y - top) as usize)[(columns.start - left) as usize..][..columns.len()];
                let start = (y - self.at.y) * self.at.width + columns.start - self.at.x;
                to[start as usize..][..row.len()].copy_from_slice(row);
            }
        }
    }

    /// Fills the chroma planes of `tile`, which covers `region` of level `z`, from
    /// the placed samples.
    ///
    /// # Panics
    /// If `region` is not inside the one this was aimed at, or does not start
    /// at a tile.
    pub fn carry<B: SamplesMut>(&self, region: Rect, z: u32, between: &mut Between, tile: &mut Ycc<B>) {
        assert_eq!(tile.subsampling(), self.subsampling, "levels are sampled alike");
        let (across, down) = self.subsampling.factors();
        let (width, height) = (self.at.width as usize, self.at.height as usize);
        let doublings = z - self.z;
        let origin = (
            region.x as usize / across - ((self.at.x as usize) << doublings),
            region.y as usize / down - ((self.at.y as usize) << doublings),
        );
        between.0.resize(between.0.len().max(doublings as usize - 1), Vec::new());
        for (from, mut to) in self.planes.iter().zip(tile.planes_mut().1.into_iter().flatten()) {
            let from = Plane::new(&from[..], width, height, width);
            double_repeatedly(&from, doublings, origin, &mut between.0, &mut to);
        }
    }

    /// Fills the chroma planes of tiles of several levels from the placed
    /// samples, all levels at the same time, and the tiles of each in parallel,
    /// on the current rayon pool. Without the feature `parallel` one after the
    /// other; the samples are the same.
    ///
    /// # Panics
    /// If a tile is not inside the region this was aimed at.
    pub fn carry_levels<B>(&self, pyramid: &Pyramid, levels: &mut [Vec<(TileId, Ycc<B>)>])
    where
        B: SamplesMut + Send,
    {
        let carry = |between: &mut Between, (id, tile): &mut (TileId, Ycc<B>)| {
            if let Some(region) = pyramid.tile_rect(*id) {
                self.carry(region, id.z, between, tile);
            }
        };
        #[cfg(feature = "parallel")]
        {
            use rayon::prelude::*;
            levels.par_iter_mut().for_each(|tiles| {
                tiles.par_iter_mut().for_each_init(Between::default, |between, tile| carry(between, tile));
            });
        }
        #[cfg(not(feature = "parallel"))]
        for tiles in levels {
            let mut between = Between::default();
            tiles.iter_mut().for_each(|tile| carry(&mut between, tile));
        }
    }
}

/// Doubles the window at `origin` of `source` doubled `times` times, each step
/// rounded to 8 bits. The steps between are made for this window only, in the
/// first `times - 1` planes of `between`.
///
/// # Panics
/// If the column of `origin` is odd or the window leaves the plane doubled so many times.
fn double_repeatedly(
    source: &Plane<impl Samples>,
    times: u32,
    origin: (usize, usize),
    between: &mut [Vec<u8>],
    out: &mut Plane<impl SamplesMut>,
) {
    let Some(((between, rest), coarser)) =
        between.split_first_mut().zip(times.checked_sub(1).filter(|&n| n > 0))
    else {
        return upsample::double(source, origin, out);
    };
    // A doubled window begins at an even column.
    let left = (origin.0 / 2).saturating_sub(APRON) & !1;
    let top = (origin.1 / 2).saturating_sub(APRON);
    let right = ((origin.0 + out.width()).div_ceil(2) + APRON).min(source.width() << coarser);
    let bottom = ((origin.1 + out.height()).div_ceil(2) + APRON).min(source.height() << coarser);
    let (width, height) = (right - left, bottom - top);
    between.resize(between.len().max(width * height), 0);
    let mut middle = Plane::new(&mut between[..width * height], width, height, width);
    double_repeatedly(source, coarser, (left, top), rest, &mut middle);
    upsample::double(&middle, (origin.0 - 2 * left, origin.1 - 2 * top), out);
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
            let mut between = vec![Vec::new(); times as usize - 1];
            double_repeatedly(&source, times, (left, top), &mut between, &mut out);
            for y in 0..h {
                prop_assert_eq!(out.row(y), &whole.row(top + y)[left..left + w]);
            }
        }
    }
}
