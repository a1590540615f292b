//! The form of a result.

use super::AppState;
use origami_render::{Encoding, RowFormat};

/// How the pixels are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// As one picture, made as a whole.
    Encoded(Encoded),
    /// A row of tiles at a time.
    Rows(RowFormat),
}

/// A picture that is made as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// How it is encoded.
    pub encoding: Encoding,
    /// Whether the request says how faithful the pixels have to be.
    pub quality_was_named: bool,
}

/// An output, and whether it depends on `Accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputChoice {
    /// How the pixels are sent.
    pub output: Output,
    /// Whether another `Accept` may lead to another output.
    pub is_negotiated: bool,
}

impl Output {
    /// How many pixels such a result may have.
    pub fn allowed_pixels(self, state: &AppState) -> u64 {
        match self {
            Self::Encoded(_) => state.limits.picture_area,
            Self::Rows(_) => state.limits.streamed_area,
        }
    }

    /// Whether it is samples that programs read, rather than an image file.
    pub fn is_array(self) -> bool {
        matches!(self, Self::Rows(RowFormat::Raw | RowFormat::Npy))
    }
}

/// The media type of a streamed result.
pub fn content_type(format: RowFormat) -> &'static str {
    match format {
        RowFormat::Raw => "application/octet-stream",
        RowFormat::Npy => "application/x-npy",
        RowFormat::Png => "image/png",
    }
}

/// What distinguishes the entity tags of the same pixels in different formats.
pub fn etag_part(format: RowFormat) -> &'static str {
    match format {
        RowFormat::Raw => "-raw",
        RowFormat::Npy => "-npy",
        RowFormat::Png => "-png",
    }
}
