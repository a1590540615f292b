//! The real binary, from slides to tiles: it packs, verifies and serves, and
//! what comes out is compared with readers that have nothing of ours.

mod bad_input;
mod bench;
mod binary;
mod broken_packs;
mod broken_slides;
mod compare;
mod configured;
mod control_characters;
mod depth;
mod determinism;
mod exported;
mod faults;
mod ids;
mod interruption;
mod kept;
mod memory;
mod odd_sizes;
mod openslide;
mod picture;
mod reference;
mod sample;
mod served;
mod serving;
mod slides;
mod source;
mod stub;
mod tiff;
mod tiles;
mod write_errors;
