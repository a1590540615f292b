//! Checks whether the source's own JPEG tiles can be kept.

use super::coefficients::max_blocks;
use crate::source::{KeptTiles, Source, TileStatus};
use origami_codec::{CodecError, Coefficients, TileHeader, read_coefficients};
use origami_pyramid::Point;

/// Number of source tiles whose headers are compared before tiles are kept.
const PROBES: u64 = 32;

/// The source's tiles and the header that they have in common.
pub(super) struct KeepableTiles<'a> {
    pub tiles: &'a dyn KeptTiles,
    pub header: TileHeader,
}

/// The source's tiles, if a sample of them shows that they can be kept.
///
/// # Errors
/// The reason why they cannot, as a phrase: `its tiles overlap by 1 px`.
pub(super) fn keepable_tiles(source: &dyn Source) -> Result<KeepableTiles<'_>, String> {
    let tiles = source.kept_tiles()?;
    let side = tiles.side();
    if !(16..=1024).contains(&side) || !side.is_multiple_of(16) {
        return Err(format!("its tiles of {side} px do not fit a pack: a multiple of 16 up to 1024 does"));
    }
    let grid = source.info().size.grid(side);
    let columns = u64::from(grid.columns);
    let (mut jpeg, mut coefficients) = (Vec::new(), Coefficients::default());
    // The common header so far, or why there is none.
    let mut common: Result<TileHeader, String> = Err("it holds no tiles".into());
    for probe in 0..PROBES {
        let number = grid.count() * probe / PROBES;
        let at = Point::new((number % columns) as u32, (number / columns) as u32);
        // A damaged tile proves nothing, and is handled when it is packed.
        if !matches!(tiles.jpeg(at, &mut jpeg), Ok(TileStatus::Present)) {
            continue;
        }
        let header = header_of(&jpeg, side, &mut coefficients)
            .map_err(|error| format!("its tile ({}, {}): {error}", at.x, at.y));
        common = match (common, header) {
            (Ok(common), Ok(header)) if common.bytes() != header.bytes() => {
                return Err("its tiles differ in their quantisation tables or subsampling".into());
            }
            (Ok(common), _) => Ok(common),
            (Err(_), header) => header,
        };
    }
    Ok(KeepableTiles { tiles, header: common? })
}

/// The header that a pack would serve a source tile of `side` px with. `coefficients`
/// is overwritten.
fn header_of(jpeg: &[u8], side: u32, coefficients: &mut Coefficients) -> Result<TileHeader, CodecError> {
    let facts = read_coefficients(jpeg, max_blocks(side), coefficients)?;
    let frame = coefficients.frame();
    TileHeader::new(&facts.quantisation, frame.subsampling(), frame.colour())
}
