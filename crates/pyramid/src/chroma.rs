//! Chroma of the two finest levels, carried up from L2.
//!
//! The chroma planes of L1 and L0 are those of the whole level L2 doubled once
//! and twice, 8 bits after each step; only the edge of the *level* repeats.
//! Near its own edge a family therefore takes samples of its neighbours' L2
//! tiles. Chroma has no residual to mend what a prediction from one tile alone
//! gets wrong there, and stained tissue shows it as a line.

use crate::geometry::{Pyramid, Rect, TileId};
use crate::{Plane, Samples, SamplesMut, Subsampling, Ycc, upsample};

/// L2 samples that two doublings reach beyond those they stand for.
const REACH: u32 = 3;

/// Columns and rows kept around the window between two doublings, enough for
/// the taps of the second and even, as [`upsample::double`] asks.
const APRON: usize = 4;

/// The part of L2's chroma planes that a region of L1 or L0 is made from.
#[derive(Clone, Debug, Default)]
pub struct ChromaSource {
    subsampling: Subsampling,
    /// The part, in chroma samples of the level.
    at: Rect,
    /// Cb and Cr, `at.width` x `at.height` samples each.
    planes: [Vec<u8>; 2],
}

impl ChromaSource {
    /// Aims at what `region`, in pixels of the level `depth` below full
    /// resolution (1 or 0), needs. Storage is reused; the samples are
    /// unspecified until every tile of [`Self::tiles`] is placed.
    ///
    /// # Panics
    /// If the pyramid has no families.
    pub fn aim(&mut self, pyramid: &Pyramid, region: Rect, depth: u32, subsampling: Subsampling) {
        let root = pyramid.root_level().and_then(|z| pyramid.level_size(z)).expect("a pyramid with families");
        let (across, down) = subsampling.factors();
        let span = |start: u32, length: u32, factor: usize, level: u32| {
            let scale = (factor as u32) << (2 - depth);
            let begin = (start / scale).saturating_sub(REACH);
            let end = ((start + length).div_ceil(scale) + REACH).min(level.div_ceil(factor as u32));
            (begin, end - begin)
        };
        let (x, width) = span(region.x, region.width, across, root.0);
        let (y, height) = span(region.y, region.height, down, root.1);
        self.subsampling = subsampling;
        self.at = Rect { x, y, width, height };
        for plane in &mut self.planes {
            plane.resize((width * height) as usize, 0);
        }
    }

    /// The L2 tiles that hold samples of the part; none for gray.
    pub fn tiles(&self, pyramid: &Pyramid) -> impl Iterator<Item = TileId> + use<> {
        let (across, down) = self.tile_size(pyramid);
        let Rect { x, y, width, height } = self.at;
        let z = pyramid.root_level().filter(|_| self.subsampling != Subsampling::Gray);
        let columns = x / across..(x + width).div_ceil(across);
        let rows = y / down..(y + height).div_ceil(down);
        z.into_iter().flat_map(move |z| {
            let columns = columns.clone();
            rows.clone().flat_map(move |y| columns.clone().map(move |x| TileId { z, x, y }))
        })
    }

    /// Size of a whole tile in chroma samples.
    fn tile_size(&self, pyramid: &Pyramid) -> (u32, u32) {
        let (across, down) = self.subsampling.factors();
        (pyramid.tile_size() / across as u32, pyramid.tile_size() / down as u32)
    }

    /// Copies what the part needs of the decoded L2 tile `id`.
    ///
    /// # Panics
    /// If the tile has another subsampling, or is none of [`Self::tiles`].
    pub fn place(&mut self, pyramid: &Pyramid, id: TileId, tile: &Ycc<impl Samples>) {
        assert_eq!(tile.subsampling(), self.subsampling, "levels are sampled alike");
        let (across, down) = self.tile_size(pyramid);
        let (left, top) = (id.x * across, id.y * down);
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

    /// Fills the chroma planes of `tile`, which covers `region` of the level
    /// `depth` below full resolution, from the placed samples. `between` holds
    /// the step between two doublings and grows as needed.
    ///
    /// # Panics
    /// If `region` is not inside the one this was aimed at, or does not start
    /// at a tile.
    pub fn carry<B: SamplesMut>(&self, region: Rect, depth: u32, between: &mut Vec<u8>, tile: &mut Ycc<B>) {
        assert_eq!(tile.subsampling(), self.subsampling, "levels are sampled alike");
        let (across, down) = self.subsampling.factors();
        let (width, height) = (self.at.width as usize, self.at.height as usize);
        let doublings = 2 - depth;
        let origin = (
            region.x as usize / across - ((self.at.x << doublings) as usize),
            region.y as usize / down - ((self.at.y << doublings) as usize),
        );
        for (from, mut to) in self.planes.iter().zip(tile.planes_mut().1.into_iter().flatten()) {
            let from = Plane::new(&from[..], width, height, width);
            if depth == 1 {
                upsample::double(&from, origin, &mut to);
            } else {
                quadruple(&from, origin, between, &mut to);
            }
        }
    }

    /// Fills the chroma planes of tiles of L1 and of L0 from the placed samples,
    /// both levels at the same time, and the tiles of each in parallel, on the
    /// current rayon pool. Without the feature `parallel` one after the other;
    /// the samples are the same.
    ///
    /// # Panics
    /// If a tile is not inside the region this was aimed at.
    pub fn carry_levels<B>(&self, pyramid: &Pyramid, l1: &mut [(TileId, Ycc<B>)], l0: &mut [(TileId, Ycc<B>)])
    where
        B: SamplesMut + Send,
    {
        let carry = |between: &mut Vec<u8>, depth: u32, (id, tile): &mut (TileId, Ycc<B>)| {
            if let Some(region) = pyramid.tile_rect(*id) {
                self.carry(region, depth, between, tile);
            }
        };
        #[cfg(feature = "parallel")]
        {
            use rayon::prelude::*;
            let level = |depth, tiles: &mut [(TileId, Ycc<B>)]| {
                tiles.par_iter_mut().for_each_init(Vec::new, |between, tile| carry(between, depth, tile));
            };
            rayon::join(|| level(1, l1), || level(0, l0));
        }
        #[cfg(not(feature = "parallel"))]
        for (depth, tiles) in [(1, l1), (0, l0)] {
            let mut between = Vec::new();
            tiles.iter_mut().for_each(|tile| carry(&mut between, depth, tile));
        }
    }
}

/// Doubles the window at `origin` of `source` doubled twice, both steps rounded
/// to 8 bits. The step between is made for this window only, in `between`,
/// which grows as needed.
///
/// # Panics
/// If the column of `origin` is not a multiple of 4 or the window leaves the
/// plane doubled twice.
pub fn quadruple(
    source: &Plane<impl Samples>,
    origin: (usize, usize),
    between: &mut Vec<u8>,
    out: &mut Plane<impl SamplesMut>,
) {
    let left = (origin.0 / 2).saturating_sub(APRON);
    let top = (origin.1 / 2).saturating_sub(APRON);
    let right = ((origin.0 + out.width()).div_ceil(2) + APRON).min(2 * source.width());
    let bottom = ((origin.1 + out.height()).div_ceil(2) + APRON).min(2 * source.height());
    let (width, height) = (right - left, bottom - top);
    if between.len() < width * height {
        between.resize(width * height, 0);
    }
    let mut middle = Plane::new(&mut between[..width * height], width, height, width);
    upsample::double(source, (left, top), &mut middle);
    upsample::double(&middle, (origin.0 - 2 * left, origin.1 - 2 * top), out);
}
