//! Tiles: encoding and decoding, and what happens with damaged bytes.

use super::fixture::{CodingFixture, frame};
use super::random::{Magnitude, Random};
use crate::exact::{BuiltIn, Level, TileCoder};
use crate::{CodecError, Coefficients, Frame};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn tiles_of_all_shapes_round_trip(
        seed: u64,
        width in 1usize..81,
        height in 1usize..81,
        sampling in 0..Frame::SAMPLINGS.len(),
        filled in 0u64..10,
        magnitude in prop_oneof![Just(Magnitude::Ordinary), Just(Magnitude::Extreme)],
    ) {
        let random = &mut Random::new(seed);
        let frame = frame(width, height, sampling);
        let fixture = CodingFixture::new(random, frame);
        let tile = random.tile(frame, filled, magnitude);
        fixture.check_round_trip(&tile, TileCoder::with);
    }

    #[test]
    fn any_bytes_are_a_tile_or_an_error(
        seed: u64,
        sampling in 0..Frame::SAMPLINGS.len(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        banded: bool,
    ) {
        let frame = frame(40, 50, sampling);
        let fixture = CodingFixture::new(&mut Random::new(seed), frame);
        let head: &[u8] = if banded { &[60, 60, 60] } else { &[0] };
        let bytes = [head, &bytes].concat();
        fixture.check_paths(&bytes, frame);
    }
}

#[test]
fn large_tiles_round_trip_and_a_coder_can_be_reused() {
    let random = &mut Random::new(1);
    let mut coder = TileCoder::default();
    for (width, height, sampling, filled) in [
        (256, 256, 0, 3),
        (256, 256, 0, 0),
        (1024, 512, 2, 1),
        (240, 240, 3, 8),
        (3, 700, 4, 8),
        (1, 1, 1, 8),
    ] {
        let frame = frame(width, height, sampling);
        let fixture = CodingFixture::new(random, frame);
        let tile = random.tile(frame, filled, Magnitude::Ordinary);
        let bytes = fixture.encode(&mut TileCoder::default(), &tile);
        assert!(fixture.decode(&mut coder, &bytes, frame).expect("its own bytes") == tile);
    }
}

/// `bytes` cut short, with a bit flipped, and with bytes appended: all bits of
/// small tiles and of the lengths of large ones, otherwise a sample.
fn damaged(bytes: &[u8]) -> Vec<Vec<u8>> {
    let stride = 1 + bytes.len() / 1000;
    let mut damaged: Vec<Vec<u8>> =
        (0..bytes.len()).step_by(stride).map(|length| bytes[..length].to_vec()).collect();
    let bits = 8 * bytes.len();
    for bit in (0..64.min(bits)).chain((64..bits).step_by(5 * stride - 4)) {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        damaged.push(flipped);
    }
    damaged.push([bytes, &[0]].concat());
    damaged.push([bytes, &[0, 0]].concat());
    damaged
}

#[test]
fn damaged_tiles_are_tiles_or_errors() {
    let random = &mut Random::new(2);
    let mut coder = TileCoder::default();
    let (mut refused, mut all) = (0, 0);
    for (sampling, filled, side) in [(0, 1, 24), (2, 0, 64), (3, 2, 12), (4, 8, 9), (0, 8, 64)] {
        let frame = frame(side, side, sampling);
        let fixture = CodingFixture::new(random, frame);
        let tile = random.tile(frame, filled, Magnitude::Ordinary);
        for bytes in damaged(&fixture.encode(&mut TileCoder::default(), &tile)) {
            all += 1;
            refused += usize::from(fixture.decode(&mut coder, &bytes, frame).is_err());
        }
    }
    // Only a pack's checksums detect all damage.
    assert!(10 * refused > 8 * all, "{refused} of {all} were refused");
}

#[test]
fn coefficients_that_no_jpeg_holds_are_refused() {
    let frame = frame(8, 8, 4);
    let fixture = CodingFixture::new(&mut Random::new(3), frame);
    let mut tile = Coefficients::zeros(frame);
    tile.plane_mut(0)[0].0[5] = i16::MIN;
    let mut coder = TileCoder::default();
    let coded = coder.encode(&fixture.level, &fixture.parent, fixture.origin, &tile, &mut Vec::new());
    assert!(matches!(coded, Err(CodecError::Tile { .. })));
}

fn is_model_error(result: &Result<(), CodecError>) -> bool {
    matches!(result, Err(CodecError::Model { .. }))
}

#[test]
fn planes_that_do_not_fit_the_model_are_refused() {
    let random = &mut Random::new(4);
    let gray = CodingFixture::new(random, frame(8, 8, 4));
    let colour = CodingFixture::new(random, frame(8, 8, 0));
    let mut tile = Coefficients::zeros(frame(8, 8, 0));
    let mut coder = TileCoder::default();
    let gray_level = coder.decode(&gray.level, &colour.parent, (0, 0), &[0, 16], &mut tile);
    assert!(is_model_error(&gray_level));
    let gray_parent = coder.decode(&colour.level, &gray.parent, (0, 0), &[0, 16], &mut tile);
    assert!(is_model_error(&gray_parent));
    // A full plane cannot be the reference of a halved one.
    let level = Level::new(BuiltIn::Rgb.model(3), &[[16; 64]; 3], 3).expect("a valid model");
    let halved = coder.decode(&level, &colour.parent, (0, 0), &[0, 16], &mut tile);
    assert!(is_model_error(&halved));
    tile.reshape(frame(8, 8, 3));
    let full = coder.decode(&level, &random.planes(frame(8, 8, 3)), (0, 0), &[0, 16], &mut tile);
    assert!(!is_model_error(&full));
}
