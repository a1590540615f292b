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

mod coarse;
mod encode;
mod error;
mod families;
mod options;
mod pipeline;
mod sink;
pub mod source;

pub use error::PackSlideError;
pub use options::{KeepSource, Options};
pub use pipeline::{Event, Outcome, pack};
