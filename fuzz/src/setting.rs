//! What exact tiles are coded with: levels, parents and good tiles.

use crate::picture::{SAMPLINGS, coefficients, sample};
use origami_codec::exact::{BuiltIn, Level, Model, Sample, TileCoder, train};
use origami_codec::{Coefficients, Frame, PaddedPlanes, Quantisation, dct, padded_len};
use std::rc::Rc;

/// A tile and everything it is coded with.
pub struct TileFixture {
    pub quantisation: Rc<Quantisation>,
    pub model: Rc<Model>,
    pub level: Rc<Level>,
    pub parent: PaddedPlanes<Vec<u8>>,
    pub origin: (usize, usize),
    pub tile: Coefficients,
    pub bytes: Vec<u8>,
}

/// The coefficients of a picture's parent and its decoded planes.
fn parent(frame: Frame, quantisation: &Quantisation) -> PaddedPlanes<Vec<u8>> {
    let tile = coefficients(frame, quantisation, |x, y, plane| sample(2 * x, 2 * y, plane));
    let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
    dct::inverse(&tile, quantisation, &mut planes);
    planes
}

/// Settings of all samplings, of tiles from one pixel on, of the built-in model
/// and of a trained one.
pub fn settings() -> Vec<TileFixture> {
    let mut settings = Vec::new();
    for (subsampling, colour) in SAMPLINGS {
        let frame = |width, height| Frame::new(width, height, subsampling, colour).expect("a frame");
        let planes = frame(8, 8).planes();
        for (quality, sizes) in [(60, [(1, 1), (16, 24), (33, 17)]), (97, [(8, 8), (48, 24), (64, 64)])] {
            let quantisation = Rc::new(dct::quality_tables(quality, colour));
            let large = parent(frame(64, 64), &quantisation);
            let quadrant = |origin: (usize, usize), frame| {
                coefficients(frame, &quantisation, |x, y, plane| {
                    sample(x + 2 * origin.0, y + 2 * origin.1, plane)
                })
            };
            let origins = [(0, 0), (32, 0), (0, 32), (32, 32)];
            let tiles = origins.map(|origin| quadrant(origin, frame(64, 64)));
            let samples: Vec<Sample<'_>> = origins
                .into_iter()
                .zip(&tiles)
                .map(|(origin, tile)| Sample {
                    tile,
                    parent: large.view(),
                    origin,
                    quantisation: &quantisation,
                })
                .collect();
            let models = [BuiltIn::of(colour).model(planes), train(&samples, colour)];
            for model in models.map(Rc::new) {
                let level = Level::new(Model::clone(&model), &quantisation, planes).expect("a good model");
                let level = Rc::new(level);
                for (number, (width, height)) in sizes.into_iter().enumerate() {
                    let origin = origins[number];
                    let tile = quadrant(origin, frame(width, height));
                    // Parents that end within their child's window, too.
                    let parent = match number {
                        0 => parent(frame(1, 1), &quantisation),
                        1 => parent(frame(40, 20), &quantisation),
                        _ => large.clone(),
                    };
                    let mut bytes = Vec::new();
                    let coded = TileCoder::default().encode(&level, &parent, origin, &tile, &mut bytes);
                    coded.expect("a tile of a picture can be coded");
                    settings.push(TileFixture {
                        quantisation: Rc::clone(&quantisation),
                        model: Rc::clone(&model),
                        level: Rc::clone(&level),
                        parent,
                        origin,
                        tile,
                        bytes,
                    });
                }
            }
        }
    }
    settings
}
