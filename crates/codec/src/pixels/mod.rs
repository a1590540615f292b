//! Decodes coefficients to pixels: those that libjpeg-turbo makes of their JPEG.
//!
//! A JPEG in between would cost more than the pixels: its symbols have to be written and
//! read again one by one. And the library always decodes all rows above those that are
//! wanted.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod colour;
mod upsample;

use crate::dct::islow_plane;
use crate::{Coefficients, Colour, Frame, Quantisation};
use origami_pyramid::simd::{self, Simd};
use origami_pyramid::{Rect, Rgb, Subsampling};
use std::ops::Range;
use upsample::Upsampler;

/// Decodes coefficients to pixels. It owns scratch memory, so every worker needs its own.
///
/// # Examples
/// ```
/// use origami_codec::{Coefficients, Colour, Frame, PixelDecoder};
/// use origami_pyramid::{Rect, Rgb, Subsampling};
///
/// let frame = Frame::new(20, 20, Subsampling::S420, Colour::Ycc).expect("a valid frame");
/// let mut tile = Coefficients::zeros(frame);
/// tile.fill([4, 0, 0]);
/// let mut pixels = Rgb::filled(1, 1, [0; 3]);
/// let window = Rect { x: 10, y: 10, width: 5, height: 2 };
/// PixelDecoder::default().decode(&tile, &[[16; 64]; 3], window, &mut pixels);
/// assert_eq!(pixels, Rgb::filled(5, 2, [136; 3]));
/// ```
#[derive(Debug, Default)]
pub struct PixelDecoder {
    planes: [PlaneRows; 3],
    upsamplers: [Upsampler; 2],
}

/// Decoded rows of one plane.
#[derive(Debug, Default)]
struct PlaneRows {
    /// Row by row, each as long as the row of blocks that it is in.
    samples: Vec<u8>,
    stride: usize,
    /// Number of the first row.
    first: usize,
}

impl PlaneRows {
    /// Decodes the rows and columns of `plane` that are wanted.
    fn decode(
        &mut self,
        simd: Simd,
        tile: &Coefficients,
        plane: usize,
        steps: &[u16; 64],
        rows: Range<usize>,
        columns: Range<usize>,
    ) {
        let width = tile.frame().blocks(plane).0;
        let (rows, columns) = (in_blocks(&rows), in_blocks(&columns));
        (self.first, self.stride) = (8 * rows.start, 8 * width);
        let len = 64 * width * rows.len();
        self.samples.resize(len.max(self.samples.len()), 0);
        let blocks = &tile.plane(plane)[width * rows.start..width * rows.end];
        islow_plane(simd, blocks, width, columns, steps, &mut self.samples[..len]);
    }

    /// Row `y` of the plane, which is one of those that were decoded.
    fn row(&self, y: usize) -> &[u8] {
        &self.samples[self.stride * (y - self.first)..][..self.stride]
    }
}

/// The blocks that a range of samples is in.
fn in_blocks(samples: &Range<usize>) -> Range<usize> {
    samples.start / 8..samples.end.div_ceil(8)
}

impl PixelDecoder {
    /// Decodes the pixels of `tile` in `window` to `out`, which is resized to the window.
    /// `quantisation` has the steps of the tile's coefficients.
    ///
    /// Coefficients that an encoder made of 8-bit samples become exactly the pixels that
    /// libjpeg-turbo makes of them. Larger ones wrap and saturate in 16 bits, and become the
    /// same pixels on every machine, but not always the library's.
    ///
    /// Chroma is upsampled with a triangular filter, as the library does unless it is told
    /// to hurry ("fancy upsampling"), and samples beyond the picture are not read.
    ///
    /// # Panics
    /// If the window is empty or leaves the tile.
    pub fn decode(&mut self, tile: &Coefficients, quantisation: &Quantisation, window: Rect, out: &mut Rgb) {
        self.decode_with(simd::get(), tile, quantisation, window, out);
    }

    /// [`Self::decode`] with the given instruction set.
    ///
    /// # Panics
    /// As [`Self::decode`].
    pub fn decode_with(
        &mut self,
        simd: Simd,
        tile: &Coefficients,
        quantisation: &Quantisation,
        window: Rect,
        out: &mut Rgb,
    ) {
        let frame = *tile.frame();
        let [x, y, width, height] = [window.x, window.y, window.width, window.height].map(|n| n as usize);
        let (columns, rows) = (x..x + width, y..y + height);
        assert!(width > 0 && height > 0, "the window has pixels");
        assert!(columns.end <= frame.width() && rows.end <= frame.height(), "the window is in the tile");
        out.resize(width, height);
        let planes = self.planes.iter_mut().zip(quantisation).take(frame.planes());
        for (plane, (samples, steps)) in planes.enumerate() {
            let rows = plane_range(&frame, plane, &rows, Axis::Down);
            let columns = plane_range(&frame, plane, &columns, Axis::Across);
            samples.decode(simd, tile, plane, steps, rows, columns);
        }
        for row in rows {
            self.write_row(simd, &frame, row, columns.clone(), out.row_mut(row - y));
        }
    }

    /// Writes the pixels in `columns` of row `y`.
    fn write_row(&mut self, simd: Simd, frame: &Frame, y: usize, columns: Range<usize>, out: &mut [u8]) {
        let [luma, planes @ ..] = &self.planes;
        let luma = &luma.row(y)[columns.clone()];
        if frame.subsampling() == Subsampling::Gray {
            colour::interleave_row(simd, [luma; 3], out);
            return;
        }
        let [first, second] = &mut self.upsamplers;
        let cb = chroma_row(simd, frame, &planes[0], first, y, columns.clone());
        let cr = chroma_row(simd, frame, &planes[1], second, y, columns);
        match frame.colour() {
            Colour::Ycc => colour::rgb_row(simd, [luma, cb, cr], out),
            Colour::Gray | Colour::Rgb | Colour::Other => {
                colour::interleave_row(simd, [luma, cb, cr], out);
            }
        }
    }
}

/// Row `y` of a plane besides the first, in the resolution of the first, within `columns`.
fn chroma_row<'a>(
    simd: Simd,
    frame: &Frame,
    plane: &'a PlaneRows,
    upsampler: &'a mut Upsampler,
    y: usize,
    columns: Range<usize>,
) -> &'a [u8] {
    let (width, height) = chroma_size(frame);
    match frame.subsampling() {
        Subsampling::S422 => upsampler.double(simd, &plane.row(y)[..width], columns),
        Subsampling::S420 => {
            let near = y / 2;
            let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(height - 1) };
            let rows = [near, far].map(|row| &plane.row(row)[..width]);
            upsampler.double_between(simd, rows, columns)
        }
        Subsampling::S444 | Subsampling::Gray => &plane.row(y)[columns],
    }
}

/// Width and height of the chroma of the picture in samples, rounded up.
fn chroma_size(frame: &Frame) -> (usize, usize) {
    let (across, down) = frame.scale(1);
    (frame.width().div_ceil(across), frame.height().div_ceil(down))
}

#[derive(Clone, Copy)]
enum Axis {
    Across,
    Down,
}

/// The samples of `plane` that the pixels in `range` of an axis are made of: where it is
/// subsampled, also those before and after, if there are any.
fn plane_range(frame: &Frame, plane: usize, range: &Range<usize>, axis: Axis) -> Range<usize> {
    let ((across, down), (width, height)) = (frame.scale(plane), chroma_size(frame));
    let (scale, len) = match axis {
        Axis::Across => (across, width),
        Axis::Down => (down, height),
    };
    if scale == 1 {
        return range.clone();
    }
    (range.start / scale).saturating_sub(1)..(range.end.div_ceil(scale) + 1).min(len)
}
