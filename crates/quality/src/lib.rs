//! Measures how far served tiles are from the slide's own pixels, and what a pack
//! saves.
//!
//! ```text
//! pack, slide --> measure: a sample of rebuilt tiles, for the report inside a pack
//!             `-> compare: on request, the bytes of every tile, and the quality of a
//!                          sample by more measures: as numbers, JSON and HTML
//! ```
//!
//! The slide is anything that implements [`Original`]: this crate does not depend on
//! how slides are read. A sample depends only on the positions of the tiles, so
//! measuring gives the same results on every run.

pub mod compare;
mod difference;
mod error;
pub mod measure;
mod measurer;
mod original;
mod plain;
mod report;
mod sample;
mod slide_file;
pub mod work;

pub use difference::{Difference, difference};
pub use error::MeasureError;
pub use original::{Original, ReadError};
pub use report::{Measured, report};
pub use sample::{LevelSample, SAMPLE, may_be_sampled, sample_rank};
pub use slide_file::SlideFile;
