//! Encodes pixels that come a few rows at a time.

mod npy;
mod png;
#[cfg(test)]
mod tests;

use self::png::PngRows;
use origami_pyramid::{Rgb, Size};

/// What pixels can be written as while they are made. All are lossless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowFormat {
    /// RGB, 8 bits a sample, row by row, and nothing else.
    Raw,
    /// The file of a `NumPy` array of bytes, of shape (height, width, 3).
    Npy,
    /// PNG.
    Png,
}

impl RowFormat {
    /// All of them, in the order of their numbers (`format as usize`).
    pub const ALL: [Self; 3] = [Self::Raw, Self::Npy, Self::Png];
}

/// Encodes an image whose rows come from the top down, and holds only what is not
/// complete yet: first [`Self::header`], then [`Self::rows`] until all were given, then
/// [`Self::end`]. Their bytes, one after the other, are the encoded image.
///
/// # Examples
/// ```
/// use origami_pyramid::{Rgb, Size};
/// use origami_render::{RowEncoder, RowFormat};
/// let mut encoder = RowEncoder::new(RowFormat::Raw, Size::new(2, 2));
/// assert_eq!(encoder.content_length(), Some(12));
/// let mut bytes = encoder.header();
/// for colour in [[1, 2, 3], [4, 5, 6]] {
///     bytes.extend(encoder.rows(&Rgb::filled(2, 1, colour)));
/// }
/// bytes.extend(encoder.end());
/// assert_eq!(bytes, [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
/// ```
pub struct RowEncoder {
    size: Size,
    /// Rows that were not given yet.
    missing: usize,
    coder: Coder,
}

/// What the formats need.
enum Coder {
    Raw,
    Npy,
    Png(Box<PngRows>),
}

impl RowEncoder {
    /// An encoder for an image of `size` px.
    ///
    /// # Panics
    /// If a side is 0, or above [`crate::Format::max_side`] in PNG.
    #[must_use]
    pub fn new(format: RowFormat, size: Size) -> Self {
        assert!(size.area() > 0, "an image has pixels");
        let coder = match format {
            RowFormat::Raw => Coder::Raw,
            RowFormat::Npy => Coder::Npy,
            RowFormat::Png => Coder::Png(Box::new(PngRows::new(size))),
        };
        Self { size, missing: size.height as usize, coder }
    }

    /// Number of bytes of the whole image, if that does not depend on its pixels.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        let samples = 3 * self.size.area();
        match self.coder {
            Coder::Raw => Some(samples),
            Coder::Npy => Some(npy::header(self.size).len() as u64 + samples),
            Coder::Png(_) => None,
        }
    }

    /// The bytes before all rows.
    #[must_use]
    pub fn header(&mut self) -> Vec<u8> {
        match &mut self.coder {
            Coder::Raw => Vec::new(),
            Coder::Npy => npy::header(self.size),
            Coder::Png(png) => png.take(),
        }
    }

    /// Encodes the next rows. There may be no bytes for them yet.
    ///
    /// # Panics
    /// If `rows` has another width than the image, or more rows than are missing.
    #[must_use]
    pub fn rows(&mut self, rows: &Rgb) -> Vec<u8> {
        assert_eq!(rows.size().width, self.size.width, "rows as wide as the image");
        self.missing = self.missing.checked_sub(rows.height()).expect("no more rows than the image has");
        match &mut self.coder {
            Coder::Raw | Coder::Npy => rows.data().to_vec(),
            Coder::Png(png) => png.rows(rows.data()),
        }
    }

    /// The bytes after all rows.
    ///
    /// # Panics
    /// If rows are missing.
    #[must_use]
    pub fn end(&mut self) -> Vec<u8> {
        assert_eq!(self.missing, 0, "rows are missing");
        match &mut self.coder {
            Coder::Raw | Coder::Npy => Vec::new(),
            Coder::Png(png) => png.end(),
        }
    }
}
