//! JPEGs that are damaged, hostile or of another kind: errors, no panics, no
//! large allocation and no endless work.

mod common;

use common::{arithmetic, by_other_encoder, empty, encode, markers, progressive, textured};
use jpeg_encoder::SamplingFactor;
use origami_codec::{CodecError, Coefficients, Facts, TileHeader, read_coefficients};
use origami_pyramid::Subsampling;
use turbojpeg::{Compressor, Image, PixelFormat};

const DHT: u8 = 0xc4;
const SOF0: u8 = 0xc0;
const SOF2: u8 = 0xc2;
const DQT: u8 = 0xdb;
const SOS: u8 = 0xda;

fn read(jpeg: &[u8]) -> Result<(Coefficients, Facts), CodecError> {
    let mut tile = empty();
    read_coefficients(jpeg, 4096, &mut tile).map(|facts| (tile, facts))
}

fn small() -> Vec<u8> {
    encode(&mut textured(24, 17, Subsampling::S420), 40)
}

fn with_restarts() -> Vec<u8> {
    by_other_encoder(40, 24, |encoder| {
        encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
        encoder.set_restart_interval(3);
    })
}

/// `jpeg` with other bytes from `at` on.
fn patched(jpeg: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    jpeg[at..at + bytes.len()].copy_from_slice(bytes);
    jpeg
}

#[track_caller]
fn refused(jpeg: &[u8], reason: &str) {
    let error = read(jpeg).map(|_| ()).expect_err(reason).to_string();
    assert!(error.contains(reason), "{error:?} is not about {reason:?}");
}

#[track_caller]
fn unsupported(jpeg: &[u8], reason: &str) {
    refused(jpeg, reason);
    assert!(matches!(read(jpeg), Err(CodecError::Unsupported { .. })));
}

#[test]
fn odd_sampling_factors_are_refused_by_name() {
    let jpeg = encode(&mut textured(40, 40, Subsampling::S420), 50);
    let first = markers(&jpeg, SOF0)[0] + 11;
    for factors in [0x41, 0x12, 0x14, 0x44, 0x31] {
        unsupported(&patched(&jpeg, first, &[factors]), "sampling factors");
    }
    unsupported(&patched(&jpeg, first + 3, &[0x21]), "sampling factors");
    unsupported(&patched(&jpeg, first + 6, &[0x22]), "sampling factors");
    for factors in [0x00, 0x20, 0x02, 0x52, 0x25, 0xff] {
        refused(&patched(&jpeg, first, &[factors]), "out of range");
    }
}

#[test]
fn a_gray_jpegs_sampling_factors_mean_nothing() {
    let jpeg = encode(&mut textured(40, 41, Subsampling::Gray), 50);
    let expected = read(&jpeg).unwrap();
    for factors in [0x22, 0x41, 0x14] {
        let jpeg = patched(&jpeg, markers(&jpeg, SOF0)[0] + 11, &[factors]);
        assert!(read(&jpeg).unwrap() == expected);
    }
}

#[test]
fn a_height_that_comes_later_is_refused() {
    let jpeg = small();
    let size = markers(&jpeg, SOF0)[0] + 5;
    unsupported(&patched(&jpeg, size, &[0, 0]), "DNL");
    let mut with_dnl = jpeg[..jpeg.len() - 2].to_vec();
    with_dnl.extend([0xff, 0xdc, 0, 4, 0, 17, 0xff, 0xd9]);
    unsupported(&with_dnl, "DNL");
    refused(&patched(&jpeg, size + 2, &[0, 0]), "width of 0");
}

#[test]
fn a_missing_end_is_an_error() {
    let jpeg = small();
    let whole = &jpeg[..jpeg.len() - 2];
    refused(whole, "no marker segment");
    refused(&[whole, &[0xff, 0xd8]].concat(), "no marker segment");
    refused(&[whole, &small()].concat(), "marker segment");
}

#[test]
fn bytes_after_the_end_are_counted() {
    let expected = read(&small()).unwrap();
    for tail in [&b""[..], b"\0", b"\xff\xd9", b"a longer comment", &small()] {
        let (tile, facts) = read(&[&small(), tail].concat()).unwrap();
        assert!(tile == expected.0);
        assert_eq!(facts, Facts { trailing: tail.len(), ..expected.1.clone() });
    }
}

#[test]
fn fill_bytes_before_markers_are_passed_over() {
    let expected = read(&with_restarts()).unwrap();
    let jpeg = with_restarts();
    let mut filled = Vec::new();
    for (at, &byte) in jpeg.iter().enumerate() {
        let marker = byte == 0xff && jpeg.get(at + 1).is_some_and(|&next| next >= 0xc0);
        filled.extend(std::iter::repeat_n(0xff, if marker && at > 0 { 3 } else { 0 }));
        filled.push(byte);
    }
    assert!(filled.len() > jpeg.len() + 20);
    assert!(read(&filled).unwrap().0 == expected.0);
}

/// The first DQT segment with its first table, of 8 bits a step, replaced.
fn with_table(jpeg: &[u8], table: &[u8]) -> Vec<u8> {
    let at = markers(jpeg, DQT)[0];
    let length = ((2 + table.len()) as u16).to_be_bytes();
    [&jpeg[..at + 2], &length, table, &jpeg[at + 69..]].concat()
}

#[test]
fn wide_quantisation_steps_are_read() {
    let jpeg = small();
    let mut table = vec![0x10];
    (0..64u16).for_each(|k| table.extend((k * 900 + 1).to_be_bytes()));
    let (tile, facts) = read(&with_table(&jpeg, &table)).unwrap();
    assert!(tile == read(&jpeg).unwrap().0);
    assert_eq!((facts.quantisation[0][0], facts.quantisation[0][63]), (1, 56_701));
    assert_eq!(TileHeader::of(&with_table(&jpeg, &table)).unwrap().quantisation(), &facts.quantisation);
}

#[test]
fn broken_quantisation_tables_are_refused() {
    let jpeg = small();
    let good = &jpeg[markers(&jpeg, DQT)[0] + 4..][..65];
    refused(&with_table(&jpeg, &[&[0x20], &good[1..]].concat()), "precision");
    refused(&with_table(&jpeg, &[&[0x04], &good[1..]].concat()), "above 3");
    refused(&with_table(&jpeg, &[&[0x10], &good[1..]].concat()), "cut short");
    refused(&with_table(&jpeg, &good[..64]), "cut short");
    refused(&with_table(&jpeg, &patched(good, 64, &[0])), "step of 0");
    refused(&with_table(&jpeg, &[&[0x03], &good[1..]].concat()), "not in the stream");
}

#[test]
fn a_claim_of_many_blocks_is_refused_before_memory_is_taken() {
    for subsampling in common::ALL {
        let jpeg = encode(&mut textured(16, 16, subsampling), 50);
        let size = markers(&jpeg, SOF0)[0] + 5;
        let huge = patched(&jpeg, size, &[0xff; 4]);
        let mut tile = empty();
        let before = tile.clone();
        let error = read_coefficients(&huge, 4096, &mut tile).unwrap_err();
        assert!(
            matches!(error, CodecError::TooManyBlocks { max_blocks: 4096, found } if found >= 8192 * 8192)
        );
        assert!(tile == before);
        let blocks = read(&jpeg).unwrap().0.blocks().len();
        assert!(read_coefficients(&jpeg, blocks, &mut tile).is_ok());
        assert!(read_coefficients(&jpeg, blocks - 1, &mut tile).is_err());
    }
}

#[test]
fn other_kinds_of_jpeg_are_refused_by_name() {
    let jpeg = small();
    unsupported(&arithmetic(&jpeg), "arithmetic");
    let mut handle = Compressor::new().unwrap();
    handle.set_lossless(true).unwrap();
    let image = Image { pixels: &[7u8; 192][..], width: 8, pitch: 24, height: 8, format: PixelFormat::RGB };
    unsupported(&handle.compress_to_vec(image).unwrap(), "lossless");
    let frame = markers(&jpeg, SOF0)[0];
    unsupported(&patched(&jpeg, frame + 4, &[12]), "8 bits");
    let mut cmyk = jpeg[..frame].to_vec();
    cmyk.extend([0xff, SOF0, 0, 20, 8, 0, 8, 0, 8, 4]);
    (1..=4).for_each(|id| cmyk.extend([id, 0x11, 0]));
    cmyk.extend(&jpeg[frame + 19..]);
    unsupported(&cmyk, "number of planes");
    // An Adobe marker for RGB in place of JFIF's.
    let adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";
    unsupported(&[&jpeg[..2], adobe, &jpeg[20..]].concat(), "subsampled RGB");
    for marker in [0xc5, 0xc6, 0xc7, 0xde, 0xdf] {
        unsupported(&patched(&jpeg, frame + 1, &[marker]), "hierarchical");
    }
    for marker in [0xc9, 0xca, 0xcb, 0xcc, 0xcd] {
        unsupported(&patched(&jpeg, frame + 1, &[marker]), "arithmetic");
    }
}

#[test]
fn a_jpeg_cut_anywhere_is_an_error() {
    for jpeg in [small(), progressive(&small()), with_restarts()] {
        let first_scan = markers(&jpeg, SOS)[0];
        for len in 0..jpeg.len() {
            assert!(read(&jpeg[..len]).is_err(), "cut at {len}");
            // A progressive JPEG may leave out its last scans.
            let ended = [&jpeg[..len], &[0xff, 0xd9]].concat();
            let between_scans = len > first_scan && jpeg[len..].starts_with(&[0xff]) && jpeg[len + 1] != 0;
            let between_scans = between_scans || jpeg[..len].ends_with(&[0xff]) && jpeg[len] != 0;
            assert!(between_scans || read(&ended).is_err(), "ended at {len}");
        }
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_gives_coefficients() {
    for jpeg in [small(), progressive(&small()), with_restarts()] {
        let mut damaged = jpeg.clone();
        let mut read_well = 0;
        for bit in 0..8 * jpeg.len() {
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok((tile, facts)) = read(&damaged) {
                read_well += 1;
                assert!(facts.quantisation.iter().flatten().all(|&step| step > 0));
                assert!(!tile.blocks().is_empty());
            }
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(read_well > 100, "of {}", 8 * jpeg.len());
    }
}

/// `jpeg` with the first DHT segment's payload replaced.
fn with_huffman(jpeg: &[u8], payload: &[u8]) -> Vec<u8> {
    let at = markers(jpeg, DHT)[0];
    let old = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    let length = ((2 + payload.len()) as u16).to_be_bytes();
    [&jpeg[..at + 2], &length, payload, &jpeg[at + 2 + old..]].concat()
}

#[test]
fn broken_huffman_tables_are_refused() {
    let jpeg = small();
    let table = |id: u8, counts: &[(usize, u8)], symbols: &[u8]| {
        let mut payload = vec![0; 17];
        payload[0] = id;
        counts.iter().for_each(|&(len, count)| payload[len] = count);
        payload.extend(symbols);
        with_huffman(&jpeg, &payload)
    };
    refused(&table(0, &[(1, 3)], &[0, 1, 2]), "more codes");
    refused(&table(0, &[(2, 3), (3, 2), (4, 1)], &[0, 1, 2, 3, 4, 5]), "more codes");
    // Codes of all ones.
    refused(&table(0, &[(1, 2)], &[0, 1]), "more codes");
    refused(&table(0, &[(2, 4)], &[0, 1, 2, 3]), "more codes");
    // Without any code, and with too few.
    refused(&table(0, &[], &[]), "no Huffman code");
    refused(&table(0, &[(16, 1)], &[0]), "");
    refused(&table(0, &[(2, 2)], &[3, 3]), "twice");
    refused(&table(0, &[(2, 1)], &[16]), "above 15");
    refused(&table(0, &[(8, 200)], &[0; 100]), "cut short");
    refused(&table(0x20, &[(2, 1)], &[0]), "class");
    refused(&table(4, &[(2, 1)], &[0]), "above 3");
    refused(&table(3, &[(2, 1)], &[0]), "not in the stream");
    refused(&with_huffman(&jpeg, &[0, 1]), "cut short");
}

#[test]
fn empty_scans_are_refused() {
    for jpeg in [small(), progressive(&small())] {
        for at in markers(&jpeg, SOS) {
            let scan = at + 2 + usize::from(jpeg[at + 3]);
            let next = (scan..).find(|&at| jpeg[at] == 0xff && jpeg[at + 1] != 0).unwrap();
            refused(&[&jpeg[..scan], &jpeg[next..]].concat(), "ends within a block");
        }
    }
}

#[test]
fn broken_scan_headers_are_refused() {
    let jpeg = small();
    let at = markers(&jpeg, SOS)[0] + 4;
    refused(&patched(&jpeg, at, &[2]), "wrong length");
    refused(&patched(&jpeg, at, &[0]), "wrong length");
    refused(&patched(&jpeg, at, &[4]), "wrong length");
    refused(&patched(&jpeg, at + 1, &[9]), "does not have there");
    refused(&patched(&jpeg, at + 3, &[1]), "does not have there");
    refused(&patched(&jpeg, at + 1, &[2, 0, 1]), "does not have there");
    refused(&patched(&jpeg, at + 2, &[0x40]), "above 3");
    refused(&patched(&jpeg, at + 2, &[0x20]), "not in the stream");
    for band in [[1, 63, 0], [0, 62, 0], [0, 63, 1], [0, 63, 0x10], [63, 0, 0], [0, 64, 0]] {
        refused(&patched(&jpeg, at + 7, &band), "part of the blocks");
    }
    let frame = markers(&jpeg, SOF0)[0];
    refused(&patched(&jpeg, frame + 13, &[1]), "one id");
    let header = &jpeg[frame..frame + 19];
    refused(&[&jpeg[..frame], header, &jpeg[frame..]].concat(), "second frame");
    refused(&[&jpeg[..frame], &jpeg[frame + 19..]].concat(), "without a frame");
}

#[test]
fn restart_markers_that_are_missing_or_out_of_order_are_refused() {
    let jpeg = with_restarts();
    let places: Vec<usize> = (0xd0..=0xd7).flat_map(|code| markers(&jpeg, code)).collect();
    assert_eq!(places.len(), 4);
    for &at in &places {
        assert!(read(&[&jpeg[..at], &jpeg[at + 2..]].concat()).is_err(), "one is missing");
        for code in 0xd0..=0xd7 {
            let other = patched(&jpeg, at + 1, &[code]);
            assert_eq!(read(&other).is_ok(), other == jpeg, "{code:#x}");
        }
        assert!(read(&[&jpeg[..at], &jpeg[at..at + 2], &jpeg[at..]].concat()).is_err(), "one too many");
    }
    let last = jpeg.len() - 2;
    assert!(read(&[&jpeg[..last], &[0xff, 0xd4], &jpeg[last..]].concat()).is_err(), "one at the end");
    // The interval is another than the stream's.
    let interval = markers(&jpeg, 0xdd)[0] + 4;
    for other in [0, 1, 2, 4, 15, 255] {
        assert!(read(&patched(&jpeg, interval, &[0, other])).is_err(), "interval {other}");
    }
}

#[test]
fn bytes_between_scan_and_marker_are_refused() {
    let jpeg = small();
    let end = jpeg.len() - 2;
    for extra in [&[0][..], &[0x12, 0x34], &[0xff, 0], &[0; 30]] {
        refused(&[&jpeg[..end], extra, &jpeg[end..]].concat(), "after the last block");
    }
}

/// The JPEG with other last three bytes of its scan header number `scan`.
fn rescripted(jpeg: &[u8], scan: usize, script: [u8; 3]) -> Vec<u8> {
    let at = markers(jpeg, SOS)[scan];
    patched(jpeg, at + 1 + usize::from(jpeg[at + 3]) - 2, &script)
}

#[test]
fn impossible_progressive_scripts_are_refused() {
    let jpeg = progressive(&small());
    assert_eq!(markers(&jpeg, SOF2).len(), 1);
    let script = |scan: usize| {
        let at = markers(&jpeg, SOS)[scan];
        let at = at + 1 + usize::from(jpeg[at + 3]) - 2;
        [jpeg[at], jpeg[at + 1], jpeg[at + 2]]
    };
    assert_eq!((script(0), script(1)), ([0, 0, 0x01], [1, 5, 0x02]));
    assert!(read(&rescripted(&jpeg, 1, script(1))).is_ok());
    for part in [[0, 63, 0x01], [0, 1, 0x01], [1, 5, 0x01], [64, 64, 0x01]] {
        refused(&rescripted(&jpeg, 0, part), "impossible part");
    }
    for part in [[5, 1, 0x02], [1, 64, 0x02], [0, 5, 0x02], [1, 255, 0x02]] {
        refused(&rescripted(&jpeg, 1, part), "impossible part");
    }
    for bits in [0x0e, 0x0f, 0x13, 0x22, 0x20, 0xf0] {
        refused(&rescripted(&jpeg, 1, [1, 5, bits]), "impossible bits");
    }
    refused(&rescripted(&jpeg, 1, [1, 5, 0x32]), "not next");
    refused(&rescripted(&jpeg, 1, [1, 5, 0x21]), "not next");
    // AC before DC.
    let scans = markers(&jpeg, SOS);
    let tables = markers(&jpeg, DHT);
    let first_ac = *tables.iter().rfind(|&&at| at < scans[1]).unwrap();
    let first_dc = *tables.iter().find(|&&at| at > markers(&jpeg, SOF2)[0]).unwrap();
    refused(&[&jpeg[..first_dc], &jpeg[first_ac..]].concat(), "before those of DC");
}

#[test]
fn a_scan_that_comes_again_is_refused() {
    for jpeg in [small(), progressive(&small())] {
        let ends: Vec<usize> = markers(&jpeg, SOS).into_iter().chain([jpeg.len() - 2]).collect();
        for pair in ends.windows(2) {
            let scan = &jpeg[pair[0]..pair[1]];
            refused(&[&jpeg[..pair[1]], scan, &jpeg[pair[1]..]].concat(), "read before");
        }
    }
}

#[test]
fn more_scans_than_any_sensible_jpeg_has_are_refused() {
    // One gray block of zeros, and scans of one coefficient, bit by bit. In
    // both tables the code of symbol 0 is one bit of 0.
    let of_scans = |scans: usize| {
        let mut jpeg = b"\xff\xd8\xff\xdb\0\x43\0".to_vec();
        jpeg.extend([1; 64]);
        jpeg.extend(b"\xff\xc2\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0");
        for id in [0, 0x10] {
            jpeg.extend([0xff, DHT, 0, 20, id, 1]);
            jpeg.extend([0; 16]);
        }
        let bits = [0x02, 0x21, 0x10];
        let ac = bits.into_iter().flat_map(|bits| (1..64).map(move |k| [k, k, bits]));
        for script in std::iter::once([0, 0, 0]).chain(ac).take(scans) {
            jpeg.extend([0xff, SOS, 0, 8, 1, 1, 0]);
            jpeg.extend(script);
            jpeg.push(0x7f);
        }
        jpeg.extend([0xff, 0xd9]);
        jpeg
    };
    assert!(read(&of_scans(1)).unwrap().0.constant().is_some());
    assert!(read(&of_scans(100)).is_ok());
    refused(&of_scans(101), "more scans");
}

#[test]
fn a_plane_without_a_scan_is_an_error() {
    let jpeg = by_other_encoder(24, 24, |encoder| encoder.set_progressive(true));
    let scans = markers(&jpeg, SOS);
    let of_plane = |at: &usize| (jpeg[at + 4], jpeg[at + 5]);
    if scans.iter().map(of_plane).any(|(planes, _)| planes == 3) {
        let first = scans[0];
        let gone = patched(&jpeg, first + 4, &[1]);
        assert!(read(&gone).is_err());
    }
    refused(&[&jpeg[..scans[0]], &[0xff, 0xd9]].concat(), "no scan");
}
