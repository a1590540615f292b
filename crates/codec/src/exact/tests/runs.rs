//! Tiles whose parents are mostly of one value, as those of the glass around tissue.

use super::fixture::{CodingFixture, frame};
use super::random::Random;
use crate::exact::TileCoder;
use crate::{Block, CodecError, Coefficients, Frame};
use proptest::prelude::*;

/// A fixture whose parent has one value in each plane, but for some samples.
fn blank_fixture(random: &mut Random, frame: Frame, specks: u64) -> CodingFixture {
    let mut fixture = CodingFixture::new(random, frame);
    for plane in 0..frame.planes() {
        let samples = fixture.parent.plane_mut(plane);
        samples.fill(235);
        for _ in 0..specks {
            samples[random.below(samples.len() as u64) as usize] = random.below(256) as u8;
        }
    }
    fixture
}

/// A tile that is blank but for some blocks, every third of which has AC coefficients.
fn blank_tile(random: &mut Random, frame: Frame, others: u64) -> Coefficients {
    let mut tile = Coefficients::zeros(frame);
    tile.fill([107, 3, -5]);
    for other in 0..others {
        let blocks = tile.blocks_mut();
        let block = &mut blocks[random.below(blocks.len() as u64) as usize];
        block.0[0] += random.below(5) as i16 - 2;
        if other % 3 == 0 {
            block.0[1 + random.below(63) as usize] = random.below(9) as i16 - 4;
        }
    }
    tile
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mostly_blank_tiles_round_trip(
        seed: u64,
        width in 1usize..300,
        height in 1usize..120,
        sampling in 0..Frame::SAMPLINGS.len(),
        specks in 0u64..4,
        others in prop_oneof![0u64..3, 3u64..60],
    ) {
        let random = &mut Random::new(seed);
        let frame = frame(width, height, sampling);
        let fixture = blank_fixture(random, frame, specks);
        let tile = blank_tile(random, frame, others);
        // Coders that have seen another tile have its memory.
        let other = blank_tile(random, frame, 20);
        fixture.check_round_trip(&tile, |simd| {
            let mut coder = TileCoder::with(simd);
            let bytes = fixture.encode(&mut coder, &other);
            fixture.decode(&mut coder, &bytes, frame).expect("its own bytes");
            coder
        });
    }

    #[test]
    fn damaged_blank_tiles_are_tiles_or_errors_on_every_path(
        seed: u64,
        sampling in 0..Frame::SAMPLINGS.len(),
        others in 0u64..20,
        flips in prop::collection::vec(any::<u16>(), 1..4),
    ) {
        let random = &mut Random::new(seed);
        let frame = frame(200, 90, sampling);
        let fixture = blank_fixture(random, frame, 2);
        let tile = blank_tile(random, frame, others);
        let mut bytes = fixture.encode(&mut TileCoder::default(), &tile);
        for flip in flips {
            let bit = 8 + usize::from(flip) % (8 * bytes.len() - 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        fixture.check_paths(&bytes, frame);
    }
}

#[test]
fn the_widest_blank_tiles_round_trip_and_wider_ones_are_refused() {
    let random = &mut Random::new(11);
    for sampling in 0..Frame::SAMPLINGS.len() {
        let widest = frame(1024, 40, sampling);
        let fixture = blank_fixture(random, widest, 1);
        for others in [0, 5, 50] {
            fixture.check_round_trip(&blank_tile(random, widest, others), TileCoder::with);
        }
        let wider = Coefficients::zeros(frame(1032, 40, sampling));
        let coded = TileCoder::default().encode(
            &fixture.level,
            &fixture.parent,
            fixture.origin,
            &wider,
            &mut Vec::new(),
        );
        assert!(matches!(coded, Err(CodecError::Tile(_))), "{coded:?}");
    }
}

#[test]
fn a_blank_row_takes_one_symbol() {
    let random = &mut Random::new(9);
    let frame = frame(256, 256, Frame::SAMPLINGS.len() - 1);
    let fixture = blank_fixture(random, frame, 0);
    let bytes_of = |tile: &Coefficients| fixture.encode(&mut TileCoder::default(), tile).len();
    let mut tile = Coefficients::zeros(frame);
    tile.fill([107, 0, 0]);
    let blank = bytes_of(&tile);
    // 32 rows of at most 12 bits each, and the first block.
    assert!(blank < 64, "{blank} bytes");
    tile.plane_mut(0)[500] = Block([1; 64]);
    assert!(bytes_of(&tile) > blank);
}
