//! Compares coefficients with those that libjpeg-turbo makes of the same planes,
//! and every transform on every instruction set with the scalar one.

mod common;

use common::encode;
use origami_codec::dct::{
    forward, forward_rgb, forward_rgb_with, forward_with, inverse_with, predict_with, quality_tables,
};
use origami_codec::{
    Block, Coefficients, Colour, Frame, PaddedPlanes, Quantisation, TileHeader, padded_len, read_coefficients,
};
use origami_pyramid::simd::{self, InstructionSet, Simd};
use origami_pyramid::{Plane, Rgb, Subsampling, Ycc};
use proptest::prelude::*;

/// Deterministic noise.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }

    /// Any 16 bits, often 0 or an extreme value.
    fn word(&mut self) -> i16 {
        let word = self.next();
        match word >> 52 {
            0..4 => i16::MIN,
            4 | 5 => i16::MAX,
            6..10 => (word % 16) as i16 - 8,
            10 | 11 => word as i16,
            _ => 0,
        }
    }

    /// Steps of 1 to `max_step`.
    fn steps(&mut self, max_step: u64) -> Quantisation {
        [(); 3].map(|()| [(); 64].map(|()| 1 + (self.next() % max_step) as u16))
    }
}

/// Planes of noise, extreme values or smooth parts, depending on `seed`.
fn tile(width: usize, height: usize, subsampling: Subsampling, seed: u64) -> Ycc<Vec<u8>> {
    let mut tile = Ycc::zeros(width, height, subsampling);
    let mut noise = Noise::new(seed);
    for (i, sample) in tile.samples_mut().iter_mut().enumerate() {
        let (noise, choice) = (noise.next() as u8, noise.next() % 8);
        *sample = match (seed % 4, choice) {
            (0, _) => noise,
            (1, 0..4) => 0,
            (1, _) => 255,
            (2, _) => (128 + i % 37 + i / width % 53) as u8,
            (_, 0) => noise,
            _ => (i / 3) as u8,
        };
    }
    tile
}

/// What libjpeg-turbo makes of a tile.
struct Encoded {
    jpeg: Vec<u8>,
    coefficients: Coefficients,
    steps: Quantisation,
}

fn encode_with_library(tile: &mut Ycc<Vec<u8>>, quality: u8) -> Encoded {
    let jpeg = encode(tile, quality);
    let mut coefficients = Coefficients::default();
    let steps = read_coefficients(&jpeg, 100_000, &mut coefficients).unwrap().quantisation;
    Encoded { jpeg, coefficients, steps }
}

/// Checks that a tile is transformed and written as the library does it.
#[track_caller]
fn check_against_library(width: usize, height: usize, subsampling: Subsampling, quality: u8, seed: u64) {
    let mut tile = tile(width, height, subsampling, seed);
    let expected = encode_with_library(&mut tile, quality);
    let frame = *expected.coefficients.frame();
    let tables = quality_tables(quality, frame.colour());
    assert_eq!(tables[..frame.planes()], expected.steps[..frame.planes()]);
    let mut coefficients = Coefficients::zeros(frame);
    coefficients.blocks_mut().fill(Block([77; 64]));
    forward(&tile, &tables, &mut coefficients);
    for plane in 0..frame.planes() {
        let blocks = coefficients.plane(plane).iter().zip(expected.coefficients.plane(plane));
        for (i, (block, expected)) in blocks.enumerate() {
            assert_eq!(
                block, expected,
                "{subsampling:?} {width}x{height} quality {quality} seed {seed}: plane {plane}, block {i}"
            );
        }
    }
    let header = TileHeader::new(&tables, subsampling, frame.colour()).unwrap();
    let written = header.jpeg(&coefficients).unwrap();
    assert!(written == expected.jpeg, "{subsampling:?} {width}x{height} quality {quality}: other bytes");
}

#[test]
fn every_quality_gives_the_coefficients_of_the_library() {
    for quality in 1..=100 {
        for (i, subsampling) in Subsampling::ALL.into_iter().enumerate() {
            for seed in 0..4 {
                check_against_library(297, 50 + i, subsampling, quality, 4 * u64::from(quality) + seed);
            }
        }
    }
}

#[test]
fn every_small_and_odd_size_gives_the_coefficients_of_the_library() {
    for subsampling in Subsampling::ALL {
        for width in 1..=35 {
            for height in 1..=35 {
                check_against_library(width, height, subsampling, 100, (35 * width + height) as u64);
            }
        }
        for (width, height) in [(256, 256), (240, 240), (255, 129), (128, 1), (129, 8), (1, 300), (521, 17)] {
            check_against_library(width, height, subsampling, 80, (width + height) as u64);
        }
    }
}

#[test]
fn planes_of_rgb_are_transformed_like_gray() {
    for (width, height) in [(1, 1), (9, 17), (128, 8), (129, 31), (145, 9), (256, 256)] {
        let image: Vec<u8> = (0..3)
            .map(|plane| tile(width, height, Subsampling::Gray, 8 + plane))
            .flat_map(|tile| tile.samples().to_vec())
            .collect();
        let planes: Vec<&[u8]> = image.chunks(width * height).collect();
        let pixels = (0..width * height).flat_map(|i| [planes[0][i], planes[1][i], planes[2][i]]).collect();
        let frame = Frame::new(width, height, Subsampling::S444, Colour::Rgb).unwrap();
        let mut coefficients = Coefficients::zeros(frame);
        let image = Rgb::from_vec(pixels, width, height);
        forward_rgb(&image, &quality_tables(70, Colour::Rgb), &mut coefficients);
        for (plane, samples) in planes.iter().enumerate() {
            let mut gray = Ycc::new(samples.to_vec(), width, height, Subsampling::Gray);
            let expected = encode_with_library(&mut gray, 70).coefficients;
            assert_eq!(expected.plane(0), coefficients.plane(plane));
        }
    }
}

/// The instruction sets to compare with the scalar one.
fn vector_sets() -> Vec<Simd> {
    let sets: Vec<_> = InstructionSet::ALL.into_iter().skip(1).filter_map(simd::detect).collect();
    if sets.is_empty() {
        eprintln!("SKIP: this processor has no AVX2");
    }
    sets
}

/// A frame of any subsampling and colour, of at most 5 blocks a side or, less
/// often, more than two strips wide.
fn frames() -> impl Strategy<Value = Frame> {
    let kinds = prop_oneof![
        Just((Subsampling::S444, Colour::Ycc)),
        Just((Subsampling::S422, Colour::Ycc)),
        Just((Subsampling::S420, Colour::Ycc)),
        Just((Subsampling::Gray, Colour::Gray)),
        Just((Subsampling::S444, Colour::Rgb)),
    ];
    let sides = prop_oneof![4 => (1usize..=40, 1usize..=40), 1 => (100usize..=300, 1usize..=20)];
    (sides, kinds).prop_map(|((width, height), (subsampling, colour))| {
        Frame::new(width, height, subsampling, colour).expect("a frame")
    })
}

/// The samples of all planes.
fn decode(simd: Simd, tile: &Coefficients, steps: &Quantisation) -> Vec<Vec<u8>> {
    let frame = *tile.frame();
    let mut out = PaddedPlanes::new(vec![7; padded_len(&frame)], frame);
    inverse_with(simd, tile, steps, &mut out);
    (0..frame.planes()).map(|plane| out.plane(plane).to_vec()).collect()
}

/// The coefficients of `planes`; for RGB frames those of an image of its samples.
fn transform(simd: Simd, frame: Frame, planes: &Ycc<Vec<u8>>, steps: &Quantisation) -> Coefficients {
    let mut out = Coefficients::zeros(frame);
    out.blocks_mut().fill(Block([7; 64]));
    if frame.colour() == Colour::Rgb {
        let image = Rgb::from_vec(planes.samples().to_vec(), frame.width(), frame.height());
        forward_rgb_with(simd, &image, steps, &mut out);
    } else {
        forward_with(simd, planes, steps, &mut out);
    }
    out
}

/// Parameters of a prediction.
struct Prediction {
    matrix: [[i16; 4]; 8],
    scales: [i16; 64],
    parent: Plane<Vec<u8>>,
    origin: (usize, usize),
    columns: usize,
    rows: usize,
}

impl Prediction {
    fn predict(&self, simd: Simd) -> Vec<Block> {
        let mut out = vec![Block([7; 64]); self.columns * self.rows];
        let Self { matrix, scales, origin, columns, .. } = self;
        predict_with(simd, matrix, scales, self.parent.view(), *origin, *columns, &mut out);
        out
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn inverses_are_the_same_on_every_instruction_set(frame in frames(), seed: u64, small: bool) {
        let mut noise = Noise::new(seed);
        let mut tile = Coefficients::zeros(frame);
        tile.blocks_mut().iter_mut().flat_map(|block| &mut block.0).for_each(|value| *value = noise.word());
        let steps = noise.steps(if small { 255 } else { 65_535 });
        for simd in vector_sets() {
            prop_assert_eq!(decode(simd, &tile, &steps), decode(Simd::Scalar, &tile, &steps));
        }
    }

    #[test]
    fn predictions_are_the_same_on_every_instruction_set(
        (width, height) in prop_oneof![(1usize..=40, 1usize..=40), (60usize..=150, 1usize..=12)],
        origin in (0usize..=50, 0usize..=50),
        (columns, rows) in prop_oneof![4 => (1usize..=5, 1usize..=5), 1 => (15usize..=36, 1usize..=3)],
        seed: u64,
        any_matrix: bool,
    ) {
        let mut noise = Noise::new(seed);
        let parent: Vec<u8> = (0..width * height)
            .map(|_| match noise.next() % 4 {
                0 => 0,
                1 => 255,
                _ => noise.next() as u8,
            })
            .collect();
        // Rows with any sum, or with sums of at most 65,535 like those of models.
        let matrix = [(); 8].map(|()| [(); 4].map(|()| {
            if any_matrix { noise.word() } else { (noise.next() % 32_767) as i16 - 16_383 }
        }));
        let scales = [(); 64].map(|()| if any_matrix { noise.word() } else { (noise.next() % 32_768) as i16 });
        let parent = Plane::new(parent, width, height, width);
        let prediction = Prediction { matrix, scales, parent, origin, columns, rows };
        for simd in vector_sets() {
            prop_assert_eq!(prediction.predict(simd), prediction.predict(Simd::Scalar));
        }
    }

    #[test]
    fn forward_transforms_are_the_same_on_every_instruction_set(frame in frames(), seed: u64, fine: bool) {
        let steps = Noise::new(seed).steps(if fine { 3 } else { 255 });
        let planes = tile(frame.width(), frame.height(), frame.subsampling(), seed);
        for simd in vector_sets() {
            let expected = transform(Simd::Scalar, frame, &planes, &steps);
            prop_assert_eq!(transform(simd, frame, &planes, &steps), expected);
        }
    }
}
