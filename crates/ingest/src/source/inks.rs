//! Decodes JPEGs whose samples may be inks.

use origami_codec::{CodecError, DecodedSamples, Decoder, Tidiness, cmyk_to_rgb};
use origami_pyramid::{Rgb, Size};

/// Decodes a self-contained JPEG of one, three or four components, with sides of at most
/// those of `limit`, to RGB. Four components are inks, which are stored inverted if the
/// JPEG had an Adobe marker (`has_adobe`) in its file. `out` gets the size of the JPEG.
///
/// # Errors
/// If it is larger, which is checked before any memory is allocated, or does not decode.
pub(super) fn decode_any(
    decoder: &mut Decoder,
    jpeg: &[u8],
    limit: Size,
    has_adobe: bool,
    out: &mut Rgb,
) -> Result<Tidiness, CodecError> {
    let mut samples = Vec::new();
    let DecodedSamples { size, planes, tidiness } = decoder.decode_samples(jpeg, limit, &mut samples)?;
    let data = match planes {
        1 => samples.iter().flat_map(|&gray| [gray; 3]).collect(),
        4 => {
            let mut rgb = Vec::new();
            cmyk_to_rgb(&samples, has_adobe, &mut rgb);
            rgb
        }
        _ => samples,
    };
    *out = Rgb::from_vec(data, size.width as usize, size.height as usize);
    Ok(tidiness)
}
