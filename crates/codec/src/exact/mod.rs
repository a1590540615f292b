//! Exact mode: codes the quantised coefficients of a tile, predicted from the
//! decoded planes of its parent. `EXACT.md`, in the folder of this
//! crate, is the specification.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bands;
mod built_in;
mod bytes;
mod context;
mod decode;
mod encode;
mod lane;
mod level;
mod model;
mod rans;
mod rules;
mod single;
#[cfg(test)]
mod tests;
mod tile;
mod token;
mod training;

pub use built_in::BuiltIn;
pub use level::Level;
pub use model::{
    AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel, RUN_CONTEXTS,
};
pub use tile::TileCoder;
pub use training::{Sample, SymbolCounter, Training, train};
