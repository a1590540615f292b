//! Levels, parents and valid tiles for fuzzing the decoder of exact tiles.

use crate::picture::View;
use origami_codec::exact::{BuiltIn, Level, Model, Sample, TileCoder, train};
use origami_codec::{Coefficients, Colour, Frame, PaddedPlanes, Quantisation, dct, padded_len};
use origami_pyramid::Subsampling;
use std::rc::Rc;

/// A tile and everything that it is coded with.
pub struct TileFixture {
    pub quantisation: Rc<Quantisation>,
    pub model: Rc<Model>,
    pub level: Rc<Level>,
    pub parent: PaddedPlanes<Vec<u8>>,
    /// Where the tile begins in the parent, `(x, y)` in luma samples.
    pub origin: (usize, usize),
    pub tile: Coefficients,
    /// The encoded tile.
    pub bytes: Vec<u8>,
}

/// The origins of the quadrants of a parent of 64 x 64 px.
const ORIGINS: [(usize, usize); 4] = [(0, 0), (32, 0), (0, 32), (32, 32)];

/// Fixtures of all samplings and of two qualities, with the built-in model and a
/// trained one, for tiles from one pixel on; then one of glass for each of these
/// models. Inputs in the corpus refer to them by number, so their order must not
/// change.
pub fn tile_fixtures() -> Vec<TileFixture> {
    let (mut fixtures, mut glass) = (Vec::new(), Vec::new());
    for (subsampling, colour) in Frame::SAMPLINGS {
        for (quality, sizes) in [(60, [(1, 1), (16, 24), (33, 17)]), (97, [(8, 8), (48, 24), (64, 64)])] {
            let group = FixtureGroup::new(subsampling, colour, quality);
            for model in group.models().map(Rc::new) {
                let level = Rc::new(group.level(&model));
                let coding = Coding { group: &group, model: &model, level: &level };
                fixtures.extend(coding.pictures(sizes));
                glass.push(coding.glass());
            }
        }
    }
    fixtures.append(&mut glass);
    fixtures
}

/// What fixtures of one sampling and quality share.
struct FixtureGroup {
    subsampling: Subsampling,
    colour: Colour,
    quantisation: Rc<Quantisation>,
    /// A parent of 64 x 64 px.
    large_parent: PaddedPlanes<Vec<u8>>,
}

impl FixtureGroup {
    fn new(subsampling: Subsampling, colour: Colour, quality: u8) -> Self {
        let quantisation = Rc::new(dct::quality_tables(quality, colour));
        let large = frame(64, 64, subsampling, colour);
        Self { subsampling, colour, large_parent: decoded_parent(large, &quantisation), quantisation }
    }

    fn frame(&self, width: usize, height: usize) -> Frame {
        frame(width, height, self.subsampling, self.colour)
    }

    /// The tile of this frame at `origin` in its parent.
    fn tile(&self, origin: (usize, usize), frame: Frame) -> Coefficients {
        let view = View { x: 2 * origin.0, y: 2 * origin.1, shift: 0 };
        view.coefficients(frame, &self.quantisation)
    }

    /// The built-in model, and one that is trained on the children of the large
    /// parent.
    fn models(&self) -> [Model; 2] {
        let large = self.frame(64, 64);
        let tiles = ORIGINS.map(|origin| self.tile(origin, large));
        let samples: Vec<Sample<'_>> = ORIGINS
            .into_iter()
            .zip(&tiles)
            .map(|(origin, tile)| Sample {
                tile,
                parent: self.large_parent.view(),
                origin,
                quantisation: &self.quantisation,
            })
            .collect();
        [BuiltIn::of(self.colour).model(large.planes()), train(&samples, self.colour)]
    }

    /// The level of tiles that are coded with `model`.
    fn level(&self, model: &Model) -> Level {
        let planes = self.frame(8, 8).planes();
        Level::new(model.clone(), &self.quantisation, planes).expect("a valid model")
    }

    /// A tile of one colour but for two blocks: most of it is coded in runs.
    fn glass(&self) -> Coefficients {
        let mut tile = Coefficients::zeros(self.frame(64, 48));
        tile.fill([90, 4, -3]);
        let blocks = tile.blocks_mut();
        blocks[9].0[0] += 1;
        blocks[20].0[..4].copy_from_slice(&[88, -2, 0, 1]);
        tile
    }

    /// The parent of [`Self::glass`]: of one colour but for a sample.
    fn glass_parent(&self) -> PaddedPlanes<Vec<u8>> {
        let mut parent = self.large_parent.clone();
        for plane in 0..parent.frame().planes() {
            parent.plane_mut(plane).fill(230 - 40 * plane as u8);
        }
        parent.plane_mut(0)[70] = 12;
        parent
    }

    /// The parent of a fixture. The first two end within their child's window.
    fn parent(&self, number: usize) -> PaddedPlanes<Vec<u8>> {
        match number {
            0 => decoded_parent(self.frame(1, 1), &self.quantisation),
            1 => decoded_parent(self.frame(40, 20), &self.quantisation),
            _ => self.large_parent.clone(),
        }
    }
}

/// A group, and one of its models.
struct Coding<'a> {
    group: &'a FixtureGroup,
    model: &'a Rc<Model>,
    level: &'a Rc<Level>,
}

impl Coding<'_> {
    /// A tile of a picture for each size, with another origin and parent each.
    fn pictures(&self, sizes: [(usize, usize); 3]) -> [TileFixture; 3] {
        let group = self.group;
        [0, 1, 2].map(|number| {
            let ((width, height), origin) = (sizes[number], ORIGINS[number]);
            let tile = group.tile(origin, group.frame(width, height));
            self.fixture(tile, group.parent(number), origin)
        })
    }

    fn glass(&self) -> TileFixture {
        self.fixture(self.group.glass(), self.group.glass_parent(), (0, 0))
    }

    fn fixture(
        &self,
        tile: Coefficients,
        parent: PaddedPlanes<Vec<u8>>,
        origin: (usize, usize),
    ) -> TileFixture {
        let mut bytes = Vec::new();
        let encoded = TileCoder::default().encode(self.level, &parent, origin, &tile, &mut bytes);
        encoded.expect("a tile of a picture can be encoded");
        TileFixture {
            quantisation: Rc::clone(&self.group.quantisation),
            model: Rc::clone(self.model),
            level: Rc::clone(self.level),
            parent,
            origin,
            tile,
            bytes,
        }
    }
}

fn frame(width: usize, height: usize, subsampling: Subsampling, colour: Colour) -> Frame {
    Frame::new(width, height, subsampling, colour).expect("a frame")
}

/// The decoded planes of a parent: the picture at half its size.
fn decoded_parent(frame: Frame, quantisation: &Quantisation) -> PaddedPlanes<Vec<u8>> {
    let tile = View { x: 0, y: 0, shift: 1 }.coefficients(frame, quantisation);
    let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
    dct::inverse(&tile, quantisation, &mut planes);
    planes
}
