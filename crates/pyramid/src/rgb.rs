//! Interleaved RGB images.

use crate::{Point, Rect, Size};

/// Interleaved 8-bit sRGB pixels, rows without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Rgb {
    /// An image of one colour.
    #[must_use]
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        let data = colour.repeat(width * height);
        Self { width, height, data }
    }

    /// An image over `data`, `3 * width * height` bytes.
    ///
    /// # Panics
    /// If `data` has another length.
    #[must_use]
    pub fn from_vec(data: Vec<u8>, width: usize, height: usize) -> Self {
        assert_eq!(data.len(), 3 * width * height, "RGB buffer of another size");
        Self { width, height, data }
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        Size::new(self.width as u32, self.height as u32)
    }

    /// Row `y`, `3 * width` bytes.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[3 * self.width * y..][..3 * self.width]
    }

    /// Row `y`, `3 * width` bytes.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.data[3 * self.width * y..][..3 * self.width]
    }

    /// All bytes, row by row.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// All bytes, row by row.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Makes the image `width` x `height`, reusing its storage, which never has room for more
    /// than the largest size so far. The pixels are unspecified afterwards.
    pub fn resize(&mut self, width: usize, height: usize) {
        let len = 3 * width * height;
        self.data.reserve_exact(len.saturating_sub(self.data.len()));
        self.data.resize(len, 0);
        (self.width, self.height) = (width, height);
    }

    /// Bytes of memory that the pixels take, with those that are left of a larger size.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.data.capacity()
    }

    /// Copies the pixels of `from` within `window`, so that its top left corner is at
    /// `to`.
    ///
    /// # Panics
    /// If the window leaves one of the images.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Point, Rect, Rgb};
    /// let from = Rgb::from_vec(vec![1, 1, 1, 2, 2, 2, 3, 3, 3], 3, 1);
    /// let mut image = Rgb::filled(2, 2, [0; 3]);
    /// image.copy(Point { x: 0, y: 1 }, &from, Rect { x: 1, y: 0, width: 2, height: 1 });
    /// assert_eq!(image.row(0), [0; 6]);
    /// assert_eq!(image.row(1), [2, 2, 2, 3, 3, 3]);
    /// ```
    pub fn copy(&mut self, to: Point, from: &Self, window: Rect) {
        let (x, y) = (to.x as usize, to.y as usize);
        let (left, top) = (window.x as usize, window.y as usize);
        let (width, height) = (window.width as usize, window.height as usize);
        for row in 0..height {
            let pixels = &from.row(top + row)[3 * left..][..3 * width];
            self.row_mut(y + row)[3 * x..][..3 * width].copy_from_slice(pixels);
        }
    }

    /// The colour of all pixels within `width` x `height` from `(x, y)`, if they are
    /// all equal.
    ///
    /// # Panics
    /// If the window is empty or leaves the image.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Rgb;
    /// let image = Rgb::from_vec(vec![1, 2, 3, 4, 5, 6, 4, 5, 6], 3, 1);
    /// assert_eq!(image.uniform(1, 0, 2, 1), Some([4, 5, 6]));
    /// assert_eq!(image.uniform(0, 0, 3, 1), None);
    /// ```
    #[must_use]
    pub fn uniform(&self, x: usize, y: usize, width: usize, height: usize) -> Option<[u8; 3]> {
        assert!(x + width <= self.width && y + height <= self.height);
        let first: [u8; 3] = self.row(y)[3 * x..][..3].try_into().ok()?;
        let same = (y..y + height)
            .all(|y| self.row(y)[3 * x..][..3 * width].chunks_exact(3).all(|pixel| pixel == first));
        same.then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_grows_a_little_takes_no_room_for_more() {
        let mut image = Rgb::filled(40, 50, [0; 3]);
        for height in [51, 10, 52] {
            image.resize(40, height);
        }
        assert!((3 * 40 * 52..3 * 40 * 60).contains(&image.capacity()), "{} bytes", image.capacity());
    }
}
