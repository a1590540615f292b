//! Packs as files: written, published, read from every kind of storage.

#[path = "../common/mod.rs"]
mod common;

mod cut_short;
mod publishing;
mod residency;
