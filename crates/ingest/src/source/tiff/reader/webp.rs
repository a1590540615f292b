//! Tiles compressed with WebP.

use ::image::ImageDecoder;
use ::image::codecs::webp::WebPDecoder;
use origami_pyramid::Size;
use std::io::Cursor;

/// Decodes a picture whose sides are at least those of `visible` and at most those of
/// `limit` to `samples` (3 or 4) samples a pixel in `out`. Returns its size. A picture
/// without alpha is opaque.
///
/// # Errors
/// A reason, if it is malformed or has another size.
pub(super) fn decode(
    bytes: &[u8],
    visible: Size,
    limit: Size,
    samples: usize,
    out: &mut Vec<u8>,
) -> Result<Size, String> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    let fits =
        (visible.width..=limit.width).contains(&width) && (visible.height..=limit.height).contains(&height);
    if !fits {
        return Err(format!("its WebP is {width}x{height} px where {limit} px were expected"));
    }
    let found = usize::from(decoder.color_type().channel_count());
    out.clear();
    out.resize(width as usize * height as usize * found, 0);
    decoder.read_image(out).map_err(|error| error.to_string())?;
    match (found, samples) {
        (3, 4) => *out = out.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect(),
        (4, 3) => *out = out.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect(),
        _ if found == samples => {}
        _ => return Err(format!("its WebP has {found} samples where {samples} were expected")),
    }
    Ok(Size::new(width, height))
}
