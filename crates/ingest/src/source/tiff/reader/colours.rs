//! Turns the samples of pixels into colours.

use super::compression::Compression;
use super::layout::Layout;
use super::meaning::{Alpha, Meaning};
use super::ramp::Ramp;
use super::raster::Scratch;
use super::samples::PlaneRows;
use crate::source::error::SourceFault;
use crate::source::tiff::directory::UintArray;
use origami_codec::cmyk_to_rgb;
use origami_pack::Storage;
use origami_pyramid::{Rgb, Size};

/// How the samples of a pixel become a colour.
pub(super) struct Colours {
    meaning: Meaning,
    /// The levels of colour samples.
    ramp: Ramp,
    alpha: Option<(Alpha, Ramp)>,
    /// The colours that samples are numbers of.
    palette: Vec<[u8; 3]>,
    background: [u8; 3],
}

impl Colours {
    /// Those of an image with this layout, whose alpha has the levels of `alpha_ramp`;
    /// `palette` is empty unless samples are numbers of colours.
    pub fn new(
        layout: &Layout,
        ramp: Ramp,
        alpha_ramp: Ramp,
        palette: Vec<[u8; 3]>,
        background: [u8; 3],
    ) -> Self {
        let alpha = layout.alpha.map(|alpha| (alpha, alpha_ramp));
        Self { meaning: decoded_meaning(layout), ramp, alpha, palette, background }
    }

    /// The samples of a pixel that are needed, in order: colours, then alpha.
    pub fn samples(&self) -> impl Iterator<Item = usize> + use<> {
        let alpha = self.alpha.as_ref().map(|(alpha, _)| alpha.sample);
        (0..self.meaning.samples()).chain(alpha)
    }

    /// Whether samples are those of RGB pixels already.
    fn is_plain(&self, layout: &Layout) -> bool {
        self.meaning == Meaning::Rgb
            && (layout.samples, layout.planes) == (3, 1)
            && self.alpha.is_none()
            && self.ramp.is_identity()
    }

    /// Paints the `visible` part of the chunks that were decoded into `scratch`.
    pub fn paint(&self, layout: &Layout, visible: Size, scratch: &mut Scratch, out: &mut Rgb) {
        let (width, height) = (visible.width as usize, visible.height as usize);
        out.resize(width, height);
        let used = self.samples().count();
        let Scratch { planes, row, inks, colours, .. } = scratch;
        row.resize(width * used, 0);
        let is_plain = self.is_plain(layout);
        for y in 0..height {
            let out = out.row_mut(y);
            if is_plain {
                out.copy_from_slice(&planes[0].row(y)[..3 * width]);
                continue;
            }
            self.gather(layout, planes, y, row);
            match self.meaning {
                Meaning::Cmyk => {
                    inks.clear();
                    inks.extend(row.chunks_exact(used).flat_map(|pixel| self.levels(pixel)));
                    cmyk_to_rgb(inks, false, colours);
                    out.copy_from_slice(colours);
                }
                _ => {
                    for (pixel, out) in row.chunks_exact(used).zip(out.as_chunks_mut::<3>().0) {
                        *out = self.colour(pixel);
                    }
                }
            }
            if let Some((alpha, ramp)) = &self.alpha {
                for (pixel, out) in row.chunks_exact(used).zip(out.as_chunks_mut::<3>().0) {
                    *out = alpha.kind.over(*out, ramp.level(pixel[used - 1]), self.background);
                }
            }
        }
    }

    /// Puts the needed samples of each pixel of a row into `row`.
    fn gather(&self, layout: &Layout, planes: &[PlaneRows], y: usize, row: &mut [u16]) {
        let used = self.samples().count();
        for (index, sample) in self.samples().enumerate() {
            let place = layout.place(sample);
            let out = row.iter_mut().skip(index).step_by(used);
            planes[place.plane].gather(y, layout.encoding, place, out);
        }
    }

    /// The levels of the first four samples of a pixel.
    fn levels(&self, pixel: &[u16]) -> [u8; 4] {
        [0, 1, 2, 3].map(|sample| self.ramp.level(pixel[sample]))
    }

    /// The colour of a pixel, without its alpha.
    fn colour(&self, pixel: &[u16]) -> [u8; 3] {
        match self.meaning {
            Meaning::Palette => self.palette[usize::from(pixel[0])],
            Meaning::Rgb => [0, 1, 2].map(|sample| self.ramp.level(pixel[sample])),
            Meaning::Ycc => rgb_of_ycc([0, 1, 2].map(|sample| self.ramp.level(pixel[sample]))),
            Meaning::Gray | Meaning::InvertedGray | Meaning::Cmyk => [self.ramp.level(pixel[0]); 3],
        }
    }
}

/// What the samples mean when a chunk is decoded: decoding JPEGs of three components
/// gives RGB.
fn decoded_meaning(layout: &Layout) -> Meaning {
    let is_converted = layout.compression == Compression::Jpeg && layout.chunk_samples() == 3;
    if is_converted && layout.meaning == Meaning::Ycc { Meaning::Rgb } else { layout.meaning }
}

/// The RGB of full-range YCbCr, with the integers of libjpeg: coefficients times 2^16,
/// rounded half up.
fn rgb_of_ycc([luma, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (luma, cb, cr) = (i32::from(luma), i32::from(cb) - 128, i32::from(cr) - 128);
    let differences = [91_881 * cr, -22_554 * cb - 46_802 * cr, 116_130 * cb];
    differences.map(|difference| (luma + ((difference + 32_768) >> 16)).clamp(0, 255) as u8)
}

/// The colours of a map for samples up to `max`: all reds, all greens, all blues, 16 bits
/// each, or 8 where none has more.
///
/// # Errors
/// If there are too few.
pub(super) fn palette(
    file: &dyn Storage,
    map: Option<UintArray>,
    max: u16,
) -> Result<Vec<[u8; 3]>, SourceFault> {
    let count = usize::from(max) + 1;
    let mut numbers = vec![0; 3 * count];
    let read = map.and_then(|map| map.read(file, 0, &mut numbers));
    if read.is_none() {
        let found = map.map_or(0, UintArray::count);
        let reason = format!("its colour map has {found} numbers where {} are needed", 3 * count);
        return Err(SourceFault::new(None, reason));
    }
    let shift = if numbers.iter().all(|&number| number < 256) { 0 } else { 8 };
    let colours =
        (0..count).map(|index| [0, 1, 2].map(|plane| (numbers[plane * count + index] >> shift) as u8));
    Ok(colours.collect())
}
