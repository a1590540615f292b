//! Synthetic pictures, as samples, coefficients and JPEGs of all kinds.

use origami_codec::{Coefficients, Colour, Frame, Quantisation, TileHeader, dct};
use origami_fixtures::texture;
use origami_pyramid::{Plane, Rgb, Subsampling, Ycc};
use turbojpeg::{Transform, Transformer};

/// The sample of a plane at these luma coordinates: waves, with noise in some
/// places.
pub fn sample(x: usize, y: usize, plane: usize) -> u8 {
    let texture = texture(x, y, plane);
    texture.wave.wrapping_add(texture.noise.unwrap_or(0) / 4)
}

/// The part of the picture that a tile shows.
#[derive(Clone, Copy)]
pub struct View {
    /// Column of the tile's upper left pixel, in pixels of the tile's level.
    pub x: usize,
    /// Row of the same pixel.
    pub y: usize,
    /// How often the picture is halved on the tile's level.
    pub shift: u32,
}

impl View {
    /// The picture itself, from its upper left corner.
    pub const WHOLE: Self = Self { x: 0, y: 0, shift: 0 };

    /// The sample of a plane at these luma coordinates of the tile.
    fn sample(self, x: usize, y: usize, plane: usize) -> u8 {
        sample((x + self.x) << self.shift, (y + self.y) << self.shift, plane)
    }

    /// The samples of a tile that is not RGB.
    pub fn ycc(self, width: usize, height: usize, subsampling: Subsampling) -> Ycc<Vec<u8>> {
        let mut tile = Ycc::zeros(width, height, subsampling);
        let (across, down) = subsampling.factors();
        let (mut luma, chroma) = tile.planes_mut();
        self.fill(&mut luma, 0, 1, 1);
        for (plane, mut samples) in (1..).zip(chroma.into_iter().flatten()) {
            self.fill(&mut samples, plane, across, down);
        }
        tile
    }

    /// Fills a plane that has one sample for every `across` x `down` luma samples.
    fn fill(self, samples: &mut Plane<&mut [u8]>, plane: usize, across: usize, down: usize) {
        for y in 0..samples.height() {
            for (x, sample) in samples.row_mut(y).iter_mut().enumerate() {
                *sample = self.sample(x * across, y * down, plane);
            }
        }
    }

    /// The samples of an RGB tile.
    fn rgb(self, width: usize, height: usize) -> Rgb {
        let data =
            (0..3 * width * height).map(|i| self.sample(i / 3 % width, i / 3 / width, i % 3)).collect();
        Rgb::from_vec(data, width, height)
    }

    /// The coefficients of a tile.
    pub fn coefficients(self, frame: Frame, quantisation: &Quantisation) -> Coefficients {
        let mut out = Coefficients::zeros(frame);
        let (width, height) = (frame.width(), frame.height());
        if frame.colour() == Colour::Rgb {
            dct::forward_rgb(&self.rgb(width, height), quantisation, &mut out);
        } else {
            dct::forward(&self.ycc(width, height, frame.subsampling()), quantisation, &mut out);
        }
        out
    }
}

/// A baseline JPEG of the picture.
fn baseline_jpeg(frame: Frame, quality: u8) -> Vec<u8> {
    let quantisation = dct::quality_tables(quality, frame.colour());
    let tile = View::WHOLE.coefficients(frame, &quantisation);
    let header = TileHeader::new(&quantisation, frame.subsampling(), frame.colour()).expect("valid tables");
    header.jpeg(&tile).expect("coefficients of a picture have codes")
}

/// JPEGs of small pictures: baseline, with optimised tables, and progressive.
pub fn jpegs() -> Vec<Vec<u8>> {
    let mut jpegs = Vec::new();
    for (subsampling, colour) in Frame::SAMPLINGS {
        for (width, height, quality) in [(8, 8, 50), (33, 17, 90), (48, 40, 75)] {
            let frame = Frame::new(width, height, subsampling, colour).expect("a frame");
            let baseline = baseline_jpeg(frame, quality);
            jpegs.push(transform(&baseline, |transform| transform.optimize = true));
            jpegs.push(transform(&baseline, |transform| transform.progressive = true));
            jpegs.push(baseline);
        }
    }
    jpegs
}

/// `jpeg` transformed without loss, with the options that `set` sets.
fn transform(jpeg: &[u8], set: impl FnOnce(&mut Transform)) -> Vec<u8> {
    let mut transform = Transform::default();
    set(&mut transform);
    let transformed = Transformer::new().and_then(|mut handle| handle.transform_to_vec(&transform, jpeg));
    transformed.expect("a valid JPEG")
}
