//! Tiles whose parents are mostly of one value, as those of the glass around tissue.

use super::fixture::{CodingFixture, frame, instruction_sets, small_gray_model};
use super::random::Random;
use crate::exact::context::WHOLE_RUN;
use crate::exact::rans::Tokens;
use crate::exact::token::{ContextSet, SMALL};
use crate::exact::{Level, TileCoder};
use crate::{Block, CodecError, Coefficients, Frame, PaddedPlanes, padded_len};
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

/// The number of the sampling of gray tiles.
const GRAY: usize = Frame::SAMPLINGS.len() - 1;

/// The tokens of a row of blocks.
struct Row<'a> {
    level: &'a Level,
    tokens: Tokens,
}

impl Row<'_> {
    fn token(&mut self, set: ContextSet, symbol: usize) {
        // All contexts of a kind have one distribution.
        self.tokens.symbol(self.level.planes[0].distribution(set, 0), symbol);
    }

    /// A block without AC coefficients, whose DC is `value` above what is expected.
    fn block(&mut self, value: i32) {
        self.token(ContextSet::LastHigh, 0);
        self.token(ContextSet::LastLow, 0);
        self.token(ContextSet::Value, (value + SMALL) as usize);
    }

    /// A run with this symbol, and the raw bits that belong to it.
    fn run(&mut self, symbol: usize, bits: u32) {
        self.token(ContextSet::Run, symbol);
        if (2..WHOLE_RUN).contains(&symbol) {
            self.tokens.raw(bits, symbol as u32 - 1);
        }
    }
}

/// The DC coefficients of the four blocks of a row: one of 0, then a run of at most three with
/// this symbol and raw bits, then other blocks. Or why they are refused.
fn decoded(symbol: usize, bits: u32, others: &[i32]) -> Result<Vec<i16>, String> {
    let frame = frame(32, 8, GRAY);
    let level = Level::new(small_gray_model(), &[[16; 64]; 3], 1).expect("a valid model");
    let parent = PaddedPlanes::new(vec![128u8; padded_len(&frame)], frame);
    let mut row = Row { level: &level, tokens: Tokens::default() };
    row.block(0);
    row.run(symbol, bits);
    others.iter().for_each(|&value| row.block(value));
    let mut bytes = vec![0];
    row.tokens.encode(&mut Vec::new(), &mut bytes);
    let mut results = instruction_sets().map(|simd| {
        let mut tile = Coefficients::zeros(frame);
        let result = TileCoder::with(simd).decode(&level, &parent, (0, 0), &bytes, &mut tile);
        let dc = tile.plane(0).iter().map(|block| block.0[0]).collect();
        result.map(|()| dc).map_err(|error| error.to_string())
    });
    let first = results.next().expect("an instruction set");
    assert!(results.all(|result| result == first), "not all are {first:?}");
    first
}

#[test]
fn runs_of_wrong_lengths_are_refused() {
    assert_eq!(decoded(WHOLE_RUN, 0, &[]), Ok(vec![0; 4]));
    assert_eq!(decoded(2, 0, &[5]), Ok(vec![0, 0, 0, 5]));
    for (symbol, bits, others, why) in [
        (2, 1, &[][..], "as long as it can be, in other words"),
        (3, 0, &[], "longer than what is left of the row"),
        (14, 8_191, &[], "as long as can be written"),
        (2, 0, &[0], "before a blank block"),
        (0, 0, &[0, 0, 0], "of length 0 before a blank block"),
    ] {
        let error = decoded(symbol, bits, others).expect_err(why);
        assert!(error.contains("a run of blank blocks has a wrong length"), "{why}: {error}");
    }
}
