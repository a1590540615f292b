//! Exact mode: quantised coefficients coded given what the parent's decoded
//! planes predict. `EXACT.md` beside this crate is the specification.

#[allow(dead_code, reason = "the coder and the trainer use it")]
pub(crate) mod context;
mod model;
#[allow(dead_code, reason = "the coder and the trainer use it")]
pub(crate) mod token;
mod training;

pub use model::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel};
pub use training::{Sample, train};
