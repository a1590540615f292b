//! Planar YCbCr tiles over any storage, like [`Plane`].

use crate::{Plane, Samples, SamplesMut, Size};

/// Resolution of chroma relative to luma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subsampling {
    /// Chroma at luma resolution.
    S444,
    /// Chroma at half the width.
    S422,
    /// Chroma at half the width and half the height.
    S420,
    /// No chroma planes.
    #[default]
    Gray,
}

impl Subsampling {
    /// All of them, with the most chroma first.
    pub const ALL: [Self; 4] = [Self::S444, Self::S422, Self::S420, Self::Gray];

    /// Luma samples per chroma sample, `(across, down)`; `(1, 1)` for gray.
    #[must_use]
    pub fn factors(self) -> (usize, usize) {
        match self {
            Self::S420 => (2, 2),
            Self::S422 => (2, 1),
            Self::S444 | Self::Gray => (1, 1),
        }
    }

    /// Size of a chroma plane of a tile or level of `size`, `ceil(side / factor)`;
    /// for gray the size itself.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Size, Subsampling};
    /// assert_eq!(Subsampling::S420.chroma_size(Size::new(5, 3)), Size::new(3, 2));
    /// assert_eq!(Subsampling::S422.chroma_size(Size::new(5, 3)), Size::new(3, 3));
    /// ```
    #[must_use]
    pub fn chroma_size(self, size: Size) -> Size {
        let (across, down) = self.factors();
        Size::new(size.width.div_ceil(across as u32), size.height.div_ceil(down as u32))
    }

    /// The usual three digits (`420`), or `gray`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S444 => "444",
            Self::S422 => "422",
            Self::S420 => "420",
            Self::Gray => "gray",
        }
    }
}

/// The Cb and Cr planes of a tile, writable.
pub type ChromaMut<'a> = [Plane<&'a mut [u8]>; 2];

/// A planar full-range YCbCr tile in one buffer: Y, then Cb, then Cr.
///
/// Luma rows and columns are padded to whole chroma samples (an odd 4:2:0 tile
/// has one more), chroma planes are not padded. That is the layout JPEG libraries
/// call unaligned planar YUV, so samples pass to and from them without a copy.
#[derive(Clone, Copy, Debug)]
pub struct Ycc<B> {
    data: B,
    width: usize,
    height: usize,
    subsampling: Subsampling,
}

/// Where the planes are in a [`Ycc`] buffer.
struct YccLayout {
    luma_stride: usize,
    luma_len: usize,
    chroma_width: usize,
    chroma_height: usize,
    /// Samples of one chroma plane, 0 for gray.
    chroma_len: usize,
}

impl YccLayout {
    fn new(width: usize, height: usize, subsampling: Subsampling) -> Self {
        let (across, down) = subsampling.factors();
        let luma_stride = width.next_multiple_of(across);
        let luma_rows = height.next_multiple_of(down);
        let (chroma_width, chroma_height) = (luma_stride / across, luma_rows / down);
        let chroma_len = if subsampling == Subsampling::Gray { 0 } else { chroma_width * chroma_height };
        Self { luma_stride, luma_len: luma_stride * luma_rows, chroma_width, chroma_height, chroma_len }
    }

    /// Bytes of all planes.
    fn len(&self) -> usize {
        self.luma_len + 2 * self.chroma_len
    }
}

/// Bytes a [`Ycc`] buffer of this shape takes.
///
/// # Examples
/// ```
/// use origami_pyramid::{Subsampling, ycc::ycc_len};
/// assert_eq!(ycc_len(8, 8, Subsampling::Gray), 64);
/// assert_eq!(ycc_len(8, 8, Subsampling::S420), 64 + 2 * 16);
/// // An odd tile has a column and a row of luma padding.
/// assert_eq!(ycc_len(5, 3, Subsampling::S420), 6 * 4 + 2 * 3 * 2);
/// ```
#[must_use]
pub fn ycc_len(width: usize, height: usize, subsampling: Subsampling) -> usize {
    YccLayout::new(width, height, subsampling).len()
}

impl<B> Ycc<B> {
    fn layout(&self) -> YccLayout {
        YccLayout::new(self.width, self.height, self.subsampling)
    }
}

impl<B: Samples> Ycc<B> {
    /// A tile over `data`, which may be longer than [`ycc_len`].
    ///
    /// # Panics
    /// If a side is 0 or `data` is shorter than [`ycc_len`].
    #[must_use]
    pub fn new(data: B, width: usize, height: usize, subsampling: Subsampling) -> Self {
        assert!(width > 0 && height > 0, "empty tile");
        assert!(data.len() >= ycc_len(width, height, subsampling), "buffer too short for its tile");
        Self { data, width, height, subsampling }
    }

    /// Width in pixels, without padding.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels, without padding.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Chroma subsampling.
    #[must_use]
    pub fn subsampling(&self) -> Subsampling {
        self.subsampling
    }

    /// The samples of all planes, exactly [`ycc_len`] bytes.
    #[must_use]
    pub fn samples(&self) -> &[u8] {
        &self.data[..self.layout().len()]
    }

    /// The luma plane at the tile's true size.
    #[must_use]
    pub fn luma(&self) -> Plane<&[u8]> {
        let layout = self.layout();
        Plane::new(&self.data[..layout.luma_len], self.width, self.height, layout.luma_stride)
    }

    /// The Cb and Cr planes; `None` for gray.
    #[must_use]
    pub fn chroma(&self) -> Option<[Plane<&[u8]>; 2]> {
        let layout = self.layout();
        if layout.chroma_len == 0 {
            return None;
        }
        let (cb, cr) = self.data[layout.luma_len..].split_at(layout.chroma_len);
        let (width, height) = (layout.chroma_width, layout.chroma_height);
        Some([cb, cr].map(|plane| Plane::new(plane, width, height, width)))
    }

    /// A shared view of the tile.
    #[must_use]
    pub fn view(&self) -> Ycc<&[u8]> {
        Ycc { data: &self.data, width: self.width, height: self.height, subsampling: self.subsampling }
    }

    /// The colour `[Y, Cb, Cr]` of all samples, if each plane has one value. Padding
    /// does not count. Gray tiles report neutral chroma (128).
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Subsampling, Ycc};
    /// let mut tile = Ycc::zeros(5, 3, Subsampling::S422);
    /// tile.fill([7, 8, 9]);
    /// assert_eq!(tile.uniform(), Some([7, 8, 9]));
    /// tile.luma_mut().row_mut(2)[4] = 0;
    /// assert_eq!(tile.uniform(), None);
    /// ```
    #[must_use]
    pub fn uniform(&self) -> Option<[u8; 3]> {
        let luma = self.luma().uniform()?;
        let Some([cb, cr]) = self.chroma() else { return Some([luma, 128, 128]) };
        Some([luma, cb.uniform()?, cr.uniform()?])
    }
}

impl<B: SamplesMut> Ycc<B> {
    /// The luma plane at the tile's true size.
    pub fn luma_mut(&mut self) -> Plane<&mut [u8]> {
        self.planes_mut().0
    }

    /// The luma, Cb and Cr planes; gray tiles have no chroma.
    pub fn planes_mut(&mut self) -> (Plane<&mut [u8]>, Option<ChromaMut<'_>>) {
        let layout = self.layout();
        let (luma, rest) = self.data.split_at_mut(layout.luma_len);
        let luma = Plane::new(luma, self.width, self.height, layout.luma_stride);
        if layout.chroma_len == 0 {
            return (luma, None);
        }
        let (cb, cr) = rest.split_at_mut(layout.chroma_len);
        let (width, height) = (layout.chroma_width, layout.chroma_height);
        (luma, Some([cb, cr].map(|plane| Plane::new(plane, width, height, width))))
    }

    /// The samples of all planes, exactly [`ycc_len`] bytes.
    pub fn samples_mut(&mut self) -> &mut [u8] {
        let len = self.layout().len();
        &mut self.data[..len]
    }

    /// Repeats the last true luma column and row into the padding that odd
    /// subsampled tiles have, so that an encoder reads defined samples.
    pub fn pad_luma(&mut self) {
        let (width, height) = (self.width, self.height);
        let layout = self.layout();
        let luma = &mut self.data[..layout.luma_len];
        for row in luma.chunks_exact_mut(layout.luma_stride).take(height) {
            let last = row[width - 1];
            row[width..].fill(last);
        }
        let (rows, padding) = luma.split_at_mut(height * layout.luma_stride);
        for row in padding.chunks_exact_mut(layout.luma_stride) {
            row.copy_from_slice(&rows[(height - 1) * layout.luma_stride..]);
        }
    }

    /// Sets every sample, padding included, to the colour `[Y, Cb, Cr]`.
    pub fn fill(&mut self, [luma, cb, cr]: [u8; 3]) {
        let layout = self.layout();
        self.data[..layout.luma_len].fill(luma);
        let chroma = &mut self.data[layout.luma_len..];
        chroma[..layout.chroma_len].fill(cb);
        chroma[layout.chroma_len..][..layout.chroma_len].fill(cr);
    }
}

impl Ycc<Vec<u8>> {
    /// A tile of zeros that owns its buffer.
    #[must_use]
    pub fn zeros(width: usize, height: usize, subsampling: Subsampling) -> Self {
        Self::new(vec![0; ycc_len(width, height, subsampling)], width, height, subsampling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_tiles_have_padded_luma_and_whole_chroma() {
        assert_eq!(ycc_len(5, 3, Subsampling::S420), 6 * 4 + 2 * 3 * 2);
        assert_eq!(ycc_len(5, 3, Subsampling::S422), 6 * 3 + 2 * 3 * 3);
        assert_eq!(ycc_len(5, 3, Subsampling::S444), 45);
        assert_eq!(ycc_len(5, 3, Subsampling::Gray), 15);
        let mut tile = Ycc::zeros(5, 3, Subsampling::S420);
        for y in 0..3 {
            for (x, sample) in tile.luma_mut().row_mut(y).iter_mut().enumerate() {
                *sample = (10 * y + x) as u8;
            }
        }
        tile.pad_luma();
        assert_eq!(
            tile.samples()[..24],
            [0, 1, 2, 3, 4, 4, 10, 11, 12, 13, 14, 14, 20, 21, 22, 23, 24, 24, 20, 21, 22, 23, 24, 24]
        );
    }

    #[test]
    fn uniform_tiles_are_detected_and_padding_does_not_count() {
        let mut tile = Ycc::zeros(5, 3, Subsampling::S420);
        tile.fill([7, 8, 9]);
        tile.samples_mut()[5] = 99; // padding
        assert_eq!(tile.uniform(), Some([7, 8, 9]));
        tile.samples_mut()[4] = 99;
        assert_eq!(tile.uniform(), None);
    }
}
