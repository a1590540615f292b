//! Changes to bytes, of any format and of JPEGs.

use crate::Random;

/// A mutation of bytes that knows no format: libFuzzer's, which knows what the
/// last executions compared with what.
pub type Bytewise = fn(&mut Vec<u8>);

/// Values at which code makes decisions.
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

/// Changes `bytes` in one to about six places. Parts of `other`, a good input
/// of the same kind, may get into them.
pub fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..1 + random.small(6) {
        change(random, bytes, other);
    }
}

/// A place before `len`: anywhere, or near the beginning, where headers are.
fn place(random: &mut Random, len: usize) -> usize {
    if random.one_in(3) { random.below(len.min(48)) } else { random.below(len) }
}

/// A range of at most `most` bytes.
fn part(random: &mut Random, len: usize, most: usize) -> std::ops::Range<usize> {
    let start = place(random, len);
    start..start + random.small(most.min(len - start) + 1)
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let len = bytes.len();
    if len == 0 {
        return bytes.push(random.byte());
    }
    let at = place(random, len);
    match random.below(14) {
        0..=3 => bytes[at] ^= 1 << random.below(8),
        4 => bytes[at] = random.byte(),
        5 => bytes[at] = *random.choose(&INTERESTING) as u8,
        6 => bytes[at] = bytes[at].wrapping_add(*random.choose(&[1, 2, 8, 254, 255])),
        7 => {
            let value = *random.choose(&INTERESTING);
            let width = (*random.choose(&[2, 4, 8])).min(len - at);
            let both = [value.to_le_bytes(), value.to_be_bytes()];
            let value = if random.one_in(2) { &both[0][..width] } else { &both[1][8 - width..] };
            bytes[at..at + width].copy_from_slice(value);
        }
        8 => bytes.truncate(at),
        9 => {
            let fill = *random.choose(&[None, Some(0), Some(0xff)]);
            let more = 1 + random.small(64);
            bytes.extend((0..more).map(|_| fill.unwrap_or_else(|| random.byte())));
        }
        10 => drop(bytes.drain(part(random, len, 64))),
        11 => {
            let copy = bytes[part(random, len, 64)].to_vec();
            bytes.splice(at..at, copy);
        }
        12 => {
            let (a, b) = (part(random, len, 32), place(random, len));
            let width = a.len().min(len - b);
            (0..width).for_each(|i| bytes.swap(a.start + i, b + i));
        }
        _ if other.is_empty() => {}
        _ if random.one_in(2) => {
            let copy = &other[part(random, other.len(), 256)];
            let end = len.min(at + copy.len());
            bytes.splice(at..end, copy.iter().copied());
        }
        _ => {
            bytes.truncate(at);
            bytes.extend_from_slice(&other[at.min(other.len())..]);
        }
    }
}

/// A marker with its payload, and the entropy-coded bytes that follow.
struct Segment {
    marker: u8,
    payload: Option<Vec<u8>>,
    scan: Vec<u8>,
}

/// Changes a JPEG segment by segment, so that lengths stay right.
pub fn mutate_jpeg(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let (mut segments, others) = (segments(bytes), segments(other));
    for _ in 0..1 + random.small(4) {
        if segments.is_empty() {
            break;
        }
        let (at, to) = (random.below(segments.len()), random.below(segments.len()));
        match random.below(8) {
            0 => drop(segments.remove(at)),
            1 => segments.swap(at, to),
            2 => {
                let Segment { marker, payload, scan } = &segments[at];
                let copy = Segment { marker: *marker, payload: payload.clone(), scan: scan.clone() };
                segments.insert(to, copy);
            }
            3 if !others.is_empty() => {
                let Segment { marker, payload, scan } = random.choose(&others);
                segments[at] = Segment { marker: *marker, payload: payload.clone(), scan: scan.clone() };
            }
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
    bytes.clear();
    for Segment { marker, payload, scan } in segments {
        bytes.extend([0xff, marker]);
        if let Some(payload) = payload {
            // A payload may have grown past what the length can say.
            bytes.extend((payload.len() as u16).wrapping_add(2).to_be_bytes());
            bytes.extend(payload);
        }
        bytes.extend(scan);
    }
}

/// Takes a JPEG apart; what does not begin with a marker has no segments.
fn segments(jpeg: &[u8]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = jpeg;
    while let [0xff, marker, after @ ..] = rest {
        rest = after;
        let lone = matches!(marker, 0xd0..=0xd9);
        let payload = match (lone, rest) {
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
