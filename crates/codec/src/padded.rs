//! Decoded planes, including the samples that pad them to whole MCUs.

use crate::Frame;
use origami_pyramid::{Plane, Samples, SamplesMut};

/// The 8-bit samples of all planes of a frame, plane by plane, each with
/// stride `8 * columns`. They include the samples beyond the picture's edges
/// that its blocks contain. Children are predicted from them.
#[derive(Clone, Copy, Debug)]
pub struct PaddedPlanes<B> {
    data: B,
    frame: Frame,
}

/// Length in bytes of the [`PaddedPlanes`] of `frame`.
///
/// # Examples
/// ```
/// use origami_codec::{Colour, Frame, padded_len};
/// use origami_pyramid::Subsampling;
///
/// // Two MCUs of four luma, one Cb and one Cr block each.
/// let frame = Frame::new(17, 8, Subsampling::S420, Colour::Ycc).expect("a valid frame");
/// assert_eq!(padded_len(&frame), 2 * 6 * 64);
/// ```
#[must_use]
pub fn padded_len(frame: &Frame) -> usize {
    64 * frame.block_count()
}

impl<B: Samples> PaddedPlanes<B> {
    /// Planes of `frame` over `data`, which may be longer than [`padded_len`].
    ///
    /// # Panics
    /// If `data` is shorter.
    #[must_use]
    pub fn new(data: B, frame: Frame) -> Self {
        assert!(data.len() >= padded_len(&frame), "buffer too short for its planes");
        Self { data, frame }
    }

    /// The size and sampling of the planes.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The samples of `plane`, row by row; its stride is `8 * columns`.
    ///
    /// # Panics
    /// If there is no such plane.
    #[must_use]
    pub fn plane(&self, plane: usize) -> &[u8] {
        &self.data[64 * self.frame.first_block(plane)..64 * self.frame.first_block(plane + 1)]
    }

    /// The same planes, borrowed.
    #[must_use]
    pub fn view(&self) -> PaddedPlanes<&[u8]> {
        PaddedPlanes { data: &self.data, frame: self.frame }
    }

    /// [`Self::plane`] as a [`Plane`], whose stride equals its width.
    ///
    /// # Panics
    /// If there is no such plane.
    #[must_use]
    pub fn samples(&self, plane: usize) -> Plane<&[u8]> {
        let (columns, rows) = self.frame.blocks(plane);
        Plane::new(self.plane(plane), 8 * columns, 8 * rows, 8 * columns)
    }
}

impl<B: SamplesMut> PaddedPlanes<B> {
    /// [`Self::plane`] for writing.
    ///
    /// # Panics
    /// If there is no such plane.
    #[must_use]
    pub fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        &mut self.data[64 * self.frame.first_block(plane)..64 * self.frame.first_block(plane + 1)]
    }
}
