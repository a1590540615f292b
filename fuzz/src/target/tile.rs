//! The target for exact tiles, which are decoded with valid models and parents.

use super::FixtureInput;
use crate::fixture::{TileFixture, tile_fixtures};
use crate::mutation::mutate;
use crate::{Bytewise, Random, Tally, Target};
use origami_codec::exact::{Level, TileCoder};
use origami_codec::{CodecError, Coefficients, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pyramid::simd::{self, Simd};

/// The decoder of exact tiles.
///
/// An input that can be decoded has to decode to the same tile on every
/// instruction set, whatever the coder decoded before. The tile has to round-trip
/// through its encoding, as an exact tile and as a scan, and to decode to the same
/// planes on every instruction set.
pub struct TileTarget {
    fixtures: Vec<TileFixture>,
    coder: TileCoder,
}

impl TileTarget {
    /// Creates the target and its valid tiles.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        Self { fixtures: tile_fixtures(), coder: TileCoder::default() }
    }
}

impl Target for TileTarget {
    fn name(&self) -> &'static str {
        "tile"
    }

    fn max_memory(&self) -> usize {
        8 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let number = random.below(self.fixtures.len());
        let other = &random.choose(&self.fixtures).bytes;
        let mut bytes = self.fixtures[number].bytes.clone();
        match random.below(16) {
            0 => bytes.clone_from(other),
            1 => {
                bytes.truncate(random.below(4));
                bytes.extend((0..random.small(600)).map(|_| random.byte()));
            }
            2..=4 => {
                // The bytes of a single band are split into four bands.
                let lengths = [0; 3].map(|_| random.small(bytes.len() + 1));
                if let [0, band @ ..] = &bytes[..] {
                    let mut banded = Vec::new();
                    lengths.into_iter().for_each(|length| put_length(length, &mut banded));
                    banded.extend_from_slice(band);
                    bytes = banded;
                }
            }
            _ => mutate(random, &mut bytes, other),
        }
        FixtureInput { number, bytes: &bytes }.to_vec()
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let count = self.fixtures.len();
        let Some(input) = FixtureInput::parse(input, count) else { return self.input(random) };
        let mut bytes = input.bytes.to_vec();
        if random.one_in(2) {
            bytewise(&mut bytes);
        } else {
            let other = &random.choose(&self.fixtures).bytes;
            mutate(random, &mut bytes, other);
        }
        let number = if random.one_in(16) { random.below(count) } else { input.number };
        FixtureInput { number, bytes: &bytes }.to_vec()
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Some(input) = FixtureInput::parse(input, self.fixtures.len()) else { return Ok(()) };
        let fixture = &self.fixtures[input.number];
        let coding = Coding { level: &fixture.level, parent: &fixture.parent, origin: fixture.origin };
        let Some(tile) = coding.decode(&mut self.coder, input.bytes, *fixture.tile.frame(), tally)? else {
            return Ok(());
        };
        coding.check_round_trip(&mut self.coder, &tile)?;
        tally.reach("came back from its encoding");
        if tile != fixture.tile {
            tally.reach("another tile than the one that was mutated");
        }
        check_planes(&tile, fixture)?;
        check_scan(&tile, fixture, tally)
    }
}

/// Appends the length of a band, following `crates/codec/EXACT.md`.
fn put_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 128 {
        out.push(length as u8 | 128);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Codes tiles with a level and a parent.
pub(super) struct Coding<'a> {
    pub level: &'a Level,
    pub parent: &'a PaddedPlanes<Vec<u8>>,
    /// Where the tile begins in the parent, `(x, y)` in luma samples.
    pub origin: (usize, usize),
}

impl Coding<'_> {
    /// Decodes with `coder` and with a new portable coder, which have to agree.
    /// `None` if the bytes are refused.
    pub fn decode(
        &self,
        coder: &mut TileCoder,
        bytes: &[u8],
        frame: Frame,
        tally: &mut Tally,
    ) -> Result<Option<Coefficients>, String> {
        let one = self.decode_into(coder, bytes, frame, -7);
        let other = self.decode_into(&mut portable(), bytes, frame, 0);
        match (one, other) {
            (Ok(tile), Ok(other)) if tile == other => {
                tally.reach_all(&["its bands are there", "all blocks were decoded", "a good end"]);
                Ok(Some(tile))
            }
            (Err(error), Err(other)) if error.to_string() == other.to_string() => {
                let stages: &[&'static str] = match error {
                    CodecError::Tile("a band is cut short") | CodecError::Model { .. } => &[],
                    CodecError::Tile("a coefficient is beyond 16 bits") => &["its bands are there"],
                    _ => &["its bands are there", "all blocks were decoded"],
                };
                tally.reach_all(stages);
                tally.error(&error);
                Ok(None)
            }
            (Ok(_), Ok(_)) => Err("instruction sets decode different tiles".into()),
            (one, other) => Err(format!("instruction sets disagree: {:?} and {:?}", one.err(), other.err())),
        }
    }

    /// Decodes into memory whose coefficients are all `previous`, which must not
    /// matter.
    fn decode_into(
        &self,
        coder: &mut TileCoder,
        bytes: &[u8],
        frame: Frame,
        previous: i16,
    ) -> Result<Coefficients, CodecError> {
        let mut tile = Coefficients::zeros(frame);
        tile.blocks_mut().iter_mut().for_each(|block| block.0 = [previous; 64]);
        coder.decode(self.level, self.parent, self.origin, bytes, &mut tile).map(|()| tile)
    }

    /// Checks that all instruction sets encode `tile` to the same bytes and that
    /// these decode to `tile`.
    pub fn check_round_trip(&self, coder: &mut TileCoder, tile: &Coefficients) -> Result<(), String> {
        let (mut bytes, mut other) = (Vec::new(), Vec::new());
        for (coder, bytes) in [(&mut *coder, &mut bytes), (&mut portable(), &mut other)] {
            coder
                .encode(self.level, self.parent, self.origin, tile, bytes)
                .map_err(|error| format!("a decoded tile cannot be coded: {error}"))?;
        }
        if bytes != other {
            return Err("instruction sets encode a tile differently".into());
        }
        match self.decode(coder, &bytes, *tile.frame(), &mut Tally::default())? {
            Some(again) if again == *tile => Ok(()),
            Some(_) => Err("a tile comes back from its encoding as another".into()),
            None => Err("a tile does not come back from its encoding".into()),
        }
    }
}

/// A coder without wide vectors.
fn portable() -> TileCoder {
    TileCoder::with(Simd::Scalar)
}

/// Checks that all instruction sets decode `tile` to the same planes.
fn check_planes(tile: &Coefficients, fixture: &TileFixture) -> Result<(), String> {
    let frame = *tile.frame();
    let [one, other] = [simd::get(), Simd::Scalar].map(|simd| {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
        dct::inverse_with(simd, tile, &fixture.quantisation, &mut planes);
        planes
    });
    if (0..frame.planes()).any(|plane| one.plane(plane) != other.plane(plane)) {
        return Err("instruction sets decode coefficients to different planes".into());
    }
    Ok(())
}

/// Checks that the scan that is served for `tile` decodes to it, if its
/// coefficients have codes.
fn check_scan(tile: &Coefficients, fixture: &TileFixture, tally: &mut Tally) -> Result<(), String> {
    let frame = tile.frame();
    let header = TileHeader::new(&fixture.quantisation, frame.subsampling(), frame.colour());
    let header = header.expect("tables of a quality");
    let mut scan = vec![0; header.scan_bound(frame)];
    let len = match header.write_scan(tile, &mut scan) {
        Ok(len) => len,
        Err(CodecError::NoCode { .. }) => return Ok(()),
        Err(error) => return Err(format!("a tile's scan cannot be written: {error}")),
    };
    let mut again = Coefficients::zeros(*frame);
    header.read_scan(&scan[..len], &mut again).map_err(|error| format!("its scan is refused: {error}"))?;
    if again != *tile {
        return Err("a tile's scan holds another tile".into());
    }
    tally.reach("served as a scan and read again");
    Ok(())
}
