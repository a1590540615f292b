//! Decodes the pictures that are tiles.

use super::layout::Extent;
use super::ranges::Ranges;
use super::store::TileFile;
use crate::source::alpha::flatten;
use crate::source::error::SourceFault;
use crate::source::inks::decode_any;
use crate::source::levels::{stretch, to_eight_bits};
use crate::source::mosaic::Workspace;
use ::image::{ColorType, DynamicImage, ImageDecoder, ImageReader};
use origami_codec::{CodecError, Colour, Tidiness, marker_segments, self_contained};
use origami_pyramid::{Rgb, Size};
use std::io::Cursor;

/// Decodes the file of a tile into `workspace.pixels`. Samples are shown in `ranges`, and
/// transparent pixels over the background.
///
/// # Errors
/// If it is not a picture of a kind that can be read, or has a wrong size, which is
/// found before its pixels are allocated.
pub(super) fn decode(
    file: &TileFile,
    extent: &Extent,
    ranges: &Ranges,
    background: [u8; 3],
    workspace: &mut Workspace,
) -> Result<(), SourceFault> {
    let decoded = if is_jpeg(&file.bytes) {
        decode_jpeg(&file.bytes, extent, ranges, workspace).map_err(|error| describe(&error, extent))
    } else {
        decode_other(&file.bytes, extent, ranges, background).map(|pixels| workspace.pixels = pixels)
    };
    decoded.map_err(|reason| SourceFault::new(file.offset, reason))
}

/// Whether a file begins as a JPEG does.
pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8])
}

/// Whether samples have 16 bits.
pub(super) fn is_sixteen_bits(colour: ColorType) -> bool {
    colour.bytes_per_pixel() == 2 * colour.channel_count()
}

fn decode_jpeg(
    bytes: &[u8],
    extent: &Extent,
    ranges: &Ranges,
    workspace: &mut Workspace,
) -> Result<(), CodecError> {
    let Workspace { decoder, jpeg, pixels, untidy, .. } = workspace;
    let copied = self_contained(None, bytes, None, jpeg)?;
    let decoded = match decoder.decode_rgb_covering(jpeg, extent.expected, extent.limit, pixels) {
        // Its size is right, which is checked first.
        Err(CodecError::Colour(Colour::Other)) => {
            decode_any(decoder, jpeg, extent.limit, has_adobe(bytes), pixels)?
        }
        decoded => decoded?,
    };
    if let Some(range) = ranges.eight_bits {
        stretch(pixels.data_mut(), range);
    }
    *untidy = copied.max(decoded) == Tidiness::Untidy;
    Ok(())
}

fn has_adobe(jpeg: &[u8]) -> bool {
    marker_segments(jpeg).any(|segment| segment.adobe_transform().is_some())
}

/// What is wrong with a JPEG. Its size is compared with what shows, not with what its
/// padding may be.
fn describe(error: &CodecError, extent: &Extent) -> String {
    let size = match error {
        CodecError::Size { found, .. } => extent.check(*found).err(),
        _ => None,
    };
    size.unwrap_or_else(|| error.to_string())
}

fn decode_other(bytes: &[u8], extent: &Extent, ranges: &Ranges, background: [u8; 3]) -> Result<Rgb, String> {
    let decoder = open(bytes, extent)?;
    let has_sixteen_bits = is_sixteen_bits(decoder.color_type());
    let range = if has_sixteen_bits { Some(ranges.sixteen_bits) } else { ranges.eight_bits };
    let image = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    Ok(flatten(to_eight_bits(image, range).image, background))
}

/// The decoder of a picture that is no JPEG, whose size may be that of a tile.
///
/// # Errors
/// If it is of no kind that can be read, is malformed, or has a wrong size.
pub(super) fn open(bytes: &[u8], extent: &Extent) -> Result<impl ImageDecoder, String> {
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    if reader.format().is_none() {
        return Err("it is no JPEG, PNG or WebP picture".into());
    }
    let decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    extent.check(Size::new(width, height))?;
    Ok(decoder)
}
