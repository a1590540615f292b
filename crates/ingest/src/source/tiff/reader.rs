//! Opens the image of a TIFF that was chosen, and reads its pixels.
//!
//! An image consists of chunks: tiles or strips (`layout.rs`), found by `chunks.rs` and
//! decompressed by `raster.rs`. Their samples become colours (`colours.rs`) or channels
//! of one picture (`tiles.rs`). The `tiff` crate is not used: it panics on planar data,
//! and fails on tiles that are left out.

mod chunks;
mod colours;
mod compression;
mod fax;
mod layout;
mod meaning;
mod packbits;
mod predictor;
mod ramp;
mod range;
mod raster;
mod remarks;
mod samples;
#[cfg(test)]
mod tests;
mod tiles;
mod webp;

use super::directory::Directories;
use super::images::{ChosenImage, Component};
use super::refusal::Refusal;
use super::tags;
use crate::source::error::SourceFault;
use crate::source::mosaic::Mosaic;
use crate::source::presence::left_out_note;
use crate::source::scale::Scale;
use crate::source::{Info, OpenOptions, Source, SourceProblem, ValueRange, WHITE};
use chunks::Census;
use colours::{Colours, palette};
use crossbeam::queue::SegQueue;
use meaning::Meaning;
use origami_pack::{ShownRange, Storage};
use origami_pyramid::Size;
use ramp::{Direction, Ramp};
use range::RangeChoice;
use raster::Raster;
use remarks::remarks;
use std::path::Path;
use std::sync::Arc;
use tiles::{Channel, Painter, TiffTiles, decodes_to_pixels};

/// The background where nothing shines.
const BLACK: [u8; 3] = [0; 3];

/// Opens an image. It sets the ranges of its contents.
///
/// # Errors
/// If it is malformed, or of a kind that cannot be read, or (unless tolerant) the bytes
/// of a tile are outside the file.
pub(super) fn open(
    storage: Arc<dyn Storage>,
    directories: &Directories,
    chosen: ChosenImage,
    options: &OpenOptions,
    path: &Path,
    scale: Scale,
) -> Result<Box<dyn Source>, Refusal> {
    let mut opening = Opening { storage, directories, chosen, options, rasters: Vec::new() };
    let places = opening.open_rasters()?;
    let bytes = opening.check()?;
    let background = opening.background();
    let painter = opening.painter(&places, background)?;
    let Opening { chosen, rasters, .. } = opening;
    let layout = &rasters[0].layout;
    let Size { width, height } = layout.chunk;
    let info = Info {
        format: format!("{}, {}", chosen.kind, layout.describe()),
        size: layout.size,
        mpp: scale.mpp,
        objective: scale.objective,
        grid: (width == height).then_some(width),
        background,
        contents: chosen.contents,
    };
    let tiles = TiffTiles { rasters, painter, bytes, idle: SegQueue::new() };
    Ok(Box::new(Mosaic::new(tiles, path.to_owned(), info, options.tolerant)))
}

/// An image while it is opened.
struct Opening<'a> {
    storage: Arc<dyn Storage>,
    directories: &'a Directories,
    chosen: ChosenImage,
    options: &'a OpenOptions,
    rasters: Vec<Raster>,
}

impl Opening<'_> {
    /// Opens the directories of all components, each once. Returns the number of the
    /// raster of each component.
    fn open_rasters(&mut self) -> Result<Vec<usize>, Refusal> {
        let mut opened: Vec<&Component> = Vec::new();
        let mut places = Vec::new();
        for component in &self.chosen.components {
            let (directory, page_offset) = (component.directory, component.page_offset);
            let known = opened
                .iter()
                .position(|other| (other.directory, other.page_offset) == (directory, page_offset));
            if let Some(place) = known {
                places.push(place);
                continue;
            }
            places.push(opened.len());
            opened.push(component);
            let directory = &self.directories.directories[directory];
            let raster = Raster::new(Arc::clone(&self.storage), directory, page_offset)?;
            for remark in remarks(&*self.storage, directory, &raster)? {
                self.chosen.contents.note(remark);
            }
            self.rasters.push(raster);
        }
        self.check_alike()?;
        Ok(places)
    }

    /// Checks that channels of several directories can be read tile by tile.
    fn check_alike(&self) -> Result<(), SourceProblem> {
        let first = &self.rasters[0].layout;
        for Raster { layout, .. } in &self.rasters {
            if (layout.size, layout.chunk) != (first.size, first.chunk) {
                let phrase = "a TIFF whose channels have tiles of different sizes";
                return Err(SourceProblem::Unsupported(phrase.into()));
            }
        }
        for component in &self.chosen.components {
            let (sample, samples) = (component.sample.unwrap_or(0), first.samples);
            if sample >= samples as u64 {
                let reason = format!("sample {sample} of its pixels is needed, which have {samples}");
                return Err(SourceFault::new(None, reason).in_file("TIFF"));
            }
        }
        Ok(())
    }

    /// Checks the places of all tiles, notes how many are left out, and returns the bytes
    /// that they take.
    fn check(&mut self) -> Result<u64, SourceProblem> {
        let mut all = Census::default();
        for raster in &self.rasters {
            let census = raster.check(self.options.tolerant)?;
            all.bytes += census.bytes;
            all.left_out += census.left_out;
            all.total += census.total;
        }
        if let Some(note) = left_out_note(all.left_out, all.total) {
            self.chosen.contents.note(note);
        }
        Ok(all.bytes)
    }

    /// Whether the image is one colour or gray picture, and not made of channels.
    fn is_one_picture(&self) -> bool {
        matches!(&self.chosen.components[..], [component] if component.sample.is_none())
    }

    fn background(&self) -> [u8; 3] {
        let usual = if self.is_one_picture() { WHITE } else { BLACK };
        self.options.background.unwrap_or(usual)
    }

    /// Decides how samples become pixels, and notes it in the contents.
    fn painter(&mut self, places: &[usize], background: [u8; 3]) -> Result<Painter, SourceProblem> {
        let mut channels = Vec::new();
        for (index, &raster) in places.iter().enumerate() {
            let shown = self.range_choice(index, raster).choose()?;
            let component = &self.chosen.components[index];
            channels.push(Channel {
                raster,
                sample: component.sample.unwrap_or(0) as usize,
                ramp: self.ramp(raster, &shown),
                colour: component.colour,
            });
            self.note_range(index, shown);
        }
        if self.is_one_picture() {
            return self.picture(channels.remove(0).ramp, background);
        }
        Ok(Painter::Channels(channels))
    }

    fn range_choice(&self, index: usize, raster: usize) -> RangeChoice<'_> {
        let component = &self.chosen.components[index];
        RangeChoice {
            file: &*self.storage,
            directory: &self.directories.directories[component.directory],
            raster: &self.rasters[raster],
            component,
            requested: self.options.range,
        }
    }

    /// The levels of the samples of a raster in a range.
    fn ramp(&self, raster: usize, shown: &ShownRange) -> Ramp {
        let layout = &self.rasters[raster].layout;
        let direction = match layout.meaning {
            Meaning::InvertedGray => Direction::Inverted,
            _ => Direction::Upright,
        };
        Ramp::new(layout.encoding, ValueRange { low: shown.low, high: shown.high }, direction)
    }

    /// Notes the range of a component, where it is not that of usual 8-bit colours.
    fn note_range(&mut self, index: usize, shown: ShownRange) {
        let is_palette = self.rasters[0].layout.meaning == Meaning::Palette;
        let is_requested = self.options.range.is_some() || self.chosen.components[index].range.is_some();
        let is_notable = !self.is_one_picture() || shown.bits == 16 && !is_palette || is_requested;
        let contents = &mut self.chosen.contents;
        if let Some(channel) = contents.channels.get_mut(index) {
            (channel.low, channel.high) = (shown.low, shown.high);
        }
        if index == 0 && is_notable {
            contents.range = Some(shown);
        }
    }

    /// The painter of a colour or gray picture whose samples have these levels.
    fn picture(&self, ramp: Ramp, background: [u8; 3]) -> Result<Painter, SourceProblem> {
        let layout = &self.rasters[0].layout;
        if layout.meaning == Meaning::Palette && self.options.range.is_some() {
            let text = "its samples are numbers of colours, which have no range";
            return Err(SourceProblem::Choice(text.into()));
        }
        if decodes_to_pixels(layout, &ramp) {
            return Ok(Painter::Decoder);
        }
        let mut colours = Vec::new();
        if layout.meaning == Meaning::Palette {
            let directory = &self.directories.directories[self.chosen.components[0].directory];
            let map = directory.array(tags::COLOR_MAP);
            colours =
                palette(&*self.storage, map, layout.encoding.max()).map_err(|fault| fault.in_file("TIFF"))?;
        }
        let alpha = self.range_choice(0, 0).of_alpha()?;
        let alpha = Ramp::new(layout.encoding, alpha, Direction::Upright);
        Ok(Painter::Colours(Colours::new(layout, ramp, alpha, colours, background)))
    }
}
