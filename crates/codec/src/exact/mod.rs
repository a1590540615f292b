//! Exact mode: quantised coefficients coded given what the parent's decoded
//! planes predict. `EXACT.md` beside this crate is the specification.

mod model;

pub use model::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel};
