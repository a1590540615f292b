//! Encodes pixels as AVIF.

use super::presets;
use crate::Effort;
use origami_pyramid::{Rgb, colour};
use ravif::{BitDepth, Encoder, MatrixCoefficients, PixelRange};

/// Encodes `pixels` at `quality`, 1 to 100, with rav1e, on this thread alone: ravif and
/// rav1e are built without their features `threading`, so what they would do in parallel
/// they do in turn. The number of threads still decides into how many tiles an image is
/// divided, and so its bytes; it is set to one, or it would be that of the processors.
///
/// # Panics
/// If the quality is not from 1 to 100, or the library fails.
pub(super) fn encode(pixels: &Rgb, quality: u8, effort: Effort) -> Vec<u8> {
    let encoder = Encoder::new()
        .with_quality(f32::from(quality))
        .with_speed(presets::avif_speed(effort))
        .with_bit_depth(BitDepth::Eight)
        .with_num_threads(Some(1));
    // The colours of JPEG: BT.601 in full range.
    let planes = pixels.data().as_chunks::<3>().0.iter().map(|pixel| colour::ycc_of(*pixel));
    let (width, height) = (pixels.width(), pixels.height());
    let (range, matrix) = (PixelRange::Full, MatrixCoefficients::BT601);
    let image = encoder.encode_raw_planes_8_bit(width, height, planes, None::<[u8; 0]>, range, matrix);
    let bytes = image.expect("an image of a checked size is encoded").avif_file;
    // Without spare capacity, as the others.
    bytes.into_boxed_slice().into_vec()
}
