//! Mutations of bytes in any format, and of JPEGs.

use crate::Random;
use std::ops::Range;

/// A mutation of bytes of any format. libFuzzer's takes into account the values
/// that recent executions compared.
pub type Bytewise = fn(&mut Vec<u8>);

/// Values that are often limits in code.
const INTERESTING: [u64; 20] = [
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    63,
    64,
    127,
    128,
    255,
    256,
    4095,
    4096,
    32_767,
    32_768,
    65_535,
    0x7fff_ffff,
    u64::MAX,
];

/// Changes `bytes` in one to about six places. Parts of `other`, a valid input of
/// the same kind, may be copied into them.
pub fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..1 + random.small(6) {
        change(random, bytes, other);
    }
}

/// A position before `len`: anywhere, or near the beginning, where headers are.
fn position(random: &mut Random, len: usize) -> usize {
    if random.one_in(3) { random.below(len.min(48)) } else { random.below(len) }
}

/// A range of at most `max_len` of `len` bytes.
fn range(random: &mut Random, len: usize, max_len: usize) -> Range<usize> {
    let start = position(random, len);
    start..start + random.small(max_len.min(len - start) + 1)
}

/// Changes `bytes` in one place.
fn change(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let len = bytes.len();
    if len == 0 {
        return bytes.push(random.byte());
    }
    let at = position(random, len);
    match random.below(14) {
        0..=3 => bytes[at] ^= 1 << random.below(8),
        4 => bytes[at] = random.byte(),
        5 => bytes[at] = *random.choose(&INTERESTING) as u8,
        6 => bytes[at] = bytes[at].wrapping_add(*random.choose(&[1, 2, 8, 254, 255])),
        7 => write_number(random, &mut bytes[at..]),
        8 => bytes.truncate(at),
        9 => {
            let fill = *random.choose(&[None, Some(0), Some(0xff)]);
            let more = 1 + random.small(64);
            bytes.extend((0..more).map(|_| fill.unwrap_or_else(|| random.byte())));
        }
        10 => drop(bytes.drain(range(random, len, 64))),
        11 => {
            let copy = bytes[range(random, len, 64)].to_vec();
            bytes.splice(at..at, copy);
        }
        12 => {
            let (from, to) = (range(random, len, 32), position(random, len));
            let width = from.len().min(len - to);
            (0..width).for_each(|i| bytes.swap(from.start + i, to + i));
        }
        _ if other.is_empty() => {}
        _ if random.one_in(2) => {
            let copy = &other[range(random, other.len(), 256)];
            let end = len.min(at + copy.len());
            bytes.splice(at..end, copy.iter().copied());
        }
        _ => {
            bytes.truncate(at);
            bytes.extend_from_slice(&other[at.min(other.len())..]);
        }
    }
}

/// Writes an interesting number at the beginning of `bytes`.
fn write_number(random: &mut Random, bytes: &mut [u8]) {
    let value = *random.choose(&INTERESTING);
    let width = (*random.choose(&[2, 4, 8])).min(bytes.len());
    if random.one_in(2) {
        bytes[..width].copy_from_slice(&value.to_le_bytes()[..width]);
    } else {
        bytes[..width].copy_from_slice(&value.to_be_bytes()[8 - width..]);
    }
}

/// A marker with its payload, and the entropy-coded bytes that follow.
#[derive(Clone)]
struct Segment {
    marker: u8,
    payload: Option<Vec<u8>>,
    scan: Vec<u8>,
}

/// Mutates a JPEG segment by segment, so that the segments' lengths stay correct.
/// Segments of `other` may be copied into it.
pub fn mutate_jpeg(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let (mut segments, others) = (segments(bytes), segments(other));
    for _ in 0..1 + random.small(4) {
        if segments.is_empty() {
            break;
        }
        change_segments(random, &mut segments, &others);
    }
    bytes.clear();
    for Segment { marker, payload, scan } in segments {
        bytes.extend([0xff, marker]);
        if let Some(payload) = payload {
            // The length of a payload that has grown too much wraps.
            bytes.extend((payload.len() as u16).wrapping_add(2).to_be_bytes());
            bytes.extend(payload);
        }
        bytes.extend(scan);
    }
}

/// Changes one of the segments or their order. There must be at least one.
fn change_segments(random: &mut Random, segments: &mut Vec<Segment>, others: &[Segment]) {
    let (at, to) = (random.below(segments.len()), random.below(segments.len()));
    match random.below(8) {
        0 => drop(segments.remove(at)),
        1 => segments.swap(at, to),
        2 => {
            let copy = segments[at].clone();
            segments.insert(to, copy);
        }
        3 if !others.is_empty() => segments[at] = random.choose(others).clone(),
        4 => {
            segments[at].marker = *random.choose(&[0xc0, 0xc1, 0xc2, 0xc4, 0xda, 0xdb, 0xdd, 0xe0, 0xee]);
        }
        5 => {
            let interval = random.small(20) as u8;
            segments.insert(at, Segment { marker: 0xdd, payload: Some(vec![0, interval]), scan: vec![] });
        }
        6 if !segments[at].scan.is_empty() => mutate(random, &mut segments[at].scan, &[]),
        _ => {
            if let Some(payload) = &mut segments[at].payload {
                mutate(random, payload, &[]);
            }
        }
    }
}

/// Splits a JPEG into segments. Bytes that do not begin with a marker have none.
fn segments(jpeg: &[u8]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = jpeg;
    while let [0xff, marker, after @ ..] = rest {
        rest = after;
        let standalone = matches!(marker, 0xd0..=0xd9);
        let payload = match (standalone, rest) {
            (false, [high, low, after @ ..]) => {
                let len = usize::from(u16::from_be_bytes([*high, *low])).saturating_sub(2).min(after.len());
                rest = &after[len..];
                Some(after[..len].to_vec())
            }
            _ => None,
        };
        let end = rest.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0).unwrap_or(rest.len());
        segments.push(Segment { marker: *marker, payload, scan: rest[..end].to_vec() });
        rest = &rest[end..];
    }
    segments
}
