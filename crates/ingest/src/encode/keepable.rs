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
/// A tile of the sample that cannot be read says nothing of the others, and is handled when
/// it is packed; only where none can be read they are not kept.
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
    let mut probe = Probe { tiles, jpeg: Vec::new(), coefficients: Coefficients::default() };
    let mut votes: Vec<Vote> = Vec::new();
    let mut first_damage = None;
    for number in (0..PROBES).map(|index| grid.count() * index / PROBES) {
        let at = Point::new((number % columns) as u32, (number / columns) as u32);
        match probe.header(at) {
            Ok(header) => match votes.iter_mut().find(|vote| vote.header.bytes() == header.bytes()) {
                Some(vote) => vote.count += 1,
                None => votes.push(Vote { header, count: 1 }),
            },
            Err(NoHeader::LeftOut) => {}
            Err(NoHeader::Damaged(reason)) => {
                first_damage.get_or_insert(reason);
            }
            Err(NoHeader::Unsupported(reason)) => return Err(reason),
        }
    }
    // The first of those with the most tiles.
    let most = votes.into_iter().rev().max_by_key(|vote| vote.count);
    let Some(Vote { header, .. }) = most else {
        return Err(first_damage.unwrap_or_else(|| "it holds no tiles".into()));
    };
    Ok(KeepableTiles { tiles, header })
}

/// A header, and how many tiles of the sample have it.
struct Vote {
    header: TileHeader,
    count: u32,
}

/// Why a tile of the sample has no header; reasons are phrases that name the tile.
enum NoHeader {
    /// The slide leaves the tile out.
    LeftOut,
    /// It cannot be read.
    Damaged(String),
    /// It is of a kind that no pack holds, as probably all tiles are.
    Unsupported(String),
}

/// Reads tiles of the sample.
struct Probe<'a> {
    tiles: &'a dyn KeptTiles,
    jpeg: Vec<u8>,
    coefficients: Coefficients,
}

impl Probe<'_> {
    /// The header that a pack would serve a source tile with.
    fn header(&mut self, at: Point) -> Result<TileHeader, NoHeader> {
        let status = self.tiles.jpeg(at, &mut self.jpeg);
        // The problem alone: the pack's metadata are not to name a folder.
        match status.map_err(|error| NoHeader::Damaged(format!("its {}", error.problem)))? {
            TileStatus::Missing => Err(NoHeader::LeftOut),
            TileStatus::Present => self.parse().map_err(|error| {
                let reason = format!("its tile ({}, {}): {error}", at.x, at.y);
                match error {
                    CodecError::Unsupported(_) => NoHeader::Unsupported(reason),
                    _ => NoHeader::Damaged(reason),
                }
            }),
        }
    }

    /// The header for the JPEG that was read.
    fn parse(&mut self) -> Result<TileHeader, CodecError> {
        let facts = read_coefficients(&self.jpeg, max_blocks(self.tiles.side()), &mut self.coefficients)?;
        let frame = self.coefficients.frame();
        TileHeader::new(&facts.quantisation, frame.subsampling(), frame.colour())
    }
}
