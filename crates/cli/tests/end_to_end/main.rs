//! The real binary, from slides to tiles: it packs, verifies and serves, and the results are
//! compared with those of readers that share nothing with it.

mod bad_input;
mod bench;
mod binary;
mod broken_packs;
mod broken_slides;
mod compare;
mod comparison;
mod configured;
mod control_characters;
mod depth;
mod determinism;
mod exported;
mod faults;
mod geometry;
mod ids;
mod interruption;
mod kept;
mod manual;
mod memory;
mod odd_sizes;
mod openslide;
mod picture;
mod reference;
mod sample;
mod server;
mod serving;
mod slides;
mod source;
mod stub;
mod tiff;
mod tiles;
mod write_errors;
