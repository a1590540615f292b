//! What training achieves, on drawn pictures.

use super::*;
use crate::exact::{Level, PlaneModel, TileCoder};
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

/// The number of bytes that the tiles of `family` take with `model`.
fn coded_bytes(family: &TrainingFamily, model: &Model) -> usize {
    let level = Level::new(model.clone(), &family.quantisation, model.planes.len()).expect("a good model");
    let (mut coder, mut out) = (TileCoder::default(), Vec::new());
    for Sample { tile, parent, origin, .. } in family.samples() {
        coder.encode(&level, &parent, origin, tile, &mut out).expect("a tile");
    }
    out.len()
}

fn trained(families: &[TrainingFamily], colour: Colour) -> Model {
    let samples: Vec<Sample<'_>> = families.iter().flat_map(TrainingFamily::samples).collect();
    train(&samples, colour)
}

#[test]
fn a_trained_model_codes_other_tiles_in_fewer_bytes_than_an_untrained_one() {
    for (subsampling, colour) in [
        (Subsampling::S420, Colour::Ycc),
        (Subsampling::S444, Colour::Rgb),
        (Subsampling::Gray, Colour::Gray),
    ] {
        let families = TrainingFamily::several(6, subsampling, colour);
        let other = TrainingFamily::new(77, subsampling, colour);
        let (good, poor) = (trained(&families, colour), trained(&[], colour));
        let (with, without) = (coded_bytes(&other, &good), coded_bytes(&other, &poor));
        assert!(10 * with < 7 * without, "{colour:?}: {with} bytes and {without} without training");
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
fn counters_of_several_threads_give_the_model_of_one() {
    let families = TrainingFamily::several(4, Subsampling::S420, Colour::Ycc);
    let samples: Vec<Sample<'_>> = families.iter().flat_map(TrainingFamily::samples).collect();
    let mut one = Training::new(&samples, Colour::Ycc);
    samples.iter().for_each(|sample| one.count(sample));

    let mut several = Training::new(&samples, Colour::Ycc);
    let counters: Vec<SymbolCounter> = std::thread::scope(|scope| {
        let threads: Vec<_> = samples
            .chunks(5)
            .map(|samples| {
                let mut counter = several.counter();
                scope.spawn(move || {
                    samples.iter().for_each(|sample| counter.count(sample));
                    counter
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a counter")).collect()
    });
    counters.iter().rev().for_each(|counter| several.merge(counter));
    assert_eq!(several.model(), one.model());
    assert_eq!(one.model(), train(&samples, Colour::Ycc));
}

#[test]
#[should_panic(expected = "another training")]
fn counts_of_another_training_are_not_merged() {
    let families = TrainingFamily::several(1, Subsampling::Gray, Colour::Gray);
    let counter = Training::new(&families[0].samples(), Colour::Gray).counter();
    Training::new(&[], Colour::Gray).merge(&counter);
}

#[test]
fn what_is_counted_decides_which_tiles_get_small() {
    let [mut fine, flat] = [1, 2].map(|seed| TrainingFamily::new(seed, Subsampling::Gray, Colour::Gray));
    for (tile, _) in &mut fine.tiles {
        tile.blocks_mut().iter_mut().for_each(|block| block.0[1..].fill(0));
    }
    let [of_fine, of_flat] = [&fine, &flat].map(|counted| {
        let mut training = Training::new(&flat.samples(), Colour::Gray);
        counted.samples().iter().for_each(|sample| training.count(sample));
        training.model()
    });
    assert!(coded_bytes(&fine, &of_fine) < coded_bytes(&fine, &of_flat));
    assert!(coded_bytes(&flat, &of_flat) < coded_bytes(&flat, &of_fine));
}

#[test]
fn contexts_are_counted_as_often_as_tiles_are_coded_in_them() {
    // Two blocks, one band: each has a last position in two parts, and DC. Before the second
    // there is the length of a run, 0.
    let frame = Frame::new(16, 8, Subsampling::Gray, Colour::Gray).expect("a frame");
    let mut tile = Coefficients::zeros(frame);
    tile.plane_mut(0)[1].0[2] = 1;
    let samples = vec![128; padded_len(&frame)];
    let sample = Sample {
        tile: &tile,
        parent: PaddedPlanes::new(&samples, frame),
        origin: (0, 0),
        quantisation: &[[16; 64]; 3],
    };
    let mut training = Training::new(&[], Colour::Gray);
    training.count(&sample);
    assert_eq!(training.counter.planes()[0].total(), 2 * 3 + 1 + 2);
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
    assert!(plane.dc_weights.iter().all(|weight| weight.abs() <= 256));
    assert!(plane.distributions.len() <= 256);
    for map in [&plane.ac, &plane.dc, &plane.last_high, &plane.last_low, &plane.runs] {
        assert!(map.iter().all(|&at| usize::from(at) < plane.distributions.len()));
    }
    for distribution in &plane.distributions {
        assert_eq!(distribution.iter().map(|&n| u32::from(n)).sum::<u32>(), 4096);
    }
}
