//! Reads and writes JPEG: samples through libjpeg-turbo; coefficients, and the pixels
//! that they decode to, in plain Rust.
//!
//! libjpeg-turbo writes past a buffer that was sized for another subsampling,
//! so this crate is its only caller: [`Decoder`] reads the header first and
//! refuses a stream whose size, subsampling or colour space differs from the
//! buffer's before any sample is written. Everything a prediction depends on
//! uses the accurate integer DCT ("islow"). Calls of the library need the
//! feature `turbo`; without it the crate is pure Rust, reads and writes
//! coefficients, and decodes those to pixels.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod cmyk;
mod coefficients;
mod colour;
mod colour_rule;
pub mod dct;
#[cfg(feature = "turbo")]
mod decoder;
#[cfg(feature = "turbo")]
mod encoder;
mod error;
pub mod exact;
mod frame;
mod implied_tables;
mod jpeg;
mod kept;
mod marker_segment;
mod markers;
mod nonzero;
#[cfg(feature = "turbo")]
mod own_tables;
mod padded;
mod pixels;
mod self_contained;
mod shared;
mod tidiness;

pub use cmyk::cmyk_to_rgb;
pub use coefficients::{Block, Coefficients, Quantisation, ZIGZAG};
pub use colour::Colour;
pub use colour_rule::Photometric;
#[cfg(feature = "turbo")]
pub use decoder::{DecodedSamples, Decoder, JpegHeader};
#[cfg(feature = "turbo")]
pub use encoder::{Encoder, encoded_bound};
pub use error::CodecError;
#[cfg(feature = "turbo")]
pub use error::LibraryError;
pub use frame::Frame;
pub use jpeg::{Facts, HuffmanTables, TileHeader, read_coefficients, tidy};
pub use marker_segment::{MarkerSegment, marker_segments};
pub use padded::{PaddedPlanes, padded_len};
pub use pixels::PixelDecoder;
pub use self_contained::self_contained;
pub use shared::SharedHeader;
pub use tidiness::Tidiness;
