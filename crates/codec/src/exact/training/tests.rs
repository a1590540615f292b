use super::*;
use crate::{Frame, dct, padded_len};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour, mean};

/// Children of one parent, and that parent decoded.
struct TrainingFamily {
    quantisation: Quantisation,
    tiles: Vec<(Coefficients, (usize, usize))>,
    parent: PaddedPlanes<Vec<u8>>,
}

impl TrainingFamily {
    /// A picture of round cells in colours, `seed` moving them.
    fn new(seed: usize, subsampling: Subsampling, colour: Colour) -> Self {
        const SIDE: usize = 64;
        let mut fine = Rgb::filled(2 * SIDE, 2 * SIDE, [230, 200, 220]);
        for y in 0..2 * SIDE {
            for (x, pixel) in fine.row_mut(y).as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let (dx, dy) = ((x + 5 * seed) as f64 / 6.0, (y + 3 * seed) as f64 / 7.0);
                let cell = (dx.sin() + dy.cos() + (dx * 0.37 + dy * 0.61).sin()).max(0.0);
                let grain = ((x * 7919 + y * 104_729 + seed * 31) % 23) as f64 - 11.0;
                for (sample, depth) in pixel.iter_mut().zip([60.0, 70.0, 40.0]) {
                    *sample = (f64::from(*sample) - depth * cell + grain) as u8;
                }
            }
        }
        let mut coarse = Rgb::filled(SIDE, SIDE, [0; 3]);
        mean::halve(&fine, &mut coarse);
        let quantisation = dct::quality_tables(85, colour);
        let frame = Frame::new(SIDE, SIDE, subsampling, colour).expect("a frame");
        let coefficients = |image: &Rgb, x: usize, y: usize| {
            let mut tile = Coefficients::zeros(frame);
            if colour == Colour::Rgb {
                let mut part = Rgb::filled(SIDE, SIDE, [0; 3]);
                for row in 0..SIDE {
                    part.row_mut(row).copy_from_slice(&image.row(y + row)[3 * x..3 * (x + SIDE)]);
                }
                dct::forward_rgb(&part, &quantisation, &mut tile);
            } else {
                let mut planes = Ycc::zeros(SIDE, SIDE, subsampling);
                colour::ycc(image, x, y, &mut planes);
                dct::forward(&planes, &quantisation, &mut tile);
            }
            tile
        };
        let mut parent = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
        dct::inverse(&coefficients(&coarse, 0, 0), &quantisation, &mut parent);
        let quadrants = [(0, 0), (1, 0), (0, 1), (1, 1)];
        let tiles =
            quadrants.map(|(x, y)| (coefficients(&fine, SIDE * x, SIDE * y), (SIDE / 2 * x, SIDE / 2 * y)));
        Self { quantisation, tiles: tiles.into(), parent }
    }

    fn samples(&self) -> Vec<Sample<'_>> {
        let (parent, quantisation) = (self.parent.view(), &self.quantisation);
        let sample = |(tile, origin)| Sample { tile, parent, origin, quantisation };
        self.tiles.iter().map(|(tile, origin)| sample((tile, *origin))).collect()
    }
}

/// Predictions and magnitudes of a plane, by tile.
type Seen = (Vec<Vec<Block>>, Vec<Magnitudes>);

/// Adds up what tokens cost.
struct Cost<'a>(f64, &'a PlaneModel);

impl TokenSink for Cost<'_> {
    fn token(&mut self, set: Set, context: usize, symbol: usize) {
        let map = match set {
            Set::Ac => &self.1.ac,
            Set::Dc => &self.1.dc,
            Set::LastHigh => &self.1.last_high,
            Set::LastLow => &self.1.last_low,
        };
        let frequency = self.1.distributions[usize::from(map[context])][symbol];
        assert!(frequency > 0, "a symbol that cannot be coded");
        self.0 += 12.0 - f64::from(frequency).log2();
    }

    fn raw(&mut self, _value: u32, bits: u32) {
        self.0 += f64::from(bits);
    }
}

/// Bits that the tiles of `family` take with `model`.
fn bits(family: &TrainingFamily, model: &Model) -> f64 {
    let samples = family.samples();
    let mut total = 0.0;
    let mut before: Vec<Option<Seen>> = vec![None, None, None];
    for plane in model.order.iter().map(|&plane| usize::from(plane)) {
        let numbers = &model.planes[plane];
        let mut predictions: Vec<Vec<Block>> =
            samples.iter().map(|sample| sample.predicted(plane, &numbers.matrix, &numbers.gains)).collect();
        let seen: Vec<Magnitudes> =
            samples.iter().map(|sample| magnitudes(sample.tile.plane(plane))).collect();
        let reference = numbers.reference.map(usize::from);
        let referred = reference.map(|plane| before[plane].as_ref().expect("coded before"));
        for (at, sample) in samples.iter().enumerate() {
            if let (Some(reference), Some((predicted, _))) = (reference, referred) {
                carry_errors(
                    &numbers.carry,
                    sample.tile.plane(reference),
                    &predicted[at],
                    &mut predictions[at],
                );
            }
            let (columns, rows) = sample.tile.frame().blocks(plane);
            let view = PlaneView {
                blocks: sample.tile.plane(plane),
                prediction: &predictions[at],
                magnitudes: &seen[at],
                reference: referred.map(|(_, magnitudes)| &magnitudes[at]),
                columns,
            };
            let mut cost = Cost(0.0, numbers);
            tokenise(&view, 0..rows, &numbers.weights, &mut cost);
            total += cost.0;
        }
        before[plane] = Some((predictions, seen));
    }
    total
}

fn trained(families: &[TrainingFamily], colour: Colour) -> Model {
    let samples: Vec<Sample<'_>> = families.iter().flat_map(TrainingFamily::samples).collect();
    train(&samples, colour)
}

#[test]
fn a_trained_model_codes_other_tiles_smaller_than_an_untrained_one() {
    for (subsampling, colour) in [
        (Subsampling::S420, Colour::Ycc),
        (Subsampling::S444, Colour::Rgb),
        (Subsampling::Gray, Colour::Gray),
    ] {
        let families: Vec<TrainingFamily> =
            (0..6).map(|seed| TrainingFamily::new(seed, subsampling, colour)).collect();
        let other = TrainingFamily::new(77, subsampling, colour);
        let (good, poor) = (trained(&families, colour), trained(&[], colour));
        let (with, without) = (bits(&other, &good), bits(&other, &poor));
        assert!(with < 0.7 * without, "{colour:?}: {with} bits and {without} without training");
        assert_eq!(good, trained(&families, colour), "training is repeatable");
    }
}

#[test]
fn planes_of_rgb_carry_the_errors_of_green() {
    let families: Vec<TrainingFamily> =
        (0..6).map(|seed| TrainingFamily::new(seed, Subsampling::S444, Colour::Rgb)).collect();
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
    let families: Vec<TrainingFamily> =
        (0..3).map(|seed| TrainingFamily::new(seed, Subsampling::S420, Colour::Ycc)).collect();
    for model in [trained(&families, Colour::Ycc), trained(&[], Colour::Ycc)] {
        for plane in &model.planes {
            assert!(plane.gains.iter().all(|&gain| gain <= 22_938));
            assert_eq!(plane.gains[0], 16_384);
            let [beside, corner, predicted, active, reference, _] = plane.weights;
            for (weights, most) in
                [(beside, 510), (corner, 1000), (predicted, 250), (active, 250), (reference, 1000)]
            {
                assert!(weights.iter().all(|&weight| weight <= most));
            }
            assert!(plane.distributions.len() <= 256);
            for map in [&plane.ac, &plane.dc, &plane.last_high, &plane.last_low] {
                assert!(map.iter().all(|&at| usize::from(at) < plane.distributions.len()));
            }
            for distribution in &plane.distributions {
                assert_eq!(distribution.iter().map(|&n| u32::from(n)).sum::<u32>(), 4096);
            }
        }
    }
}
