//! The baseline to compare with: a luma family rebuilt in the straightforward way.
//!
//! Every JPEG is decoded to RGB, colours are converted and planes are doubled in
//! floating point at full resolution, each step into new memory, one tile after the
//! other, behind one lock. The arithmetic is that of the integer kernels (the same
//! cubic, the same matrix) without their rounding, in two separable passes that the
//! compiler may vectorise; the JPEG library is the same. Beyond the edge of a family its
//! own samples repeat, so no neighbour is decoded.

use origami_codec::{Decoder, Encoder, encoded_bound};
use origami_pack::{Entry, Level, Pack};
use origami_pyramid::{Family, Point, Rect, Rgb, Size, TileId, Ycc, colour};
use std::collections::HashMap;
use std::sync::Mutex;

/// Rebuilds the families of a luma pack.
#[derive(Debug)]
pub struct Sequential<'p> {
    pack: &'p Pack,
    shared: Mutex<Shared>,
}

#[derive(Debug)]
struct Shared {
    decoder: Decoder,
    encoder: Encoder,
    tiles: HashMap<TileId, Vec<u8>>,
}

impl<'p> Sequential<'p> {
    /// A rebuilder for `pack`.
    ///
    /// # Panics
    /// If the JPEG library cannot allocate memory.
    #[must_use]
    pub fn new(pack: &'p Pack) -> Self {
        let (decoder, encoder) = (Decoder::new().expect("a handle"), Encoder::new().expect("a handle"));
        Self { pack, shared: Mutex::new(Shared { decoder, encoder, tiles: HashMap::new() }) }
    }

    /// The JPEGs of all tiles of `family` below its root.
    ///
    /// # Panics
    /// If the pack is damaged, or a level below the root is not a luma level.
    #[must_use]
    pub fn family(&self, family: Family) -> HashMap<TileId, Vec<u8>> {
        let (pyramid, root) = (self.pack.pyramid(), family.root);
        let [luma, cb, cr] = self.samples(root).expect("a stored tile");
        let mut parents = HashMap::from([(root, luma)]);
        let mut chroma = [cb, cr];
        let levels = pyramid.family_levels(root.z).expect("a family of the slide");
        for z in levels.skip(1) {
            chroma = chroma.map(|plane| plane.doubled());
            let mut tiles = HashMap::new();
            for (parent, luma) in parents {
                let doubled = luma.doubled();
                for id in pyramid.tiles_under(parent, z) {
                    let predicted = doubled.window(self.rect_in_ancestor(id, 1));
                    let chroma_rect = self.rect_in_ancestor(id, z - root.z);
                    let [cb, cr] = chroma.each_ref().map(|plane| plane.window(chroma_rect));
                    tiles.insert(id, self.rebuild(id, [predicted, cb, cr]));
                }
            }
            parents = tiles;
        }
        std::mem::take(&mut self.shared.lock().expect("not poisoned").tiles)
    }

    /// The rectangle of tile `id` in its ancestor `levels` above, doubled to the size of
    /// the tile's level.
    fn rect_in_ancestor(&self, id: TileId, levels: u32) -> Rect {
        let pyramid = self.pack.pyramid();
        let Point { x, y } = pyramid.origin_under(id, levels);
        let Size { width, height } = pyramid.tile_rect(id).expect("a tile").size();
        Rect { x, y, width, height }
    }

    /// Corrects the predicted planes of a tile, encodes it, and returns its luma.
    fn rebuild(&self, id: TileId, [predicted, cb, cr]: [FloatPlane; 3]) -> FloatPlane {
        let entry = self.pack.entry(id).expect("a good pack");
        let planes = match (entry, self.samples(id)) {
            (Entry::Blank { colour }, _) => {
                colour.map(|value| FloatPlane::filled(cb.width, cb.height, f32::from(value)))
            }
            (_, Some([residual, ..])) => [predicted.plus(&residual), cb, cr],
            (_, None) => [predicted, cb, cr],
        };
        let rgb = to_rgb(&planes);
        let Level { subsampling, quality, .. } = *self.pack.level(id.z).expect("a level");
        let mut tile = Ycc::zeros(rgb.width(), rgb.height(), subsampling);
        colour::ycc(&rgb, 0, 0, &mut tile);
        let mut jpeg = vec![0; encoded_bound(rgb.width(), rgb.height(), subsampling)];
        let mut shared = self.shared.lock().expect("not poisoned");
        let len = shared.encoder.encode(&mut tile, quality, &mut jpeg).expect("it fits");
        shared.tiles.insert(id, jpeg[..len].to_vec());
        let [luma, ..] = planes;
        luma
    }

    /// The decoded JPEG of a tile as float YCbCr, if it has one.
    fn samples(&self, id: TileId) -> Option<[FloatPlane; 3]> {
        let entry = self.pack.entry(id).expect("a good pack");
        let size = self.pack.pyramid().tile_rect(id).expect("a tile").size();
        let (width, height) = (size.width as usize, size.height as usize);
        let level = self.pack.level(id.z).expect("a level");
        let Some(scan) = self.pack.blob(entry).expect("a good pack") else {
            let Entry::Blank { colour } = entry else { return None };
            return Some(colour.map(|value| FloatPlane::filled(width, height, f32::from(value))));
        };
        let jpeg = match level.residual_header() {
            None => scan,
            Some(header) => {
                let mut jpeg = vec![0; header.joined_len(scan.len())];
                header.join(width as u16, height as u16, &scan, &mut jpeg);
                jpeg
            }
        };
        let mut rgb = Rgb::filled(width, height, [0; 3]);
        let mut shared = self.shared.lock().expect("not poisoned");
        shared.decoder.decode_rgb_sized(&jpeg, size, &mut rgb).expect("a good tile");
        Some(to_ycc(&rgb))
    }
}

/// A plane of samples, 0 to 255 with fractions.
#[derive(Clone, Debug)]
struct FloatPlane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// The Catmull-Rom cubic a quarter of a sample before the third tap.
fn cubic([a, b, c, d]: [f32; 4]) -> f32 {
    ((-3.0 * a + 29.0 * b + 111.0 * c - 9.0 * d) / 128.0).clamp(0.0, 255.0)
}

impl FloatPlane {
    fn filled(width: usize, height: usize, value: f32) -> Self {
        Self { width, height, values: vec![value; width * height] }
    }

    fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..][..self.width]
    }

    fn window(&self, rect: Rect) -> Self {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(|n| n as usize);
        let values = (y..y + height).flat_map(|y| &self.row(y)[x..x + width]).copied().collect();
        Self { width, height, values }
    }

    /// The plane, twice as wide and high; its edge repeats.
    fn doubled(&self) -> Self {
        self.doubled_down().doubled_across()
    }

    fn doubled_down(&self) -> Self {
        let mut values = Vec::with_capacity(2 * self.values.len());
        for y in 0..2 * self.height {
            let taps = if y % 2 == 0 { [0, 1, 2, 3] } else { [4, 3, 2, 1] };
            let [a, b, c, d] = taps.map(|tap| self.row((y / 2 + tap).saturating_sub(2).min(self.height - 1)));
            values.extend((0..self.width).map(|x| cubic([a[x], b[x], c[x], d[x]])));
        }
        Self { width: self.width, height: 2 * self.height, values }
    }

    fn doubled_across(&self) -> Self {
        let mut values = Vec::with_capacity(2 * self.values.len());
        for y in 0..self.height {
            let row = self.row(y);
            let (first, last) = (row[0], row[self.width - 1]);
            let padded = [&[first; 2], row, &[last; 2]].concat();
            for taps in padded.windows(5) {
                values.push(cubic([taps[0], taps[1], taps[2], taps[3]]));
                values.push(cubic([taps[4], taps[3], taps[2], taps[1]]));
            }
        }
        Self { width: 2 * self.width, height: self.height, values }
    }

    /// The plane corrected by a residual, in which 128 stands for 0.
    fn plus(&self, residual: &Self) -> Self {
        let sums = self.values.iter().zip(&residual.values);
        Self { values: sums.map(|(p, r)| (p + r - 128.0).clamp(0.0, 255.0)).collect(), ..*self }
    }
}

/// A plane of weighted sums of R, G and B.
fn weighted_plane(rgb: &Rgb, weights: [f32; 3], offset: f32) -> FloatPlane {
    let pixels = rgb.data().chunks_exact(3);
    let values = pixels.map(|pixel| (0..3).map(|c| weights[c] * f32::from(pixel[c])).sum::<f32>() + offset);
    FloatPlane { width: rgb.width(), height: rgb.height(), values: values.collect() }
}

fn to_ycc(rgb: &Rgb) -> [FloatPlane; 3] {
    [
        weighted_plane(rgb, [0.299, 0.587, 0.114], 0.0),
        weighted_plane(rgb, [-0.168_735_9, -0.331_264_1, 0.5], 128.0),
        weighted_plane(rgb, [0.5, -0.418_687_6, -0.081_312_4], 128.0),
    ]
}

fn to_rgb([luma, cb, cr]: &[FloatPlane; 3]) -> Rgb {
    let mut data = Vec::with_capacity(3 * luma.values.len());
    for ((y, cb), cr) in luma.values.iter().zip(&cb.values).zip(&cr.values) {
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        let pixel = [y + 1.402 * cr, y - 0.344_136_3 * cb - 0.714_136_3 * cr, y + 1.772 * cb];
        data.extend(pixel.map(|value| (value + 0.5) as u8));
    }
    Rgb::from_vec(data, luma.width, luma.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_render::{Pools, Rebuilder, Uncached};

    fn decoded(decoder: &mut Decoder, jpeg: &[u8]) -> Rgb {
        let mut rgb = Rgb::filled(1, 1, [0; 3]);
        decoder.decode_rgb(jpeg, 256 * 256, &mut rgb).unwrap();
        rgb
    }

    #[test]
    fn the_sequential_baseline_rebuilds_the_family_that_the_kernels_do() {
        let pack = crate::pack();
        let (mut rebuilder, mut decoder) =
            (Rebuilder::new(Pools::new(64 << 20)).unwrap(), Decoder::new().unwrap());
        let sequential = Sequential::new(&pack);
        let pyramid = *pack.pyramid();
        for family in pyramid.families(pyramid.max_level()) {
            let baseline = sequential.family(family);
            let (mut squares, mut samples, mut tiles) = (0.0, 0, 0);
            for id in pyramid.family_tiles(family).filter(|id| *id != family.root) {
                let actual = decoded(&mut decoder, &rebuilder.tile(&pack, id, &Uncached).unwrap());
                let expected = decoded(&mut decoder, &baseline[&id]);
                assert_eq!(actual.size(), expected.size(), "{id}");
                let pairs = actual.data().iter().zip(expected.data());
                squares += pairs.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum::<f64>();
                samples += actual.data().len();
                tiles += 1;
            }
            assert_eq!(baseline.len(), tiles, "no other tiles");
            let psnr = 10.0 * (255.0 * 255.0 * samples as f64 / squares).log10();
            assert!(psnr > 35.0, "{family:?}: {psnr:.1} dB");
        }
    }
}
