//! The tiles and strips of a TIFF as those of a slide.

use super::chunks::ChunkId;
use super::colours::Colours;
use super::compression::Compression;
use super::layout::{Layout, Shape};
use super::meaning::Meaning;
use super::ramp::Ramp;
use super::raster::{Raster, Scratch};
use crate::source::TileStatus;
use crate::source::error::SourceFault;
use crate::source::mosaic::{MosaicTiles, Workspace};
use crossbeam::queue::SegQueue;
use origami_codec::{Decoder, Tidiness};
use origami_pyramid::{Grid, Point, Rect, Rgb, Size};

/// The tiles of the image that is shown.
pub(super) struct TiffTiles {
    /// The directories that it is read from; at least one, with the same grid of chunks.
    pub rasters: Vec<Raster>,
    pub painter: Painter,
    /// Bytes of all chunks in the file.
    pub bytes: u64,
    /// Buffers that no thread is using.
    pub idle: SegQueue<Scratch>,
}

/// How decoded samples become pixels.
pub(super) enum Painter {
    /// Decoding the JPEGs of the only raster gives them.
    Decoder,
    /// The samples of the only raster are colours.
    Colours(Colours),
    /// Channels are added.
    Channels(Vec<Channel>),
}

/// A channel that is shown.
pub(super) struct Channel {
    /// Number of the raster that it is in.
    pub raster: usize,
    /// Which sample of a pixel it is.
    pub sample: usize,
    pub ramp: Ramp,
    /// The colour of its brightest samples.
    pub colour: [u8; 3],
}

/// Whether decoding the JPEGs of a raster gives the pixels, if its samples have these
/// levels.
pub(super) fn decodes_to_pixels(layout: &Layout, ramp: &Ramp) -> bool {
    let kind = (layout.meaning, layout.samples);
    layout.compression == Compression::Jpeg
        && layout.planes == 1
        && matches!(kind, (Meaning::Gray, 1) | (Meaning::Rgb | Meaning::Ycc, 3))
        && ramp.is_identity()
}

impl TiffTiles {
    fn layout(&self) -> &Layout {
        &self.rasters[0].layout
    }

    /// Paints the tile at `position`, of which `visible` pixels show.
    fn paint(
        &self,
        position: Point,
        visible: Size,
        decoder: &mut Decoder,
        scratch: &mut Scratch,
        pixels: &mut Rgb,
    ) -> Result<Option<Tidiness>, SourceFault> {
        match &self.painter {
            Painter::Decoder => self.rasters[0].decode_rgb(position, decoder, scratch, pixels),
            Painter::Colours(colours) => {
                let raster = &self.rasters[0];
                let decoded = decode_planes(raster, colours, position, decoder, scratch)?;
                if decoded.is_some() {
                    colours.paint(&raster.layout, visible, scratch, pixels);
                }
                Ok(decoded)
            }
            Painter::Channels(channels) => {
                pixels.resize(visible.width as usize, visible.height as usize);
                pixels.data_mut().fill(0);
                self.add_channels(channels, position, decoder, scratch, pixels)
            }
        }
    }

    /// Adds the channels of a tile to `pixels`, which are black. A channel that leaves the
    /// tile out is black there; `None` if all of them do.
    fn add_channels(
        &self,
        channels: &[Channel],
        position: Point,
        decoder: &mut Decoder,
        scratch: &mut Scratch,
        pixels: &mut Rgb,
    ) -> Result<Option<Tidiness>, SourceFault> {
        let mut tidiness = None;
        // The raster and plane that were decoded last: channels may be in one chunk.
        let mut last = None;
        let mut decoded = None;
        for channel in channels {
            let raster = &self.rasters[channel.raster];
            let plane = raster.layout.place(channel.sample).plane;
            if last != Some((channel.raster, plane)) {
                decoded = raster.decode(ChunkId { plane, position }, decoder, scratch)?;
                last = Some((channel.raster, plane));
                tidiness = tidiness.max(decoded);
            }
            if decoded.is_some() {
                channel.add(&raster.layout, scratch, pixels);
            }
        }
        Ok(tidiness)
    }
}

/// Decodes the planes that `colours` need. One that is left out has samples of 0; `None`
/// if all of them are.
fn decode_planes(
    raster: &Raster,
    colours: &Colours,
    position: Point,
    decoder: &mut Decoder,
    scratch: &mut Scratch,
) -> Result<Option<Tidiness>, SourceFault> {
    if raster.layout.planes == 1 {
        return raster.decode(ChunkId { plane: 0, position }, decoder, scratch);
    }
    let mut tidiness = None;
    for plane in colours.samples() {
        tidiness = tidiness.max(raster.decode(ChunkId { plane, position }, decoder, scratch)?);
    }
    Ok(tidiness)
}

impl Channel {
    /// Adds the channel's colour to pixels, in proportion to its level rounded to the
    /// nearest integer; sums above 255 are 255.
    fn add(&self, layout: &Layout, scratch: &mut Scratch, pixels: &mut Rgb) {
        let place = layout.place(self.sample);
        let Scratch { planes, row, .. } = scratch;
        row.resize(pixels.width(), 0);
        for y in 0..pixels.height() {
            planes[place.plane].gather(y, layout.encoding, place, row.iter_mut());
            for (&sample, pixel) in row.iter().zip(pixels.row_mut(y).as_chunks_mut::<3>().0) {
                let level = u32::from(self.ramp.level(sample));
                for (sum, colour) in pixel.iter_mut().zip(self.colour) {
                    *sum = sum.saturating_add(((level * u32::from(colour) + 127) / 255) as u8);
                }
            }
        }
    }
}

impl MosaicTiles for TiffTiles {
    fn pitch(&self) -> Size {
        self.layout().chunk
    }

    fn decode(
        &self,
        position: Point,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<Point>, SourceFault> {
        let Workspace { decoder, pixels, untidy, .. } = workspace;
        // After a panic the buffers are dropped, not reused.
        let mut scratch = self.idle.pop().unwrap_or_default();
        let painted = self.paint(position, visible.size(), decoder, &mut scratch, pixels);
        if scratch.is_small() {
            self.idle.push(scratch);
        }
        let painted = painted?;
        *untidy |= painted == Some(Tidiness::Untidy);
        Ok(painted.map(|_| Point::default()))
    }

    fn bytes(&self, _grid: Grid) -> Option<u64> {
        Some(self.bytes)
    }

    fn keepable(&self) -> Result<(), String> {
        let layout = self.layout();
        let Size { width, height } = layout.chunk;
        if layout.compression != Compression::Jpeg {
            return Err("it is not made of JPEG tiles".into());
        }
        if layout.shape != Shape::Tiles {
            return Err("its JPEGs are strips, not tiles".into());
        }
        match &self.painter {
            Painter::Decoder if width == height => Ok(()),
            Painter::Decoder => Err(format!("its tiles are {} px, not square", layout.chunk)),
            Painter::Channels(_) => Err("its channels are shown in colours".into()),
            Painter::Colours(_) if layout.planes > 1 => Err("its colours are in separate tiles".into()),
            Painter::Colours(_) => match layout.meaning {
                Meaning::InvertedGray => Err("0 is white in its tiles".into()),
                Meaning::Palette => Err("its tiles hold numbers of colours".into()),
                Meaning::Cmyk => Err("its tiles hold inks".into()),
                _ if layout.samples > layout.meaning.samples() => {
                    Err(format!("its tiles have {} samples a pixel", layout.samples))
                }
                _ => Err("its samples are shown in another range".into()),
            },
        }
    }

    fn jpeg(&self, position: Point, out: &mut Vec<u8>) -> Result<TileStatus, SourceFault> {
        let mut scratch = self.idle.pop().unwrap_or_default();
        let jpeg = self.rasters[0].jpeg(position, &mut scratch, out);
        if scratch.is_small() {
            self.idle.push(scratch);
        }
        Ok(match jpeg? {
            Some(_) => TileStatus::Present,
            None => TileStatus::Missing,
        })
    }
}
