//! What packs save and cost, measured against generated slides and a real one.

#[path = "../common/mod.rs"]
mod common;

mod bytes;
mod compared;
mod errors;
mod json;
mod origin;
mod page;
mod quality;
mod real;
