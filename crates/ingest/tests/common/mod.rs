//! Slides that tests make or find, and the packs made of them.

#![allow(dead_code, unused_imports, reason = "each test binary uses a different part")]

mod coding;
mod deep_zoom;
mod levels;
mod packed;
pub mod tiff;

pub use coding::{Coding, PlaneBlocks, assert_same_blocks, coefficients};
pub use deep_zoom::{DeepZoom, ZippedFile};
pub use levels::SlideLevels;
pub use origami_fixtures::slide as real_slide;
pub use packed::{
    OtherTiles, Packed, all_tiles, assert_same_with_any_workers, assert_sound, keeping_options, options,
    pack_bytes, pack_damaged_tiff, pack_path, pack_tiff, served, workers,
};
pub use tiff::{Tiff, TiffKind};

use image::{EncodableLayout, ImageBuffer, ImageFormat, Pixel, PixelWithColorType, Primitive, RgbImage};
use origami_pyramid::{Rect, Rgb};
use std::fs;
use std::io::Cursor;
use std::path::Path;

/// Number of files in a folder.
pub fn file_count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// A pixel of the slides made here: waves and grain, with one colour in a corner.
fn pixel(x: u32, y: u32) -> [u8; 3] {
    if x < 70 && y < 70 {
        return [231, 228, 235];
    }
    let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 27;
    let level = 60 + wave(x, 37) + wave(y, 53) + grain;
    [level as u8, (level / 2 + wave(x + y, 90)) as u8, (250 - level) as u8]
}

fn wave(at: u32, period: u32) -> u32 {
    (at % period).abs_diff(period / 2) * 150 / period
}

/// The pixels of a part of the slide, which may extend beyond its edges.
pub fn pixels(region: Rect) -> Rgb {
    let mut out = Rgb::filled(region.width as usize, region.height as usize, [0; 3]);
    for y in 0..region.height {
        for (x, pixel_out) in (region.x..).zip(out.row_mut(y as usize).chunks_exact_mut(3)) {
            pixel_out.copy_from_slice(&pixel(x, region.y + y));
        }
    }
    out
}

/// The pixels of a square of `side` px with its top left corner at `(x, y)`.
pub fn square_pixels(x: u32, y: u32, side: u32) -> Rgb {
    pixels(Rect { x, y, width: side, height: side })
}

/// A picture as a PNG file.
pub fn png<P, S>(picture: &ImageBuffer<P, Vec<S>>) -> Vec<u8>
where
    P: Pixel<Subpixel = S> + PixelWithColorType,
    S: Primitive,
    [S]: EncodableLayout,
{
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// `pixels` as a PNG file.
pub fn rgb_png(pixels: &Rgb) -> Vec<u8> {
    let (width, height) = (pixels.width() as u32, pixels.height() as u32);
    png(&RgbImage::from_raw(width, height, pixels.data().to_vec()).unwrap())
}
