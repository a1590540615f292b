//! Malformed sequences of progressive scans.

use crate::common::{markers, progressive};
use crate::{DHT, SOF2, SOS, assert_refused, patched, read, small};

/// Offset of the last three bytes of scan header number `scan`, which say what
/// part of the coefficients it contains.
fn part_offset(jpeg: &[u8], scan: usize) -> usize {
    let header = markers(jpeg, SOS)[scan];
    header + 2 + usize::from(jpeg[header + 3]) - 3
}

fn part(jpeg: &[u8], scan: usize) -> [u8; 3] {
    *jpeg[part_offset(jpeg, scan)..].first_chunk().unwrap()
}

/// `jpeg` with another part of the coefficients in scan header number `scan`.
fn with_part(jpeg: &[u8], scan: usize, part: [u8; 3]) -> Vec<u8> {
    patched(jpeg, part_offset(jpeg, scan), &part)
}

#[test]
fn impossible_progressive_scans_are_refused() {
    let jpeg = progressive(&small());
    assert_eq!(markers(&jpeg, SOF2).len(), 1);
    assert_eq!((part(&jpeg, 0), part(&jpeg, 1)), ([0, 0, 0x01], [1, 5, 0x02]));
    assert!(read(&with_part(&jpeg, 1, part(&jpeg, 1))).is_ok());
    for part in [[0, 63, 0x01], [0, 1, 0x01], [1, 5, 0x01], [64, 64, 0x01]] {
        assert_refused(&with_part(&jpeg, 0, part), "impossible part");
    }
    for part in [[5, 1, 0x02], [1, 64, 0x02], [0, 5, 0x02], [1, 255, 0x02]] {
        assert_refused(&with_part(&jpeg, 1, part), "impossible part");
    }
    for bits in [0x0e, 0x0f, 0x13, 0x22, 0x20, 0xf0] {
        assert_refused(&with_part(&jpeg, 1, [1, 5, bits]), "impossible bits");
    }
    assert_refused(&with_part(&jpeg, 1, [1, 5, 0x32]), "not next");
    assert_refused(&with_part(&jpeg, 1, [1, 5, 0x21]), "not next");
}

#[test]
fn ac_scans_before_the_dc_scan_are_refused() {
    let jpeg = progressive(&small());
    let scans = markers(&jpeg, SOS);
    let tables = markers(&jpeg, DHT);
    let first_ac = *tables.iter().rfind(|&&table| table < scans[1]).unwrap();
    let first_dc = *tables.iter().find(|&&table| table > markers(&jpeg, SOF2)[0]).unwrap();
    assert_refused(&[&jpeg[..first_dc], &jpeg[first_ac..]].concat(), "before those of DC");
}

/// A JPEG of one gray block of zeros with this number of scans, at most 190:
/// one of DC, then scans of one AC coefficient each, bit by bit. In both tables
/// the code of symbol 0 is one bit of 0.
fn of_single_coefficients(scans: usize) -> Vec<u8> {
    let mut jpeg = b"\xff\xd8\xff\xdb\0\x43\0".to_vec();
    jpeg.extend([1; 64]);
    jpeg.extend(b"\xff\xc2\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0");
    for id in [0, 0x10] {
        jpeg.extend([0xff, DHT, 0, 20, id, 1]);
        jpeg.extend([0; 16]);
    }
    let ac = [0x02, 0x21, 0x10].into_iter().flat_map(|bits| (1..64).map(move |k| [k, k, bits]));
    for part in std::iter::once([0, 0, 0]).chain(ac).take(scans) {
        jpeg.extend([0xff, SOS, 0, 8, 1, 1, 0]);
        jpeg.extend(part);
        jpeg.push(0x7f);
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

#[test]
fn more_scans_than_any_sensible_jpeg_has_are_refused() {
    assert!(read(&of_single_coefficients(1)).unwrap().0.constant().is_some());
    assert!(read(&of_single_coefficients(100)).is_ok());
    assert_refused(&of_single_coefficients(101), "more scans");
}
