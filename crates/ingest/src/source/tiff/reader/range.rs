//! Decides which samples are black and white.

use super::chunks::ChunkId;
use super::meaning::Meaning;
use super::raster::{Raster, Scratch};
use crate::source::error::SourceFault;
use crate::source::options::USED_BITS;
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::images::Component;
use crate::source::tiff::tags;
use crate::source::{SourceProblem, ValueRange};
use origami_codec::Decoder;
use origami_pack::{ShownRange, Storage};
use origami_pyramid::{Grid, Point};

/// Maximum number of chunks in which the largest sample is looked for.
const MAX_PROBES: u64 = 64;
/// Maximum number of decoded bytes of these chunks, unless one has more.
const MAX_PROBED_BYTES: u64 = 64 << 20;

/// What decides about the range of an image's or a channel's samples.
pub(super) struct RangeChoice<'a> {
    pub file: &'a dyn Storage,
    pub directory: &'a ImageFileDirectory,
    pub raster: &'a Raster,
    pub component: &'a Component,
    /// The range that is requested for all channels.
    pub requested: Option<ValueRange>,
}

impl RangeChoice<'_> {
    /// The range: the requested one, or else the one that the file declares for samples
    /// of 16 bits, or else the full range, unless the samples that were looked at use
    /// fewer bits, so that the image would be nearly black.
    ///
    /// # Errors
    /// If the requested range is empty.
    pub fn choose(&self) -> Result<ShownRange, SourceProblem> {
        let encoding = self.raster.layout.encoding;
        let full = ValueRange::full(encoding.max());
        let (range, origin) = if let Some(range) = self.component.range.or(self.requested) {
            (range.check()?, "as requested")
        } else if encoding.bits < 16 {
            (full, "the full range")
        } else if let Some(range) = self.declared() {
            (range, "declared by the file")
        } else {
            match self.largest_brightness()?.and_then(ValueRange::of_used_bits) {
                Some(range) => (range, USED_BITS),
                None => (full, "the full range"),
            }
        };
        Ok(ShownRange { bits: encoding.bits, low: range.low, high: range.high, origin: origin.into() })
    }

    /// The range that the file declares, if it is smaller than the full one.
    fn declared(&self) -> Option<ValueRange> {
        let full = u64::from(self.raster.layout.encoding.max());
        let sample = self.component.sample.unwrap_or(0);
        let low = self.value(tags::MIN_SAMPLE_VALUE, sample).unwrap_or(0);
        if let Some(high) =
            self.value(tags::MAX_SAMPLE_VALUE, sample).filter(|&high| low < high && high < full)
        {
            return Some(ValueRange { low: low as f64, high: high as f64 });
        }
        let bits = self.component.significant_bits.filter(|bits| (1..16).contains(bits))?;
        Some(ValueRange { low: 0.0, high: f64::from((1_u32 << bits) - 1) })
    }

    /// What a tag says of a sample; where it has one value, that is meant for all.
    fn value(&self, tag: u16, sample: u64) -> Option<u64> {
        let array = self.directory.array(tag)?;
        array.get(self.file, sample).or_else(|| array.get(self.file, 0))
    }

    /// The samples of a pixel that share the range.
    fn samples(&self) -> Vec<usize> {
        match self.component.sample {
            Some(sample) => vec![sample as usize],
            None => (0..self.raster.layout.meaning.samples()).collect(),
        }
    }

    /// The range of alpha, from transparent to opaque: the full one, unless the samples of
    /// 16 bits that were looked at use fewer.
    pub fn of_alpha(&self) -> Result<ValueRange, SourceProblem> {
        let encoding = self.raster.layout.encoding;
        let full = ValueRange::full(encoding.max());
        let Some(alpha) = self.raster.layout.alpha.filter(|_| encoding.bits == 16) else { return Ok(full) };
        Ok(self.largest(&[alpha.sample])?.and_then(ValueRange::of_used_bits).unwrap_or(full))
    }

    /// The largest sample that has the range; `None` if samples are inks or not all
    /// brightnesses, or cannot be looked at.
    fn largest_brightness(&self) -> Result<Option<u16>, SourceProblem> {
        let meaning = self.raster.layout.meaning;
        let is_brightness = matches!(meaning, Meaning::Gray | Meaning::InvertedGray | Meaning::Rgb);
        if self.component.sample.is_none() && !is_brightness {
            return Ok(None);
        }
        self.largest(&self.samples())
    }

    /// The largest of these samples of the pixels of some chunks, evenly spread over the
    /// image. `None` if all of them are missing.
    fn largest(&self, samples: &[usize]) -> Result<Option<u16>, SourceProblem> {
        let layout = &self.raster.layout;
        let mut search = Search::new(self.raster).map_err(|fault| fault.in_file("TIFF"))?;
        let Grid { columns, rows } = self.raster.grid();
        let count = u64::from(columns) * u64::from(rows);
        let bytes = layout.row_bytes() * u64::from(layout.chunk.height) * samples.len() as u64;
        let probes = count.min(MAX_PROBES).min(MAX_PROBED_BYTES / bytes.max(1)).max(1);
        for probe in 0..probes {
            let number = (2 * probe + 1) * count / (2 * probes);
            let columns = u64::from(columns);
            let position = Point::new((number % columns) as u32, (number / columns) as u32);
            search.probe(position, samples);
            if search.largest.is_some_and(|largest| largest > u16::MAX / 4) {
                break;
            }
        }
        Ok(search.largest)
    }
}

/// A search for the largest sample.
struct Search<'a> {
    raster: &'a Raster,
    decoder: Decoder,
    scratch: Scratch,
    largest: Option<u16>,
}

impl<'a> Search<'a> {
    fn new(raster: &'a Raster) -> Result<Self, SourceFault> {
        let decoder = Decoder::new().map_err(|error| SourceFault::new(None, error.to_string()))?;
        Ok(Self { raster, decoder, scratch: Scratch::default(), largest: None })
    }

    /// Looks at these samples of the pixels of a chunk. One that does not decode proves
    /// nothing, and is reported when it is read.
    fn probe(&mut self, position: Point, samples: &[usize]) {
        let layout = &self.raster.layout;
        let visible = layout.visible(position);
        // Which plane was decoded last, if it is there.
        let mut decoded = None;
        for &sample in samples {
            let place = layout.place(sample);
            if decoded != Some(place.plane) {
                let id = ChunkId { plane: place.plane, position };
                decoded = None;
                if let Ok(Some(_)) = self.raster.decode(id, &mut self.decoder, &mut self.scratch) {
                    decoded = Some(place.plane);
                }
            }
            if decoded.is_none() {
                continue;
            }
            let Scratch { planes, row, .. } = &mut self.scratch;
            row.resize(visible.width as usize, 0);
            for y in 0..visible.height as usize {
                planes[place.plane].gather(y, layout.encoding, place, row.iter_mut());
                self.largest = self.largest.max(row.iter().copied().max());
            }
        }
    }
}
