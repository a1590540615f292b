//! The numbers in EXACT.md, against what the transforms make.

use origami_codec::dct::{inverse_with, lanczos_matrix, predict_with};
use origami_codec::{Block, Coefficients, Colour, Frame, PaddedPlanes, padded_len};
use origami_pyramid::Subsampling;
use origami_pyramid::kernels::{InstructionSet, Kernels};
use std::collections::HashMap;

/// The numbers of each vector of that name, by their names.
fn vectors(name: &str) -> Vec<HashMap<&'static str, Vec<i32>>> {
    let blocks = include_str!("../EXACT.md").split("```vector\n").skip(1);
    let bodies = blocks.map(|block| block.split("```").next().unwrap()).filter_map(|block| {
        let (first, body) = block.split_once('\n').unwrap();
        (first == name).then_some(body)
    });
    bodies
        .map(|body| {
            let mut vector = HashMap::new();
            let mut key = "";
            for word in body.split_whitespace() {
                match word.strip_suffix(':') {
                    Some(name) => key = name,
                    None => vector.entry(key).or_insert_with(Vec::new).push(word.parse().unwrap()),
                }
            }
            vector
        })
        .collect()
}

/// `N` numbers; a single one stands for all of them.
fn numbers<T: TryFrom<i32, Error: std::fmt::Debug>, const N: usize>(numbers: &[i32]) -> [T; N] {
    assert!(numbers.len() == 1 || numbers.len() == N);
    std::array::from_fn(|i| numbers[i % numbers.len()].try_into().unwrap())
}

fn kernels() -> impl Iterator<Item = &'static Kernels> {
    InstructionSet::ALL.into_iter().filter_map(Kernels::of)
}

#[test]
fn blocks_decode_to_the_samples_of_the_specification() {
    let vectors = vectors("inverse");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).unwrap();
        let mut tile = Coefficients::zeros(frame);
        tile.plane_mut(0)[0] = Block(numbers(&vector["coefficients"]));
        for kernels in kernels() {
            let mut out = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
            inverse_with(kernels, &tile, &[numbers(&vector["steps"]); 3], &mut out);
            assert_eq!(out.plane(0), numbers::<u8, 64>(&vector["samples"]), "{}", kernels.set.name());
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
        for kernels in kernels() {
            let mut out = [Block::ZERO];
            let scales = numbers(&vector["scales"]);
            predict_with(kernels, half, &scales, &parent, (width, height), (x, y), (1, 1), &mut out);
            assert_eq!(out[0].0, numbers::<i16, 64>(&vector["block"]), "{}", kernels.set.name());
        }
    }
}
