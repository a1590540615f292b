//! Malformed quantisation and Huffman tables.

use crate::common::markers;
use crate::{DHT, DQT, assert_refused, patched, read, small};
use origami_codec::TileHeader;

/// `jpeg` with `payload` as its first DQT segment, which had one table of 8-bit
/// steps.
fn with_quantisation(jpeg: &[u8], payload: &[u8]) -> Vec<u8> {
    let offset = markers(jpeg, DQT)[0];
    let length = ((2 + payload.len()) as u16).to_be_bytes();
    [&jpeg[..offset + 2], &length, payload, &jpeg[offset + 69..]].concat()
}

#[test]
fn wide_quantisation_steps_are_read() {
    let jpeg = small();
    let mut table = vec![0x10];
    (0..64u16).for_each(|k| table.extend((k * 900 + 1).to_be_bytes()));
    let wide = with_quantisation(&jpeg, &table);
    let (tile, facts) = read(&wide).unwrap();
    assert!(tile == read(&jpeg).unwrap().0);
    assert_eq!((facts.quantisation[0][0], facts.quantisation[0][63]), (1, 56_701));
    assert_eq!(TileHeader::of(&wide).unwrap().quantisation(), &facts.quantisation);
}

#[test]
fn malformed_quantisation_tables_are_refused() {
    let jpeg = small();
    let good = &jpeg[markers(&jpeg, DQT)[0] + 4..][..65];
    assert_refused(&with_quantisation(&jpeg, &[&[0x20], &good[1..]].concat()), "precision");
    assert_refused(&with_quantisation(&jpeg, &[&[0x04], &good[1..]].concat()), "above 3");
    assert_refused(&with_quantisation(&jpeg, &[&[0x10], &good[1..]].concat()), "cut short");
    assert_refused(&with_quantisation(&jpeg, &good[..64]), "cut short");
    assert_refused(&with_quantisation(&jpeg, &patched(good, 64, &[0])), "step of 0");
    assert_refused(&with_quantisation(&jpeg, &[&[0x03], &good[1..]].concat()), "not in the stream");
}

/// `jpeg` with `payload` as its first DHT segment.
fn with_huffman(jpeg: &[u8], payload: &[u8]) -> Vec<u8> {
    let offset = markers(jpeg, DHT)[0];
    let old_length = usize::from(u16::from_be_bytes([jpeg[offset + 2], jpeg[offset + 3]]));
    let length = ((2 + payload.len()) as u16).to_be_bytes();
    [&jpeg[..offset + 2], &length, payload, &jpeg[offset + 2 + old_length..]].concat()
}

/// The payload of a DHT segment. `counts` are pairs of a code length and the
/// number of codes of that length.
fn huffman_table(id: u8, counts: &[(usize, u8)], symbols: &[u8]) -> Vec<u8> {
    let mut payload = vec![0; 17];
    payload[0] = id;
    counts.iter().for_each(|&(len, count)| payload[len] = count);
    payload.extend(symbols);
    payload
}

#[test]
fn malformed_huffman_tables_are_refused() {
    let jpeg = small();
    for (table, reason) in [
        (huffman_table(0, &[(1, 3)], &[0, 1, 2]), "more codes"),
        (huffman_table(0, &[(2, 3), (3, 2), (4, 1)], &[0, 1, 2, 3, 4, 5]), "more codes"),
        // Codes that consist of ones.
        (huffman_table(0, &[(1, 2)], &[0, 1]), "more codes"),
        (huffman_table(0, &[(2, 4)], &[0, 1, 2, 3]), "more codes"),
        // No code at all, and too few codes.
        (huffman_table(0, &[], &[]), "no Huffman code"),
        (huffman_table(0, &[(16, 1)], &[0]), ""),
        (huffman_table(0, &[(2, 2)], &[3, 3]), "twice"),
        (huffman_table(0, &[(2, 1)], &[16]), "above 15"),
        (huffman_table(0, &[(8, 200)], &[0; 100]), "cut short"),
        (huffman_table(0x20, &[(2, 1)], &[0]), "class"),
        (huffman_table(4, &[(2, 1)], &[0]), "above 3"),
        (huffman_table(3, &[(2, 1)], &[0]), "not in the stream"),
        (vec![0, 1], "cut short"),
    ] {
        assert_refused(&with_huffman(&jpeg, &table), reason);
    }
}
