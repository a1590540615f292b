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

    /// Makes the image `width` x `height`, reusing its storage. The pixels are
    /// unspecified afterwards.
    pub fn resize(&mut self, width: usize, height: usize) {
        self.data.resize(3 * width * height, 0);
        (self.width, self.height) = (width, height);
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

    /// Drops all pixels outside of `window`, in place.
    ///
    /// # Panics
    /// If the window leaves the image.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Rect, Rgb};
    /// let mut image = Rgb::from_vec(vec![1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], 2, 2);
    /// image.crop(Rect { x: 1, y: 0, width: 1, height: 2 });
    /// assert_eq!(image, Rgb::from_vec(vec![2, 2, 2, 4, 4, 4], 1, 2));
    /// ```
    pub fn crop(&mut self, window: Rect) {
        let (left, top) = (window.x as usize, window.y as usize);
        let (width, height) = (window.width as usize, window.height as usize);
        assert!(left + width <= self.width && top + height <= self.height, "the window is in the image");
        if (width, height) == (self.width, self.height) {
            return;
        }
        for row in 0..height {
            let start = 3 * (self.width * (top + row) + left);
            self.data.copy_within(start..start + 3 * width, 3 * width * row);
        }
        self.resize(width, height);
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
    fn every_crop_is_the_copy_of_its_window() {
        let image = Rgb::from_vec((0..3 * 5 * 4).collect(), 5, 4);
        for right in 1..=5 {
            for bottom in 1..=4 {
                for (x, y) in (0..right).flat_map(|x| (0..bottom).map(move |y| (x, y))) {
                    let window = Rect { x, y, width: right - x, height: bottom - y };
                    let (mut cropped, mut copied) = (image.clone(), Rgb::filled(0, 0, [0; 3]));
                    cropped.crop(window);
                    copied.resize(window.width as usize, window.height as usize);
                    copied.copy(Point::default(), &image, window);
                    assert_eq!(cropped, copied, "{window:?}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "the window is in the image")]
    fn a_crop_beyond_the_image_is_refused() {
        Rgb::filled(5, 4, [0; 3]).crop(Rect { x: 1, y: 0, width: 5, height: 4 });
    }
}
