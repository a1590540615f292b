//! Made-up pictures, as coefficients and as JPEGs of all kinds.

use origami_codec::{Coefficients, Colour, Frame, Quantisation, TileHeader, dct};
use origami_pyramid::{Plane, Rgb, Subsampling, Ycc};
use turbojpeg::{Transform, Transformer};

/// All that frames can be sampled like.
pub const SAMPLINGS: [(Subsampling, Colour); 5] = [
    (Subsampling::S420, Colour::Ycc),
    (Subsampling::S422, Colour::Ycc),
    (Subsampling::S444, Colour::Ycc),
    (Subsampling::S444, Colour::Rgb),
    (Subsampling::Gray, Colour::Gray),
];

/// A sample at these luma coordinates: waves, with noise on some places.
pub fn sample(x: usize, y: usize, plane: usize) -> u8 {
    let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ plane).wrapping_mul(2_246_822_519)
        >> 13
        & 255;
    let wave = 128 + (x * (1 + plane) + 2 * y) % 90;
    if (x / 24 + y / 40).is_multiple_of(3) { (wave + noise / 4) as u8 } else { wave as u8 }
}

/// The coefficients of a picture whose samples are `at(x, y, plane)`, in luma
/// coordinates.
pub fn coefficients(
    frame: Frame,
    quantisation: &Quantisation,
    at: impl Fn(usize, usize, usize) -> u8,
) -> Coefficients {
    let mut out = Coefficients::zeros(frame);
    let (width, height) = (frame.width(), frame.height());
    if frame.colour() == Colour::Rgb {
        let data = (0..3 * width * height).map(|i| at(i / 3 % width, i / 3 / width, i % 3)).collect();
        dct::forward_rgb(&Rgb::from_vec(data, width, height), quantisation, &mut out);
        return out;
    }
    let mut tile = Ycc::zeros(width, height, frame.subsampling());
    let (mut luma, chroma) = tile.planes_mut();
    let fill = |samples: &mut Plane<&mut [u8]>, plane: usize| {
        let (across, down) = frame.scale(plane);
        for y in 0..samples.height() {
            let row = samples.row_mut(y).iter_mut().enumerate();
            row.for_each(|(x, sample)| *sample = at(x * across, y * down, plane));
        }
    };
    fill(&mut luma, 0);
    for (plane, mut samples) in (1..).zip(chroma.into_iter().flatten()) {
        fill(&mut samples, plane);
    }
    dct::forward(&tile, quantisation, &mut out);
    out
}

/// A baseline JPEG of a picture.
pub fn jpeg(frame: Frame, quality: u8) -> Vec<u8> {
    let quantisation = dct::quality_tables(quality, frame.colour());
    let tile = coefficients(frame, &quantisation, sample);
    let header = TileHeader::new(&quantisation, frame.subsampling(), frame.colour()).expect("good tables");
    written(&header, &tile)
}

/// `tile` as a complete JPEG.
pub fn written(header: &TileHeader, tile: &Coefficients) -> Vec<u8> {
    let mut out = vec![0; header.jpeg_bound(tile.frame())];
    let len = header.write(tile, &mut out).expect("coefficients of a picture have codes");
    out.truncate(len);
    out
}

/// JPEGs of small pictures: baseline, with tables of their own, progressive.
pub fn jpegs() -> Vec<Vec<u8>> {
    let mut jpegs = Vec::new();
    for (subsampling, colour) in SAMPLINGS {
        for (width, height, quality) in [(8, 8, 50), (33, 17, 90), (48, 40, 75)] {
            let frame = Frame::new(width, height, subsampling, colour).expect("a frame");
            let baseline = jpeg(frame, quality);
            jpegs.push(transformed(&baseline, |transform| transform.optimize = true));
            jpegs.push(transformed(&baseline, |transform| transform.progressive = true));
            jpegs.push(baseline);
        }
    }
    jpegs
}

fn transformed(jpeg: &[u8], change: impl FnOnce(&mut Transform)) -> Vec<u8> {
    let mut transform = Transform::default();
    change(&mut transform);
    let jpeg = Transformer::new().and_then(|mut handle| handle.transform_to_vec(&transform, jpeg));
    jpeg.expect("a good JPEG in another way")
}
