//! Exact mode: quantised coefficients coded given what the parent's decoded
//! planes predict. `EXACT.md` beside this crate is the specification.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod built_in;
mod bytes;
pub(crate) mod context;
mod decode;
mod encode;
mod level;
mod model;
mod rans;
#[cfg(test)]
mod tests;
mod tile;
pub(crate) mod token;
mod training;

pub use built_in::BuiltIn;
pub use level::Level;
pub use model::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel};
pub use tile::TileCoder;
pub use training::{Sample, train};
