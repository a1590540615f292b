//! Sizes, durations and text for people, read and written.

pub mod duration;
pub mod size;
pub mod text;
