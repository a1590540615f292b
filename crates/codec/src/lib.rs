//! Reads and writes JPEG: samples through libjpeg-turbo, coefficients in plain Rust.
//!
//! libjpeg-turbo writes past a buffer that was sized for another subsampling,
//! so this crate is its only caller: [`Decoder`] reads the header first and
//! refuses a stream whose size, subsampling or colour space differs from the
//! buffer's before any sample is written. Everything a prediction depends on
//! uses the accurate integer DCT ("islow"). Calls of the library need the
//! feature `turbo`; without it the crate is pure Rust and handles coefficients
//! only.

mod coefficients;
mod colour;
pub mod dct;
#[cfg(feature = "turbo")]
mod decoder;
#[cfg(feature = "turbo")]
mod encoder;
mod error;
pub mod exact;
mod frame;
mod jpeg;
mod markers;
mod nonzero;
#[cfg(feature = "turbo")]
mod own_tables;
mod padded;
mod shared;
mod splice;

pub use coefficients::{Block, Coefficients, Quantisation, ZIGZAG};
pub use colour::Colour;
#[cfg(feature = "turbo")]
pub use decoder::{Decoder, JpegHeader};
#[cfg(feature = "turbo")]
pub use encoder::{Encoder, encoded_bound};
pub use error::CodecError;
#[cfg(feature = "turbo")]
pub use error::LibraryError;
pub use frame::Frame;
pub use jpeg::{Facts, TileHeader, read_coefficients};
pub use padded::{PaddedPlanes, padded_len};
pub use shared::SharedHeader;
pub use splice::{Photometric, splice_tables};
