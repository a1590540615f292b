//! The slide that a pack is measured against.

use crate::MeasureError;
use crate::work::Stop;
use origami_pyramid::{Family, Point, Pyramid, Rect, Rgb, Size, TileId, mean};
use std::error::Error;

/// A slide that a pack is measured against. Many threads may read at once.
pub trait Original: Sync {
    /// The kind of slide, for people: `Aperio SVS, tiled JPEG`.
    fn format(&self) -> &str;

    /// Width and height in pixels at full resolution.
    fn size(&self) -> Size;

    /// Total size in bytes of the compressed tiles of full resolution, where it is
    /// known.
    fn tile_bytes(&self) -> Option<u64>;

    /// Fills `out` (resized to the region's size) with sRGB pixels of full
    /// resolution. The region is always inside the slide.
    ///
    /// # Errors
    /// If pixels of the region cannot be read; `out` is then unspecified.
    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), ReadError>;
}

/// Why pixels of a slide could not be read: the reader's own error.
pub type ReadError = Box<dyn Error + Send + Sync>;

/// The slide's own pixels of tile `id`: full resolution, halved to its level. A tile
/// of a coarse level may cover the whole slide, so it is assembled from the tiles of
/// the next finer level, and no more than the pixels of a family are read at once.
///
/// # Errors
/// If the slide cannot be read, or a stop is requested.
pub(crate) fn tile_pixels(
    pyramid: &Pyramid,
    original: &dyn Original,
    id: TileId,
    stop: &Stop<'_>,
) -> Result<Rgb, MeasureError> {
    stop.check()?;
    let finest = pyramid.max_level();
    let (mut pixels, mut halved) = (Rgb::filled(1, 1, [0; 3]), Rgb::filled(1, 1, [0; 3]));
    if finest - id.z < Family::LEVELS {
        original.read(pyramid.rect_under(id, finest).expect("a tile of the pyramid"), &mut pixels)?;
        for _ in id.z..finest {
            mean::halve(&pixels, &mut halved);
            std::mem::swap(&mut pixels, &mut halved);
        }
        return Ok(pixels);
    }
    let rect = pyramid.tile_rect(id).expect("a tile of the pyramid");
    pixels.resize(rect.width as usize, rect.height as usize);
    for part in pyramid.tiles_under(id, id.z + 1) {
        mean::halve(&tile_pixels(pyramid, original, part, stop)?, &mut halved);
        let Point { x, y } = pyramid.origin_under(part, 1);
        pixels.copy(Point::new(x / 2, y / 2), &halved, Rect::whole(halved.size()));
    }
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

    /// A slide in memory that records the largest number of pixels read at once.
    struct InMemorySlide {
        pixels: Rgb,
        max_read: AtomicU64,
    }

    impl Original for InMemorySlide {
        fn format(&self) -> &'static str {
            "memory"
        }

        fn size(&self) -> Size {
            self.pixels.size()
        }

        fn tile_bytes(&self) -> Option<u64> {
            None
        }

        fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), ReadError> {
            self.max_read.fetch_max(region.size().area(), Relaxed);
            out.resize(region.width as usize, region.height as usize);
            out.copy(Point::default(), &self.pixels, region);
            Ok(())
        }
    }

    #[test]
    fn tiles_are_the_halved_slide_and_no_more_than_a_family_is_read_at_once() {
        let pyramid = Pyramid::new(Size::new(333, 271), 16).unwrap();
        let samples = (0..3 * 333 * 271u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
        let pixels = Rgb::from_vec(samples.collect(), 333, 271);
        let slide = InMemorySlide { pixels, max_read: AtomicU64::new(0) };
        let requested = AtomicBool::new(false);
        let mut level = slide.pixels.clone();
        for z in (0..pyramid.level_count()).rev() {
            for id in pyramid.tiles(z) {
                let rect = pyramid.tile_rect(id).unwrap();
                let mut expected = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
                expected.copy(Point::default(), &level, rect);
                let actual = tile_pixels(&pyramid, &slide, id, &Stop::new(&requested)).unwrap();
                assert!(actual == expected, "{id}");
            }
            let mut coarser = Rgb::filled(1, 1, [0; 3]);
            mean::halve(&level, &mut coarser);
            level = coarser;
        }
        assert_eq!(slide.max_read.into_inner(), 64 * 64, "a family of four by four tiles");
    }
}
