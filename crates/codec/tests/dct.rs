//! Coefficients against those of the JPEG library, for the same planes, and
//! every transform on every instruction set against the scalar one.

use origami_codec::dct::{
    forward, forward_rgb, forward_rgb_with, forward_with, inverse_with, predict_with, quality_tables,
};
use origami_codec::{
    Block, Coefficients, Colour, Encoder, Frame, PaddedPlanes, Quantisation, TileHeader, encoded_bound,
    padded_len, read_coefficients,
};
use origami_pyramid::simd::{self, InstructionSet, Simd};
use origami_pyramid::{Plane, Rgb, Subsampling, Ycc};
use proptest::prelude::*;

const ALL: [Subsampling; 4] = [Subsampling::S444, Subsampling::S422, Subsampling::S420, Subsampling::Gray];

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

    /// Any 16 bits, often none or extreme ones.
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
}

/// Planes of noise, runs of extremes and smooth parts, by `seed`.
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

/// The JPEG that the library writes, its coefficients and its steps.
fn library(tile: &mut Ycc<Vec<u8>>, quality: u8) -> (Vec<u8>, Coefficients, Quantisation) {
    let (width, height, subsampling) = (tile.width(), tile.height(), tile.subsampling());
    let mut jpeg = vec![0; encoded_bound(width, height, subsampling)];
    let len = Encoder::new().unwrap().encode(tile, quality, &mut jpeg).unwrap();
    jpeg.truncate(len);
    let mut coefficients = Coefficients::zeros(Frame::new(8, 8, Subsampling::Gray, Colour::Gray).unwrap());
    let facts = read_coefficients(&jpeg, 100_000, &mut coefficients).unwrap();
    (jpeg, coefficients, facts.quantisation)
}

#[track_caller]
fn equals_the_library(width: usize, height: usize, subsampling: Subsampling, quality: u8, seed: u64) {
    let mut tile = tile(width, height, subsampling, seed);
    let (jpeg, expected, steps) = library(&mut tile, quality);
    let frame = *expected.frame();
    let tables = quality_tables(quality, frame.colour());
    assert_eq!(tables[..frame.planes()], steps[..frame.planes()]);
    let mut found = Coefficients::zeros(frame);
    found.blocks_mut().fill(Block([77; 64]));
    forward(&tile, &tables, &mut found);
    for plane in 0..frame.planes() {
        for (i, (found, expected)) in found.plane(plane).iter().zip(expected.plane(plane)).enumerate() {
            assert_eq!(
                found, expected,
                "{subsampling:?} {width}x{height} quality {quality} seed {seed}: plane {plane}, block {i}"
            );
        }
    }
    let header = TileHeader::new(&tables, subsampling, frame.colour()).unwrap();
    let mut written = vec![0; header.jpeg_bound(&frame)];
    let len = header.write(&found, &mut written).unwrap();
    assert!(written[..len] == jpeg, "{subsampling:?} {width}x{height} quality {quality}: other bytes");
}

#[test]
fn every_quality_gives_the_coefficients_of_the_library() {
    for quality in 1..=100 {
        for (i, subsampling) in ALL.into_iter().enumerate() {
            for seed in 0..4 {
                equals_the_library(297, 50 + i, subsampling, quality, 4 * u64::from(quality) + seed);
            }
        }
    }
}

#[test]
fn every_small_and_odd_size_gives_the_coefficients_of_the_library() {
    for subsampling in ALL {
        for width in 1..=35 {
            for height in 1..=35 {
                equals_the_library(width, height, subsampling, 100, (35 * width + height) as u64);
            }
        }
        for (width, height) in [(256, 256), (240, 240), (255, 129), (128, 1), (129, 8), (1, 300), (521, 17)] {
            equals_the_library(width, height, subsampling, 80, (width + height) as u64);
        }
    }
}

#[test]
fn planes_of_rgb_are_as_if_each_were_gray() {
    for (width, height) in [(1, 1), (9, 17), (128, 8), (129, 31), (145, 9), (256, 256)] {
        let image: Vec<u8> = (0..3)
            .map(|plane| tile(width, height, Subsampling::Gray, 8 + plane))
            .flat_map(|tile| tile.samples().to_vec())
            .collect();
        let planes: Vec<&[u8]> = image.chunks(width * height).collect();
        let pixels = (0..width * height).flat_map(|i| [planes[0][i], planes[1][i], planes[2][i]]).collect();
        let frame = Frame::new(width, height, Subsampling::S444, Colour::Rgb).unwrap();
        let mut found = Coefficients::zeros(frame);
        forward_rgb(&Rgb::from_vec(pixels, width, height), &quality_tables(70, Colour::Rgb), &mut found);
        for (plane, samples) in planes.iter().enumerate() {
            let mut gray = Ycc::new(samples.to_vec(), width, height, Subsampling::Gray);
            assert_eq!(library(&mut gray, 70).1.plane(0), found.plane(plane));
        }
    }
}

/// The instruction sets to be compared with the scalar one.
fn wider() -> Vec<Simd> {
    let sets = InstructionSet::ALL.into_iter().skip(1);
    let found: Vec<_> = sets.filter_map(simd::of).collect();
    if found.is_empty() {
        eprintln!("SKIP: this processor has no AVX2");
    }
    found
}

/// A frame of any subsampling and colour, at most 5 blocks a side or, rarely,
/// more than two strips wide.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn inverses_are_the_same_on_every_instruction_set(frame in frames(), seed: u64, small: bool) {
        let mut noise = Noise::new(seed);
        let mut tile = Coefficients::zeros(frame);
        tile.blocks_mut().iter_mut().flat_map(|block| &mut block.0).for_each(|value| *value = noise.word());
        let largest = if small { 255 } else { 65_535 };
        let steps = [(); 3].map(|()| [(); 64].map(|()| 1 + (noise.next() % largest) as u16));
        let decode = |simd| {
            let mut out = PaddedPlanes::new(vec![7; padded_len(&frame)], frame);
            inverse_with(simd, &tile, &steps, &mut out);
            (0..frame.planes()).map(|plane| out.plane(plane).to_vec()).collect::<Vec<_>>()
        };
        for simd in wider() {
            prop_assert_eq!(decode(simd), decode(Simd::Scalar));
        }
    }

    #[test]
    fn predictions_are_the_same_on_every_instruction_set(
        size in prop_oneof![(1usize..=40, 1usize..=40), (60usize..=150, 1usize..=12)],
        origin in (0usize..=50, 0usize..=50),
        blocks in prop_oneof![4 => (1usize..=5, 1usize..=5), 1 => (15usize..=36, 1usize..=3)],
        seed: u64,
        any_matrix: bool,
    ) {
        let mut noise = Noise::new(seed);
        let parent: Vec<u8> = (0..size.0 * size.1)
            .map(|_| match noise.next() % 4 {
                0 => 0,
                1 => 255,
                _ => noise.next() as u8,
            })
            .collect();
        // Rows of any sum, or of at most 65,535 as models have them.
        let matrix = [(); 8].map(|()| [(); 4].map(|()| {
            if any_matrix { noise.word() } else { (noise.next() % 32_767) as i16 - 16_383 }
        }));
        let scales = [(); 64].map(|()| if any_matrix { noise.word() } else { (noise.next() % 32_768) as i16 });
        let predict = |simd| {
            let mut out = vec![Block([7; 64]); blocks.0 * blocks.1];
            let parent = Plane::new(&parent[..], size.0, size.1, size.0);
            predict_with(simd, &matrix, &scales, parent, origin, blocks.0, &mut out);
            out
        };
        for simd in wider() {
            prop_assert_eq!(predict(simd), predict(Simd::Scalar));
        }
    }

    #[test]
    fn forward_transforms_are_the_same_on_every_instruction_set(frame in frames(), seed: u64, fine: bool) {
        let (width, height) = (frame.width(), frame.height());
        let mut noise = Noise::new(seed);
        let largest = if fine { 3 } else { 255 };
        let steps = [(); 3].map(|()| [(); 64].map(|()| 1 + (noise.next() % largest) as u16));
        let planes = tile(width, height, frame.subsampling(), seed);
        let encode = |simd| {
            let mut out = Coefficients::zeros(frame);
            out.blocks_mut().fill(Block([7; 64]));
            if frame.colour() == Colour::Rgb {
                let image = Rgb::from_vec(planes.samples().to_vec(), width, height);
                forward_rgb_with(simd, &image, &steps, &mut out);
            } else {
                forward_with(simd, &planes, &steps, &mut out);
            }
            out
        };
        for simd in wider() {
            prop_assert_eq!(encode(simd), encode(Simd::Scalar));
        }
    }
}
