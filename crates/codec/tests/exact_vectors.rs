//! Checks transforms and coder against the test vectors in EXACT.md.

use origami_codec::dct::{inverse_with, lanczos_matrix, predict_with};
use origami_codec::exact::{
    AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Level, Model, PlaneModel, RUN_CONTEXTS,
    TileCoder,
};
use origami_codec::{Block, Coefficients, Colour, Frame, PaddedPlanes, padded_len};
use origami_pyramid::simd::{self, InstructionSet, Simd};
use origami_pyramid::{Plane, Subsampling};
use std::collections::HashMap;
use std::ops::Range;

/// A test vector: lists of numbers by name.
type Vector = HashMap<&'static str, Vec<i32>>;

/// The vectors with this heading.
fn vectors(heading: &str) -> Vec<Vector> {
    let blocks = include_str!("../EXACT.md").split("```vector\n").skip(1);
    blocks
        .filter_map(|block| block.split("```").next().unwrap().split_once('\n'))
        .filter(|(first, _)| *first == heading)
        .map(|(_, body)| parse(body))
        .collect()
}

/// Parses the lines of a vector after its heading.
fn parse(body: &'static str) -> Vector {
    let mut vector = HashMap::new();
    let mut key = "";
    for word in body.split_whitespace() {
        match word.strip_suffix(':') {
            Some(name) => key = name,
            None => vector.entry(key).or_insert_with(Vec::new).push(word.parse().unwrap()),
        }
    }
    vector
}

/// Converts a list of `N` numbers, for which a single number can stand.
fn numbers<T: TryFrom<i32, Error: std::fmt::Debug>, const N: usize>(numbers: &[i32]) -> [T; N] {
    assert!(numbers.len() == 1 || numbers.len() == N);
    std::array::from_fn(|i| numbers[i % numbers.len()].try_into().unwrap())
}

/// Every instruction set this processor has.
fn instruction_sets() -> impl Iterator<Item = Simd> {
    InstructionSet::ALL.into_iter().filter_map(simd::detect)
}

#[test]
fn blocks_decode_to_the_samples_of_the_specification() {
    let vectors = vectors("inverse");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).unwrap();
        let mut tile = Coefficients::zeros(frame);
        tile.plane_mut(0)[0] = Block(numbers(&vector["coefficients"]));
        for simd in instruction_sets() {
            let mut out = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
            inverse_with(simd, &tile, &[numbers(&vector["steps"]); 3], &mut out);
            assert_eq!(out.plane(0), numbers::<u8, 64>(&vector["samples"]), "{}", simd.set().name());
        }
    }
}

#[test]
fn blocks_are_predicted_as_in_the_specification() {
    let vectors = vectors("predict");
    assert_eq!(vectors.len(), 2);
    let halves: Vec<[[i16; 4]; 8]> = vectors
        .iter()
        .map(|vector| {
            let half: [i16; 32] = numbers(&vector["matrix"]);
            half.as_chunks().0.try_into().unwrap()
        })
        .collect();
    assert_eq!(halves[0], lanczos_matrix());
    for (vector, half) in vectors.iter().zip(&halves) {
        let parent: Vec<u8> = vector["parent"].iter().map(|&sample| sample.try_into().unwrap()).collect();
        let [width, height] = numbers(&vector["size"]);
        let [x, y] = numbers(&vector["origin"]);
        for simd in instruction_sets() {
            let mut out = [Block::ZERO];
            let scales = numbers(&vector["scales"]);
            let parent = Plane::new(&parent[..], width, height, width);
            predict_with(simd, half, &scales, parent, (x, y), 1, &mut out);
            assert_eq!(out[0].0, numbers::<i16, 64>(&vector["block"]), "{}", simd.set().name());
        }
    }
}

/// The model of the vectors of whole tiles.
fn model(distributions: &[i32]) -> Model {
    Model { order: vec![0, 1, 2], planes: (0..3).map(|number| plane_model(number, distributions)).collect() }
}

fn plane_model(number: usize, distributions: &[i32]) -> PlaneModel {
    PlaneModel {
        matrix: lanczos_matrix(),
        gains: std::array::from_fn(|k| 16_384 - 100 * k as u16),
        weights: [
            [300; 64],
            [150; 64],
            [40; 64],
            [20; 64],
            [100; 64],
            std::array::from_fn(|k| 50 * k as u16),
        ],
        reference: (number == 2).then_some(1),
        carry: std::array::from_fn(|k| if number == 2 { 4096 - 128 * k as i16 } else { 0 }),
        dc_weights: if number == 0 { [256, 200, -90, 60] } else { [110, 100, -70, 30] },
        ac: cyclic(AC_CONTEXTS, 0..3),
        dc: cyclic(DC_CONTEXTS, 0..3),
        last_high: cyclic(LAST_HIGH_CONTEXTS, 0..3),
        last_low: cyclic(LAST_LOW_CONTEXTS, 3..5),
        runs: cyclic(RUN_CONTEXTS, 0..3),
        distributions: distributions.chunks(16).map(numbers).collect(),
    }
}

/// `distributions` again and again, for this number of contexts. Each row of twelve begins with
/// another, so that every part of a context matters.
fn cyclic(contexts: usize, distributions: Range<u8>) -> Vec<u8> {
    let count = distributions.len();
    (0..contexts).map(|i| distributions.start + ((i + i / 12) % count) as u8).collect()
}

/// The parent of the vectors of whole tiles.
fn parent() -> PaddedPlanes<Vec<u8>> {
    let frame = Frame::new(32, 32, Subsampling::S420, Colour::Ycc).unwrap();
    let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
    for c in 0..3 {
        let width = planes.samples(c).width();
        for (i, sample) in planes.plane_mut(c).iter_mut().enumerate() {
            let (x, y) = (i % width, i / width);
            *sample = (7 * x + 5 * y + 60 * c + x * y / 4) as u8;
        }
    }
    planes
}

/// The second tile, in which `last` gives the last position of a plane and block.
fn tile(width: usize, height: usize, last: impl Fn(usize, usize) -> usize) -> Coefficients {
    let mut tile = Coefficients::zeros(Frame::new(width, height, Subsampling::S420, Colour::Ycc).unwrap());
    for c in 0..3 {
        let blocks = tile.plane_mut(c);
        for (b, block) in blocks.iter_mut().enumerate() {
            for k in 0..=last(c, b) {
                block.0[k] = ((31 * b + 17 * k + 5 * c) % 5) as i16 - 2;
            }
        }
        (blocks[1].0[3], blocks[1].0[1]) = (300, -32_767);
        blocks[blocks.len() - 1].0[0] = 32_767;
    }
    tile
}

fn third_tile(width: usize, height: usize) -> Coefficients {
    let mut tile = tile(width, height, |_, _| 60);
    for c in 0..3 {
        tile.plane_mut(c)[..12].iter_mut().for_each(|block| block.0[0] = 32_767);
    }
    tile
}

/// The parent of the tile with runs.
fn flat_parent() -> PaddedPlanes<Vec<u8>> {
    let mut planes = parent();
    for (c, value) in [200, 120, 130].into_iter().enumerate() {
        planes.plane_mut(c).fill(value);
    }
    planes.plane_mut(0)[20 * 32 + 20] = 90;
    planes
}

fn tile_with_runs(width: usize, height: usize) -> Coefficients {
    let mut tile = Coefficients::zeros(Frame::new(width, height, Subsampling::S420, Colour::Ycc).unwrap());
    tile.fill([40, 50, 60]);
    tile.plane_mut(0)[8].0[0] = 41;
    tile.plane_mut(0)[21].0[5] = 2;
    tile
}

/// The parent of the wide tile, whose samples are equal but for those at the top.
fn wide_parent() -> PaddedPlanes<Vec<u8>> {
    let frame = Frame::new(544, 32, Subsampling::S420, Colour::Ycc).unwrap();
    let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
    for c in 0..3 {
        let (width, textured) = (planes.samples(c).width(), if c == 0 { 12 } else { 8 });
        for (i, sample) in planes.plane_mut(c).iter_mut().enumerate() {
            let (x, y) = (i % width, i / width);
            *sample = if y < textured { 128 + ((x * x + 3 * x * y + 5 * y + c) % 13) as u8 } else { 130 };
        }
    }
    planes
}

fn wide_tile(width: usize, height: usize) -> Coefficients {
    let mut tile = Coefficients::zeros(Frame::new(width, height, Subsampling::S420, Colour::Ycc).unwrap());
    tile.fill([12; 3]);
    for (c, columns) in [128, 64, 64].into_iter().enumerate() {
        for (b, block) in tile.plane_mut(c)[..columns].iter_mut().enumerate() {
            block.0[0] = 3 + (10 * b as i16 + c as i16) % 19;
        }
    }
    let luma = tile.plane_mut(0);
    (luma[3 * 128].0[0], luma[4 * 128 + 77].0[5]) = (13, 1);
    tile.plane_mut(1)[2 * 64 + 40].0[0] = 15;
    let last = tile.plane_mut(2);
    last[2 * 64 + 20].0[..4].copy_from_slice(&[14, 1, 0, -1]);
    last[2 * 64 + 41].0[0] = 13;
    tile
}

/// The number of bytes, and their 64-bit FNV-1a hash in four parts, the highest first.
fn length_and_hash(bytes: &[u8]) -> [i32; 5] {
    let hash: u64 = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let part = |shift: u32| i32::from((hash >> shift) as u16);
    [bytes.len() as i32, part(48), part(32), part(16), part(0)]
}

fn bytes(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().map(|&byte| byte as u8).collect()
}

#[test]
fn whole_tiles_are_coded_as_in_the_specification() {
    let vectors = vectors("tiles");
    let [vector] = vectors.as_slice() else { panic!("one set of tiles") };
    let steps = [std::array::from_fn(|k| 4 + k as u16); 3];
    let level = Level::new(model(&vector["distributions"]), &steps, 3).unwrap();
    let [first, second, third, fourth, fifth]: [[usize; 2]; 5] =
        ["first", "second", "third", "fourth", "fifth"].map(|name| numbers(&vector[name]));
    let mut zeros = tile(first[0], first[1], |_, _| 0);
    zeros.blocks_mut().fill(Block::ZERO);
    let tiles = [
        (zeros, parent()),
        (tile(second[0], second[1], |c, b| (3 * b + 20 * c) % 24), parent()),
        (third_tile(third[0], third[1]), parent()),
        (tile_with_runs(fourth[0], fourth[1]), flat_parent()),
        (wide_tile(fifth[0], fifth[1]), wide_parent()),
    ];
    for simd in instruction_sets() {
        let mut coder = TileCoder::with(simd);
        let coded = tiles.each_ref().map(|(tile, parent)| {
            let mut bytes = Vec::new();
            coder.encode(&level, parent, (16, 8), tile, &mut bytes).unwrap();
            let mut decoded = Coefficients::zeros(*tile.frame());
            coder.decode(&level, parent, (16, 8), &bytes, &mut decoded).unwrap();
            assert!(decoded == *tile, "{}", simd.set().name());
            bytes
        });
        let [first, second, third, fourth, fifth] = coded;
        let name = simd.set().name();
        assert_eq!(first, bytes(&vector["first-bytes"]), "{name}");
        assert_eq!(second, bytes(&vector["second-bytes"]), "{name}");
        assert_eq!(fourth, bytes(&vector["fourth-bytes"]), "{name}");
        assert_eq!(length_and_hash(&third), *vector["third-length-and-hash"], "{name}");
        assert_eq!(length_and_hash(&fifth), *vector["fifth-length-and-hash"], "{name}");
    }
}
