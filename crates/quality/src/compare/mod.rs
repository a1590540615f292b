//! Measures what a pack saves and what it costs.
//!
//! ```text
//! pack ---------> bytes:   every tile as it is stored in the pack and as it is served
//! pack, slide --> origin:  is this the slide that the pack was made from?
//!             `-> quality: a sample of tiles as served and as plain JPEG, each
//!                          against the slide's own pixels; the worst as pictures
//! ```
//!
//! The results are the same on every run: the sample depends only on the positions of
//! the tiles. [`Comparison`] holds all of them; it serialises to the JSON that
//! `origami compare --json` prints, and [`html`] makes a page of it.

mod bytes;
mod comparison;
mod fidelity;
mod html;
mod origin;
mod picture;
mod quality;
mod ssim;

pub use bytes::{LevelBytes, TileCounts, bytes};
pub use comparison::{Comparison, PackFacts, Totals, decibels, identity};
pub use fidelity::{Fidelity, FidelitySummary, High, Low};
pub use html::html;
pub use origin::{Match, Mismatch, OriginError, SourceFacts, check_origin};
pub use picture::{AMPLIFICATION, Pictures};
pub use quality::{CompareSettings, LevelQuality, TileQuality, quality, quality_samples};
