//! Counts the tiles that are left out by what is shown instead.

use super::coverage::Existence;
use super::store::TileStore;
use super::tiles::DziTiles;
use crate::source::mosaic::Workspace;
use origami_codec::Decoder;
use origami_pyramid::{Grid, Point, Rgb, TileId};

/// Number of tiles up to which all are asked.
const MAX_TILES: u64 = 1 << 20;
/// Maximum number of tiles of which is found out whether they are lost, which takes to
/// decode others.
const MAX_DECODED: u32 = 256;

/// Tiles of the finest level that are left out on purpose.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Those that show the plain colour of the coarser levels, or the background.
    plain: u64,
    /// Those that show a coarser level enlarged.
    enlarged: u64,
    /// Whether there may be fewer.
    is_limit: bool,
}

impl LeftOut {
    /// Counts the tiles of an image from which `missing` are absent. If damage is
    /// tolerated, those that are lost and not left out are not counted: they will be as
    /// damaged ones.
    pub fn count<S: TileStore>(tiles: &DziTiles<S>, missing: u64, tolerant: bool) -> Self {
        if missing == 0 || !tolerant && !tiles.coverage.has_coarser() {
            return Self { plain: missing, ..Self::default() };
        }
        let (finest, grid) = (tiles.layout.finest, tiles.layout.grid(tiles.layout.finest));
        let index = tiles.stored.level(finest).filter(|_| grid.count() <= MAX_TILES);
        let Some(index) = index else { return Self { plain: missing, enlarged: 0, is_limit: true } };
        let mut lost = if tolerant { LostTiles::new(tiles) } else { None };
        let mut counted = Self::default();
        for position in positions(grid).filter(|&position| index.get(position).is_none()) {
            let id = TileId { z: finest, x: position.x, y: position.y };
            let existence = tiles.coverage.existence(tiles.layout.visible(id));
            let is_lost = match &mut lost {
                Some(lost) if existence != Existence::Nowhere => lost.contains(id),
                _ => Some(false),
            };
            counted.is_limit |= is_lost.is_none();
            match existence {
                _ if is_lost == Some(true) => {}
                Existence::Coarser => counted.enlarged += 1,
                Existence::Finest | Existence::Nowhere => counted.plain += 1,
            }
        }
        counted
    }

    /// What is said of them, as of `total` tiles.
    pub fn notes(&self, total: u64) -> Vec<String> {
        let Self { plain, enlarged, is_limit } = *self;
        let limit = if is_limit { "up to " } else { "" };
        let plain = match plain {
            0 => None,
            1 => Some(format!("{limit}1 of {total} tiles is left out and shows")),
            _ => Some(format!("{limit}{plain} of {total} tiles are left out and show")),
        };
        let plain = plain.map(|text| format!("{text} the colour of the coarser levels, or the background"));
        let enlarged = match enlarged {
            0 => None,
            1 => Some(format!(
                "{limit}1 of {total} tiles exists only at a coarser level and is shown enlarged"
            )),
            _ => Some(format!(
                "{limit}{enlarged} of {total} tiles exist only at a coarser level and are shown enlarged"
            )),
        };
        plain.into_iter().chain(enlarged).collect()
    }
}

/// Finds out which tiles are lost.
struct LostTiles<'a, S: TileStore> {
    tiles: &'a DziTiles<S>,
    workspace: Workspace,
    decoded: u32,
}

impl<'a, S: TileStore> LostTiles<'a, S> {
    /// `None` if there is no decoder, which is reported when tiles are read.
    fn new(tiles: &'a DziTiles<S>) -> Option<Self> {
        let (decoder, pixels) = (Decoder::new().ok()?, Rgb::filled(0, 0, [0; 3]));
        let workspace = Workspace { decoder, jpeg: Vec::new(), pixels, untidy: false };
        Some(Self { tiles, workspace, decoded: 0 })
    }

    /// Whether a tile that is absent is lost; `None` if too many were asked.
    fn contains(&mut self, id: TileId) -> Option<bool> {
        self.decoded += 1;
        (self.decoded <= MAX_DECODED).then(|| {
            let visible = self.tiles.layout.visible(id);
            self.tiles.decode_left_out(id, visible, &mut self.workspace).is_err()
        })
    }
}

/// All positions of a grid, row by row.
fn positions(grid: Grid) -> impl Iterator<Item = Point> {
    (0..grid.rows).flat_map(move |y| (0..grid.columns).map(move |x| Point::new(x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_said_by_what_is_shown_there() {
        let [one, two] =
            ["is left out and shows", "are left out and show"].map(|verbs| format!("of 8 tiles {verbs}"));
        let rest = "the colour of the coarser levels, or the background";
        let enlarged = "exist only at a coarser level and are shown enlarged";
        for (counted, expected) in [
            (LeftOut::default(), vec![]),
            (LeftOut { plain: 1, ..LeftOut::default() }, vec![format!("1 {one} {rest}")]),
            (
                LeftOut { plain: 5, enlarged: 2, is_limit: true },
                vec![format!("up to 5 {two} {rest}"), format!("up to 2 of 8 tiles {enlarged}")],
            ),
        ] {
            assert_eq!(counted.notes(8), expected, "{counted:?}");
        }
    }
}
