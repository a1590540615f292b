//! Pictures: regions that are scaled, turned and toned.

use crate::{Families, Parents, RebuildError, Tone, Turn, source_area, source_row_area};
use origami_pack::Pack;
use origami_pyramid::{Pyramid, Rect, Rgb, Size};

/// A region of a slide as somebody wants to see it. The steps are done in the order of
/// the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Picture {
    /// The region, in pixels of full resolution.
    pub rect: Rect,
    /// The size in pixels that it is shrunk or enlarged to.
    pub size: Size,
    /// How that is mirrored and rotated.
    pub turn: Turn,
    /// The colours of the result.
    pub tone: Tone,
}

impl Picture {
    /// `rect` at `size`, upright and in colour.
    #[must_use]
    pub const fn new(rect: Rect, size: Size) -> Self {
        Self { rect, size, turn: Turn::NONE, tone: Tone::Colour }
    }

    /// Number of pixels of the tiles that it is made from; see [`source_area`].
    ///
    /// # Panics
    /// If the region is not inside the slide.
    #[must_use]
    pub fn source_area(&self, pyramid: &Pyramid) -> u64 {
        source_area(pyramid, self.rect, self.size)
    }

    /// Number of pixels of one row of these tiles, which are held at a time; see
    /// [`source_row_area`].
    ///
    /// # Panics
    /// If the region is not inside the slide.
    #[must_use]
    pub fn source_row_area(&self, pyramid: &Pyramid) -> u64 {
        source_row_area(pyramid, self.rect, self.size)
    }

    /// Size of the result in pixels. A rotated picture may take much more room than an
    /// upright one, so this is what limits are for.
    #[must_use]
    pub fn turned_size(&self) -> Size {
        self.turn.size_of(self.size)
    }
}

impl Families {
    /// The pixels of a picture, [`Picture::turned_size`] of them. What a rotation
    /// uncovers has the background colour of the slide.
    ///
    /// # Errors
    /// If the pack is damaged or no buffer is free.
    ///
    /// # Panics
    /// If the region is empty or not inside the slide, or the size has a side of 0.
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::Pack;
    /// # use origami_pyramid::{Rect, Size};
    /// # use origami_render::{Families, Models, Picture, Pools, Tone, Turn, Uncached};
    /// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
    /// let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    /// let middle = Rect { x: 50, y: 30, width: 80, height: 60 };
    /// let turn = Turn { mirrored: false, millidegrees: 90_000 };
    /// let picture = Picture { rect: middle, size: Size::new(20, 15), turn, tone: Tone::Gray };
    /// let pixels = families.picture(&pack, &picture, &Uncached).unwrap();
    /// assert_eq!((pixels.width(), pixels.height()), (15, 20));
    /// ```
    pub fn picture(
        &self,
        pack: &Pack,
        picture: &Picture,
        parents: &(dyn Parents + Sync),
    ) -> Result<Rgb, RebuildError> {
        let upright = self.region(pack, picture.rect, picture.size, parents)?;
        let mut pixels = picture.turn.apply(upright, pack.metadata().background);
        picture.tone.apply(&mut pixels);
        Ok(pixels)
    }
}
