//! Coefficients against those of the JPEG library, for the same planes.

use origami_codec::dct::{forward, forward_rgb, quality_tables};
use origami_codec::{Block, Coefficients, Colour, Encoder, Frame, Quantisation, encoded_bound};
use origami_pyramid::{Rgb, Subsampling, Ycc};

const ALL: [Subsampling; 4] = [Subsampling::S444, Subsampling::S422, Subsampling::S420, Subsampling::Gray];

/// Steps and coefficients of a baseline JPEG with one interleaved scan.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    bits: u32,
    left: u32,
}

impl Reader<'_> {
    fn bit(&mut self) -> usize {
        if self.left == 0 {
            self.bits = u32::from(self.bytes[self.at]);
            self.at += if self.bits == 0xff { 2 } else { 1 };
            self.left = 8;
        }
        self.left -= 1;
        (self.bits >> self.left) as usize & 1
    }

    /// A symbol of the table `(counts, values)`.
    fn symbol(&mut self, (counts, values): &(Vec<u8>, Vec<u8>)) -> u8 {
        let (mut code, mut first, mut skipped) = (0, 0, 0);
        for &count in counts {
            let count = usize::from(count);
            code = 2 * code + self.bit();
            if code - first < count {
                return values[skipped + code - first];
            }
            (first, skipped) = (2 * (first + count), skipped + count);
        }
        panic!("no such code");
    }

    fn value(&mut self, bits: u8) -> i16 {
        let value = (0..bits).fold(0, |value, _| 2 * value + self.bit());
        let negative = bits > 0 && value < 1 << (bits - 1);
        if negative { value as i16 + 1 - (1 << bits) } else { value as i16 }
    }
}

fn read(jpeg: &[u8], frame: Frame) -> (Quantisation, Coefficients) {
    let (mut steps, mut tables) = ([[0u16; 64]; 2], vec![(vec![], vec![]); 4]);
    let mut at = 2;
    while jpeg[at + 1] != 0xda {
        let len = usize::from(jpeg[at + 2]) << 8 | usize::from(jpeg[at + 3]);
        let body = &jpeg[at + 4..at + 2 + len];
        match jpeg[at + 1] {
            0xdb => body.chunks(65).for_each(|table| {
                steps[usize::from(table[0])] = std::array::from_fn(|k| u16::from(table[k + 1]));
            }),
            0xc4 => {
                let mut body = body;
                while !body.is_empty() {
                    let (counts, rest) = body[1..].split_at(16);
                    let (values, rest) = rest.split_at(counts.iter().map(|&n| usize::from(n)).sum());
                    let slot = usize::from(body[0] >> 4) * 2 + usize::from(body[0] & 15);
                    tables[slot] = (counts.to_vec(), values.to_vec());
                    body = rest;
                }
            }
            _ => {}
        }
        at += 2 + len;
    }
    at += 2 + usize::from(jpeg[at + 3]);
    let mut reader = Reader { bytes: jpeg, at, bits: 0, left: 0 };
    let mut out = Coefficients::zeros(frame);
    let mut dc = [0; 3];
    let (across, down) = frame.mcus();
    for mcu in 0..across * down {
        for (plane, dc) in dc.iter_mut().enumerate().take(frame.planes()) {
            let ((h, v), table) = (frame.sampling(plane), usize::from(plane > 0));
            for i in 0..h * v {
                let (x, y) = (mcu % across * h + i % h, mcu / across * v + i / h);
                let mut block = Block::ZERO;
                let bits = reader.symbol(&tables[table]);
                *dc += reader.value(bits);
                block.0[0] = *dc;
                let mut k = 1;
                while k < 64 {
                    let symbol = reader.symbol(&tables[2 + table]);
                    k += usize::from(symbol >> 4);
                    match symbol {
                        0 => break,
                        0xf0 => {}
                        _ => block.0[k] = reader.value(symbol & 15),
                    }
                    k += 1;
                }
                out.plane_mut(plane)[y * frame.blocks(plane).0 + x] = block;
            }
        }
    }
    ([steps[0], steps[1], steps[1]], out)
}

/// Planes of noise, runs of extremes and smooth parts, by `seed`.
fn tile(width: usize, height: usize, subsampling: Subsampling, seed: u64) -> Ycc<Vec<u8>> {
    let mut tile = Ycc::zeros(width, height, subsampling);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for (i, sample) in tile.samples_mut().iter_mut().enumerate() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *sample = match (seed % 4, state >> 61) {
            (0, _) => (state >> 32) as u8,
            (1, 0..4) => 0,
            (1, _) => 255,
            (2, _) => (128 + i % 37 + i / width % 53) as u8,
            (_, 0) => (state >> 32) as u8,
            _ => (i / 3) as u8,
        };
    }
    tile
}

/// The coefficients that the library writes, and its steps.
fn library(tile: &mut Ycc<Vec<u8>>, quality: u8) -> (Quantisation, Coefficients) {
    let (width, height, subsampling) = (tile.width(), tile.height(), tile.subsampling());
    let colour = if subsampling == Subsampling::Gray { Colour::Gray } else { Colour::Ycc };
    let frame = Frame::new(width, height, subsampling, colour).unwrap();
    let mut jpeg = vec![0; encoded_bound(width, height, subsampling)];
    let len = Encoder::new().unwrap().encode(tile, quality, &mut jpeg).unwrap();
    read(&jpeg[..len], frame)
}

#[track_caller]
fn equals_the_library(width: usize, height: usize, subsampling: Subsampling, quality: u8, seed: u64) {
    let mut tile = tile(width, height, subsampling, seed);
    let (steps, expected) = library(&mut tile, quality);
    let tables = quality_tables(quality, expected.frame().colour());
    assert_eq!(tables[..expected.frame().planes().min(2)], steps[..expected.frame().planes().min(2)]);
    let mut found = Coefficients::zeros(*expected.frame());
    found.blocks_mut().fill(Block([77; 64]));
    forward(&tile, &tables, &mut found);
    for plane in 0..expected.frame().planes() {
        for (i, (found, expected)) in found.plane(plane).iter().zip(expected.plane(plane)).enumerate() {
            assert_eq!(
                found, expected,
                "{subsampling:?} {width}x{height} quality {quality} seed {seed}: plane {plane}, block {i}"
            );
        }
    }
}

#[test]
fn every_quality_gives_the_coefficients_of_the_library() {
    for quality in 1..=100 {
        for (i, subsampling) in ALL.into_iter().enumerate() {
            for seed in 0..4 {
                equals_the_library(97, 50 + i, subsampling, quality, 4 * u64::from(quality) + seed);
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
    for (width, height) in [(1, 1), (9, 17), (128, 8), (129, 31), (256, 256)] {
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
