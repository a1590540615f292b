//! Pixels, and the slow and obvious arithmetic on them.

/// An RGB picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// Rows from the top, three bytes a pixel.
    pub data: Vec<u8>,
}

/// PSNR of pictures without any difference, in dB.
pub const IDENTICAL: f64 = 99.0;

impl Picture {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0; 3 * width * height] }
    }

    /// The picture whose pixels `colour` gives.
    pub fn from_fn(width: usize, height: usize, colour: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let pixels = (0..width * height).flat_map(|n| colour(n % width, n / width));
        Self { width, height, data: pixels.collect() }
    }

    /// Decodes a JPEG or PNG without the library that wrote it.
    #[track_caller]
    pub fn decode(bytes: &[u8]) -> Self {
        let image = image::load_from_memory(bytes).expect("a picture").into_rgb8();
        Self { width: image.width() as usize, height: image.height() as usize, data: image.into_raw() }
    }

    /// As a PNG file.
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

    /// What an encoder of no relation makes of the picture at `quality`.
    pub fn through_jpeg(&self, quality: u8) -> Self {
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode(&self.data, self.width as u32, self.height as u32, image::ExtendedColorType::Rgb8)
            .unwrap();
        Self::decode(&bytes)
    }

    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[3 * self.width * y..][..3 * self.width]
    }

    pub fn pixel(&self, x: usize, y: usize) -> &[u8] {
        &self.row(y)[3 * x..][..3]
    }

    pub fn crop(&self, x: usize, y: usize, width: usize, height: usize) -> Self {
        let rows = (y..y + height).flat_map(|y| &self.row(y)[3 * x..][..3 * width]);
        Self { width, height, data: rows.copied().collect() }
    }

    /// Copies `part` to `(x, y)`.
    pub fn paste(&mut self, part: &Self, x: usize, y: usize) {
        for row in 0..part.height {
            let start = 3 * (self.width * (y + row) + x);
            self.data[start..][..3 * part.width].copy_from_slice(part.row(row));
        }
    }

    /// Half the size, rounded up: the rounded mean of those of each two by two
    /// pixels that exist.
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

    /// Luma of a pixel by BT.601.
    pub fn luma(&self, x: usize, y: usize) -> f64 {
        let pixel = self.pixel(x, y);
        0.299 * f64::from(pixel[0]) + 0.587 * f64::from(pixel[1]) + 0.114 * f64::from(pixel[2])
    }

    /// Difference between the brightest and the darkest luma.
    pub fn contrast(&self) -> f64 {
        let lumas = (0..self.width * self.height).map(|n| self.luma(n % self.width, n / self.width));
        let (low, high) = lumas.fold((255.0f64, 0.0f64), |(low, high), luma| (low.min(luma), high.max(luma)));
        high - low
    }

    /// PSNR of luma against a picture of the same size, in dB; at most
    /// [`IDENTICAL`].
    #[track_caller]
    pub fn psnr_y(&self, other: &Self) -> f64 {
        assert_eq!((self.width, self.height), (other.width, other.height), "pictures of one size");
        let luma =
            |rgb: &[u8]| 0.299 * f64::from(rgb[0]) + 0.587 * f64::from(rgb[1]) + 0.114 * f64::from(rgb[2]);
        let pixels = self.data.chunks_exact(3).zip(other.data.chunks_exact(3));
        let squares: f64 = pixels.map(|(a, b)| (luma(a) - luma(b)).powi(2)).sum();
        let mean = squares / (self.width * self.height) as f64;
        (10.0 * (255.0f64.powi(2) / mean.max(1e-12)).log10()).min(IDENTICAL)
    }
}

#[test]
fn halving_rounds_means_and_repeats_the_edge() {
    let picture = Picture::from_fn(3, 1, |x, _| [[0, 10, 255], [1, 20, 0], [7, 30, 9]][x]);
    assert_eq!(picture.halved().data, [1, 15, 128, 7, 30, 9]);
}

#[test]
fn psnr_knows_nothing_between_equal_and_different() {
    let grey = |value| Picture::from_fn(4, 4, |_, _| [value; 3]);
    assert_eq!(grey(7).psnr_y(&grey(7)), IDENTICAL);
    assert!((grey(0).psnr_y(&grey(255))).abs() < 1e-9);
    assert!((grey(100).psnr_y(&grey(101)) - 48.13).abs() < 0.01);
}
