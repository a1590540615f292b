//! Reads the tiles of Deep Zoom images.

use super::blank::{is_same_colour, plain_colour};
use super::coverage::Coverage;
use super::layout::{Extent, Layout};
use super::store::{StoredTiles, TileFile, TileStore};
use crate::source::error::SourceFault;
use crate::source::image::flatten;
use crate::source::mosaic::{MosaicTiles, Workspace};
use crate::source::{TileStatus, WHITE};
use ::image::{DynamicImage, ImageDecoder, ImageReader};
use origami_codec::{CodecError, Tidiness, self_contained};
use origami_pyramid::{Grid, Point, Rect, Rgb, Size, TileId};
use std::io::Cursor;

/// The finest level of a Deep Zoom image, with the coarser levels where tiles are left
/// out.
pub(super) struct DziTiles<S: TileStore> {
    pub stored: StoredTiles<S>,
    pub layout: Layout,
    pub coverage: Coverage,
    /// The background that is requested, if one is.
    pub background: Option<[u8; 3]>,
}

impl<S: TileStore> DziTiles<S> {
    /// The tile at a position of the finest level.
    fn finest(&self, Point { x, y }: Point) -> TileId {
        TileId { z: self.layout.finest, x, y }
    }

    fn background(&self) -> [u8; 3] {
        self.background.unwrap_or(WHITE)
    }

    /// Decodes a tile into `workspace.pixels`, and returns where its own pixels begin
    /// there.
    fn decode_file(
        &self,
        id: TileId,
        file: &TileFile,
        workspace: &mut Workspace,
    ) -> Result<Point, SourceFault> {
        let extent = self.layout.extent(id);
        let Workspace { decoder, jpeg, pixels, untidy, .. } = workspace;
        let bytes = &file.bytes[..];
        if bytes.starts_with(&[0xff, 0xd8]) {
            let found = self_contained(None, bytes, None, jpeg)
                .map_err(|error| SourceFault::new(file.offset, error.to_string()))?;
            let decoded = decoder
                .decode_rgb_covering(jpeg, extent.expected, extent.limit, pixels)
                .map_err(|error| SourceFault::new(file.offset, describe(&error, &extent)))?;
            *untidy = [found, decoded].contains(&Tidiness::Untidy);
        } else {
            *pixels = decode_picture(bytes, &extent, self.background())
                .map_err(|reason| SourceFault::new(file.offset, reason))?;
        }
        Ok(extent.origin)
    }

    /// The colour that the coarser levels show in place of a tile that is left out;
    /// `None` if they show more than one, or do not exist. `workspace` is overwritten.
    ///
    /// Of the tiles above it that are left out as well, all that the coarsest covers has
    /// to be plain, or a pixel or two of a very coarse level could stand for a lost tile.
    fn colour_above(&self, missing: TileId, workspace: &mut Workspace) -> Option<[u8; 3]> {
        let mut child = missing;
        loop {
            let parent = child.parent(1)?;
            if let Some(file) = self.stored.read(parent).ok()? {
                self.decode_file(parent, &file, workspace).ok()?;
                workspace.untidy = false;
                return plain_colour(&workspace.pixels, self.layout.part_of_parent(child, parent));
            }
            child = parent;
        }
    }

    /// Decodes what a tile that does not exist shows; `None` if that is the background.
    ///
    /// # Errors
    /// If it should exist.
    fn decode_left_out(
        &self,
        id: TileId,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<Point>, SourceFault> {
        if !self.coverage.contains(visible) {
            return Ok(None);
        }
        let Some(colour) = self.colour_above(id, workspace) else {
            let (TileId { x, y, .. }, format) = (id, &self.layout.format);
            let folder = self.stored.folder(id.z);
            let reason =
                format!("there is no {x}_{y}.{format} in {folder}, and no coarser level is blank there");
            return Err(SourceFault::new(None, reason));
        };
        if self.background.is_some() || is_same_colour(colour, self.background()) {
            return Ok(None);
        }
        workspace.pixels = Rgb::filled(visible.width as usize, visible.height as usize, colour);
        Ok(Some(Point::default()))
    }
}

impl<S: TileStore> MosaicTiles for DziTiles<S> {
    fn pitch(&self) -> Size {
        Size::square(self.layout.tile_size)
    }

    fn decode(
        &self,
        position: Point,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<Point>, SourceFault> {
        let id = self.finest(position);
        match self.stored.read(id)? {
            Some(file) => self.decode_file(id, &file, workspace).map(Some),
            None => self.decode_left_out(id, visible, workspace),
        }
    }

    fn bytes(&self, _: Grid) -> Option<u64> {
        self.stored.bytes(self.layout.finest)
    }

    fn keepable(&self) -> Result<(), String> {
        let Layout { overlap, format, .. } = &self.layout;
        match (overlap, &*format.to_ascii_lowercase()) {
            (0, "jpg" | "jpeg") => Ok(()),
            (0, other) => Err(format!("its tiles are {other} files")),
            (overlap, _) => Err(format!("its tiles overlap by {overlap} px")),
        }
    }

    /// What a tile that is left out shows is known from its pixels.
    fn jpeg(&self, position: Point, out: &mut Vec<u8>) -> Result<TileStatus, SourceFault> {
        let Some(file) = self.stored.read(self.finest(position))? else { return Ok(TileStatus::Missing) };
        self_contained(None, &file.bytes, None, out)
            .map_err(|error| SourceFault::new(file.offset, error.to_string()))?;
        Ok(TileStatus::Present)
    }
}

/// What is wrong with a JPEG. Its size is compared with what shows, not with what its
/// padding may be.
fn describe(error: &CodecError, extent: &Extent) -> String {
    let size = match error {
        CodecError::Size { found, .. } => extent.check(*found).err(),
        _ => None,
    };
    size.unwrap_or_else(|| error.to_string())
}

/// Decodes a tile that is not a JPEG. One of a wrong size is refused before its pixels
/// are allocated.
fn decode_picture(bytes: &[u8], extent: &Extent, background: [u8; 3]) -> Result<Rgb, String> {
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    let decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    extent.check(Size::new(width, height))?;
    let image = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    Ok(flatten(image, background))
}
