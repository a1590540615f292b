//! Reads the tiles of Deep Zoom images.

use super::archive::{Archive, Member};
use super::folder::read_start;
use crate::source::TileStatus;
use crate::source::error::SourceFault;
use crate::source::image::flatten;
use crate::source::mosaic::{MosaicTiles, Workspace};
use ::image::{ImageReader, Limits};
use origami_pyramid::{Grid, Point, Rect, Rgb, Size};
use std::collections::HashMap;
use std::io::Cursor;
use std::path::PathBuf;

/// Maximum size in bytes of one tile's file.
const MAX_TILE_BYTES: u64 = 64 << 20;

/// The place of the tiles of the finest level.
pub(super) enum TileStore {
    /// A folder with files `x_y.format`.
    Folder(PathBuf),
    /// A zip, with its members by column and row.
    Zip { archive: Archive, tiles: HashMap<Point, Member> },
}

/// The finest level of a Deep Zoom image.
pub(super) struct DziTiles {
    pub store: TileStore,
    pub tile_size: u32,
    pub overlap: u32,
    pub format: String,
    /// Size of the image.
    pub size: Size,
    pub background: [u8; 3],
}

/// The bytes of a tile, and their offset in a zip.
struct TileFile {
    bytes: Vec<u8>,
    offset: Option<u64>,
}

/// The part of a row or column of pixels that a tile with its overlaps covers.
struct Span {
    /// Number of pixels that overlap the tile before.
    before: u32,
    /// Number of all pixels.
    length: u32,
}

impl DziTiles {
    fn file(&self, position: Point) -> Result<TileFile, SourceFault> {
        let name = format!("{}_{}.{}", position.x, position.y, self.format);
        match &self.store {
            TileStore::Folder(folder) => {
                let path = folder.join(name);
                match read_start(&path, MAX_TILE_BYTES) {
                    Ok(bytes) => Ok(TileFile { bytes, offset: None }),
                    Err(error) => Err(SourceFault::new(None, format!("{}: {error}", path.display()))),
                }
            }
            TileStore::Zip { archive, tiles } => {
                let Some(member) = tiles.get(&position) else {
                    return Err(SourceFault::new(None, format!("{name} is not in the zip")));
                };
                let offset = Some(member.offset);
                match archive.read(member, MAX_TILE_BYTES) {
                    Ok(bytes) => Ok(TileFile { bytes, offset }),
                    Err(reason) => Err(SourceFault::new(offset, format!("{name} {reason}"))),
                }
            }
        }
    }

    /// The pixels from `start` on that a tile of `length` px covers along an axis of
    /// `whole` px. Overlaps end where the image does.
    fn span(&self, start: u32, length: u32, whole: u32) -> Span {
        let before = self.overlap.min(start);
        let after = self.overlap.min(whole - start - length);
        Span { before, length: before + length + after }
    }
}

impl MosaicTiles for DziTiles {
    fn pitch(&self) -> Size {
        Size::square(self.tile_size)
    }

    fn decode(
        &self,
        position: Point,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<Point>, SourceFault> {
        let TileFile { bytes, offset } = self.file(position)?;
        let across = self.span(visible.x, visible.width, self.size.width);
        let down = self.span(visible.y, visible.height, self.size.height);
        let expected = Size::new(across.length, down.length);
        let Workspace { decoder, pixels, .. } = workspace;
        if bytes.starts_with(&[0xff, 0xd8]) {
            decoder
                .decode_rgb_sized(&bytes, expected, pixels)
                .map_err(|error| SourceFault::new(offset, error.to_string()))?;
        } else {
            *pixels = decode_picture(&bytes, expected, self.background)
                .map_err(|reason| SourceFault::new(offset, reason))?;
        }
        Ok(Some(Point::new(across.before, down.before)))
    }

    fn bytes(&self, grid: Grid) -> Option<u64> {
        let TileStore::Zip { tiles, .. } = &self.store else { return None };
        let inside = tiles.iter().filter(|(position, _)| grid.contains(position.x, position.y));
        Some(inside.map(|(_, member)| member.size).sum())
    }

    fn keepable(&self) -> Result<(), String> {
        match (self.overlap, &*self.format.to_ascii_lowercase()) {
            (0, "jpg" | "jpeg") => Ok(()),
            (0, other) => Err(format!("its tiles are {other} files")),
            (overlap, _) => Err(format!("its tiles overlap by {overlap} px")),
        }
    }

    fn jpeg(&self, position: Point, out: &mut Vec<u8>) -> Result<TileStatus, SourceFault> {
        *out = self.file(position)?.bytes;
        Ok(TileStatus::Present)
    }
}

/// Decodes a tile of the `expected` size that is not a JPEG. A tile that claims to be
/// larger is refused before its pixels are allocated.
fn decode_picture(bytes: &[u8], expected: Size, background: [u8; 3]) -> Result<Rgb, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(expected.width);
    limits.max_image_height = Some(expected.height);
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    reader.limits(limits);
    let image = reader.decode().map_err(|error| error.to_string())?;
    let size = Size::new(image.width(), image.height());
    if size != expected {
        return Err(format!("it is {size} px where {expected} px were expected"));
    }
    Ok(flatten(image, background))
}
