//! Models before training.

use crate::Colour;
use crate::dct::lanczos_matrix;
use crate::exact::{
    AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel, RUN_CONTEXTS,
};

/// A valid model for tiles of `colour` that predicts with plain doubling, knows
/// nothing of magnitudes, and takes all symbols to be equally likely. Training keeps
/// its order and references.
pub(super) fn untrained_model(colour: Colour) -> Model {
    let order: &[u8] = match colour {
        Colour::Gray => &[0],
        // Green resembles the two others most, so it comes first.
        Colour::Rgb => &[1, 0, 2],
        Colour::Ycc | Colour::Other => &[0, 1, 2],
    };
    let planes = (0..order.len()).map(|plane| untrained_plane(reference_plane(colour, plane)));
    Model { order: order.to_vec(), planes: planes.collect() }
}

/// The plane whose errors and magnitudes say most about those of `plane`.
fn reference_plane(colour: Colour, plane: usize) -> Option<u8> {
    match (colour, plane) {
        (Colour::Rgb, 0 | 2) | (Colour::Ycc, 2) => Some(1),
        _ => None,
    }
}

fn untrained_plane(reference: Option<u8>) -> PlaneModel {
    PlaneModel {
        matrix: lanczos_matrix(),
        gains: [16_384; 64],
        weights: [[0; 64]; 6],
        reference,
        carry: [0; 64],
        dc_weights: [0; 4],
        ac: vec![0; AC_CONTEXTS],
        dc: vec![0; DC_CONTEXTS],
        last_high: vec![0; LAST_HIGH_CONTEXTS],
        last_low: vec![1; LAST_LOW_CONTEXTS],
        runs: vec![0; RUN_CONTEXTS],
        distributions: vec![[256; 16], [1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    }
}
