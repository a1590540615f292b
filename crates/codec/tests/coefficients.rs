//! Compares the coefficients of many kinds of JPEG with those that libjpeg-turbo
//! reads.

mod common;

use common::{
    baseline, by_jpeg_encoder, encode, optimized, progressive, same_in_picture, textured, to_coefficients,
};
use jpeg_encoder::SamplingFactor;
use origami_codec::{Block, Coefficients, Facts, TileHeader, read_coefficients};
use origami_pyramid::Subsampling;

#[test]
fn a_baseline_jpeg_and_its_scan_give_the_same_coefficients() {
    for subsampling in Subsampling::ALL {
        for (width, height) in [(1, 1), (83, 61), (64, 64)] {
            let jpeg = encode(&mut textured(width, height, subsampling), 80);
            let header = TileHeader::of(&jpeg).unwrap();
            let scan = header.scan_of(&jpeg).unwrap();
            let (mut expected, mut tile) = (Coefficients::default(), Coefficients::default());
            expected.reshape(header.frame(width, height).unwrap());
            header.read_scan(scan, &mut expected).unwrap();
            let facts = read_coefficients(&jpeg, 1 << 20, &mut tile).unwrap();
            assert!(tile == expected);
            assert_eq!(&facts.quantisation, header.quantisation());
            assert_eq!((facts.progressive, facts.restart_interval, facts.trailing), (false, 0, 0));
            assert!(facts.standard_huffman);
            assert_eq!(&jpeg[facts.scan.unwrap()], scan);
        }
    }
}

#[test]
fn a_progressive_jpeg_has_the_coefficients_of_the_baseline_one() {
    for subsampling in Subsampling::ALL {
        for (width, height, quality) in [(1, 1, 80), (83, 61, 20), (64, 64, 80), (200, 130, 98)] {
            let jpeg = encode(&mut textured(width, height, subsampling), quality);
            let (mut expected, mut tile) = (Coefficients::default(), Coefficients::default());
            let baseline = read_coefficients(&jpeg, 1 << 20, &mut expected).unwrap();
            let facts = read_coefficients(&progressive(&jpeg), 1 << 20, &mut tile).unwrap();
            assert!(tile == expected, "{width}x{height} {subsampling:?}");
            assert_eq!(facts.quantisation, baseline.quantisation);
            assert!(facts.progressive && facts.scan.is_none() && !facts.standard_huffman);
        }
    }
}

/// Reads `jpeg` and requires the coefficients to be those libjpeg-turbo reads.
#[track_caller]
fn read_as_the_library(jpeg: &[u8]) -> (Coefficients, Facts) {
    let mut tile = Coefficients::default();
    let facts = read_coefficients(jpeg, 1 << 20, &mut tile).unwrap();
    assert!(same_in_picture(&tile, &to_coefficients(&baseline(jpeg), tile.frame())));
    if facts.scan.is_some() {
        assert!(tile == to_coefficients(jpeg, tile.frame()), "including blocks beyond the edges");
    }
    (tile, facts)
}

const SAMPLINGS: [SamplingFactor; 3] =
    [SamplingFactor::R_4_4_4, SamplingFactor::R_4_2_2, SamplingFactor::R_4_2_0];

#[test]
fn restart_markers_at_any_interval_are_read() {
    for sampling in SAMPLINGS {
        for interval in [0, 1, 3, 7, 8, 40, 65_535] {
            for progressive in [false, true] {
                let jpeg = by_jpeg_encoder(83, 61, |encoder| {
                    encoder.set_sampling_factor(sampling);
                    encoder.set_restart_interval(interval);
                    encoder.set_progressive(progressive);
                });
                let (_, facts) = read_as_the_library(&jpeg);
                assert_eq!((facts.restart_interval, facts.progressive), (interval, progressive));
                assert_eq!(facts.scan.is_some(), interval == 0 && !progressive);
            }
        }
    }
}

#[test]
fn progressive_scripts_of_many_scans_are_read() {
    for sampling in SAMPLINGS {
        let jpeg = by_jpeg_encoder(40, 50, |encoder| encoder.set_sampling_factor(sampling));
        let (plain, _) = read_as_the_library(&jpeg);
        for scans in [2, 3, 5, 10, 31] {
            let jpeg = by_jpeg_encoder(40, 50, |encoder| {
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive_scans(scans);
            });
            let (tile, _) = read_as_the_library(&jpeg);
            assert_eq!(tile.plane(0)[0], plain.plane(0)[0]);
        }
    }
}

#[test]
fn huffman_tables_of_a_tiles_own_are_read_and_written() {
    for subsampling in Subsampling::ALL {
        for quality in [3, 50, 100] {
            let jpeg = optimized(&encode(&mut textured(83, 61, subsampling), quality));
            let (tile, facts) = read_as_the_library(&jpeg);
            assert!(!facts.standard_huffman);
            let header = TileHeader::of(&jpeg).unwrap();
            assert_eq!(header.jpeg(&tile).unwrap(), jpeg);
        }
    }
}

/// A JPEG with a scan for each plane, each coded like a gray JPEG, and the planes
/// as gray tiles.
fn plane_by_plane(width: usize, height: usize, subsampling: Subsampling) -> (Vec<u8>, [Coefficients; 3]) {
    let (across, down) = subsampling.factors();
    let sizes = [(width, height), (width.div_ceil(across), height.div_ceil(down))];
    let grays = [0, 1, 1].map(|n| encode(&mut textured(sizes[n].0, sizes[n].1, Subsampling::Gray), 60));
    let header = TileHeader::of(&grays[0]).unwrap();
    let sof = common::markers(header.bytes(), 0xc0)[0];
    let sos = common::markers(header.bytes(), 0xda)[0];
    let mut jpeg = header.bytes()[..sof].to_vec();
    jpeg.extend([0xff, 0xc0, 0, 17]);
    jpeg.extend(&header.bytes()[sof + 4..sof + 9]);
    jpeg.extend([3, 1, (across << 4 | down) as u8, 0, 2, 0x11, 0, 3, 0x11, 0]);
    jpeg.extend(&header.bytes()[sof + 13..sos]);
    let planes = [1, 2, 3].map(|id: u8| {
        let gray = &grays[usize::from(id) - 1];
        jpeg.extend([0xff, 0xda, 0, 8, 1, id, 0, 0, 63, 0]);
        jpeg.extend(TileHeader::of(gray).unwrap().scan_of(gray).unwrap());
        let mut plane = Coefficients::default();
        read_coefficients(gray, 1 << 20, &mut plane).unwrap();
        plane
    });
    jpeg.extend([0xff, 0xd9]);
    (jpeg, planes)
}

#[test]
fn a_scan_for_each_plane_gives_the_planes_and_zeros_beside_them() {
    for subsampling in [Subsampling::S444, Subsampling::S422, Subsampling::S420] {
        for (width, height) in [(64, 64), (65, 57), (9, 9), (40, 24)] {
            let (jpeg, planes) = plane_by_plane(width, height, subsampling);
            let (tile, facts) = read_as_the_library(&jpeg);
            assert_eq!((facts.scan, facts.progressive, facts.standard_huffman), (None, false, false));
            for (number, plane) in planes.iter().enumerate() {
                let ((columns, _), (inner, _)) = (tile.frame().blocks(number), plane.frame().blocks(0));
                let mut expected = vec![Block::ZERO; tile.plane(number).len()];
                for (row, blocks) in plane.blocks().chunks_exact(inner).enumerate() {
                    expected[row * columns..][..inner].copy_from_slice(blocks);
                }
                assert!(tile.plane(number) == expected, "plane {number} at {width}x{height}");
            }
            // Nothing must remain of an earlier tile in the same memory.
            let mut used = Coefficients::zeros(*tile.frame());
            used.fill([7, 7, 7]);
            read_coefficients(&jpeg, 1 << 20, &mut used).unwrap();
            assert!(used == tile);
        }
    }
}
