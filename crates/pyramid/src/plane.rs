//! A plane of 8-bit samples.
//!
//! The storage is generic, so the same type views a caller's buffer (`&[u8]`,
//! `&mut [u8]`), a pooled lease or a `Vec<u8>`.

use std::ops::{Deref, DerefMut};

/// Storage of samples.
pub trait Samples: Deref<Target = [u8]> {}
impl<B: Deref<Target = [u8]>> Samples for B {}

/// Storage of samples that can be written.
pub trait SamplesMut: DerefMut<Target = [u8]> {}
impl<B: DerefMut<Target = [u8]>> SamplesMut for B {}

/// A rectangle of 8-bit samples with a row stride.
///
/// Row `y` starts at `data[y * stride]`; the last row may end at its last
/// sample, so `data.len() >= stride * (height - 1) + width`.
#[derive(Clone, Copy, Debug)]
pub struct Plane<B> {
    data: B,
    width: usize,
    height: usize,
    stride: usize,
}

impl<B: Samples> Plane<B> {
    /// A plane over `data`.
    ///
    /// # Panics
    /// If a side is 0, `stride < width`, or `data` is too short.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Plane;
    /// let plane = Plane::new(vec![1, 2, 0, 3, 4], 2, 2, 3);
    /// assert_eq!([plane.row(0), plane.row(1)], [[1, 2], [3, 4]]);
    /// ```
    #[must_use]
    pub fn new(data: B, width: usize, height: usize, stride: usize) -> Self {
        assert!(width > 0 && height > 0, "empty plane");
        assert!(stride >= width, "stride {stride} below width {width}");
        let needed = stride.checked_mul(height - 1).and_then(|rows| rows.checked_add(width));
        assert!(
            needed.is_some_and(|n| data.len() >= n),
            "plane of {width}x{height}, stride {stride} needs more than {} samples",
            data.len()
        );
        Self { data, width, height, stride }
    }

    /// Samples per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Distance between row starts in samples.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Row `y`, exactly `width` samples.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        assert!(y < self.height);
        &self.data[y * self.stride..][..self.width]
    }

    /// All rows from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.height).map(|y| self.row(y))
    }

    /// The storage, starting at the first sample.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// A shared view of the whole plane.
    #[must_use]
    pub fn view(&self) -> Plane<&[u8]> {
        Plane { data: &self.data, width: self.width, height: self.height, stride: self.stride }
    }

    /// A shared view of `width` x `height` samples from `(x, y)`.
    ///
    /// # Panics
    /// If the window is empty or leaves the plane.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Plane;
    /// let plane = Plane::new(vec![1, 2, 3, 4, 5, 6], 3, 2, 3);
    /// let window = plane.window(1, 0, 2, 2);
    /// assert_eq!([window.row(0), window.row(1)], [[2, 3], [5, 6]]);
    /// ```
    #[must_use]
    pub fn window(&self, x: usize, y: usize, width: usize, height: usize) -> Plane<&[u8]> {
        assert!(x + width <= self.width && y + height <= self.height, "window outside its plane");
        Plane::new(&self.data[y * self.stride + x..], width, height, self.stride)
    }

    /// The value of all samples, if they are all equal. Row padding does not count.
    #[must_use]
    pub fn uniform(&self) -> Option<u8> {
        let value = self.data[0];
        self.rows().all(|row| row.iter().all(|&sample| sample == value)).then_some(value)
    }
}

impl<B: SamplesMut> Plane<B> {
    /// Row `y`, exactly `width` samples.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        assert!(y < self.height);
        &mut self.data[y * self.stride..][..self.width]
    }

    /// The storage, starting at the first sample.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Sets every sample of every row to `value`.
    pub fn fill(&mut self, value: u8) {
        for y in 0..self.height {
            self.row_mut(y).fill(value);
        }
    }
}

impl Plane<Vec<u8>> {
    /// A plane of zeros without row padding.
    #[must_use]
    pub fn zeros(width: usize, height: usize) -> Self {
        Self::new(vec![0; width * height], width, height, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "window outside")]
    fn a_window_cannot_leave_its_plane() {
        let _ = Plane::zeros(4, 4).window(2, 0, 3, 4);
    }
}
