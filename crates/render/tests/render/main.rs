//! Tiles, families and regions of packs, read through every storage.

// Counts allocated bytes for `malformed::memory`.
#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

#[path = "../../../pack/tests/common/mod.rs"]
mod common;

mod chain;
mod coefficients;
mod depth;
mod families;
mod golden;
mod hostile;
mod large;
mod malformed;
mod own_tables;
mod parents;
mod pictures;
mod pixels;
mod prefetch;
mod region;
mod round_trip;
mod rows;
