//! A region, made a few rows at a time.

use super::level_for;
use super::strip::Strip;
use crate::shrink::Shrinker;
use crate::{Families, Parents, RebuildError};
use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, Size};

/// Bytes of finished rows after which a step ends. A region that is enlarged has many
/// rows of pixels for each row of tiles.
const STEP: usize = 4 << 20;

/// A region that is made a row of tiles at a time, from the top down, by whoever asks for
/// the next rows. In between it holds the pixels of one row of tiles, as wide as the
/// region, and the sums of one row of them, and borrows nothing. The rows together
/// are the pixels of [`Families::region`].
pub struct RegionRows {
    shrinker: Shrinker,
    strip: Strip,
    size: Size,
}

impl RegionRows {
    /// The pixels of `rect` of a slide, which is in pixels of full resolution, shrunk or
    /// enlarged to `size`.
    ///
    /// # Panics
    /// If `rect` is empty or not inside the slide, or `size` has a side of 0.
    #[must_use]
    pub fn new(pack: &Pack, rect: Rect, size: Size) -> Self {
        let (pyramid, slide) = (pack.pyramid(), pack.pyramid().size());
        assert!(rect.is_inside(slide), "{rect:?} is a part of the slide");
        assert!(size.width > 0 && size.height > 0, "a region has pixels");
        let z = level_for(pyramid, rect, size);
        let level = pyramid.level_size(z).expect("a level of the slide");
        let shrinker = Shrinker::new(rect, slide, level, size);
        let strip = Strip::new(pyramid, z, shrinker.columns(), shrinker.rows());
        Self { shrinker, strip, size }
    }

    /// Size of the whole result in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// The next rows of the result, as wide as all of it: those that the next row of
    /// tiles completes, or some of them if they are many, but at least one. `None` at the
    /// end. `pack` must be the one that this was created for. Where `rect` and `size` have
    /// very different shapes, a row of pixels may take many rows of tiles.
    ///
    /// # Errors
    /// If the pack is damaged or no buffer is free. Then another call tries again.
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::Pack;
    /// # use origami_pyramid::{Rect, Size};
    /// # use origami_render::{Families, Models, Pools, RegionRows, Uncached};
    /// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
    /// let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    /// let middle = Rect { x: 50, y: 30, width: 80, height: 60 };
    /// let mut region = RegionRows::new(&pack, middle, middle.size());
    /// let mut height = 0;
    /// while let Some(rows) = region.next(&families, &pack, &Uncached).unwrap() {
    ///     assert_eq!(rows.width(), 80);
    ///     height += rows.height();
    /// }
    /// assert_eq!(height, 60);
    /// ```
    pub fn next(
        &mut self,
        families: &Families,
        pack: &Pack,
        parents: &(dyn Parents + Sync),
    ) -> Result<Option<Rgb>, RebuildError> {
        let mut pixels = Vec::new();
        let any = self.append(families, pack, parents, &mut pixels)?;
        let width = self.size.width as usize;
        let height = pixels.len() / (3 * width);
        Ok(any.then(|| Rgb::from_vec(pixels, width, height)))
    }

    /// Writes the next rows to the end of `pixels`. Returns whether there are any.
    pub(super) fn append(
        &mut self,
        families: &Families,
        pack: &Pack,
        parents: &(dyn Parents + Sync),
        pixels: &mut Vec<u8>,
    ) -> Result<bool, RebuildError> {
        let start = pixels.len();
        while pixels.len() - start < STEP {
            if self.shrinker.take_row(pixels) {
                continue;
            }
            let Some(row) = self.shrinker.next_source_row() else { break };
            if !self.strip.has(row) {
                if pixels.len() > start {
                    break;
                }
                families.fill_strip(pack, row, &mut self.strip, parents)?;
            }
            if self.shrinker.is_copy() {
                self.strip.copy_row(row, pixels);
                self.shrinker.pass_row();
            } else {
                self.shrinker.add(|added| self.strip.copy_row(row, added));
            }
        }
        Ok(pixels.len() > start)
    }
}
