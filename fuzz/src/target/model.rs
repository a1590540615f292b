//! The target for models, and for tiles that are coded with mutated models.

use super::FixtureInput;
use super::tile::Coding;
use crate::fixture::{TileFixture, tile_fixtures};
use crate::mutation::mutate;
use crate::{Bytewise, Random, Tally, Target};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use origami_codec::exact::{Level, Model, PlaneModel, TileCoder};
use std::io::{Read, Write};

/// The parser of models, their levels, and the coder with these.
///
/// A model that is parsed has to round-trip through its bytes. If it has as many
/// planes as a tile, it has to code the tile to the same bytes, and these to the
/// same tile, on every instruction set.
pub struct ModelTarget {
    fixtures: Vec<TileFixture>,
    /// The bodies of the bytes of the fixtures' models.
    bodies: Vec<Vec<u8>>,
    coder: TileCoder,
}

impl ModelTarget {
    /// Creates the target and its valid models.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let fixtures = tile_fixtures();
        let bodies = fixtures.iter().map(|fixture| body(&fixture.model)).collect();
        Self { fixtures, bodies, coder: TileCoder::default() }
    }

    /// The bytes of a model with this body, mutated.
    fn mutate_body(&self, random: &mut Random, mut body: Vec<u8>) -> Vec<u8> {
        let other: &Vec<u8> = random.choose(&self.bodies);
        mutate(random, &mut body, other);
        compress(&body)
    }

    /// The bytes of this model with some of its numbers changed.
    fn mutate_model(&self, random: &mut Random, mut model: Model) -> Vec<u8> {
        let other = &random.choose(&self.fixtures).model;
        for _ in 0..1 + random.small(5) {
            change(random, &mut model, other);
        }
        compress(&body(&model))
    }
}

impl Target for ModelTarget {
    fn name(&self) -> &'static str {
        "model"
    }

    fn max_memory(&self) -> usize {
        8 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let number = random.below(self.fixtures.len());
        let bytes = match random.below(16) {
            0 => {
                let mut bytes = compress(&self.bodies[number]);
                mutate(random, &mut bytes, &[]);
                bytes
            }
            1..=5 => self.mutate_body(random, self.bodies[number].clone()),
            _ => self.mutate_model(random, Model::clone(&self.fixtures[number].model)),
        };
        FixtureInput { number, bytes: &bytes }.to_vec()
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let count = self.fixtures.len();
        let Some(input) = FixtureInput::parse(input, count) else { return self.input(random) };
        let bytes = match (random.below(8), Model::parse(input.bytes)) {
            (0, _) => {
                let mut bytes = input.bytes.to_vec();
                bytewise(&mut bytes);
                bytes
            }
            (1..=3, Ok(model)) => self.mutate_model(random, model),
            (1..=5, _) => self.mutate_body(random, decompress(input.bytes)),
            _ => {
                let mut body = decompress(input.bytes);
                bytewise(&mut body);
                compress(&body)
            }
        };
        let number = if random.one_in(16) { random.below(count) } else { input.number };
        FixtureInput { number, bytes: &bytes }.to_vec()
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Some(input) = FixtureInput::parse(input, self.fixtures.len()) else { return Ok(()) };
        let model = match Model::parse(input.bytes) {
            Ok(model) => model,
            Err(error) => {
                tally.error(&error);
                return Ok(());
            }
        };
        tally.reach("parsed");
        check_model(&model, input.bytes)?;
        let fixture = &self.fixtures[input.number];
        let planes = model.planes.len();
        let is_original = model == *fixture.model;
        let level = match Level::new(model, &fixture.quantisation, fixture.tile.frame().planes()) {
            Ok(level) => level,
            Err(error) if planes == fixture.tile.frame().planes() => {
                return Err(format!("no level of it: {error}"));
            }
            Err(error) => {
                tally.error(&error);
                return Ok(());
            }
        };
        tally.reach("a level was made of it");
        check_coding(&mut self.coder, &level, is_original, fixture, tally)
    }
}

/// Checks a model that was parsed from `bytes`.
fn check_model(model: &Model, bytes: &[u8]) -> Result<(), String> {
    model.check(model.planes.len()).map_err(|error| format!("a parsed model breaks a rule: {error}"))?;
    // Compressing well takes long, so this is done for a part of the inputs.
    if bytes.len().is_multiple_of(32) && Model::parse(&model.to_bytes()).ok().as_ref() != Some(model) {
        return Err("a model does not come back from its bytes".into());
    }
    Ok(())
}

/// Checks that the tile of `fixture` can be coded with `level`. `is_original` says
/// whether the model of the level is that of the fixture.
fn check_coding(
    coder: &mut TileCoder,
    level: &Level,
    is_original: bool,
    fixture: &TileFixture,
    tally: &mut Tally,
) -> Result<(), String> {
    let coding = Coding { level, parent: &fixture.parent, origin: fixture.origin };
    // With another model, the bytes of the fixture may decode to anything.
    let decoded = coding.decode(coder, &fixture.bytes, *fixture.tile.frame(), tally)?;
    if is_original && decoded.is_none() {
        return Err("the same model codes differently".into());
    }
    let encoded = coder.encode(level, &fixture.parent, fixture.origin, &fixture.tile, &mut Vec::new());
    if let Err(error) = encoded {
        tally.error(&error);
        return Ok(());
    }
    coding.check_round_trip(coder, &fixture.tile)?;
    tally.reach("a tile came back with it");
    if !is_original {
        tally.reach("which is another model");
    }
    if let Some(tile) = decoded.filter(|tile| *tile != fixture.tile) {
        coding.check_round_trip(coder, &tile)?;
        tally.reach("another tile came back with it");
    }
    Ok(())
}

/// Changes one part of a model, mostly within the rules.
fn change(random: &mut Random, model: &mut Model, other: &Model) {
    let number = random.below(model.planes.len());
    if random.one_in(12) {
        let (a, b) = (random.below(model.order.len()), random.below(model.order.len()));
        return model.order.swap(a, b);
    }
    if random.one_in(12) {
        model.planes[number] = random.choose(&other.planes).clone();
        return;
    }
    let plane = &mut model.planes[number];
    let k = random.below(64);
    match random.below(10) {
        0 => plane.matrix[random.below(8)][random.below(4)] = random.number() as i16 >> random.below(14),
        1 => plane.matrix = [[*random.choose(&[-16_383, 16_383, 0]); 4]; 8],
        2 => plane.gains[k] = random.below(22_950) as u16,
        3 => plane.gains = [*random.choose(&[0, 1, 22_938]); 64],
        4 => {
            let max = *random.choose(&[520, 1_040, 257, 65_535]);
            plane.weights[random.below(6)] = [random.below(max + 2) as u16; 64];
        }
        5 => plane.reference = *random.choose(&[None, Some(0), Some(1), Some(2)]),
        6 if plane.reference.is_some() => {
            let any = [random.number() as i16, i16::MIN, i16::MAX, 16_384];
            plane.carry = [*random.choose(&any); 64];
        }
        7 => plane.dc_weights[random.below(4)] = *random.choose(&[-257, -256, 0, 100, 256, 257]),
        8 => remap(random, plane),
        _ => reweigh(random, plane),
    }
}

/// Assigns other distributions to some contexts.
fn remap(random: &mut Random, plane: &mut PlaneModel) {
    let count = plane.distributions.len();
    let map = match random.below(5) {
        0 => &mut plane.dc,
        1 => &mut plane.last_high,
        2 => &mut plane.last_low,
        3 => &mut plane.runs,
        _ => &mut plane.ac,
    };
    // The contexts of last_low need distributions of four symbols, which few have.
    let used = map[random.below(map.len())];
    let new = if random.one_in(8) { random.below(count + 2) as u8 } else { used };
    let (start, step) = (random.below(map.len()), 1 + random.small(9));
    map.iter_mut().skip(start).step_by(step).for_each(|to| *to = new);
}

/// Makes some symbols more and others less frequent, down to the lowest frequency.
fn reweigh(random: &mut Random, plane: &mut PlaneModel) {
    let at = random.below(plane.distributions.len());
    let frequencies = &mut plane.distributions[at];
    let symbols = if frequencies[4..] == [0; 12] { 4 } else { 16 };
    for _ in 0..1 + random.small(16) {
        let (from, to) = (random.below(symbols), random.below(symbols));
        let max = usize::from(frequencies[from].saturating_sub(1));
        let moved = if random.one_in(2) { max } else { random.below(max + 1) } as u16;
        frequencies[from] -= moved;
        frequencies[to] += moved;
    }
}

/// The body of a model's bytes, following `crates/codec/EXACT.md`.
fn body(model: &Model) -> Vec<u8> {
    let mut body = vec![model.planes.len() as u8];
    body.extend_from_slice(&model.order);
    for plane in &model.planes {
        body.push(plane.reference.unwrap_or(255));
        put_signed(&mut body, plane.matrix.as_flattened());
        put(&mut body, &plane.gains);
        put(&mut body, plane.weights.as_flattened());
        put_signed(&mut body, &plane.carry);
        put_signed(&mut body, &plane.dc_weights);
        body.push((plane.distributions.len() - 1) as u8);
        let by_symbol: Vec<u16> =
            (0..16).flat_map(|symbol| plane.distributions.iter().map(move |d| d[symbol])).collect();
        put(&mut body, &by_symbol);
        [&plane.ac, &plane.dc, &plane.last_high, &plane.last_low, &plane.runs]
            .into_iter()
            .for_each(|map| body.extend(map));
    }
    body
}

/// Appends a list of 16-bit numbers.
fn put(body: &mut Vec<u8>, numbers: &[u16]) {
    body.extend(numbers.iter().map(|&number| number as u8));
    body.extend(numbers.iter().map(|&number| (number >> 8) as u8));
}

fn put_signed(body: &mut Vec<u8>, numbers: &[i16]) {
    let numbers: Vec<u16> = numbers.iter().map(|&number| number as u16).collect();
    put(body, &numbers);
}

/// More bytes than the body of any model has.
const MAX_BODY: u64 = 128 << 10;

/// The body of a model's bytes, as far as it can be read.
fn decompress(bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let stream = bytes.get(1..).unwrap_or_default();
    // After an error, the part that was read before is the body.
    let _ = ZlibDecoder::new(stream).take(MAX_BODY).read_to_end(&mut body);
    body
}

/// The bytes of a model with this body.
fn compress(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(vec![2], Compression::fast());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("a vector takes all bytes")
}
