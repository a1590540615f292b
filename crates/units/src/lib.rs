//! Parses and formats sizes, durations and text for people.

pub mod count;
pub mod duration;
pub mod size;
pub mod text;
