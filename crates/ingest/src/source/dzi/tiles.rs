//! Reads the tiles of Deep Zoom images.

use super::blank::{is_same_colour, plain_colour};
use super::coverage::{Coverage, Existence};
use super::enlarged::Ancestor;
use super::layout::Layout;
use super::picture;
use super::ranges::Ranges;
use super::store::{StoredTiles, TileFile, TileStore};
use super::survey::Survey;
use crate::source::error::SourceFault;
use crate::source::mosaic::{MosaicTiles, Workspace};
use crate::source::{TileStatus, WHITE};
use origami_codec::self_contained;
use origami_pyramid::{Grid, Point, Rect, Rgb, Size, TileId};

/// The finest level of a Deep Zoom image, with the coarser levels where tiles are left
/// out.
pub(super) struct DziTiles<S: TileStore> {
    pub stored: StoredTiles<S>,
    pub layout: Layout,
    pub coverage: Coverage,
    pub survey: Survey,
    pub ranges: Ranges,
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
        picture::decode(file, &extent, &self.ranges, self.background(), workspace)?;
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

    /// Puts into `workspace.pixels` what the nearest coarser tile shows, enlarged, in place
    /// of a tile that exists at coarser levels only.
    ///
    /// # Errors
    /// If no coarser tile is there, or the nearest does not decode.
    fn enlarge(&self, missing: TileId, visible: Rect, workspace: &mut Workspace) -> Result<(), SourceFault> {
        for halvings in 1..=missing.z {
            let Some(parent) = missing.parent(halvings) else { break };
            let Some(file) = self.stored.read(parent)? else { continue };
            let origin = self.decode_file(parent, &file, workspace).map_err(|fault| {
                SourceFault::new(fault.offset, format!("{}: {}", self.name(parent), fault.reason))
            })?;
            workspace.untidy = false;
            let ancestor = Ancestor {
                pixels: &workspace.pixels,
                visible: self.layout.visible(parent),
                origin,
                halvings,
            };
            let (width, height) = (visible.width as usize, visible.height as usize);
            let mut enlarged = Rgb::filled(width, height, self.background());
            for part in self.coverage.coarser_parts(visible) {
                let to = Point::new(part.x - visible.x, part.y - visible.y);
                ancestor.enlarge(part, to, &mut enlarged);
            }
            workspace.pixels = enlarged;
            return Ok(());
        }
        let reason = format!("there is no {}, and no coarser level has it", self.name(missing));
        Err(SourceFault::new(None, reason))
    }

    /// The file that a tile should be, for people.
    fn name(&self, TileId { z, x, y }: TileId) -> String {
        format!("{x}_{y}.{} in {}", self.layout.format, self.stored.folder(z))
    }

    /// Decodes what a tile that does not exist shows; `None` if that is the background.
    ///
    /// # Errors
    /// If it should exist.
    pub fn decode_left_out(
        &self,
        id: TileId,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<Point>, SourceFault> {
        match self.coverage.existence(visible) {
            Existence::Nowhere => return Ok(None),
            Existence::Coarser => {
                self.enlarge(id, visible, workspace)?;
                return Ok(Some(Point::default()));
            }
            Existence::Finest => {}
        }
        let Some(colour) = self.colour_above(id, workspace) else {
            let reason = format!("there is no {}, and no coarser level is blank there", self.name(id));
            return Err(SourceFault::new(None, reason));
        };
        if is_same_colour(colour, self.background()) {
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
            (0, "jpg" | "jpeg") if self.survey.has_inks => Err("its tiles hold inks".into()),
            (0, "jpg" | "jpeg") if self.ranges.shown.is_some() => {
                Err("its samples are shown in another range".into())
            }
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
