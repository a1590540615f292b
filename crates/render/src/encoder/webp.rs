//! Encodes pixels as WebP.

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
    config.method = match effort {
        Effort::Fast => 0,
        Effort::Normal => 4,
    };
    match fidelity {
        Fidelity::Lossless => {
            config.lossless = 1;
            // Not a quality here, but how hard the library tries: its levels 0 and 6.
            config.quality = match effort {
                Effort::Fast => 0.0,
                Effort::Normal => 75.0,
            };
        }
        Fidelity::Quality(quality) => {
            config.quality = f32::from(quality);
            config.partition_limit = if pixels.size().area() > LARGE { 100 } else { 0 };
        }
    }
    let (width, height) = (pixels.width() as u32, pixels.height() as u32);
    let encoder = Encoder::from_rgb(pixels.data(), width, height);
    let bytes = encoder.encode_advanced(&config).expect("an image of a checked size and quality is encoded");
    bytes.to_vec()
}
