//! Makes packs of slides.
//!
//! ```text
//! source::open -> families: read, halve, halve -> tiles' coefficients -+
//!                    |                                                 +-> spool
//!                    +-> coarse levels, a row of tiles at a time ------+
//! spool -> samples of all tiles -> models
//! spool -> families, coarse to fine, depth first: predict, code -> pack writer
//! ```
//!
//! A slide is read once, in families on worker threads. What becomes of its tiles waits in
//! temporary files beside the pack: their coefficients as entropy-coded scans, or in luma
//! mode their final bytes. Then models are trained on samples of all tiles, and everything
//! is coded in the order of the pack. A tile's coefficients do not depend on any
//! prediction, so nothing of the slide is read again.
//!
//! Coarse levels are made from the families' roots one row of tiles at a time, so memory
//! grows with the width of a slide and not with its area.

mod coarse;
mod crop;
mod encode;
mod error;
mod families;
mod options;
mod panic;
mod pipeline;
mod reading;
pub mod source;
mod spool;
mod statistics;
mod writing;

pub use error::PackSlideError;
pub use options::{AssociatedImages, CoarseQuality, KeepSource, PackOptions, Predicted, SourceName};
pub use pipeline::{PackEvent, PackedSlide, pack};
