//! What is made of packs, whatever storage they are read from.

#[path = "../../../pack/tests/common/mod.rs"]
mod common;

mod coefficients;
mod depth;
mod families;
mod golden;
mod hostile;
mod large;
mod lies;
mod parents;
mod prefetch;
mod region;
mod round_trip;
