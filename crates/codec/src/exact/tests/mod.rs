//! Tests with whole tiles and models, valid and damaged.

mod fixture;
mod models;
mod random;
mod runs;
mod tiles;
