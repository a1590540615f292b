//! How the tiles of a level are kept: `/slides/{slide}/levels/{z}/tiles`.

use super::{AppState, RequestedSlide, address};
use crate::error::Error;
use crate::validators::Validator;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::{Entry, Level, Mode, Pack};
use origami_pyramid::{Grid, TileId};
use serde::{Deserialize, Serialize};

/// Maximum number of tiles in one answer.
const MAX_TILES: u64 = 1024;

/// The query `?x=&y=&columns=&rows=`.
#[derive(Deserialize)]
pub struct RangeQuery {
    x: Option<u32>,
    y: Option<u32>,
    columns: Option<u32>,
    rows: Option<u32>,
}

/// Neighbouring tiles of one level, and how they are kept.
#[derive(Serialize)]
struct LevelTiles {
    #[serde(flatten)]
    range: TileRange,
    /// Row by row.
    tiles: Vec<KeptTile>,
}

/// A rectangle of tiles.
#[derive(Clone, Copy, Serialize)]
struct TileRange {
    z: u32,
    /// Column of the first tile.
    x: u32,
    /// Row of the first tile.
    y: u32,
    columns: u32,
    rows: u32,
}

/// How a tile is kept, and its bytes in the pack.
#[derive(Serialize)]
struct KeptTile(TileKind, usize);

/// How a tile is kept.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum TileKind {
    /// As it is served, but for the header that its level shares.
    Stored,
    /// Coded given its prediction, without loss.
    Predicted,
    /// As the difference in luma from its prediction.
    Residual,
    /// It has one colour, and no bytes.
    Blank,
    /// It equals its prediction, and has no bytes.
    Empty,
}

impl TileKind {
    /// That of tile `id` of `level`, whose entry is `entry`.
    fn of(pack: &Pack, level: &Level, id: TileId, entry: Entry) -> Self {
        match entry {
            Entry::Blank { .. } | Entry::Constant { .. } => Self::Blank,
            Entry::Empty => Self::Empty,
            Entry::Blob { .. } if pack.stored_len(id, entry).is_some() => Self::Stored,
            Entry::Blob { .. } if level.mode == Mode::Luma => Self::Residual,
            Entry::Blob { .. } => Self::Predicted,
        }
    }
}

impl TileRange {
    /// The part of the requested rectangle that is in `grid`, that of level `z`; without
    /// `columns` or `rows` it reaches to the grid's end.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no tile in it, [`Error::BadRequest`] if there are
    /// too many.
    fn requested(query: &RangeQuery, z: u32, grid: Grid) -> Result<Self, Error> {
        let (x, y) = (query.x.unwrap_or(0), query.y.unwrap_or(0));
        let columns = grid.columns.saturating_sub(x).min(query.columns.unwrap_or(u32::MAX));
        let rows = grid.rows.saturating_sub(y).min(query.rows.unwrap_or(u32::MAX));
        match u64::from(columns) * u64::from(rows) {
            0 => Err(Error::NotFound("tile")),
            1..=MAX_TILES => Ok(Self { z, x, y, columns, rows }),
            _ => Err(Error::BadRequest("columns times rows is at most 1024")),
        }
    }

    /// Its tiles, row by row.
    fn tiles(self) -> impl Iterator<Item = TileId> {
        let Self { z, x, y, columns, rows } = self;
        (y..y + rows).flat_map(move |y| (x..x + columns).map(move |x| TileId { z, x, y }))
    }
}

/// Responds with how the tiles in a rectangle of a level are kept.
pub async fn level_tiles(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String)>,
    query: Query<RangeQuery>,
) -> Result<HttpResponse, Error> {
    let (id, z) = path.into_inner();
    let z = address::level(&z)?;
    let RequestedSlide { slide, lifetime } = state.slide(&request, &id).await?;
    let pack = &slide.pack;
    let level = pack.level(z).ok_or(Error::NotFound("level"))?;
    let range = TileRange::requested(&query, z, level.grid)?;
    let TileRange { x, y, columns, rows, .. } = range;
    let part = format!("kept-{z}-{x}-{y}-{columns}-{rows}");
    let validator = Validator::of_release(pack.generation(), &part, lifetime);
    if let Some(unchanged) = validator.not_modified(&request) {
        return Ok(unchanged);
    }
    let entries = state.readers.entries(pack, range.tiles().collect()).await?;
    let tiles = range.tiles().zip(entries);
    let tiles = tiles.map(|(id, entry)| KeptTile(TileKind::of(pack, level, id, entry), entry.blob_len()));
    let json = serde_json::to_vec(&LevelTiles { range, tiles: tiles.collect() });
    Ok(validator.ok("application/json", json.map_err(|_| Error::Internal)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns and rows of what a query for these `columns` and `rows` at `x`, `y` of a
    /// level of 100 x 50 tiles gets.
    fn requested(x: u32, y: u32, columns: Option<u32>, rows: Option<u32>) -> Result<(u32, u32), Error> {
        let query = RangeQuery { x: Some(x), y: Some(y), columns, rows };
        let range = TileRange::requested(&query, 9, Grid { columns: 100, rows: 50 })?;
        assert_eq!(range.tiles().count() as u32, range.columns * range.rows);
        Ok((range.columns, range.rows))
    }

    #[test]
    fn a_range_ends_with_the_level() {
        assert_eq!(requested(0, 0, Some(32), Some(32)), Ok((32, 32)));
        assert_eq!(requested(98, 49, Some(32), Some(32)), Ok((2, 1)));
        assert_eq!(requested(98, 49, Some(u32::MAX), Some(u32::MAX)), Ok((2, 1)));
        assert_eq!(requested(90, 40, None, None), Ok((10, 10)));
    }

    #[test]
    fn a_range_without_tiles_or_with_too_many_is_refused() {
        for (x, y, columns) in [(100, 0, 1), (0, 50, 1), (u32::MAX, u32::MAX, u32::MAX), (0, 0, 0)] {
            let refused = requested(x, y, Some(columns), Some(1));
            assert_eq!(refused, Err(Error::NotFound("tile")), "{x},{y}");
        }
        assert!(matches!(requested(0, 0, None, None), Err(Error::BadRequest(_))));
        assert!(matches!(requested(0, 0, Some(33), Some(32)), Err(Error::BadRequest(_))));
    }
}
