//! Checks whether the source's own JPEG tiles can be kept.

use super::coefficients::max_blocks;
use crate::source::{KeptTiles, Source, TileStatus};
use origami_codec::{CodecError, Coefficients, TileHeader, read_coefficients};
use origami_pyramid::Point;

/// Number of source tiles whose headers are compared before tiles are kept.
const PROBES: u64 = 32;

/// The source's tiles and the header that most of them have.
pub(super) struct KeepableTiles<'a> {
    pub tiles: &'a dyn KeptTiles,
    pub header: TileHeader,
}

/// The source's tiles, if a sample of them shows that they can be kept. Where they
/// differ in their quantisation tables or subsampling, the pack's header is that of
/// most of the sample; tiles with others are stored as they are, since encoding them
/// again would lose quality.
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
    let mut votes: Vec<Vote> = Vec::new();
    for probe in 0..PROBES {
        let number = grid.count() * probe / PROBES;
        let at = Point::new((number % columns) as u32, (number / columns) as u32);
        // A damaged tile proves nothing, and is handled when it is packed.
        if !matches!(tiles.jpeg(at, &mut jpeg), Ok(TileStatus::Present)) {
            continue;
        }
        let header = header_of(&jpeg, side, &mut coefficients)
            .map_err(|error| format!("its tile ({}, {}): {error}", at.x, at.y))?;
        match votes.iter_mut().find(|vote| vote.header.bytes() == header.bytes()) {
            Some(vote) => vote.count += 1,
            None => votes.push(Vote { header, count: 1 }),
        }
    }
    // The first of those with the most tiles.
    let most = votes.into_iter().rev().max_by_key(|vote| vote.count);
    let Some(Vote { header, .. }) = most else { return Err("it holds no tiles".into()) };
    Ok(KeepableTiles { tiles, header })
}

/// A header, and how many tiles of the sample have it.
struct Vote {
    header: TileHeader,
    count: u32,
}

/// The header that a pack would serve a source tile of `side` px with. `coefficients`
/// is overwritten.
fn header_of(jpeg: &[u8], side: u32, coefficients: &mut Coefficients) -> Result<TileHeader, CodecError> {
    let facts = read_coefficients(jpeg, max_blocks(side), coefficients)?;
    let frame = coefficients.frame();
    TileHeader::new(&facts.quantisation, frame.subsampling(), frame.colour())
}
