//! Reads regions of slides that consist of tiles in a grid.

mod decoded_tiles;
mod mosaic_tiles;

pub(super) use mosaic_tiles::{MosaicTiles, Workspace};

use super::error::SourceFault;
use super::tile_set::TileSet;
use super::{Info, KeptTiles, Source, SourceError, TileStatus, assert_inside};
use crate::crop::crop;
use crossbeam::queue::SegQueue;
use decoded_tiles::{DecodedTiles, decoded_tiles};
use origami_codec::Decoder;
use origami_pyramid::{Grid, Point, Rect, Rgb, Size};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Pixels of a tile from which on such tiles are decoded one after the other, so that their
/// memory does not grow with the number of threads.
const LARGE: u64 = 1 << 24;
/// Maximum number of bytes of the pixels of a workspace that is kept for later tiles.
const MAX_IDLE_PIXELS: usize = 64 << 20;

/// The visible part of a decoded tile: the pixels from `origin` on.
#[derive(Clone, Copy)]
struct DecodedTile<'a> {
    pixels: &'a Rgb,
    origin: Point,
}

/// A source over [`MosaicTiles`].
///
/// A tile that is completely inside the region is decoded straight into it. A tile
/// that extends beyond the region is needed again for the neighbouring region, so it
/// is cached. Where the tile grid divides the region grid, that never happens.
pub(super) struct Mosaic<T> {
    tiles: T,
    path: PathBuf,
    info: Info,
    tolerant: bool,
    /// Workspaces that no thread is using. As many are created as threads decode at
    /// the same time.
    idle: SegQueue<Workspace>,
    cache: DecodedTiles,
    /// Held while a large tile is decoded.
    large: Mutex<()>,
    damaged: TileSet,
    untidy: TileSet,
}

impl<T: MosaicTiles> Mosaic<T> {
    pub(super) fn new(tiles: T, path: PathBuf, info: Info, tolerant: bool) -> Self {
        Self {
            cache: decoded_tiles(info.size, tiles.pitch()),
            tiles,
            path,
            info,
            tolerant,
            idle: SegQueue::new(),
            large: Mutex::new(()),
            damaged: TileSet::default(),
            untidy: TileSet::default(),
        }
    }

    /// The part of the slide that a tile covers.
    fn visible(&self, position: Point) -> Rect {
        let (pitch, size) = (self.tiles.pitch(), self.info.size);
        let (x, y) = (position.x * pitch.width, position.y * pitch.height);
        Rect { x, y, width: pitch.width.min(size.width - x), height: pitch.height.min(size.height - y) }
    }

    /// An idle workspace, or a new one.
    fn workspace(&self) -> Result<Workspace, SourceFault> {
        if let Some(workspace) = self.idle.pop() {
            return Ok(workspace);
        }
        let decoder = Decoder::new().map_err(|error| SourceFault::new(None, error.to_string()))?;
        Ok(Workspace { decoder, jpeg: Vec::new(), pixels: Rgb::filled(0, 0, [0; 3]), untidy: false })
    }

    /// Decodes a tile and passes it to `job`, or `None` where the background shows.
    fn decode<R>(
        &self,
        position: Point,
        job: impl FnOnce(Option<DecodedTile<'_>>) -> R,
    ) -> Result<R, SourceFault> {
        let visible = self.visible(position);
        let _one_at_a_time = (visible.size().area() >= LARGE)
            .then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        // After a panic the workspace is dropped, not reused.
        let mut workspace = self.workspace()?;
        workspace.untidy = false;
        let result = match self.tiles.decode(position, visible, &mut workspace) {
            Ok(origin) => Ok(job(origin.map(|origin| DecodedTile { pixels: &workspace.pixels, origin }))),
            Err(fault) if self.tolerant => {
                self.record_damage(position, &fault);
                Ok(job(None))
            }
            Err(fault) => Err(fault),
        };
        if workspace.untidy {
            self.record_untidy(position);
        }
        if workspace.pixels.data().len() <= MAX_IDLE_PIXELS {
            self.idle.push(workspace);
        }
        result
    }

    /// Counts an untidy tile, and logs it the first time.
    fn record_untidy(&self, position: Point) {
        if self.untidy.insert(position) {
            let Point { x, y } = position;
            tracing::debug!(path = %self.path.display(), x, y, "the JPEG of a tile is complete but untidy");
        }
    }

    /// Counts a damaged tile, and logs it the first time.
    fn record_damage(&self, position: Point, fault: &SourceFault) {
        if self.damaged.insert(position) {
            let Point { x, y } = position;
            tracing::warn!(path = %self.path.display(), x, y, offset = fault.offset, "tile painted with the background: {}", fault.reason);
        }
    }

    /// The visible part of a tile from the cache, decoded if it is not there.
    fn cached(&self, position: Point) -> Result<Option<Arc<Rgb>>, SourceFault> {
        self.cache
            .try_get_with(position, || {
                let visible = self.visible(position);
                self.decode(position, |tile| {
                    tile.map(|DecodedTile { pixels, origin: Point { x, y } }| {
                        Arc::new(crop(pixels, Rect { x, y, ..visible }))
                    })
                })
            })
            .map_err(|fault| SourceFault::clone(&fault))
    }

    /// Paints the part of a tile that is inside `region`, whose pixels are `out`.
    fn paint(&self, position: Point, region: Rect, out: &mut Rgb) -> Result<(), SourceFault> {
        let visible = self.visible(position);
        let part = intersection(visible, region);
        let to = Rect { x: part.x - region.x, y: part.y - region.y, ..part };
        if part == visible {
            return self.decode(position, |tile| self.paint_part(tile, to, out));
        }
        let tile = self.cached(position)?;
        let origin = Point::new(part.x - visible.x, part.y - visible.y);
        self.paint_part(tile.as_deref().map(|pixels| DecodedTile { pixels, origin }), to, out);
        Ok(())
    }

    /// Paints `to` with pixels of a tile, or with the background.
    fn paint_part(&self, tile: Option<DecodedTile<'_>>, to: Rect, out: &mut Rgb) {
        match tile {
            Some(DecodedTile { pixels, origin: Point { x, y } }) => {
                out.copy(Point::new(to.x, to.y), pixels, Rect { x, y, ..to });
            }
            None => fill(out, to, self.info.background),
        }
    }

    fn error(&self, position: Point, fault: SourceFault) -> SourceError {
        SourceError::new(&self.path, fault.in_tile(position))
    }
}

impl<T: MosaicTiles> Source for Mosaic<T> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        assert_inside(region, &self.info);
        out.resize(region.width as usize, region.height as usize);
        let Size { width, height } = self.tiles.pitch();
        for y in region.y / height..=(region.y + region.height - 1) / height {
            for x in region.x / width..=(region.x + region.width - 1) / width {
                let position = Point { x, y };
                self.paint(position, region, out).map_err(|fault| self.error(position, fault))?;
            }
        }
        Ok(())
    }

    fn tile_bytes(&self) -> Option<u64> {
        self.tiles.bytes(grid(self.info.size, self.tiles.pitch()))
    }

    fn kept_tiles(&self) -> Result<&dyn KeptTiles, String> {
        self.tiles.keepable()?;
        Ok(self)
    }

    fn damaged(&self) -> u64 {
        self.damaged.count()
    }

    fn untidy(&self) -> u64 {
        self.untidy.count()
    }
}

impl<T: MosaicTiles> KeptTiles for Mosaic<T> {
    fn side(&self) -> u32 {
        self.tiles.pitch().width
    }

    /// A tile that was painted with the background is not kept either, or full
    /// resolution would show what no coarser level does.
    fn jpeg(&self, position: Point, out: &mut Vec<u8>) -> Result<TileStatus, SourceError> {
        if self.damaged.contains(position) {
            return Ok(TileStatus::Missing);
        }
        self.tiles.jpeg(position, out).map_err(|fault| self.error(position, fault))
    }
}

/// The grid of tiles at distances of `pitch` that covers a slide.
pub(super) fn grid(slide: Size, pitch: Size) -> Grid {
    Grid { columns: slide.width.div_ceil(pitch.width), rows: slide.height.div_ceil(pitch.height) }
}

/// The pixels that two overlapping rectangles have in common.
fn intersection(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    let (right, bottom) = ((a.x + a.width).min(b.x + b.width), (a.y + a.height).min(b.y + b.height));
    Rect { x, y, width: right - x, height: bottom - y }
}

fn fill(out: &mut Rgb, rect: Rect, colour: [u8; 3]) {
    let (left, width) = (rect.x as usize, rect.width as usize);
    for y in rect.y..rect.y + rect.height {
        for pixel in out.row_mut(y as usize)[3 * left..][..3 * width].chunks_exact_mut(3) {
            pixel.copy_from_slice(&colour);
        }
    }
}
