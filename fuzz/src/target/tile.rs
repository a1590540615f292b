//! Exact tiles, decoded with good models and parents.

use super::{numbered, setting_of};
use crate::mutation::mutate;
use crate::setting::{TileFixture, settings};
use crate::{Bytewise, Random, Tally, Target};
use origami_codec::exact::{Level, TileCoder};
use origami_codec::{CodecError, Coefficients, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pyramid::simd::{self, Simd};

/// The decoder of exact tiles.
///
/// Whatever decodes has to decode to the same on every instruction set, with a
/// coder of any past, and to come back from its own encoding, as an exact tile
/// and as a scan, and to give the same planes on every instruction set.
pub struct TileTarget {
    settings: Vec<TileFixture>,
    coder: TileCoder,
}

impl TileTarget {
    /// A target with its good tiles made.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        Self { settings: settings(), coder: TileCoder::default() }
    }
}

impl Target for TileTarget {
    fn name(&self) -> &'static str {
        "tile"
    }

    fn most_memory(&self) -> usize {
        8 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let chosen = random.below(self.settings.len());
        let other = &random.choose(&self.settings).bytes;
        let mut bytes = self.settings[chosen].bytes.clone();
        match random.below(16) {
            0 => bytes.clone_from(other),
            1 => {
                bytes.truncate(random.below(4));
                bytes.extend((0..random.small(600)).map(|_| random.byte()));
            }
            2..=4 => {
                // One band as it is, for four bands of which it is one.
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
        numbered(chosen, &bytes)
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let count = self.settings.len();
        let Some((setting, bytes)) = setting_of(input, count) else { return self.input(random) };
        let mut bytes = bytes.to_vec();
        if random.one_in(2) {
            bytewise(&mut bytes);
        } else {
            let other = &random.choose(&self.settings).bytes;
            mutate(random, &mut bytes, other);
        }
        numbered(if random.one_in(16) { random.below(count) } else { setting }, &bytes)
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Some((setting, bytes)) = setting_of(input, self.settings.len()) else { return Ok(()) };
        let setting = &self.settings[setting];
        let coding = Coding { level: &setting.level, parent: &setting.parent, origin: setting.origin };
        let Some(tile) = coding.decode(&mut self.coder, bytes, *setting.tile.frame(), tally)? else {
            return Ok(());
        };
        coding.check_again(&mut self.coder, &tile)?;
        tally.reach("came back from its encoding");
        if tile != setting.tile {
            tally.reach("another tile than the one that was mutated");
        }
        check_planes(&tile, setting)?;
        check_scan(&tile, setting, tally)
    }
}

/// A length before a band.
fn put_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 128 {
        out.push(length as u8 | 128);
        length >>= 7;
    }
    out.push(length as u8);
}

/// What tiles are coded with.
pub(super) struct Coding<'a> {
    pub level: &'a Level,
    pub parent: &'a PaddedPlanes<Vec<u8>>,
    pub origin: (usize, usize),
}

impl Coding<'_> {
    /// Decodes with `coder` and with a new portable one, which have to agree.
    /// `None` where there is no tile.
    pub fn decode(
        &self,
        coder: &mut TileCoder,
        bytes: &[u8],
        frame: Frame,
        tally: &mut Tally,
    ) -> Result<Option<Coefficients>, String> {
        let (found, other) =
            (self.decoded(coder, bytes, frame, -7), self.decoded(&mut portable(), bytes, frame, 0));
        match (found, other) {
            (Ok(found), Ok(other)) if found == other => {
                tally.reach_all(&["its bands are there", "all blocks were decoded", "a good end"]);
                Ok(Some(found))
            }
            (Err(found), Err(other)) if found.to_string() == other.to_string() => {
                let stages: &[&'static str] = match found {
                    CodecError::Tile("a band is cut short") | CodecError::Model { .. } => &[],
                    CodecError::Tile("a coefficient is beyond 16 bits") => &["its bands are there"],
                    _ => &["its bands are there", "all blocks were decoded"],
                };
                tally.reach_all(stages);
                tally.error(&found);
                Ok(None)
            }
            (Ok(_), Ok(_)) => Err("instruction sets decode different tiles".into()),
            (found, other) => {
                Err(format!("instruction sets disagree: {:?} and {:?}", found.err(), other.err()))
            }
        }
    }

    fn decoded(
        &self,
        coder: &mut TileCoder,
        bytes: &[u8],
        frame: Frame,
        before: i16,
    ) -> Result<Coefficients, CodecError> {
        let mut tile = Coefficients::zeros(frame);
        // Whatever the memory held before must not matter.
        tile.blocks_mut().iter_mut().for_each(|block| block.0 = [before; 64]);
        coder.decode(self.level, self.parent, self.origin, bytes, &mut tile).map(|()| tile)
    }

    /// Checks that `tile` has one encoding on all instruction sets, and comes
    /// back from it.
    pub fn check_again(&self, coder: &mut TileCoder, tile: &Coefficients) -> Result<(), String> {
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

fn portable() -> TileCoder {
    TileCoder::with(Simd::Scalar)
}

/// Checks that all instruction sets decode `tile` to the same planes.
fn check_planes(tile: &Coefficients, setting: &TileFixture) -> Result<(), String> {
    let frame = *tile.frame();
    let [one, other] = [simd::get(), Simd::Scalar].map(|simd| {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
        dct::inverse_with(simd, tile, &setting.quantisation, &mut planes);
        planes
    });
    if (0..frame.planes()).any(|plane| one.plane(plane) != other.plane(plane)) {
        return Err("instruction sets decode coefficients to different planes".into());
    }
    Ok(())
}

/// Checks that `tile` comes back from the scan that is served for it, if its
/// coefficients have codes.
fn check_scan(tile: &Coefficients, setting: &TileFixture, tally: &mut Tally) -> Result<(), String> {
    let frame = tile.frame();
    let header = TileHeader::new(&setting.quantisation, frame.subsampling(), frame.colour());
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
