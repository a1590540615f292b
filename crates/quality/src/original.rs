//! The slide that a pack is measured against.

use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, TileId, mean};
use std::error::Error;

/// A slide that a pack is measured against. Many threads may read at once.
pub trait Original: Sync {
    /// What kind of slide it is, for people: `Aperio SVS, tiled JPEG`.
    fn format(&self) -> &str;

    /// Width and height in pixels at full resolution.
    fn size(&self) -> (u32, u32);

    /// Bytes of the compressed tiles of full resolution, where that is known.
    fn tile_bytes(&self) -> Option<u64>;

    /// Fills `out` (resized to the region's size) with sRGB pixels of full
    /// resolution. Only asked for regions that lie inside the slide.
    ///
    /// # Errors
    /// If pixels of the region cannot be had; `out` is then unspecified.
    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), ReadError>;
}

/// Why pixels of a slide could not be had, in the words of who reads it.
pub type ReadError = Box<dyn Error + Send + Sync>;

/// The slide's own pixels of a tile of `pack`: full resolution, halved to its
/// level.
pub(crate) fn tile_pixels(pack: &Pack, original: &dyn Original, id: TileId) -> Result<Rgb, ReadError> {
    let pyramid = pack.pyramid();
    let depth = pyramid.depth(id.z).expect("a level of the pack");
    let rect = pyramid.tile_rect(id).expect("a tile of the pack");
    let (width, height) = pyramid.size();
    let (x, y) = (rect.x << depth, rect.y << depth);
    let region = Rect {
        x,
        y,
        width: (rect.width << depth).min(width - x),
        height: (rect.height << depth).min(height - y),
    };
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    original.read(region, &mut pixels)?;
    for _ in 0..depth {
        let mut halved = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&pixels, &mut halved);
        pixels = halved;
    }
    Ok(pixels)
}
