//! The slide that a pack is measured against.

use crate::MeasureError;
use crate::work::Stop;
use origami_pyramid::{Family, Pyramid, Rect, Rgb, Size, TileId, mean};
use std::error::Error;

/// A slide that a pack is measured against. Many threads may read at once.
pub trait Original: Sync {
    /// What kind of slide it is, for people: `Aperio SVS, tiled JPEG`.
    fn format(&self) -> &str;

    /// Width and height in pixels at full resolution.
    fn size(&self) -> Size;

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

/// The slide's own pixels of tile `id`: full resolution, halved to its level. A tile
/// of a coarse level may cover all of the slide, so it is put together from those of
/// the next finer one, and no more is read at once than a family covers.
///
/// # Errors
/// If the slide cannot be read, or somebody asked to stop.
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
        let (x, y) = pyramid.origin_under(part, 1);
        let size = (halved.width(), halved.height());
        pixels.copy((x as usize / 2, y as usize / 2), &halved, (0, 0), size);
    }
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

    /// A slide in memory, and the most pixels that were read of it at once.
    struct Held {
        whole: Rgb,
        most: AtomicU64,
    }

    impl Original for Held {
        fn format(&self) -> &'static str {
            "memory"
        }

        fn size(&self) -> Size {
            Size::new(self.whole.width() as u32, self.whole.height() as u32)
        }

        fn tile_bytes(&self) -> Option<u64> {
            None
        }

        fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), ReadError> {
            self.most.fetch_max(region.size().area(), Relaxed);
            let (width, height) = (region.width as usize, region.height as usize);
            out.resize(width, height);
            out.copy((0, 0), &self.whole, (region.x as usize, region.y as usize), (width, height));
            Ok(())
        }
    }

    #[test]
    fn tiles_of_any_level_are_the_halved_slide_of_which_little_is_read_at_once() {
        let pyramid = Pyramid::new(Size::new(333, 271), 16).unwrap();
        let samples = (0..3 * 333 * 271u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
        let slide = Held { whole: Rgb::from_vec(samples.collect(), 333, 271), most: AtomicU64::new(0) };
        let asked = AtomicBool::new(false);
        let mut level = slide.whole.clone();
        for z in (0..pyramid.level_count()).rev() {
            for id in pyramid.tiles(z) {
                let rect = pyramid.tile_rect(id).unwrap();
                let (width, height) = (rect.width as usize, rect.height as usize);
                let mut expected = Rgb::filled(width, height, [0; 3]);
                expected.copy((0, 0), &level, (rect.x as usize, rect.y as usize), (width, height));
                let found = tile_pixels(&pyramid, &slide, id, &Stop::new(&asked)).unwrap();
                assert!(found == expected, "{id}");
            }
            let mut coarser = Rgb::filled(1, 1, [0; 3]);
            mean::halve(&level, &mut coarser);
            level = coarser;
        }
        assert_eq!(slide.most.into_inner(), 64 * 64, "a family of four by four tiles");
    }
}
