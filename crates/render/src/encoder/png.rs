//! Encodes pixels as PNG.

use crate::Tone;
use origami_pyramid::Rgb;
use png::{BitDepth, ColorType, Compression, EncodingError, Filter};

/// Encodes `pixels`, which have this `tone`. The vector has no spare capacity: caches count
/// its length, so it may not take more memory than that.
///
/// Compression is the fast one. Lossless pixels are mostly requested by programs, often
/// nearby, and a worker that compresses harder delays other requests. The filter is
/// chosen row by row, since glass and tissue need different ones. There are no filters
/// for single bits, which are compressed by length of runs and matches.
pub(super) fn encode(pixels: &Rgb, tone: Tone) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    match tone {
        Tone::Colour => write(pixels, ColorType::Rgb, BitDepth::Eight, pixels.data(), &mut out),
        Tone::Gray => write(pixels, ColorType::Grayscale, BitDepth::Eight, &gray(pixels), &mut out),
        Tone::Bitonal => write(pixels, ColorType::Grayscale, BitDepth::One, &bits(pixels), &mut out),
    }?;
    out.shrink_to_fit();
    Ok(out)
}

/// Writes a PNG of the size of `pixels` with these `samples`.
fn write(
    pixels: &Rgb,
    colour: ColorType,
    depth: BitDepth,
    samples: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    let mut encoder = png::Encoder::new(out, pixels.width() as u32, pixels.height() as u32);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if depth == BitDepth::One {
        encoder.set_compression(Compression::Balanced);
        encoder.set_filter(Filter::NoFilter);
    } else {
        encoder.set_compression(Compression::Fast);
        encoder.set_filter(Filter::Adaptive);
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(samples)?;
    writer.finish()
}

/// The gray of each pixel.
fn gray(pixels: &Rgb) -> Vec<u8> {
    pixels.data().as_chunks::<3>().0.iter().map(|[gray, ..]| *gray).collect()
}

/// Rows of bits, of whole bytes, the leftmost pixel in the highest bit: set where the
/// pixel is white.
fn bits(pixels: &Rgb) -> Vec<u8> {
    let mut bits = Vec::with_capacity(pixels.width().div_ceil(8) * pixels.height());
    for y in 0..pixels.height() {
        for eight in pixels.row(y).chunks(3 * 8) {
            let white = eight.as_chunks::<3>().0.iter().enumerate();
            bits.push(white.fold(0, |byte, (x, [gray, ..])| byte | ((gray & 0x80) >> x)));
        }
    }
    bits
}
