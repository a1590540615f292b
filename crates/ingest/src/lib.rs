//! Makes packs of slides.
//!
//! ```text
//! source::open -> family reader -> halve, halve -> predict, subtract, encode -> pack writer
//!                                       |                                          ^
//!                                       +-> coarse levels -------------------------+
//! ```
//!
//! Families are read and encoded in parallel and written in order. Coarser
//! levels are made from the families' roots one row of tiles at a time, so
//! memory grows with the width of a slide and not with its area (except for the
//! tile index, 16 bytes a tile).
//!
//! A slide is read once and encoded from full resolution up, unless the families'
//! roots are predicted too. Then it is read twice: first for the pixels of the
//! coarser levels, which go to temporary files, and then while it is encoded from
//! level 0 down: a row of tiles, the rows predicted from it, and the families below
//! those.

mod coarse;
mod coarse_to_fine;
mod crop;
mod encode;
mod error;
mod families;
mod fine_to_coarse;
mod options;
mod panic;
mod pipeline;
mod sink;
pub mod source;
mod spool;

pub use error::PackSlideError;
pub use options::{AssociatedImages, CoarseQuality, KeepSource, PackOptions, Predicted, SourceName};
pub use pipeline::{PackEvent, PackedSlide, pack};
