//! The built-in model, for slides that are too small to train one on.

use super::model::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel};
use crate::{Colour, dct};
use origami_pyramid::Subsampling;

/// A model for tiles of `planes` planes.
#[must_use]
pub fn generic(planes: usize, colour: Colour, _subsampling: Subsampling) -> Model {
    let rgb = planes == 3 && colour == Colour::Rgb;
    let order = if rgb { vec![1, 0, 2] } else { (0..planes as u8).collect() };
    let reference = |plane| match plane {
        0 | 2 if rgb => Some(1),
        2 => Some(1),
        _ => None,
    };
    Model { order, planes: (0..planes).map(|plane| flat(reference(plane))).collect() }
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
