//! Checks whether the source's own JPEG tiles can be kept.

use super::coefficients::max_blocks;
use crate::source::{KeptTiles, Source, TileStatus};
use origami_codec::{CodecError, Coefficients, Facts, TileHeader, read_coefficients};
use origami_pyramid::Point;

/// Number of source tiles whose headers are compared before tiles are kept.
const PROBES: u64 = 32;

/// The source's tiles, and the header under which most of them keep their bytes.
pub(super) struct KeepableTiles<'a> {
    pub tiles: &'a dyn KeptTiles,
    pub header: TileHeader,
}

/// The source's tiles, if a sample of them shows that they can be kept. Where they
/// differ in their quantisation tables or subsampling, the pack's header is that of
/// most of the sample; tiles with others are stored as they are, since encoding them
/// again would lose quality. Its Huffman tables are those of most of these, or made for
/// each tile where most have such.
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
    let mut sample: Vec<SampledHeaders> = Vec::new();
    let mut first_damage = None;
    for number in (0..PROBES).map(|index| grid.count() * index / PROBES) {
        let at = Point::new((number % columns) as u32, (number / columns) as u32);
        match probe.headers(at) {
            Ok(headers) => sample.push(headers),
            Err(NoHeader::LeftOut) => {}
            Err(NoHeader::Damaged(reason)) => {
                first_damage.get_or_insert(reason);
            }
            Err(NoHeader::Unsupported(reason)) => return Err(reason),
        }
    }
    let Some(standard) = most_frequent(sample.iter().map(|tile| &tile.standard)) else {
        return Err(first_damage.unwrap_or_else(|| "it holds no tiles".into()));
    };
    let alike = sample.iter().filter(|tile| tile.standard == *standard);
    let header = most_frequent(alike.map(|tile| &tile.header)).unwrap_or(standard).clone();
    Ok(KeepableTiles { tiles, header })
}

/// The first of the headers that are there most often.
fn most_frequent<'a>(headers: impl Iterator<Item = &'a TileHeader>) -> Option<&'a TileHeader> {
    let mut votes: Vec<Vote<'a>> = Vec::new();
    for header in headers {
        match votes.iter_mut().find(|vote| vote.header == header) {
            Some(vote) => vote.count += 1,
            None => votes.push(Vote { header, count: 1 }),
        }
    }
    votes.into_iter().rev().max_by_key(|vote| vote.count).map(|vote| vote.header)
}

/// A header, and how many tiles of the sample have it.
struct Vote<'a> {
    header: &'a TileHeader,
    count: u32,
}

/// The headers that a pack could serve a tile of the sample with.
struct SampledHeaders {
    /// The one with the standard Huffman tables.
    standard: TileHeader,
    /// One under which the tile keeps its bytes. Where there is none, the standard one.
    header: TileHeader,
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
    /// The headers for a source tile.
    fn headers(&mut self, at: Point) -> Result<SampledHeaders, NoHeader> {
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

    /// The headers for the JPEG that was read.
    fn parse(&mut self) -> Result<SampledHeaders, CodecError> {
        let facts = read_coefficients(&self.jpeg, max_blocks(self.tiles.side()), &mut self.coefficients)?;
        let frame = self.coefficients.frame();
        let standard = TileHeader::new(&facts.quantisation, frame.subsampling(), frame.colour())?;
        let header = if self.keeps_bytes(&standard, &facts) {
            standard.clone()
        } else {
            self.own_header(&facts).unwrap_or_else(|| standard.clone())
        };
        Ok(SampledHeaders { standard, header })
    }

    /// The tile's own header, if its bytes follow from it: with the Huffman tables that are
    /// optimal for the tile, or with those that it has, unless other tiles could have
    /// coefficients that these have no code for.
    fn own_header(&self, facts: &Facts) -> Option<TileHeader> {
        let optimised = TileHeader::optimised(&self.jpeg).ok();
        if let Some(header) = optimised.filter(|header| self.keeps_bytes(header, facts)) {
            return Some(header);
        }
        let shared = TileHeader::of(&self.jpeg).ok().filter(TileHeader::codes_every_tile);
        shared.filter(|header| self.keeps_bytes(header, facts))
    }

    /// Whether the tile that was read has the same bytes under `header`.
    fn keeps_bytes(&self, header: &TileHeader, facts: &Facts) -> bool {
        header.reproduces(&self.jpeg, facts, &self.coefficients).unwrap_or(false)
    }
}
