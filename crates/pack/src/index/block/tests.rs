use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// `n` to the base 128, the lowest digit first.
fn number(n: i128) -> Vec<u8> {
    let (digit, rest) = ((n % 128) as u8, n / 128);
    if rest == 0 { vec![digit] } else { [vec![128 + digit], number(rest)].concat() }
}

/// The same for the place of `v` among 0, -1, 1, -2, 2, and so on.
fn signed(v: i128) -> Vec<u8> {
    number(if v < 0 { -2 * v - 1 } else { 2 * v })
}

/// The bytes of an entry, as the tables of `FORMAT.md` have them. A blob would begin at
/// `expected` if the entry gave no distance.
fn slow_entry(entry: Entry, planes: usize, expected: u64) -> Vec<u8> {
    match entry {
        Entry::Blob { offset, len, crc, identity, model } => {
            let distance = i128::from(offset) - i128::from(expected);
            let numbers = match (identity, model, distance) {
                (Identity::Bytes, ModelChoice::First, 0) => number(4 * i128::from(len)),
                (Identity::Bytes, ModelChoice::First, _) => {
                    [number(4 * i128::from(len) + 1), signed(distance)].concat()
                }
                _ => {
                    let mut flags = match identity {
                        Identity::Bytes => 0,
                        Identity::Coefficients => 1,
                        Identity::Verbatim => 2,
                    };
                    flags += if model == ModelChoice::Second { 4 } else { 0 };
                    flags += if distance != 0 { 8 } else { 0 };
                    let head = number(4 * (16 * i128::from(len) + flags) + 2);
                    if distance == 0 { head } else { [head, signed(distance)].concat() }
                }
            };
            [&numbers[..], &crc.to_le_bytes()].concat()
        }
        Entry::Blank { colour } => [&[3], &colour[..]].concat(),
        Entry::Empty => vec![7],
        Entry::Constant { dc } => {
            [vec![11], dc[..planes].iter().flat_map(|&dc| signed(dc.into())).collect()].concat()
        }
    }
}

/// The bytes of a block and the offset of its first blob.
fn slow_block(entries: &[Entry], planes: usize) -> (Vec<u8>, u64) {
    let (mut bytes, mut first, mut end) = (Vec::new(), 0, None);
    for &entry in entries {
        if let Entry::Blob { offset, len, .. } = entry {
            first = if end.is_none() { offset } else { first };
            bytes.extend(slow_entry(entry, planes, end.unwrap_or(offset)));
            end = Some(offset + u64::from(len));
        } else {
            bytes.extend(slow_entry(entry, planes, 0));
        }
    }
    (bytes, first)
}

fn encoded(entries: &[Entry], planes: usize) -> (Vec<u8>, u64) {
    let mut bytes = Vec::new();
    let first = encode(entries, planes, &mut bytes);
    (bytes, first)
}

fn decoded(bytes: &[u8], first: u64, count: usize, planes: usize) -> Result<Vec<Entry>, BlockError> {
    let mut entries = vec![Entry::Empty];
    decode(bytes, first, count, planes, &mut entries).map(|()| entries)
}

/// An entry of any kind. Half of the blobs begin where the one before them ends, once
/// [`contiguous`] has moved them there.
fn any_entry(planes: usize) -> impl Strategy<Value = Entry> {
    let max = MAX_BLOB as u32;
    let len = prop_oneof![1..=300u32, 1..=max, Just(max)];
    let offset = prop_oneof![2 => Just(0), 1 => 0..1u64 << 20, 1 => 0..(1u64 << 48) - (1 << 25)];
    let sorts = prop::sample::select(vec![
        (Identity::Bytes, ModelChoice::First),
        (Identity::Bytes, ModelChoice::Second),
        (Identity::Coefficients, ModelChoice::First),
        (Identity::Coefficients, ModelChoice::Second),
        (Identity::Verbatim, ModelChoice::First),
    ]);
    let blob = (offset, len, any::<u32>(), sorts)
        .prop_map(|(offset, len, crc, (identity, model))| Entry::Blob { offset, len, crc, identity, model });
    let constant = any::<[i16; 3]>().prop_map(move |mut dc| {
        dc[planes..].fill(0);
        Entry::Constant { dc }
    });
    let blank = any::<[u8; 3]>().prop_map(|colour| Entry::Blank { colour });
    prop_oneof![4 => blob, 1 => constant, 1 => blank, 1 => Just(Entry::Empty)]
}

/// The same entries, with each blob at offset 0 moved behind the one before it.
fn contiguous(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut end = 128;
    for entry in &mut entries {
        if let Entry::Blob { offset, len, .. } = entry {
            *offset = if *offset == 0 { end } else { *offset };
            end = *offset + u64::from(*len);
        }
    }
    entries
}

fn any_block() -> impl Strategy<Value = (Vec<Entry>, usize)> {
    prop::sample::select(vec![1usize, 3])
        .prop_flat_map(|planes| (vec(any_entry(planes), 1..40).prop_map(contiguous), Just(planes)))
}

proptest! {
    #[test]
    fn a_block_has_the_bytes_of_the_format_and_comes_back_from_them((entries, planes) in any_block()) {
        let (bytes, first) = encoded(&entries, planes);
        prop_assert_eq!((bytes.clone(), first), slow_block(&entries, planes));
        prop_assert!(bytes.len() <= entries.len() * MAX_ENTRY_LEN as usize);
        prop_assert_eq!(decoded(&bytes, first, entries.len(), planes), Ok(entries));
    }

    #[test]
    fn a_block_that_is_cut_or_extended_is_refused((entries, planes) in any_block(), more: u8) {
        let (mut bytes, first) = encoded(&entries, planes);
        for len in 0..bytes.len() {
            prop_assert!(decoded(&bytes[..len], first, entries.len(), planes).is_err(), "cut to {len}");
        }
        bytes.push(more);
        let error = decoded(&bytes, first, entries.len(), planes).unwrap_err();
        prop_assert_eq!(error.what, "bytes after the last entry of its block");
        prop_assert_eq!((error.entry, error.at), (entries.len(), bytes.len() - 1));
    }

    #[test]
    fn bytes_that_are_a_block_are_those_that_would_be_written(
        (entries, planes) in any_block(),
        pokes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        noise in vec(prop_oneof![0..16u8, any::<u8>()], 0..60),
        first in prop_oneof![Just(None), Just(Some(0)), any::<u64>().prop_map(|n| Some(n >> 16))],
    ) {
        let (mut bytes, own_first) = encoded(&entries, planes);
        pokes.into_iter().for_each(|(at, value)| { let at = at.index(bytes.len()); bytes[at] = value; });
        let first = first.unwrap_or(own_first);
        for bytes in [bytes, noise] {
            for count in [1, 5, entries.len()] {
                let Ok(read) = decoded(&bytes, first, count, planes) else { continue };
                prop_assert_eq!(read.len(), count);
                prop_assert_eq!(encoded(&read, planes), (bytes.clone(), first));
            }
        }
    }
}

/// A blob of one byte at the first offset, without its checksum.
const BLOB: [u8; 1] = [1 << 2];
const CRC: [u8; 4] = [1, 2, 3, 4];

#[test]
fn each_way_to_break_a_block_is_named() {
    let blob = [&BLOB[..], &CRC].concat();
    let behind = |bytes: &[u8]| [&blob[..], bytes].concat();
    let far = |v: i128| [&[1 << 2 | 1][..], &signed(v), &CRC].concat();
    for (bytes, count, expected) in [
        (vec![], 1, "number that runs past its block"),
        (vec![0x84], 1, "number that runs past its block"),
        (vec![0x84, 0], 1, "number with needless bytes"),
        (vec![0xff; 6], 1, "number of too many bytes"),
        (BLOB.to_vec(), 1, "entry that runs past its block"),
        (blob[..4].to_vec(), 1, "entry that runs past its block"),
        (vec![3, 1, 2], 1, "entry that runs past its block"),
        (behind(&[7]), 1, "bytes after the last entry of its block"),
        (vec![7], 1, "offset of a blob for a block without blobs"),
        (vec![0, 1, 2, 3, 4], 1, "blob of no bytes"),
        ([&number(4 * ((16 << 20) + 1))[..], &CRC].concat(), 1, "blob length above the limit"),
        ([&number(1 << 34)[..], &CRC].concat(), 1, "blob length above the limit"),
        (far(1), 1, "distance of the first blob of a block"),
        (behind(&far(0)), 2, "distance of 0"),
        (behind(&far(-1002)), 2, "blob outside of any file"),
        (behind(&far((1 << 48) - 1001)), 2, "blob outside of any file"),
        (behind(&[&[5][..], &[0xff; 7], &CRC].concat()), 2, "number of too many bytes"),
        ([&number(4 * 16 + 2)[..], &CRC].concat(), 1, "flags that a shorter form has"),
        (
            behind(&[&number(4 * (16 + 8) + 2)[..], &signed(5), &CRC].concat()),
            2,
            "flags that a shorter form has",
        ),
        ([&number(4 * (16 + 3) + 2)[..], &CRC].concat(), 1, "unknown flags"),
        ([&number(4 * (16 + 6) + 2)[..], &CRC].concat(), 1, "model of a verbatim tile"),
        (
            [&number(4 * (16 + 9) + 2)[..], &signed(5), &CRC].concat(),
            1,
            "distance of the first blob of a block",
        ),
        (vec![3 << 2 | 3], 1, "unknown form"),
        ([vec![11], signed(1 << 15)].concat(), 1, "DC value of more than 16 bits"),
        ([vec![11], vec![0xff; 4]].concat(), 1, "number of too many bytes"),
    ] {
        let error = decoded(&bytes, 1000, count, 3).expect_err(expected);
        assert_eq!(error.what, expected, "{bytes:x?}");
    }
    let last = behind(&far((1 << 48) - 1002));
    assert!(decoded(&last, 1000, 2, 3).is_ok(), "a blob may end at 2^48");
    let error = decoded(&behind(&[7, 15]), 1000, 3, 3).unwrap_err();
    assert_eq!((error.entry, error.at), (2, 6), "the entry and its place are named");
}
