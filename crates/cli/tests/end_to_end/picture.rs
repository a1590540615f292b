//! RGB pictures, with slow and obvious arithmetic on them.

use crate::geometry::{Rect, Size};

/// An RGB picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// Rows from the top, three bytes per pixel.
    pub data: Vec<u8>,
}

/// PSNR of identical pictures, in dB.
pub const IDENTICAL: f64 = 99.0;

impl Picture {
    /// A black picture.
    pub fn black(size: Size) -> Self {
        Self { width: size.width, height: size.height, data: vec![0; 3 * size.width * size.height] }
    }

    /// The picture with the pixels that `colour` gives for their column and row.
    pub fn from_fn(width: usize, height: usize, colour: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let pixels = (0..width * height).flat_map(|n| colour(n % width, n / width));
        Self { width, height, data: pixels.collect() }
    }

    /// A smooth picture that compresses well as JPEG and is different everywhere.
    pub fn gradient(width: usize, height: usize) -> Self {
        Self::from_fn(width, height, |x, y| [wave(x, 90.0), wave(y, 130.0), wave(x + y, 200.0)])
    }

    /// Decodes a JPEG or PNG without the library that wrote it.
    #[track_caller]
    pub fn decode(bytes: &[u8]) -> Self {
        let image = image::load_from_memory(bytes).expect("a picture").into_rgb8();
        Self { width: image.width() as usize, height: image.height() as usize, data: image.into_raw() }
    }

    /// The picture as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let (width, height) = (self.width as u32, self.height as u32);
        let colour = image::ExtendedColorType::Rgb8;
        image::write_buffer_with_format(
            &mut bytes,
            &self.data,
            width,
            height,
            colour,
            image::ImageFormat::Png,
        )
        .unwrap();
        bytes.into_inner()
    }

    /// The picture after an independent JPEG encoder with `quality`.
    pub fn through_jpeg(&self, quality: u8) -> Self {
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode(&self.data, self.width as u32, self.height as u32, image::ExtendedColorType::Rgb8)
            .unwrap();
        Self::decode(&bytes)
    }

    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[3 * self.width * y..][..3 * self.width]
    }

    pub fn pixel(&self, x: usize, y: usize) -> &[u8] {
        &self.row(y)[3 * x..][..3]
    }

    pub fn crop(&self, Rect { x, y, width, height }: Rect) -> Self {
        let rows = (y..y + height).flat_map(|y| &self.row(y)[3 * x..][..3 * width]);
        Self { width, height, data: rows.copied().collect() }
    }

    /// Copies `part` so that its upper left pixel is at `(x, y)`.
    pub fn paste(&mut self, part: &Self, x: usize, y: usize) {
        for row in 0..part.height {
            let start = 3 * (self.width * (y + row) + x);
            self.data[start..][..3 * part.width].copy_from_slice(part.row(row));
        }
    }

    /// Half the size, rounded up: the rounded mean of each two by two pixels, with the last
    /// column and row repeated if they have no neighbours.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut data = Vec::with_capacity(3 * width * height);
        for y in 0..height {
            let (top, bottom) = (self.row(2 * y), self.row((2 * y + 1).min(self.height - 1)));
            for x in 0..width {
                let (left, right) = (6 * x, (6 * x + 3).min(3 * (self.width - 1)));
                for c in 0..3 {
                    let four = [top[left + c], top[right + c], bottom[left + c], bottom[right + c]];
                    data.push(((four.iter().map(|&v| u16::from(v)).sum::<u16>() + 2) / 4) as u8);
                }
            }
        }
        Self { width, height, data }
    }

    /// Difference between the brightest and the darkest luma.
    pub fn contrast(&self) -> f64 {
        let lumas = self.data.chunks_exact(3).map(luma);
        let (low, high) = lumas.fold((255.0f64, 0.0f64), |(low, high), luma| (low.min(luma), high.max(luma)));
        high - low
    }

    /// PSNR of luma against a picture of the same size, in dB; at most [`IDENTICAL`].
    #[track_caller]
    pub fn psnr_y(&self, other: &Self) -> f64 {
        assert_eq!(self.size(), other.size(), "pictures of one size");
        let pixels = self.data.chunks_exact(3).zip(other.data.chunks_exact(3));
        let squares: f64 = pixels.map(|(a, b)| (luma(a) - luma(b)).powi(2)).sum();
        let mean = squares / (self.width * self.height) as f64;
        (10.0 * (255.0f64.powi(2) / mean.max(1e-12)).log10()).min(IDENTICAL)
    }
}

/// A sample of a wave between 28 and 228 whose period is `2 * pi * scale` pixels.
fn wave(at: usize, scale: f64) -> u8 {
    (128.0 + 100.0 * (at as f64 / scale).sin()) as u8
}

/// Luma of a pixel by BT.601.
fn luma(rgb: &[u8]) -> f64 {
    0.299 * f64::from(rgb[0]) + 0.587 * f64::from(rgb[1]) + 0.114 * f64::from(rgb[2])
}

#[test]
fn halving_rounds_means_and_repeats_the_edge() {
    let picture = Picture::from_fn(3, 1, |x, _| [[0, 10, 255], [1, 20, 0], [7, 30, 9]][x]);
    assert_eq!(picture.halved().data, [1, 15, 128, 7, 30, 9]);
}

/// A small picture of one shade of grey.
fn grey(value: u8) -> Picture {
    Picture::from_fn(4, 4, |_, _| [value; 3])
}

#[test]
fn psnr_is_capped_for_equal_pictures_and_right_for_others() {
    assert_eq!(grey(7).psnr_y(&grey(7)), IDENTICAL);
    assert!((grey(0).psnr_y(&grey(255))).abs() < 1e-9);
    assert!((grey(100).psnr_y(&grey(101)) - 48.13).abs() < 0.01);
}
