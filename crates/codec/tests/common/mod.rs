//! JPEGs to test with, made by libjpeg-turbo or by the crate `jpeg_encoder`.
#![allow(dead_code, unused_imports, reason = "no test uses all of them")]

pub mod slides;

pub use origami_fixtures::encode;

use origami_codec::{CodecError, Coefficients, Frame, TileHeader, ZIGZAG};
use origami_fixtures::texture;
use origami_pyramid::{Subsampling, Ycc};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp, Transform, Transformer};

/// Waves, some of them with noise, which give blocks from nearly empty to full.
pub fn sample(x: usize, y: usize, plane: usize) -> u8 {
    let texture = texture(x, y, plane);
    texture.noise.unwrap_or(texture.wave)
}

/// The samples of an interleaved RGB image.
fn rgb_samples(width: usize, height: usize) -> Vec<u8> {
    (0..width * height).flat_map(|i| [0, 1, 2].map(|plane| sample(i % width, i / width, plane))).collect()
}

pub fn textured(width: usize, height: usize, subsampling: Subsampling) -> Ycc<Vec<u8>> {
    let mut tile = Ycc::zeros(width, height, subsampling);
    let (luma, chroma) = tile.planes_mut();
    for (number, mut plane) in std::iter::once(luma).chain(chroma.into_iter().flatten()).enumerate() {
        for y in 0..plane.height() {
            plane.row_mut(y).iter_mut().enumerate().for_each(|(x, out)| *out = sample(x, y, number));
        }
    }
    tile
}

pub fn rgb_jpeg(side: usize, quality: i32) -> Vec<u8> {
    let mut handle = Compressor::new().unwrap();
    handle.set_colorspace(Colorspace::RGB).unwrap();
    handle.set_subsamp(Subsamp::None).unwrap();
    handle.set_quality(quality).unwrap();
    let pixels = rgb_samples(side, side);
    let image =
        Image { pixels: &pixels[..], width: side, pitch: 3 * side, height: side, format: PixelFormat::RGB };
    handle.compress_to_vec(image).unwrap()
}

fn transformed(jpeg: &[u8], change: impl FnOnce(&mut Transform)) -> Vec<u8> {
    let mut transform = Transform::default();
    change(&mut transform);
    Transformer::new().unwrap().transform_to_vec(&transform, jpeg).unwrap()
}

/// The same coefficients as progressive JPEG.
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

/// A picture that the crate `jpeg_encoder` encodes with the options that
/// `change` sets.
pub fn by_jpeg_encoder(
    width: usize,
    height: usize,
    change: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 70);
    change(&mut encoder);
    let pixels = rgb_samples(width, height);
    encoder.encode(&pixels, width as u16, height as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

/// Offsets of all markers with this code, including bytes within segments that
/// only look like one.
pub fn markers(jpeg: &[u8], code: u8) -> Vec<usize> {
    (0..jpeg.len() - 1).filter(|&offset| jpeg[offset..offset + 2] == [0xff, code]).collect()
}

/// The coefficients of an interleaved baseline JPEG as the crate `dct_io` reads
/// them, which orders them MCU by MCU and naturally within blocks.
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
            to.iter_mut().zip(ZIGZAG).for_each(|(to, position)| *to = block[usize::from(position)]);
        }
    }
    tile
}

/// Whether two tiles have the same blocks except for those beyond the picture's
/// edges, which libjpeg-turbo makes up anew when it transcodes a JPEG.
pub fn same_in_picture(a: &Coefficients, b: &Coefficients) -> bool {
    let frame = a.frame();
    frame == b.frame()
        && (0..frame.planes()).all(|plane| {
            let ((columns, _), (width, height)) = (frame.blocks(plane), frame.picture_blocks(plane));
            let mut pairs = a.plane(plane).iter().zip(b.plane(plane)).enumerate();
            pairs.all(|(i, (a, b))| i % columns >= width || i / columns >= height || a == b)
        })
}

/// A stream split in two as TIFF writers do.
pub struct Split {
    /// Only the tables.
    pub tables: Vec<u8>,
    /// The tile without its tables.
    pub tile: Vec<u8>,
}

pub fn split(jpeg: &[u8]) -> Split {
    let (mut tables, mut tile) = (vec![0xff, 0xd8], vec![0xff, 0xd8]);
    let mut offset = 2;
    while jpeg[offset + 1] != 0xda {
        let end = offset + 2 + usize::from(u16::from_be_bytes([jpeg[offset + 2], jpeg[offset + 3]]));
        let part = if matches!(jpeg[offset + 1], 0xdb | 0xc4) { &mut tables } else { &mut tile };
        part.extend_from_slice(&jpeg[offset..end]);
        offset = end;
    }
    tile.extend_from_slice(&jpeg[offset..]);
    tables.extend_from_slice(&[0xff, 0xd9]);
    Split { tables, tile }
}

/// `jpeg`, which may consist of tables only, without those segments before its first scan
/// whose codes `is_left_out` picks.
pub fn without(jpeg: &[u8], is_left_out: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut offset = 2;
    while !matches!(jpeg[offset + 1], 0xd9 | 0xda) {
        let end = offset + 2 + usize::from(u16::from_be_bytes([jpeg[offset + 2], jpeg[offset + 3]]));
        if !is_left_out(jpeg[offset + 1]) {
            out.extend_from_slice(&jpeg[offset..end]);
        }
        offset = end;
    }
    out.extend_from_slice(&jpeg[offset..]);
    out
}

/// The offsets at which the segments of `jpeg` before its first scan begin, and that of
/// its first SOS.
pub fn segment_offsets(jpeg: &[u8]) -> Vec<usize> {
    let mut offsets = vec![2];
    let mut offset = 2;
    while jpeg[offset + 1] != 0xda {
        offset += 2 + usize::from(u16::from_be_bytes([jpeg[offset + 2], jpeg[offset + 3]]));
        offsets.push(offset);
    }
    offsets
}

/// `jpeg` with `bytes` inserted before each of the ascending `offsets`.
pub fn inserted(jpeg: &[u8], offsets: &[usize], bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut from = 0;
    for &offset in offsets {
        out.extend_from_slice(&jpeg[from..offset]);
        out.extend_from_slice(bytes);
        from = offset;
    }
    out.extend_from_slice(&jpeg[from..]);
    out
}

/// The offsets of the markers after the first scan's header that end entropy-coded
/// bytes: restart markers, and the first marker of each segment after a scan.
pub fn scan_ends(jpeg: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut offset = 2;
    while jpeg[offset + 1] != 0xd9 {
        let marker = jpeg[offset + 1];
        offset += 2;
        if !(0xd0..=0xd7).contains(&marker) {
            offset += usize::from(u16::from_be_bytes([jpeg[offset], jpeg[offset + 1]]));
        }
        if marker == 0xda || (0xd0..=0xd7).contains(&marker) {
            while jpeg[offset] != 0xff || jpeg[offset + 1] == 0 {
                offset += 1;
            }
            ends.push(offset);
        }
    }
    ends
}

/// Zigzag indices with a coefficient that baseline JPEG can have there, and one that it cannot.
pub const OUT_OF_RANGE: [(usize, i16, i16); 6] = [
    (0, 2047, 2048),
    (0, -2047, -2048),
    (1, 1023, 1024),
    (63, -1023, -1024),
    (20, 5, i16::MIN),
    (0, 1, i16::MAX),
];

/// Writes `tile`, requires an error from every buffer that is too short, and returns the JPEG.
#[track_caller]
pub fn write_into_shorter_buffers(header: &TileHeader, tile: &Coefficients) -> Vec<u8> {
    let mut out = vec![0xa5; header.jpeg_bound(tile.frame())];
    let len = header.write(tile, &mut out).unwrap();
    for room in 0..len {
        let error = header.write(tile, &mut out[..room]).unwrap_err();
        assert!(matches!(error, CodecError::OutputTooSmall { len, .. } if len == room), "{error}");
    }
    assert_eq!(header.write(tile, &mut out[..len]).unwrap(), len);
    out.truncate(len);
    out
}
