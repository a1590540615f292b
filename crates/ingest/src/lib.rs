//! Slides in, packs out.
//!
//! ```text
//! source::open -> family reader -> halve, halve -> predict, subtract, encode -> pack writer
//!                                       |                                          ^
//!                                       +-> coarse levels -------------------------+
//! ```
//!
//! Families are read and encoded in parallel and written in order. Coarser
//! levels are made from the families' roots one row of tiles at a time, so
//! memory grows with the width of a slide and not with its area (but for the
//! tile index, 16 bytes a tile).
//!
//! A slide is encoded in one ascent from full resolution, unless the families'
//! roots are predicted too. Then the ascent only leaves the pixels of the coarser
//! levels in temporary files, and a descent from level 0 encodes a row of tiles,
//! what is predicted from it, and the families below, which are read again.

mod coarse;
mod coarse_to_fine;
mod encode;
mod error;
mod families;
mod fine_to_coarse;
mod options;
mod pipeline;
mod sink;
pub mod source;
mod spool;

pub use error::PackSlideError;
pub use options::{KeepSource, PackOptions, Predicted};
pub use pipeline::{PackEvent, PackedSlide, pack};
