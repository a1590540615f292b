//! Ways in which files get damaged, by accident and on purpose.

use crate::random::Random;
use std::ops::Range;

/// Length of a file's start and end, where headers and directories are.
const EDGE: usize = 600;
/// Most places in which a file is changed.
const MAX_PLACES: usize = 4;
/// Numbers that are limits somewhere.
const EXTREMES: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

/// A change of a file in one place.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Some bits are inverted.
    Bits,
    /// A byte is another one.
    Byte,
    /// The file ends early.
    Truncated,
    /// The file begins with the header of another one.
    OtherHeader,
    /// A part of another file is in the middle of this one.
    Spliced,
    /// A part of the file is in another place as well.
    Repeated,
    /// A part is missing.
    CutOut,
    /// A range has one value: zeros, or ones.
    Filled(u8),
    /// A number of two, four or eight bytes is an extreme one.
    Number,
    /// Two numbers of the same length have changed places.
    Swapped,
}

/// All of them; numbers more often, since the other ones rarely get past a checksum.
const DAMAGES: [Damage; 14] = [
    Damage::Bits,
    Damage::Bits,
    Damage::Byte,
    Damage::Truncated,
    Damage::OtherHeader,
    Damage::Spliced,
    Damage::Repeated,
    Damage::CutOut,
    Damage::Filled(0),
    Damage::Filled(0xff),
    Damage::Number,
    Damage::Number,
    Damage::Number,
    Damage::Swapped,
];

/// Damages `bytes` in some places. `other` is a file of perhaps another kind.
pub fn damage(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(MAX_PLACES) {
        if bytes.is_empty() {
            return;
        }
        random.one_of(&DAMAGES).apply(random, bytes, other);
    }
}

impl Damage {
    fn apply(self, random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = place(random, bytes);
        match self {
            Self::Bits => {
                for _ in 0..=random.below(8) {
                    let at = place(random, bytes);
                    bytes[at] ^= 1 << random.below(8);
                }
            }
            Self::Byte => bytes[at] = random.number() as u8,
            Self::Truncated => bytes.truncate(at),
            Self::OtherHeader => copy(&other[..other.len().min(1 + random.below(EDGE))], bytes, 0),
            Self::Spliced => copy(&other[part(random, other.len())], bytes, at),
            Self::Repeated => {
                let piece = bytes[part(random, bytes.len())].to_vec();
                copy(&piece, bytes, at);
            }
            Self::CutOut => drop(bytes.drain(part(random, bytes.len()))),
            Self::Filled(value) => {
                let range = part(random, bytes.len());
                bytes[range].fill(value);
            }
            Self::Number => number(random, bytes, at),
            Self::Swapped => swap(random, bytes, at),
        }
    }
}

/// A position in a file that is not empty: at its start, its end, in the first directory of a
/// TIFF, or anywhere.
fn place(random: &mut Random, bytes: &[u8]) -> usize {
    let len = bytes.len();
    let start = match random.below(4) {
        0 => 0,
        1 => len.saturating_sub(EDGE),
        2 => directory(bytes),
        _ => return random.below(len),
    };
    random.within(start..len.min(start + EDGE))
}

/// Where the first directory of a TIFF is; 0 in other files.
fn directory(bytes: &[u8]) -> usize {
    let offset = match bytes {
        [b'I', b'I', 42, 0, rest @ ..] => {
            rest.first_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)))
        }
        [b'M', b'M', 0, 42, rest @ ..] => {
            rest.first_chunk().map(|bytes| u64::from(u32::from_be_bytes(*bytes)))
        }
        [b'I', b'I', 43, 0, _, _, _, _, rest @ ..] => {
            rest.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
        }
        [b'M', b'M', 0, 43, _, _, _, _, rest @ ..] => {
            rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
        }
        _ => None,
    };
    offset.and_then(|offset| usize::try_from(offset).ok()).filter(|&offset| offset < bytes.len()).unwrap_or(0)
}

/// A range of bytes, short or long, of a file of this length.
fn part(random: &mut Random, len: usize) -> Range<usize> {
    if len == 0 {
        return 0..0;
    }
    let start = random.below(len);
    let longest = *random.one_of(&[4, 64, 1024, 65_536]);
    start..len.min(start + 1 + random.below(longest))
}

/// Overwrites `bytes` from `at` on, as far as they go.
fn copy(from: &[u8], bytes: &mut [u8], at: usize) {
    let len = from.len().min(bytes.len() - at);
    bytes[at..at + len].copy_from_slice(&from[..len]);
}

/// Writes an extreme number, or one near the length of the file.
fn number(random: &mut Random, bytes: &mut [u8], at: usize) {
    let near = (bytes.len() as u64).wrapping_add(random.number() % 5).wrapping_sub(2);
    let value = if random.below(4) == 0 { near } else { *random.one_of(&EXTREMES) };
    let width = *random.one_of(&[2, 4, 8]);
    // Numbers are at even places in most formats.
    let at = at & !1;
    let little = value.to_le_bytes();
    let mut number = little[..width].to_vec();
    if random.below(2) == 0 {
        number.reverse();
    }
    copy(&number, bytes, at);
}

fn swap(random: &mut Random, bytes: &mut [u8], at: usize) {
    let width = *random.one_of(&[2, 4, 8]);
    let (a, b) = (at & !1, place(random, bytes) & !1);
    if a.abs_diff(b) >= width && a.max(b) + width <= bytes.len() {
        let (first, second) = bytes.split_at_mut(a.max(b));
        first[a.min(b)..][..width].swap_with_slice(&mut second[..width]);
    }
}
