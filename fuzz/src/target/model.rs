//! ModelTarget, and tiles coded with what became of them.

use super::tile::Coding;
use super::{numbered, setting_of};
use crate::mutation::mutate;
use crate::setting::{TileFixture, settings};
use crate::{Bytewise, Random, Tally, Target};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use origami_codec::exact::{Level, Model, PlaneModel, TileCoder};
use std::io::{Read, Write};

/// The parser of models, levels made of them, and tiles coded with those.
///
/// A model that parses has to come back from its own bytes and, where it is of
/// as many planes as a tile, to code it: the same bytes and the same tile on
/// every instruction set.
pub struct ModelTarget {
    settings: Vec<TileFixture>,
    /// The bodies of their models' bytes.
    bodies: Vec<Vec<u8>>,
    coder: TileCoder,
}

impl ModelTarget {
    /// A target with its good models made.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let settings = settings();
        let bodies = settings.iter().map(|setting| body(&setting.model)).collect();
        Self { settings, bodies, coder: TileCoder::default() }
    }

    /// A model's bytes with this body, changed.
    fn with_body(&self, random: &mut Random, mut body: Vec<u8>) -> Vec<u8> {
        let other: &Vec<u8> = random.choose(&self.bodies);
        mutate(random, &mut body, other);
        packed(&body)
    }

    /// The bytes of this model, changed in a few things.
    fn with_model(&self, random: &mut Random, mut model: Model) -> Vec<u8> {
        let other = &random.choose(&self.settings).model;
        for _ in 0..1 + random.small(5) {
            change(random, &mut model, other);
        }
        packed(&body(&model))
    }
}

impl Target for ModelTarget {
    fn name(&self) -> &'static str {
        "model"
    }

    fn most_memory(&self) -> usize {
        8 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let chosen = random.below(self.settings.len());
        let bytes = match random.below(16) {
            0 => {
                let mut bytes = packed(&self.bodies[chosen]);
                mutate(random, &mut bytes, &[]);
                bytes
            }
            1..=5 => self.with_body(random, self.bodies[chosen].clone()),
            _ => self.with_model(random, Model::clone(&self.settings[chosen].model)),
        };
        numbered(chosen, &bytes)
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let count = self.settings.len();
        let Some((setting, bytes)) = setting_of(input, count) else { return self.input(random) };
        let bytes = match (random.below(8), Model::parse(bytes)) {
            (0, _) => {
                let mut bytes = bytes.to_vec();
                bytewise(&mut bytes);
                bytes
            }
            (1..=3, Ok(model)) => self.with_model(random, model),
            (1..=5, _) => self.with_body(random, unpacked(bytes)),
            _ => {
                let mut body = unpacked(bytes);
                bytewise(&mut body);
                packed(&body)
            }
        };
        numbered(if random.one_in(16) { random.below(count) } else { setting }, &bytes)
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Some((setting, bytes)) = setting_of(input, self.settings.len()) else { return Ok(()) };
        let model = match Model::parse(bytes) {
            Ok(model) => model,
            Err(error) => {
                tally.error(&error);
                return Ok(());
            }
        };
        tally.reach("parsed");
        let planes = model.planes.len();
        model.check(planes).map_err(|error| format!("a parsed model breaks a rule: {error}"))?;
        // Compressing well takes long, so this is done for some.
        if bytes.len().is_multiple_of(32) && Model::parse(&model.to_bytes()).ok().as_ref() != Some(&model) {
            return Err("a model does not come back from its bytes".into());
        }
        let setting = &self.settings[setting];
        let frame = *setting.tile.frame();
        let same = model == *setting.model;
        let level = match Level::new(model, &setting.quantisation, frame.planes()) {
            Ok(level) => level,
            Err(error) if planes == frame.planes() => return Err(format!("no level of it: {error}")),
            Err(error) => {
                tally.error(&error);
                return Ok(());
            }
        };
        tally.reach("a level was made of it");
        let coding = Coding { level: &level, parent: &setting.parent, origin: setting.origin };
        // Bytes of the model that was mutated are good for anything with this one.
        let decoded = coding.decode(&mut self.coder, &setting.bytes, frame, tally)?;
        if same && decoded.is_none() {
            return Err("the same model codes differently".into());
        }
        let fits = self.coder.encode(&level, &setting.parent, setting.origin, &setting.tile, &mut Vec::new());
        if let Err(error) = fits {
            tally.error(&error);
            return Ok(());
        }
        coding.check_again(&mut self.coder, &setting.tile)?;
        tally.reach("a tile came back with it");
        if !same {
            tally.reach("which is another model");
        }
        if let Some(tile) = decoded.filter(|tile| *tile != setting.tile) {
            coding.check_again(&mut self.coder, &tile)?;
            tally.reach("another tile came back with it");
        }
        Ok(())
    }
}

/// Changes one thing about a model, mostly within the rules.
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
    match random.below(9) {
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
        7 => remap(random, plane),
        _ => reweigh(random, plane),
    }
}

/// Gives some contexts other distributions.
fn remap(random: &mut Random, plane: &mut PlaneModel) {
    let count = plane.distributions.len();
    let map = match random.below(4) {
        0 => &mut plane.dc,
        1 => &mut plane.last_high,
        2 => &mut plane.last_low,
        _ => &mut plane.ac,
    };
    // Those of last_low have four symbols, so most others are no choice there.
    let used = map[random.below(map.len())];
    let new = if random.one_in(8) { random.below(count + 2) as u8 } else { used };
    let (start, step) = (random.below(map.len()), 1 + random.small(9));
    map.iter_mut().skip(start).step_by(step).for_each(|to| *to = new);
}

/// Makes some symbols more frequent and others less, down to the rarest.
fn reweigh(random: &mut Random, plane: &mut PlaneModel) {
    let at = random.below(plane.distributions.len());
    let frequencies = &mut plane.distributions[at];
    let symbols = if frequencies[4..] == [0; 12] { 4 } else { 16 };
    for _ in 0..1 + random.small(16) {
        let (from, to) = (random.below(symbols), random.below(symbols));
        let most = usize::from(frequencies[from].saturating_sub(1));
        let moved = if random.one_in(2) { most } else { random.below(most + 1) } as u16;
        frequencies[from] -= moved;
        frequencies[to] += moved;
    }
}

/// The body of a model's bytes, after `crates/codec/EXACT.md`.
fn body(model: &Model) -> Vec<u8> {
    fn put(body: &mut Vec<u8>, numbers: &[u16]) {
        body.extend(numbers.iter().map(|&number| number as u8));
        body.extend(numbers.iter().map(|&number| (number >> 8) as u8));
    }
    let signed = |numbers: &[i16]| -> Vec<u16> { numbers.iter().map(|&number| number as u16).collect() };
    let mut body = vec![model.planes.len() as u8];
    body.extend_from_slice(&model.order);
    for plane in &model.planes {
        body.push(plane.reference.unwrap_or(255));
        put(&mut body, &signed(plane.matrix.as_flattened()));
        put(&mut body, &plane.gains);
        put(&mut body, plane.weights.as_flattened());
        put(&mut body, &signed(&plane.carry));
        body.push((plane.distributions.len() - 1) as u8);
        let by_symbol: Vec<u16> =
            (0..16).flat_map(|symbol| plane.distributions.iter().map(move |d| d[symbol])).collect();
        put(&mut body, &by_symbol);
        [&plane.ac, &plane.dc, &plane.last_high, &plane.last_low]
            .into_iter()
            .for_each(|map| body.extend(map));
    }
    body
}

/// More than the body of any model takes.
const MAX_BODY: u64 = 128 << 10;

/// The body of a model's bytes, as far as they can be read.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let packed = bytes.get(1..).unwrap_or_default();
    // What was read before an error is a body, too.
    let _ = ZlibDecoder::new(packed).take(MAX_BODY).read_to_end(&mut body);
    body
}

/// The bytes of a model with this body.
fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(vec![1], Compression::fast());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("a vector takes all bytes")
}
