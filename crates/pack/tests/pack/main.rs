//! Tests of packs as files: writing, publishing, and reading from every kind of storage.

#[path = "../common/mod.rs"]
mod common;

mod associated;
mod cut_short;
mod publishing;
mod residency;
mod rights;
