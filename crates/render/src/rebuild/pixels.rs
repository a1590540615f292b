//! The pixels of tiles, as viewers decode them from their JPEGs.

use super::{Rebuilder, Stage, TileContext};
use crate::{Parents, RebuildError};
use origami_codec::{Colour, Frame, TileHeader, dct};
use origami_pack::{Entry, Identity, Pack};
use origami_pyramid::{Point, Rect, Rgb, Subsampling, TileId};
use std::mem;

impl Rebuilder {
    /// Writes the pixels of tile `id` within `window`, which is counted from the tile's
    /// corner, to `out`, which is resized to the window. They are those that viewers decode
    /// from the JPEG of [`Self::tile`], but only JPEGs that are in the pack are read:
    /// others are never written, because their pixels follow from coefficients.
    ///
    /// # Errors
    /// As [`Self::tile`], and if a stored tile does not decode, which is served all the
    /// same. A tile whose coefficients no JPEG of its level can hold is not served, but has
    /// pixels. After an error, size and pixels of `out` are unspecified.
    ///
    /// # Panics
    /// If the window is empty or leaves the tile.
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::Pack;
    /// # use origami_pyramid::{Rect, Rgb, TileId};
    /// # use origami_render::{Pools, Rebuilder, Uncached};
    /// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
    /// let mut rebuilder = Rebuilder::new(Pools::new(8 << 20)).unwrap();
    /// // The last of the 16 px tiles of a level of 150x110 px has 6x14 px.
    /// let id = TileId { z: 8, x: 9, y: 6 };
    /// let window = Rect { x: 2, y: 0, width: 4, height: 14 };
    /// let mut pixels = Rgb::filled(1, 1, [0; 3]);
    /// rebuilder.pixels(&pack, id, window, &Uncached, &mut pixels).unwrap();
    /// assert_eq!((pixels.width(), pixels.height()), (4, 14));
    /// ```
    pub fn pixels(
        &mut self,
        pack: &Pack,
        id: TileId,
        window: Rect,
        parents: &dyn Parents,
        out: &mut Rgb,
    ) -> Result<(), RebuildError> {
        let context = self.requested_context(pack, id, parents)?;
        assert!(window.is_inside(context.size()), "{window:?} is a part of the tile");
        match context.level.header() {
            Some(_) if is_verbatim(context.entry) => self.stored_pixels(context, window, out),
            Some(header) => self.coefficient_pixels(context, header, window, out),
            None if pack.stored_len(id, context.entry).is_some() => self.stored_pixels(context, window, out),
            None => self.sample_pixels(context, window, out),
        }
    }

    /// The pixels of a tile whose blob is a JPEG. The library decodes it as a whole; where a part
    /// is wanted, that happens beside `out`, which takes no more memory than the part, because
    /// regions keep those of many tiles.
    fn stored_pixels(
        &mut self,
        context: TileContext<'_>,
        window: Rect,
        out: &mut Rgb,
    ) -> Result<(), RebuildError> {
        let size = context.size();
        if window == Rect::whole(size) {
            return self.decode_blob(context, |decoder, jpeg| decoder.decode_rgb_sized(jpeg, size, out));
        }
        // Taken out of `self`, which decoding borrows.
        let mut decoded = mem::replace(&mut self.decoded, Rgb::filled(0, 0, [0; 3]));
        let result =
            self.decode_blob(context, |decoder, jpeg| decoder.decode_rgb_sized(jpeg, size, &mut decoded));
        if result.is_ok() {
            out.resize(window.width as usize, window.height as usize);
            out.copy(Point::default(), &decoded, window);
        }
        self.decoded = decoded;
        result
    }

    /// The pixels of a tile whose level has a tile header.
    fn coefficient_pixels(
        &mut self,
        context: TileContext<'_>,
        header: &TileHeader,
        window: Rect,
        out: &mut Rgb,
    ) -> Result<(), RebuildError> {
        self.read_coefficients(context, header)?;
        let (tile, decoder) = (&self.coefficients.tile, &mut self.pixel_decoder);
        self.clock
            .time(Stage::Decode, context.id, || decoder.decode(tile, header.quantisation(), window, out));
        Ok(())
    }

    /// The pixels of a tile that is encoded from samples when it is served: those of the
    /// coefficients that its JPEG has.
    fn sample_pixels(
        &mut self,
        context: TileContext<'_>,
        window: Rect,
        out: &mut Rgb,
    ) -> Result<(), RebuildError> {
        let ((width, height), subsampling) = (context.sides(), context.level.subsampling);
        let colour = if subsampling == Subsampling::Gray { Colour::Gray } else { Colour::Ycc };
        let frame = Frame::new(width, height, subsampling, colour).expect("tiles are within a JPEG's size");
        let (id, quantisation) = (context.id, dct::quality_tables(context.level.quality, colour));
        self.with_samples(context, |rebuilder, samples| {
            let tile = &mut rebuilder.coefficients.tile;
            tile.reshape(frame);
            rebuilder.clock.time(Stage::Encode, id, || dct::forward(samples, &quantisation, tile));
            let decoder = &mut rebuilder.pixel_decoder;
            rebuilder.clock.time(Stage::Decode, id, || decoder.decode(tile, &quantisation, window, out));
            Ok(())
        })
    }
}

/// Whether a tile of a level with a tile header is a JPEG of its own.
fn is_verbatim(entry: Entry) -> bool {
    matches!(entry, Entry::Blob { identity: Identity::Verbatim, .. })
}
