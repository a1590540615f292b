//! JPEGs to test with, made by the JPEG library.
#![allow(dead_code, reason = "no test uses all of them")]

pub mod slides;

use origami_codec::{Coefficients, Colour, Encoder, Frame, ZIGZAG, encoded_bound};
use origami_pyramid::{Subsampling, Ycc};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp, Transform, Transformer};

pub const ALL: [Subsampling; 4] =
    [Subsampling::S444, Subsampling::S422, Subsampling::S420, Subsampling::Gray];

/// Waves with noise on some of them: blocks from nearly empty to full.
pub fn sample(x: usize, y: usize, plane: usize) -> u8 {
    let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ plane).wrapping_mul(2_246_822_519)
        >> 13
        & 255;
    let wave = 128 + (x * (1 + plane) + 2 * y) % 90;
    if (x / 24 + y / 40).is_multiple_of(3) { noise as u8 } else { wave as u8 }
}

pub fn textured(width: usize, height: usize, subsampling: Subsampling) -> Ycc<Vec<u8>> {
    let mut tile = Ycc::zeros(width, height, subsampling);
    let (mut luma, chroma) = tile.planes_mut();
    for y in 0..luma.height() {
        luma.row_mut(y).iter_mut().enumerate().for_each(|(x, out)| *out = sample(x, y, 0));
    }
    for (number, mut plane) in chroma.into_iter().flatten().enumerate() {
        for y in 0..plane.height() {
            plane.row_mut(y).iter_mut().enumerate().for_each(|(x, out)| *out = sample(x, y, number + 1));
        }
    }
    tile
}

pub fn encode(tile: &mut Ycc<Vec<u8>>, quality: u8) -> Vec<u8> {
    let mut out = vec![0; encoded_bound(tile.width(), tile.height(), tile.subsampling())];
    let len = Encoder::new().unwrap().encode(tile, quality, &mut out).unwrap();
    out.truncate(len);
    out
}

pub fn rgb_jpeg(side: usize, quality: i32) -> Vec<u8> {
    let mut handle = Compressor::new().unwrap();
    handle.set_colorspace(Colorspace::RGB).unwrap();
    handle.set_subsamp(Subsamp::None).unwrap();
    handle.set_quality(quality).unwrap();
    let pixels: Vec<u8> =
        (0..side * side).flat_map(|at| [0, 1, 2].map(|plane| sample(at % side, at / side, plane))).collect();
    let image =
        Image { pixels: &pixels[..], width: side, pitch: 3 * side, height: side, format: PixelFormat::RGB };
    handle.compress_to_vec(image).unwrap()
}

fn transformed(jpeg: &[u8], change: impl FnOnce(&mut Transform)) -> Vec<u8> {
    let mut transform = Transform::default();
    change(&mut transform);
    Transformer::new().unwrap().transform_to_vec(&transform, jpeg).unwrap()
}

/// The same coefficients as the library writes them progressively.
pub fn progressive(jpeg: &[u8]) -> Vec<u8> {
    transformed(jpeg, |transform| transform.progressive = true)
}

/// The same coefficients in one scan with the standard tables.
pub fn baseline(jpeg: &[u8]) -> Vec<u8> {
    transformed(jpeg, |_| ())
}

/// The same coefficients in one scan with tables made for them.
pub fn optimized(jpeg: &[u8]) -> Vec<u8> {
    transformed(jpeg, |transform| transform.optimize = true)
}

/// The same coefficients with arithmetic coding.
pub fn arithmetic(jpeg: &[u8]) -> Vec<u8> {
    transformed(jpeg, |transform| transform.arithmetic = true)
}

/// A picture as the other encoder codes it.
pub fn by_other_encoder(
    width: usize,
    height: usize,
    change: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let pixels: Vec<u8> = (0..width * height)
        .flat_map(|at| [0, 1, 2].map(|plane| sample(at % width, at / width, plane)))
        .collect();
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 70);
    change(&mut encoder);
    encoder.encode(&pixels, width as u16, height as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

/// Offsets of all markers of this code that stand in `jpeg`, those that only
/// look so within other segments included.
pub fn markers(jpeg: &[u8], code: u8) -> Vec<usize> {
    (0..jpeg.len() - 1).filter(|&at| jpeg[at..at + 2] == [0xff, code]).collect()
}

/// Coefficients of the smallest frame, to be reshaped.
pub fn empty() -> Coefficients {
    Coefficients::zeros(Frame::new(1, 1, Subsampling::Gray, Colour::Gray).unwrap())
}

/// The coefficients of an interleaved baseline JPEG as another reader has
/// them: MCU by MCU, in natural order.
pub fn to_coefficients(jpeg: &[u8], frame: &Frame) -> Coefficients {
    let read = dct_io::read_coefficients(jpeg).unwrap();
    let mut tile = Coefficients::zeros(*frame);
    assert_eq!(read.components.len(), frame.planes());
    for (plane, component) in read.components.iter().enumerate() {
        let ((columns, _), (across, down)) = (frame.blocks(plane), frame.sampling(plane));
        assert_eq!(component.blocks.len(), tile.plane(plane).len());
        for (number, block) in component.blocks.iter().enumerate() {
            let (mcu, within) = (number / (across * down), number % (across * down));
            let (mcus, _) = frame.mcus();
            let x = mcu % mcus * across + within % across;
            let y = mcu / mcus * down + within / across;
            let to = &mut tile.plane_mut(plane)[y * columns + x].0;
            to.iter_mut().zip(ZIGZAG).for_each(|(to, at)| *to = block[usize::from(at)]);
        }
    }
    tile
}

/// Whether two tiles have the same blocks but for those beyond the picture's
/// edges, which the library makes up anew when it codes a JPEG in another way.
pub fn same_in_picture(a: &Coefficients, b: &Coefficients) -> bool {
    let frame = a.frame();
    frame == b.frame()
        && (0..frame.planes()).all(|plane| {
            let (columns, _) = frame.blocks(plane);
            let (across, down) = frame.scale(plane);
            let (width, height) = (frame.width().div_ceil(8 * across), frame.height().div_ceil(8 * down));
            let mut pairs = a.plane(plane).iter().zip(b.plane(plane)).enumerate();
            pairs.all(|(at, (a, b))| at % columns >= width || at / columns >= height || a == b)
        })
}
