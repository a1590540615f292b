//! How far served tiles are from the pixels they stand for, and what a pack saves.
//!
//! ```text
//! pack, slide --> measure: a sample of rebuilt tiles, for the report inside a pack
//!             `-> compare: on request, every tile's bytes, and a sample's quality
//!                          by more measures, as numbers, as JSON and as a page
//! ```
//!
//! The slide is whatever implements [`Original`]: nothing here knows how slides
//! are read. Samples depend on the places of tiles alone, so that measuring is
//! the same on every run.

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
pub use sample::{SAMPLE, may_be_sampled, sample_rank};
pub use slide_file::SlideFile;
