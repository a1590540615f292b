//! Interleaved RGB images.

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

    /// Row `y`, `3 * width` bytes.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[3 * self.width * y..][..3 * self.width]
    }

    /// Row `y`, `3 * width` bytes.
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

    /// Copies the pixels of `from` within `width` x `height` from `(left, top)`
    /// to `(x, y)`.
    ///
    /// # Panics
    /// If the window leaves one of the images.
    pub fn copy(
        &mut self,
        (x, y): (usize, usize),
        from: &Self,
        (left, top): (usize, usize),
        (width, height): (usize, usize),
    ) {
        for row in 0..height {
            let pixels = &from.row(top + row)[3 * left..][..3 * width];
            self.row_mut(y + row)[3 * x..][..3 * width].copy_from_slice(pixels);
        }
    }

    /// The one colour all pixels have within `width` x `height` from `(x, y)`.
    ///
    /// # Panics
    /// If the window is empty or leaves the image.
    #[must_use]
    pub fn uniform(&self, x: usize, y: usize, width: usize, height: usize) -> Option<[u8; 3]> {
        assert!(x + width <= self.width && y + height <= self.height);
        let first: [u8; 3] = self.row(y)[3 * x..][..3].try_into().ok()?;
        let same = (y..y + height)
            .all(|y| self.row(y)[3 * x..][..3 * width].chunks_exact(3).all(|pixel| pixel == first));
        same.then_some(first)
    }
}
