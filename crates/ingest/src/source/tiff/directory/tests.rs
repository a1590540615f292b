//! Tests of reading well-formed and hostile directories.

use super::*;
use origami_pack::MemoryStorage;

/// The 12 bytes of a little-endian entry.
type Entry = [u8; 12];

const WIDTH: Entry = [0, 1, 3, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0];

fn stored(file: &[u8]) -> MemoryStorage {
    MemoryStorage::new(file)
}

/// Appends a directory of `entries`, which is followed by the one at `next`.
fn append(file: &mut Vec<u8>, entries: &[Entry], next: u32) {
    file.extend((entries.len() as u16).to_le_bytes());
    file.extend(entries.iter().flatten());
    file.extend(next.to_le_bytes());
}

fn classic(entries: &[Entry], next: u32) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    append(&mut file, entries, next);
    file
}

fn fault(file: &[u8]) -> SourceFault {
    directories(&stored(file)).unwrap_err()
}

/// An entry of an array of longs that lies outside any file of these tests.
fn lost_array(tag: u16) -> Entry {
    let [low, high] = tag.to_le_bytes();
    [low, high, 4, 0, 0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0]
}

#[test]
fn short_values_are_in_the_directory_itself() {
    let file = stored(&classic(&[WIDTH], 0));
    let Directories { directories, .. } = directories(&file).unwrap();
    assert_eq!(directories[0].integer(&file, 256), Some(0x1234));
    assert_eq!(directories[0].integer(&file, 257), None);
}

#[test]
fn both_byte_orders_and_bigtiff_are_read() {
    let big_endian = b"MM\0*\0\0\0\x08\0\x01\x01\0\0\x03\0\0\0\x01\x12\x34\0\0\0\0\0\0".to_vec();
    let mut big = b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x01".to_vec();
    big.extend(b"\x01\0\0\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x12\x34\0\0\0\0\0\0\0\0");
    for file in [big_endian, big] {
        let file = stored(&file);
        let Directories { directories, .. } = directories(&file).unwrap();
        assert_eq!(directories[0].integer(&file, 256), Some(0x1234));
    }
}

#[test]
fn of_a_tag_that_is_given_twice_the_first_counts() {
    let second = [0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0];
    let file = stored(&classic(&[WIDTH, second], 0));
    assert_eq!(directories(&file).unwrap().directories[0].integer(&file, 256), Some(0x1234));
}

/// The only remark on the list of directories of a file that has `count` of them.
fn only_note(file: &[u8], count: usize) -> String {
    let Directories { directories, listed, mut notes, .. } = directories(&stored(file)).unwrap();
    assert_eq!((directories.len(), listed, notes.len()), (count, count, 1), "{notes:?}");
    notes.remove(0)
}

#[test]
fn directories_in_a_circle_are_read_once_and_the_circle_is_said() {
    let note = only_note(&classic(&[WIDTH], 8), 1);
    assert_eq!(note, "the list of its directories ends at byte 8: the directories run in a circle");
    // The second, at byte 26, leads back to the first.
    let mut file = classic(&[WIDTH], 26);
    append(&mut file, &[WIDTH], 8);
    assert!(only_note(&file, 2).contains("circle"));
}

#[test]
fn a_list_that_leads_out_of_the_file_or_to_junk_ends_before_it() {
    // At byte 26 is a counter of 65535 tags, which the file does not have.
    for (next, part) in [
        (1_000_000, "ends at byte 1000000: a directory stands here, but the file ends at byte 28"),
        (u32::MAX, "ends at byte 4294967295: "),
        (27, "ends at byte 27: a directory stands here"),
        (26, "ends at byte 26: a directory stands here"),
    ] {
        let mut file = classic(&[WIDTH], next);
        file.extend([0xff, 0xff]);
        let note = only_note(&file, 1);
        assert!(note.contains(part), "{note}");
    }
    // A BigTIFF whose second directory claims 2^32 tags.
    let mut file = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    file.extend(b"\0\x01\x03\0\x01\0\0\0\0\0\0\0\x34\x12\0\0\0\0\0\0\x34\0\0\0\0\0\0\0");
    file.extend((1_u64 << 32).to_le_bytes());
    let note = only_note(&file, 1);
    assert!(note.contains("ends at byte 52: a directory claims 4294967296 tags"), "{note}");
}

#[test]
fn a_first_directory_that_is_not_whole_is_refused() {
    let mut outside = classic(&[WIDTH], 0);
    outside[5] = 1;
    let mut junk = classic(&[WIDTH], 0);
    junk[8..10].fill(0xff);
    for (file, offset) in [(outside, 0x108), (junk, 8)] {
        assert_eq!(fault(&file).offset, Some(offset));
    }
}

#[test]
fn an_array_of_tiles_of_a_further_directory_beyond_the_file_is_refused() {
    let mut file = classic(&[WIDTH], 26);
    append(&mut file, &[lost_array(324)], 0);
    assert!(fault(&file).reason.contains("tag 324"));
}

#[test]
fn a_file_without_a_directory_holds_no_image() {
    assert!(fault(b"II*\0\0\0\0\0").reason.contains("no image"));
}

#[test]
fn an_array_of_tiles_beyond_the_file_is_refused_without_being_allocated() {
    let error = fault(&classic(&[lost_array(324)], 0));
    assert!(error.reason.contains("tag 324"), "{}", error.reason);
}

#[test]
fn a_broken_private_tag_does_not_fail_a_slide() {
    let file = stored(&classic(&[WIDTH, lost_array(40_000)], 0));
    let directory = &directories(&file).unwrap().directories[0];
    assert_eq!(directory.integer(&file, 256), Some(0x1234));
    assert!(!directory.entries.contains(40_000));
}

#[test]
fn overlapping_directories_are_refused_whichever_comes_first_in_the_file() {
    // The directory at byte 8 ends at byte 38; the next one begins within it.
    let mut file = classic(&[WIDTH, WIDTH], 22);
    file.extend([0; 4096]);
    let error = fault(&file);
    assert_eq!((error.offset, error.reason.contains("overlaps")), (Some(22), true), "{}", error.reason);
    // The other order: the first begins within the second.
    file[4] = 22;
    file[22..28].fill(0);
    file[24] = 8;
    assert!(fault(&file).reason.contains("overlaps"));
}

#[test]
fn a_million_tags_are_the_limit_of_a_whole_file() {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    let entries = vec![WIDTH; 65_535];
    for _ in 0..16 {
        let next = file.len() + 2 + 12 * entries.len() + 4;
        append(&mut file, &entries, next as u32);
    }
    let error = fault(&file);
    assert!(error.reason.contains("1000000 tags"), "{}", error.reason);
}

#[test]
fn every_cut_through_the_first_directory_is_an_error_and_not_a_panic() {
    let file = classic(&[WIDTH], 0);
    for length in 4..file.len() - 4 {
        assert!(directories(&stored(&file[..length])).is_err(), "{length}");
    }
}

#[test]
fn a_directory_at_the_end_of_a_file_needs_no_offset_of_a_next_one() {
    let file = classic(&[WIDTH], 0);
    let mut two = classic(&[WIDTH], 26);
    append(&mut two, &[WIDTH], 0);
    for (file, count) in [(file, 1), (two, 2)] {
        for length in file.len() - 4..file.len() {
            let note = only_note(&file[..length], count);
            let expected = format!("ends at byte {length}: the offset of the next directory is cut off");
            assert!(note.contains(&expected), "{note}");
        }
    }
}

#[test]
fn texts_end_at_their_first_nul_and_at_the_limit() {
    // Tag 270, text, 6 bytes at byte 26.
    let mut file = classic(&[[14, 1, 2, 0, 6, 0, 0, 0, 26, 0, 0, 0]], 0);
    file.extend(b"abc\0de");
    let file = stored(&file);
    let directory = &directories(&file).unwrap().directories[0];
    assert_eq!(directory.text(&file, 270).as_deref(), Some("abc"));
    assert_eq!(directory.text_start(&file, 270, 2).as_deref(), Some("ab"));
}

/// The flaws of a directory of `entries`, with `text` behind it, at byte 8 + 6 + 12 times their number.
fn flaws(entries: &[Entry], text: &[u8]) -> Vec<String> {
    let mut file = classic(entries, 0);
    file.extend(text);
    let file = stored(&file);
    directories(&file).unwrap().directories[0].flaws(&file)
}

#[test]
fn tags_of_which_libtiff_warns_are_named() {
    let entry = |tag: u16, kind: u8, count: u8, value: u8| {
        let [low, high] = tag.to_le_bytes();
        [low, high, kind, 0, count, 0, 0, 0, value, 0, 0, 0]
    };
    let lost = lost_array(40_000);
    for (entries, expected) in [
        (vec![WIDTH, entry(277, 3, 1, 3)], &[][..]),
        (vec![WIDTH, entry(40_000, 99, 1, 0)], &["tag 40000 has an unknown type"]),
        (vec![WIDTH, lost], &["tag 40000 lies outside the file"]),
        (vec![entry(277, 3, 1, 3), WIDTH], &["its tags are not in order"]),
        (vec![entry(274, 3, 1, 9)], &["Orientation is 9"]),
        (vec![entry(284, 3, 1, 0)], &["PlanarConfiguration is 0"]),
        (vec![entry(274, 3, 2, 1)], &["Orientation has 2 values"]),
        (vec![entry(258, 3, 2, 8), entry(277, 3, 1, 3)], &["BitsPerSample has 2 values"]),
        (vec![entry(258, 3, 2, 8), entry(277, 3, 1, 2)], &[]),
        (vec![entry(296, 2, 1, 0)], &["ResolutionUnit has the wrong type"]),
        (
            vec![entry(282, 2, 1, 0), entry(296, 3, 0, 0)],
            &["XResolution has the wrong type", "ResolutionUnit has 0 values"],
        ),
        (vec![entry(270, 4, 1, 0)], &["ImageDescription has the wrong type"]),
    ] {
        assert_eq!(flaws(&entries, b""), expected, "{entries:?}");
    }
    for (text, expected) in [
        (&b"abcd\0"[..], None),
        (b"abc\0\0", None),
        (b"\0\0\0\0\0", None),
        (b"abcde", Some("ImageDescription has no end")),
        (b"a\0bc\0", Some("ImageDescription goes on after its end")),
    ] {
        assert_eq!(flaws(&[entry(270, 2, 5, 26)], text), Vec::from_iter(expected), "{text:?}");
    }
}
