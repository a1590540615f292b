//! What training achieves, on drawn pictures.

use super::*;
use crate::exact::token::{ContextSet, TokenSink};
use crate::{Coefficients, Frame, PaddedPlanes, Quantisation, dct, padded_len};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour, mean};

/// Width and height of tiles and parents.
const SIDE: usize = 64;

/// The children of one parent, and that parent decoded.
struct TrainingFamily {
    quantisation: Quantisation,
    /// The tiles and their origins.
    tiles: Vec<(Coefficients, (usize, usize))>,
    parent: PaddedPlanes<Vec<u8>>,
}

impl TrainingFamily {
    /// The family of a [`drawing`].
    fn new(seed: usize, subsampling: Subsampling, colour: Colour) -> Self {
        let fine = drawing(seed);
        let mut coarse = Rgb::filled(SIDE, SIDE, [0; 3]);
        mean::halve(&fine, &mut coarse);
        let quantisation = dct::quality_tables(85, colour);
        let frame = Frame::new(SIDE, SIDE, subsampling, colour).expect("a frame");
        let mut parent = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
        dct::inverse(&coefficients(&coarse, 0, 0, frame, &quantisation), &quantisation, &mut parent);
        let tiles = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| {
            let tile = coefficients(&fine, SIDE * x, SIDE * y, frame, &quantisation);
            (tile, (SIDE / 2 * x, SIDE / 2 * y))
        });
        Self { quantisation, tiles: tiles.into(), parent }
    }

    /// Families with the seeds from 0.
    fn several(count: usize, subsampling: Subsampling, colour: Colour) -> Vec<Self> {
        (0..count).map(|seed| Self::new(seed, subsampling, colour)).collect()
    }

    fn samples(&self) -> Vec<Sample<'_>> {
        self.tiles
            .iter()
            .map(|(tile, origin)| Sample {
                tile,
                parent: self.parent.view(),
                origin: *origin,
                quantisation: &self.quantisation,
            })
            .collect()
    }
}

/// A picture of round cells in colours, which `seed` moves, of twice [`SIDE`].
fn drawing(seed: usize) -> Rgb {
    let mut picture = Rgb::filled(2 * SIDE, 2 * SIDE, [230, 200, 220]);
    for y in 0..2 * SIDE {
        for (x, pixel) in picture.row_mut(y).as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let (dx, dy) = ((x + 5 * seed) as f64 / 6.0, (y + 3 * seed) as f64 / 7.0);
            let cell = (dx.sin() + dy.cos() + (dx * 0.37 + dy * 0.61).sin()).max(0.0);
            let grain = ((x * 7919 + y * 104_729 + seed * 31) % 23) as f64 - 11.0;
            for (sample, depth) in pixel.iter_mut().zip([60.0, 70.0, 40.0]) {
                *sample = (f64::from(*sample) - depth * cell + grain) as u8;
            }
        }
    }
    picture
}

/// The coefficients of the part of `picture` from `(x, y)` that `frame` covers.
fn coefficients(
    picture: &Rgb,
    x: usize,
    y: usize,
    frame: Frame,
    quantisation: &Quantisation,
) -> Coefficients {
    let mut tile = Coefficients::zeros(frame);
    if frame.colour() == Colour::Rgb {
        let mut part = Rgb::filled(SIDE, SIDE, [0; 3]);
        for row in 0..SIDE {
            part.row_mut(row).copy_from_slice(&picture.row(y + row)[3 * x..3 * (x + SIDE)]);
        }
        dct::forward_rgb(&part, quantisation, &mut tile);
    } else {
        let mut planes = Ycc::zeros(SIDE, SIDE, frame.subsampling());
        colour::ycc(picture, x, y, &mut planes);
        dct::forward(&planes, quantisation, &mut tile);
    }
    tile
}

/// Sums the bits that tokens take with a model.
struct Cost<'a> {
    bits: f64,
    model: &'a PlaneModel,
}

impl TokenSink for Cost<'_> {
    fn token(&mut self, set: ContextSet, context: usize, symbol: usize) {
        let map = match set {
            ContextSet::Ac => &self.model.ac,
            ContextSet::Dc => &self.model.dc,
            ContextSet::LastHigh => &self.model.last_high,
            ContextSet::LastLow => &self.model.last_low,
        };
        let frequency = self.model.distributions[usize::from(map[context])][symbol];
        assert!(frequency > 0, "a symbol that cannot be coded");
        self.bits += 12.0 - f64::from(frequency).log2();
    }

    fn raw(&mut self, _value: u32, bits: u32) {
        self.bits += f64::from(bits);
    }
}

/// A plane of one tile that is already coded.
struct CodedPlane {
    prediction: Vec<Block>,
    magnitudes: Magnitudes,
}

/// The number of bits that the tiles of `family` take with `model`.
fn bits(family: &TrainingFamily, model: &Model) -> f64 {
    family.samples().iter().map(|sample| tile_bits(sample, model)).sum()
}

fn tile_bits(sample: &Sample<'_>, model: &Model) -> f64 {
    let mut total = 0.0;
    let mut coded: [Option<CodedPlane>; 3] = [None, None, None];
    for plane in model.order.iter().map(|&plane| usize::from(plane)) {
        let plane_model = &model.planes[plane];
        let mut prediction = sample.predicted(plane, &plane_model.matrix, &plane_model.gains);
        let magnitudes = magnitudes(sample.tile.plane(plane));
        let mut reference_magnitudes = None;
        if let Some(reference) = plane_model.reference.map(usize::from) {
            let coded = coded[reference].as_ref().expect("coded before");
            let blocks = sample.tile.plane(reference);
            carry_errors(&plane_model.carry, blocks, &coded.prediction, &mut prediction);
            reference_magnitudes = Some(&coded.magnitudes);
        }
        let (columns, rows) = sample.tile.frame().blocks(plane);
        let view = PlaneView {
            blocks: sample.tile.plane(plane),
            prediction: &prediction,
            magnitudes: &magnitudes,
            reference: reference_magnitudes,
            columns,
        };
        let mut cost = Cost { bits: 0.0, model: plane_model };
        tokenise(&view, 0..rows, &plane_model.weights, &mut cost);
        total += cost.bits;
        coded[plane] = Some(CodedPlane { prediction, magnitudes });
    }
    total
}

fn trained(families: &[TrainingFamily], colour: Colour) -> Model {
    let samples: Vec<Sample<'_>> = families.iter().flat_map(TrainingFamily::samples).collect();
    train(&samples, colour)
}

#[test]
fn a_trained_model_codes_other_tiles_in_fewer_bits_than_an_untrained_one() {
    for (subsampling, colour) in [
        (Subsampling::S420, Colour::Ycc),
        (Subsampling::S444, Colour::Rgb),
        (Subsampling::Gray, Colour::Gray),
    ] {
        let families = TrainingFamily::several(6, subsampling, colour);
        let other = TrainingFamily::new(77, subsampling, colour);
        let (good, poor) = (trained(&families, colour), trained(&[], colour));
        let (with, without) = (bits(&other, &good), bits(&other, &poor));
        assert!(with < 0.7 * without, "{colour:?}: {with} bits and {without} without training");
        assert_eq!(good, trained(&families, colour), "training is repeatable");
    }
}

#[test]
fn planes_of_rgb_carry_the_errors_of_green() {
    let families = TrainingFamily::several(6, Subsampling::S444, Colour::Rgb);
    let model = trained(&families, Colour::Rgb);
    assert_eq!(model.order, [1, 0, 2]);
    let references: Vec<_> = model.planes.iter().map(|plane| plane.reference).collect();
    assert_eq!(references, [Some(1), None, Some(1)]);
    // The grain is the same in all planes.
    assert!(model.planes[0].carry[20] > 8_000, "{:?}", model.planes[0].carry);
    assert_eq!(model.planes[1].carry, [0; 64]);
}

#[test]
fn numbers_are_within_the_limits_of_a_model() {
    let families = TrainingFamily::several(3, Subsampling::S420, Colour::Ycc);
    for model in [trained(&families, Colour::Ycc), trained(&[], Colour::Ycc)] {
        model.planes.iter().for_each(check_limits);
    }
}

fn check_limits(plane: &PlaneModel) {
    assert!(plane.gains.iter().all(|&gain| gain <= 22_938));
    assert_eq!(plane.gains[0], 16_384);
    for (weights, max) in plane.weights.iter().zip([510, 1000, 250, 250, 1000]) {
        assert!(weights.iter().all(|&weight| weight <= max));
    }
    assert!(plane.distributions.len() <= 256);
    for map in [&plane.ac, &plane.dc, &plane.last_high, &plane.last_low] {
        assert!(map.iter().all(|&at| usize::from(at) < plane.distributions.len()));
    }
    for distribution in &plane.distributions {
        assert_eq!(distribution.iter().map(|&n| u32::from(n)).sum::<u32>(), 4096);
    }
}
