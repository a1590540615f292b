//! Slides of JPEG tiles whose tiles are kept: the same coefficients, and where possible
//! the same bytes, are served.

#[path = "../common/mod.rs"]
mod common;

mod coarser;
mod damaged;
mod huffman;
mod refused;
mod served;
mod verbatim;

use common::{Coding, Tiff, assert_same_with_any_workers, keeping_options};
use origami_pyramid::Size;
use turbojpeg::Subsamp;

/// Every kind of tile that scanners write.
fn codings() -> [Coding; 5] {
    [
        Coding::new(Subsamp::Sub2x2),
        Coding { quality: 92, ..Coding::new(Subsamp::Sub2x1) },
        Coding { quality: 30, ..Coding::new(Subsamp::None) },
        Coding { quality: 85, ..Coding::new(Subsamp::Gray) },
        Coding { quality: 70, ..Coding::rgb() },
    ]
}

#[test]
fn kept_tiles_give_the_same_pack_with_any_number_of_workers() {
    let tiff = Tiff::new(Size::new(517, 401), 64, &Coding::new(Subsamp::Sub2x2));
    assert_same_with_any_workers(&tiff, &keeping_options(), "kept tiles");
}
