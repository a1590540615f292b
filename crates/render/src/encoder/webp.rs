//! Encodes pixels as WebP.

use super::presets::{self, LosslessPreset};
use crate::{Effort, Fidelity};
use origami_pyramid::Rgb;
use webp::{Encoder, WebPConfig};

/// Number of pixels from which modes of prediction are chosen with regard to their
/// length: a file has only half a MiB for them.
const LARGE: u64 = 1 << 24;

/// Encodes `pixels` with libwebp.
///
/// # Panics
/// If a quality is not from 1 to 100, or the library cannot allocate memory.
pub(super) fn encode(pixels: &Rgb, fidelity: Fidelity, effort: Effort) -> Vec<u8> {
    let mut config = WebPConfig::new().expect("the library has the version that was compiled");
    match fidelity {
        Fidelity::Lossless => {
            let LosslessPreset { method, quality } = presets::lossless_webp(effort);
            config.lossless = 1;
            config.method = method;
            config.quality = quality;
        }
        Fidelity::Quality(quality) => {
            config.method = presets::webp_method(effort);
            config.quality = f32::from(quality);
            config.partition_limit = if pixels.size().area() > LARGE { 100 } else { 0 };
        }
    }
    let (width, height) = (pixels.width() as u32, pixels.height() as u32);
    let encoder = Encoder::from_rgb(pixels.data(), width, height);
    let bytes = encoder.encode_advanced(&config).expect("an image of a checked size and quality is encoded");
    bytes.to_vec()
}
