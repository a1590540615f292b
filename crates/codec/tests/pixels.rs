//! Compares the pixels of coefficients with those that libjpeg-turbo decodes their JPEG to,
//! on every instruction set.

use origami_codec::dct::quality_tables;
use origami_codec::{Block, Coefficients, Colour, Decoder, Frame, PixelDecoder, Quantisation, TileHeader};
use origami_pyramid::simd::{self, InstructionSet, Simd};
use origami_pyramid::{Point, Rect, Rgb, Size, Subsampling};
use proptest::prelude::*;

/// A frame of each kind of this size.
fn frames(size: Size) -> impl Iterator<Item = Frame> {
    let (width, height) = (size.width as usize, size.height as usize);
    Frame::SAMPLINGS.into_iter().map(move |(subsampling, colour)| {
        Frame::new(width, height, subsampling, colour).expect("a combination that frames have")
    })
}

/// Coefficients as encoders make them of textures, from flat to noisy, up to samples that are
/// clamped.
fn tile(frame: Frame, steps: &Quantisation, seed: u64) -> Coefficients {
    let mut tile = Coefficients::zeros(frame);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as i32
    };
    for (plane, steps) in steps.iter().enumerate().take(frame.planes()) {
        for block in tile.plane_mut(plane) {
            let many = next() % 24;
            for (k, (value, step)) in block.0.iter_mut().zip(steps).enumerate().take(1 + many as usize) {
                let reach = (if k == 0 { 1000 } else { 500 / (k as i32 + 1) }) / i32::from(*step);
                *value = (next() % (2 * reach + 1) - reach) as i16;
            }
        }
    }
    tile
}

/// The pixels that the library makes of the JPEG of `tile`.
fn by_library(tile: &Coefficients, steps: &Quantisation) -> Rgb {
    let frame = tile.frame();
    let header = TileHeader::new(steps, frame.subsampling(), frame.colour()).unwrap();
    let jpeg = header.jpeg(tile).unwrap();
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    let size = Size::new(frame.width() as u32, frame.height() as u32);
    Decoder::new().unwrap().decode_rgb_sized(&jpeg, size, &mut pixels).unwrap();
    pixels
}

/// Checks the pixels in `window` of a tile on all instruction sets.
#[track_caller]
fn check(frame: Frame, quality: u8, seed: u64, window: Rect) {
    let steps = quality_tables(quality, frame.colour());
    let tile = tile(frame, &steps, seed);
    let mut expected = Rgb::filled(window.width as usize, window.height as usize, [0; 3]);
    expected.copy(Point { x: 0, y: 0 }, &by_library(&tile, &steps), window);
    for simd in InstructionSet::ALL.into_iter().filter_map(simd::detect) {
        let mut decoder = PixelDecoder::default();
        let mut pixels = Rgb::filled(1, 1, [0; 3]);
        // The second time in memory that is not new.
        for _ in 0..2 {
            decoder.decode_with(simd, &tile, &steps, window, &mut pixels);
            assert_eq!((pixels.width(), pixels.height()), (expected.width(), expected.height()));
            for y in 0..pixels.height() {
                let context =
                    format!("{frame:?}, quality {quality}, seed {seed}, {window:?}, {simd:?}, row {y}");
                assert_eq!(pixels.row(y), expected.row(y), "{context}");
            }
        }
    }
}

#[test]
fn whole_tiles_have_the_pixels_of_the_library() {
    for quality in [1, 30, 75, 80, 95, 100] {
        for seed in 0..3 {
            let size = Size::new(256, 256);
            frames(size).for_each(|frame| check(frame, quality, seed, Rect::whole(size)));
        }
    }
}

#[test]
fn every_small_and_odd_size_has_the_pixels_of_the_library() {
    for width in (1..=36).chain([127, 129, 255]) {
        for height in [1, 2, 3, 7, 8, 9, 15, 16, 17, 33] {
            let size = Size::new(width, height);
            frames(size).for_each(|frame| check(frame, 90, u64::from(width * height), Rect::whole(size)));
        }
    }
}

#[test]
fn tiles_of_one_colour_have_the_pixels_of_the_library() {
    let steps = [[16; 64]; 3];
    for frame in frames(Size::new(40, 24)) {
        for dc in [[0, 0, 0], [63, 0, 0], [-64, 0, 0], [10, 50, -50], [20, -63, 63]] {
            let mut tile = Coefficients::zeros(frame);
            tile.fill(dc);
            let mut pixels = Rgb::filled(1, 1, [0; 3]);
            PixelDecoder::default().decode(&tile, &steps, Rect::whole(Size::new(40, 24)), &mut pixels);
            assert_eq!(pixels, by_library(&tile, &steps), "{frame:?} {dc:?}");
        }
    }
}

/// The rows of a gray block, each of one colour: it has DC and frequency 4 down the columns
/// alone, both with this step.
fn rows_of_block(simd: Simd, [dc, fourth]: [i16; 2], step: u16) -> [u8; 8] {
    let mut tile = Coefficients::zeros(Frame::new(8, 8, Subsampling::Gray, Colour::Gray).unwrap());
    let block = &mut tile.plane_mut(0)[0];
    // Number 10 in zigzag order is the first of the fifth row.
    (block.0[0], block.0[10]) = (dc, fourth);
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    let window = Rect::whole(Size::square(8));
    PixelDecoder::default().decode_with(simd, &tile, &[[step; 64]; 3], window, &mut pixels);
    std::array::from_fn(|y| pixels.uniform(0, y, 8, 1).expect("a row of one colour")[0])
}

#[test]
fn numbers_that_no_encoder_makes_wrap_and_saturate() {
    for simd in InstructionSet::ALL.into_iter().filter_map(simd::detect) {
        // 16 * 4,100 wraps to 64, an eighth of which is added to 128.
        assert_eq!(rows_of_block(simd, [16, 0], 4_100), [136; 8], "{simd:?}");
        // Four times 10,000 saturates; wrapped it would be black.
        assert_eq!(rows_of_block(simd, [10_000, 0], 1), [255; 8], "{simd:?}");
        assert_eq!(rows_of_block(simd, [-10_000, 0], 1), [0; 8], "{simd:?}");
        // 2 * 20,000 wraps to a negative number.
        assert_eq!(rows_of_block(simd, [20_000, 0], 2), [0; 8], "{simd:?}");
        // The sum of both wraps too, and their difference is 0.
        let rows = [0, 128, 128, 0, 0, 128, 128, 0];
        assert_eq!(rows_of_block(simd, [20_000, 20_000], 1), rows, "{simd:?}");
    }
}

#[test]
fn numbers_that_no_encoder_makes_are_decoded_alike_on_all_instruction_sets() {
    for frame in frames(Size::new(70, 20)) {
        let mut tile = Coefficients::zeros(frame);
        for (i, block) in tile.blocks_mut().iter_mut().enumerate() {
            *block = Block(std::array::from_fn(|k| ((i + 1) * (k + 3) * 7_919 % 65_536) as u16 as i16));
        }
        let decoded = |simd| {
            let mut pixels = Rgb::filled(1, 1, [0; 3]);
            let window = Rect::whole(Size::new(70, 20));
            PixelDecoder::default().decode_with(simd, &tile, &[[65_535; 64]; 3], window, &mut pixels);
            pixels
        };
        let baseline = decoded(Simd::Scalar);
        for simd in InstructionSet::ALL.into_iter().filter_map(simd::detect) {
            assert!(decoded(simd) == baseline, "{frame:?} {simd:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_window_has_the_pixels_of_the_library(
        (width, height, x, y, right, bottom) in (1..150u32, 1..100u32).prop_flat_map(|(width, height)| {
            (Just(width), Just(height), 0..width, 0..height, 0..width, 0..height)
        }),
        quality in 1..=100u8,
        seed in any::<u64>(),
    ) {
        let (x, right, y, bottom) = (x.min(right), x.max(right), y.min(bottom), y.max(bottom));
        let window = Rect { x, y, width: right - x + 1, height: bottom - y + 1 };
        frames(Size::new(width, height)).for_each(|frame| check(frame, quality, seed, window));
    }
}
