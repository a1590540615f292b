//! A slide made of tiles in a grid, read by region.

use super::error::SourceFault;
use super::{Info, KeptTiles, Source, SourceError, assert_inside};
use crossbeam::queue::SegQueue;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use origami_codec::{CodecError, Decoder};
use origami_pyramid::{Rect, Rgb, Size};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Smallest and largest memory for tiles that several regions share, in bytes.
const CACHE: (u64, u64) = (16 << 20, 128 << 20);

/// The tiles of one slide's full-resolution level.
pub(super) trait MosaicTiles: Send + Sync {
    /// Distance between tiles in pixels, across and down.
    fn pitch(&self) -> Size;

    /// Decodes a tile into `workspace.pixels`, which then holds at least
    /// `visible` (the tile's share of the slide, in slide pixels) from the
    /// returned `(left, top)` on. `None`: the source holds no such tile, and
    /// the background shows.
    fn decode(
        &self,
        x: u32,
        y: u32,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<(usize, usize)>, SourceFault>;

    /// Bytes that the first `columns` x `rows` tiles take as they are kept,
    /// where that is known without reading them.
    fn bytes(&self, _columns: u32, _rows: u32) -> Option<u64> {
        None
    }

    /// Why the tiles cannot be kept as they are, if so.
    fn keepable(&self) -> Result<(), String>;

    /// Puts the complete JPEG of a tile into `out`; `false` where the source
    /// holds none.
    fn jpeg(&self, x: u32, y: u32, out: &mut Vec<u8>) -> Result<bool, SourceFault>;
}

/// What decoding a tile needs besides the tile, reused between tiles.
pub(super) struct Workspace {
    pub decoder: Decoder,
    /// A JPEG put together from parts.
    pub jpeg: Vec<u8>,
    /// The decoded tile.
    pub pixels: Rgb,
}

/// A source over [`MosaicTiles`].
///
/// A tile that lies in the region is decoded straight into it. A tile that
/// sticks out will be asked for again by the neighbouring region, so it is
/// kept for a while. Where the tile grid divides the region grid, that never
/// happens.
pub(super) struct Mosaic<T> {
    tiles: T,
    path: PathBuf,
    info: Info,
    tolerant: bool,
    /// Idle ones; as many come to exist as threads decode at once.
    workspaces: SegQueue<Workspace>,
    shared: Cache<(u32, u32), Option<Arc<Rgb>>>,
    damaged: Mutex<HashSet<(u32, u32)>>,
}

impl<T: MosaicTiles> Mosaic<T> {
    pub(super) fn new(tiles: T, path: PathBuf, info: Info, tolerant: bool) -> Self {
        // Two rows of tiles: the row that straddles two rows of regions, and
        // the columns that straddle regions within a row.
        let rows = 2 * 3 * u64::from(info.size.width) * u64::from(tiles.pitch().height);
        let shared = Cache::builder()
            .max_capacity(rows.clamp(CACHE.0, CACHE.1))
            .weigher(|_, tile: &Option<Arc<Rgb>>| {
                let bytes = tile.as_ref().map_or(0, |tile| tile.data().len());
                u32::try_from(bytes + 64).unwrap_or(u32::MAX)
            })
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { tiles, path, info, tolerant, workspaces: SegQueue::new(), shared, damaged: Mutex::default() }
    }

    /// The part of the slide that a tile covers.
    fn visible(&self, column: u32, row: u32) -> Rect {
        let (pitch, size) = (self.tiles.pitch(), self.info.size);
        let (x, y) = (column * pitch.width, row * pitch.height);
        Rect { x, y, width: pitch.width.min(size.width - x), height: pitch.height.min(size.height - y) }
    }

    /// Decodes a tile and hands its pixels to `job`: the image and where the
    /// tile's visible part starts in it, or `None` for background.
    fn decode<R>(
        &self,
        x: u32,
        y: u32,
        job: impl FnOnce(Option<(&Rgb, usize, usize)>) -> R,
    ) -> Result<R, SourceFault> {
        let visible = self.visible(x, y);
        // One that a panic passes through is not used again.
        let mut workspace = match self.workspaces.pop() {
            Some(workspace) => workspace,
            None => {
                let fault = |error: CodecError| SourceFault { offset: None, reason: error.to_string() };
                let decoder = Decoder::new().map_err(fault)?;
                Workspace { decoder, jpeg: Vec::new(), pixels: Rgb::filled(0, 0, [0; 3]) }
            }
        };
        let result = match self.tiles.decode(x, y, visible, &mut workspace) {
            Ok(place) => Ok(job(place.map(|(left, top)| (&workspace.pixels, left, top)))),
            Err(fault) if self.tolerant => {
                self.note_damage(x, y, &fault);
                Ok(job(None))
            }
            Err(fault) => Err(fault),
        };
        self.workspaces.push(workspace);
        result
    }

    fn note_damage(&self, x: u32, y: u32, fault: &SourceFault) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if damaged.insert((x, y)) {
            tracing::warn!(path = %self.path.display(), x, y, offset = fault.offset, "tile painted with the background: {}", fault.reason);
        }
    }

    /// The visible part of a tile, kept for the next region that asks.
    fn shared(&self, x: u32, y: u32) -> Result<Option<Arc<Rgb>>, SourceFault> {
        let visible = self.visible(x, y);
        let (width, height) = (visible.width as usize, visible.height as usize);
        let build = || {
            self.decode(x, y, |pixels| {
                pixels.map(|(pixels, left, top)| {
                    let mut tile = Rgb::filled(width, height, [0; 3]);
                    tile.copy((0, 0), pixels, (left, top), (width, height));
                    Arc::new(tile)
                })
            })
        };
        self.shared.try_get_with((x, y), build).map_err(|fault| SourceFault::clone(&fault))
    }

    /// Paints the part of tile `(x, y)` that lies in `region`.
    fn paint(&self, x: u32, y: u32, region: Rect, out: &mut Rgb) -> Result<(), SourceFault> {
        let visible = self.visible(x, y);
        let part = intersection(visible, region);
        let size = (part.width as usize, part.height as usize);
        let to = ((part.x - region.x) as usize, (part.y - region.y) as usize);
        let mut paint = |pixels: Option<(&Rgb, usize, usize)>| match pixels {
            Some((pixels, left, top)) => out.copy(to, pixels, (left, top), size),
            None => fill(out, to, size, self.info.background),
        };
        if part == visible {
            return self.decode(x, y, paint);
        }
        let (left, top) = ((part.x - visible.x) as usize, (part.y - visible.y) as usize);
        paint(self.shared(x, y)?.as_deref().map(|tile| (tile, left, top)));
        Ok(())
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
                self.paint(x, y, region, out).map_err(|fault| fault.in_tile(x, y).of(&self.path))?;
            }
        }
        Ok(())
    }

    fn tile_bytes(&self) -> Option<u64> {
        let (pitch, size) = (self.tiles.pitch(), self.info.size);
        self.tiles.bytes(size.width.div_ceil(pitch.width), size.height.div_ceil(pitch.height))
    }

    fn kept(&self) -> Result<&dyn KeptTiles, String> {
        self.tiles.keepable()?;
        Ok(self)
    }

    fn damaged(&self) -> u64 {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }
}

impl<T: MosaicTiles> KeptTiles for Mosaic<T> {
    fn side(&self) -> u32 {
        self.tiles.pitch().width
    }

    fn jpeg(&self, x: u32, y: u32, out: &mut Vec<u8>) -> Result<bool, SourceError> {
        self.tiles.jpeg(x, y, out).map_err(|fault| fault.in_tile(x, y).of(&self.path))
    }
}

fn intersection(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    let (right, bottom) = ((a.x + a.width).min(b.x + b.width), (a.y + a.height).min(b.y + b.height));
    Rect { x, y, width: right - x, height: bottom - y }
}

fn fill(to: &mut Rgb, (x, y): (usize, usize), (width, height): (usize, usize), colour: [u8; 3]) {
    for row in y..y + height {
        for pixel in to.row_mut(row)[3 * x..][..3 * width].chunks_exact_mut(3) {
            pixel.copy_from_slice(&colour);
        }
    }
}
