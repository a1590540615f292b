//! Whole tiles and models, good and bad.

use super::{
    AC_CONTEXTS, BuiltIn, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Level, Model, PlaneModel,
    TileCoder,
};
use crate::{CodecError, Coefficients, Colour, Frame, PaddedPlanes, Quantisation, dct, padded_len};
use origami_pyramid::Subsampling;
use origami_pyramid::simd::{self, InstructionSet, Simd};
use proptest::prelude::*;

/// A small generator of numbers that are anything (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn frequencies(&mut self, symbols: usize) -> [u16; 16] {
        let mut frequencies = [0; 16];
        let mut left = 4096 - symbols as u64;
        for frequency in &mut frequencies[..symbols] {
            let share = self.below(left + 1);
            left -= share;
            *frequency = share as u16 + 1;
        }
        frequencies[self.below(symbols as u64) as usize] += left as u16;
        frequencies
    }

    fn plane(&mut self, reference: Option<u8>) -> PlaneModel {
        let (many, few) = (1 + self.below(250), 1 + self.below(6));
        let mut map = |contexts, first, count| -> Vec<u8> {
            (0..contexts).map(|_| (first + self.below(count)) as u8).collect()
        };
        let ac = map(AC_CONTEXTS, 0, many);
        let dc = map(DC_CONTEXTS, 0, many);
        let last_high = map(LAST_HIGH_CONTEXTS, 0, many);
        let last_low = map(LAST_LOW_CONTEXTS, many, few);
        let maxima = [520, 1_040, 257, 257, 1_040, 65_535];
        let extreme = self.below(4) == 0;
        PlaneModel {
            matrix: if extreme { [[-16_383; 4]; 8] } else { dct::lanczos_matrix() },
            gains: [0; 64].map(|_| self.below(22_939) as u16),
            weights: maxima
                .map(|max| [0; 64].map(|_| if extreme { max as u16 } else { self.below(max + 1) as u16 })),
            reference,
            carry: if reference.is_some() && !extreme {
                [0; 64].map(|_| self.next() as i16)
            } else {
                [0; 64]
            },
            ac,
            dc,
            last_high,
            last_low,
            distributions: (0..many + few)
                .map(|number| self.frequencies(if number < many { 16 } else { 4 }))
                .collect(),
        }
    }

    fn model(&mut self, frame: &Frame) -> Model {
        let orders: &[(&[u8], [Option<u8>; 3])] = match (frame.planes(), frame.subsampling()) {
            (1, _) => &[(&[0], [None; 3])],
            (_, Subsampling::S444) => &[
                (&[1, 0, 2], [Some(1), None, Some(1)]),
                (&[2, 1, 0], [Some(2), Some(2), None]),
                (&[0, 1, 2], [None; 3]),
            ],
            _ => &[(&[0, 1, 2], [None, None, Some(1)]), (&[2, 0, 1], [None, Some(2), None])],
        };
        let (order, references) = orders[self.below(orders.len() as u64) as usize];
        let planes = references[..order.len()].iter().map(|&reference| self.plane(reference)).collect();
        Model { order: order.to_vec(), planes }
    }

    /// Coefficients that fill about `filled` 8ths of the positions, some of
    /// them as large as can be if `extreme`.
    fn tile(&mut self, frame: Frame, filled: u64, extreme: bool) -> Coefficients {
        let mut tile = Coefficients::zeros(frame);
        for block in tile.blocks_mut() {
            let last = self.below(8 * filled + 1) as usize;
            for value in &mut block.0[..last.min(64)] {
                let size = self.below(if extreme { 16 } else { 6 });
                let magnitude = self.below(1 << size) as i16;
                *value = if self.below(2) == 0 { magnitude } else { -magnitude };
            }
        }
        tile
    }

    fn planes(&mut self, frame: Frame) -> PaddedPlanes<Vec<u8>> {
        let smooth = self.below(2) == 0;
        let data =
            (0..padded_len(&frame)).map(|i| if smooth { (i / 7) as u8 } else { self.next() as u8 }).collect();
        PaddedPlanes::new(data, frame)
    }
}

const SAMPLINGS: [(Subsampling, Colour); 5] = [
    (Subsampling::S420, Colour::Ycc),
    (Subsampling::S422, Colour::Ycc),
    (Subsampling::S444, Colour::Ycc),
    (Subsampling::S444, Colour::Rgb),
    (Subsampling::Gray, Colour::Gray),
];

fn frame(width: usize, height: usize, sampling: usize) -> Frame {
    let (subsampling, colour) = SAMPLINGS[sampling];
    Frame::new(width, height, subsampling, colour).expect("a frame")
}

/// A small model of three planes.
fn small() -> Model {
    Model { order: vec![0, 1, 2], planes: [None, None, Some(1)].map(flat).into() }
}

/// Plain doubling, and one distribution for everything.
fn flat(reference: Option<u8>) -> PlaneModel {
    let falling = [8, 16, 32, 64, 128, 512, 2452, 512, 128, 64, 32, 16, 8, 4, 60, 60];
    let position = [256; 16];
    let four = [1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    PlaneModel {
        matrix: dct::lanczos_matrix(),
        gains: [16_384; 64],
        weights: [[0; 64]; 6],
        reference,
        carry: [0; 64],
        ac: vec![0; AC_CONTEXTS],
        dc: vec![0; DC_CONTEXTS],
        last_high: vec![1; LAST_HIGH_CONTEXTS],
        last_low: vec![2; LAST_LOW_CONTEXTS],
        distributions: vec![falling, position, four],
    }
}

/// A level, a tile's parent and where the tile begins there.
struct TileFixture {
    level: Level,
    parent: PaddedPlanes<Vec<u8>>,
    origin: (usize, usize),
}

impl TileFixture {
    fn new(random: &mut Random, frame: Frame) -> Self {
        let steps: Quantisation = [[0; 64]; 3].map(|plane| plane.map(|_: u16| 1 + random.below(120) as u16));
        let level = Level::new(random.model(&frame), &steps, frame.planes()).expect("a good model");
        let sides = [0, 1].map(|_| 1 + random.below(90) as usize);
        let parent = Frame::new(sides[0], sides[1], frame.subsampling(), frame.colour()).expect("a frame");
        let origin = (random.below(64) as usize, random.below(64) as usize);
        Self { level, parent: random.planes(parent), origin }
    }

    fn encode(&self, tile: &Coefficients) -> Vec<u8> {
        let mut bytes = Vec::new();
        let coded = TileCoder::default().encode(&self.level, &self.parent, self.origin, tile, &mut bytes);
        coded.expect("a tile that can be coded");
        bytes
    }

    fn decode(&self, coder: &mut TileCoder, bytes: &[u8], frame: Frame) -> Result<Coefficients, CodecError> {
        let mut tile = Coefficients::zeros(frame);
        // Whatever the memory held before must not matter.
        tile.blocks_mut().iter_mut().for_each(|block| block.0 = [-7; 64]);
        coder.decode(&self.level, &self.parent, self.origin, bytes, &mut tile)?;
        Ok(tile)
    }
}

/// Every instruction set this processor has.
fn sets() -> impl Iterator<Item = Simd> {
    InstructionSet::ALL.into_iter().filter_map(simd::of)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn tiles_of_all_shapes_come_back(
        seed: u64,
        width in 1usize..81,
        height in 1usize..81,
        sampling in 0..SAMPLINGS.len(),
        filled in 0u64..10,
        extreme: bool,
    ) {
        let random = &mut Random(seed);
        let frame = frame(width, height, sampling);
        let setting = TileFixture::new(random, frame);
        let tile = random.tile(frame, filled, extreme);
        let bytes = setting.encode(&tile);
        for simd in sets() {
            let mut coder = TileCoder::with(simd);
            let found = setting.decode(&mut coder, &bytes, frame).expect("its own bytes");
            prop_assert!(found == tile, "decoded with {}", simd.set().name());
            let mut again = Vec::new();
            coder.encode(&setting.level, &setting.parent, setting.origin, &tile, &mut again).expect("a tile");
            prop_assert!(again == bytes, "encoded with {}", simd.set().name());
        }
    }

    #[test]
    fn any_bytes_are_a_tile_or_an_error(
        seed: u64,
        sampling in 0..SAMPLINGS.len(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        banded: bool,
    ) {
        let frame = frame(40, 50, sampling);
        let setting = TileFixture::new(&mut Random(seed), frame);
        let head: &[u8] = if banded { &[60, 60, 60] } else { &[0] };
        let bytes = [head, &bytes].concat();
        let portable = setting.decode(&mut TileCoder::with(Simd::Scalar), &bytes, frame).ok();
        for simd in sets() {
            let found = setting.decode(&mut TileCoder::with(simd), &bytes, frame).ok();
            prop_assert!(found == portable, "decoded with {}", simd.set().name());
        }
    }

    #[test]
    fn models_come_back_from_their_bytes(seed: u64, sampling in 0..SAMPLINGS.len()) {
        let model = Random(seed).model(&frame(8, 8, sampling));
        prop_assert_eq!(Model::parse(&model.to_bytes()).expect("its own bytes"), model);
    }
}

#[test]
fn large_tiles_come_back_and_a_coder_can_be_used_again() {
    let random = &mut Random(1);
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
        let setting = TileFixture::new(random, frame);
        let tile = random.tile(frame, filled, false);
        let bytes = setting.encode(&tile);
        assert!(setting.decode(&mut coder, &bytes, frame).expect("its own bytes") == tile);
    }
}

#[test]
fn damaged_tiles_are_tiles_or_errors() {
    let random = &mut Random(2);
    let mut coder = TileCoder::default();
    let (mut refused, mut all) = (0, 0);
    for (sampling, filled, side) in [(0, 1, 24), (2, 0, 64), (3, 2, 12), (4, 8, 9), (0, 8, 64)] {
        let frame = frame(side, side, sampling);
        let setting = TileFixture::new(random, frame);
        let bytes = setting.encode(&random.tile(frame, filled, false));
        let mut judge = |bytes: &[u8]| {
            all += 1;
            refused += usize::from(setting.decode(&mut coder, bytes, frame).is_err());
        };
        // All bits of small tiles and of the lengths of large ones, else a sample.
        let stride = 1 + bytes.len() / 1000;
        (0..bytes.len()).step_by(stride).for_each(|length| judge(&bytes[..length]));
        for bit in (0..64.min(8 * bytes.len())).chain((64..8 * bytes.len()).step_by(5 * stride - 4)) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            judge(&flipped);
        }
        judge(&[&bytes[..], &[0]].concat());
        judge(&[&bytes[..], &[0, 0]].concat());
    }
    // It is the pack's checksums that notice everything.
    assert!(10 * refused > 8 * all, "{refused} of {all} were noticed");
}

#[test]
fn damaged_models_are_models_or_errors() {
    let bytes = small().to_bytes();
    assert!((0..bytes.len()).all(|length| Model::parse(&bytes[..length]).is_err()));
    assert!(Model::parse(&[&bytes[..], &[0]].concat()).is_err());
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(model) = Model::parse(&flipped) {
            model.check(model.planes.len()).expect("parsed models are good");
        }
    }
}

#[test]
fn coefficients_that_no_jpeg_holds_are_refused() {
    let frame = frame(8, 8, 4);
    let setting = TileFixture::new(&mut Random(3), frame);
    let mut tile = Coefficients::zeros(frame);
    tile.plane_mut(0)[0].0[5] = i16::MIN;
    let coded =
        TileCoder::default().encode(&setting.level, &setting.parent, setting.origin, &tile, &mut Vec::new());
    assert!(matches!(coded, Err(CodecError::Tile { .. })));
}

#[test]
fn planes_that_do_not_fit_the_model_are_refused() {
    let random = &mut Random(4);
    let gray = TileFixture::new(random, frame(8, 8, 4));
    let colour = TileFixture::new(random, frame(8, 8, 0));
    let mut tile = Coefficients::zeros(frame(8, 8, 0));
    let mut coder = TileCoder::default();
    let refused = |coded| matches!(coded, Err(CodecError::Model { .. }));
    assert!(refused(coder.decode(&gray.level, &colour.parent, (0, 0), &[0, 16], &mut tile)));
    assert!(refused(coder.decode(&colour.level, &gray.parent, (0, 0), &[0, 16], &mut tile)));
    // Full and halved planes have no blocks in common.
    let model = BuiltIn::Rgb.model(3);
    let level = Level::new(model, &[[16; 64]; 3], 3).expect("a good model");
    assert!(refused(coder.decode(&level, &colour.parent, (0, 0), &[0, 16], &mut tile)));
    tile.reshape(frame(8, 8, 3));
    let parent = random.planes(frame(8, 8, 3));
    assert!(!refused(coder.decode(&level, &parent, (0, 0), &[0, 16], &mut tile)));
}

#[test]
fn models_that_break_a_rule_are_refused() {
    let good = small();
    good.check(3).expect("a good model");
    assert!(good.check(1).is_err());
    let broken: [fn(&mut Model); 19] = [
        |m| m.order = vec![0, 1],
        |m| m.order = vec![0, 1, 1],
        |m| m.order = vec![0, 1, 3],
        |m| m.planes[0].reference = Some(1),
        |m| m.planes[2].reference = Some(2),
        |m| m.planes[1].reference = Some(0),
        |m| m.planes[0].carry[5] = 1,
        |m| m.planes[0].matrix[3] = [16_384; 4],
        |m| m.planes[0].matrix[3] = [i16::MIN, 0, 0, 0],
        |m| m.planes[1].gains[63] = 22_939,
        |m| m.planes[1].weights[0][1] = 521,
        |m| m.planes[1].weights[3][1] = 258,
        |m| m.planes[1].ac.truncate(100),
        |m| m.planes[1].last_low.push(2),
        |m| m.planes[2].ac[77] = 3,
        |m| m.planes[2].ac[77] = 2,
        |m| m.planes[2].last_low[77] = 0,
        |m| m.planes[2].distributions[0][0] += 1,
        |m| m.planes[2].distributions = vec![[256; 16]; 257],
    ];
    for (number, breaks) in broken.iter().enumerate() {
        let mut model = good.clone();
        breaks(&mut model);
        assert!(model.check(3).is_err(), "rule {number}");
    }
    assert!(Level::new(good, &[[0; 64]; 3], 3).is_err());
}
