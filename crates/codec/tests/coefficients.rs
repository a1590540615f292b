//! The coefficients of any JPEG, compared with what the library reads.

mod common;

use common::{ALL, empty, encode, progressive, textured};
use origami_codec::{TileHeader, read_coefficients};

#[test]
fn a_baseline_jpeg_and_its_scan_give_the_same_coefficients() {
    for subsampling in ALL {
        for (width, height) in [(1, 1), (83, 61), (64, 64)] {
            let jpeg = encode(&mut textured(width, height, subsampling), 80);
            let header = TileHeader::of(&jpeg).unwrap();
            let scan = header.scan_of(&jpeg).unwrap();
            let (mut expected, mut found) = (empty(), empty());
            expected.reshape(header.frame(width, height).unwrap());
            header.read_scan(scan, &mut expected).unwrap();
            let facts = read_coefficients(&jpeg, 1 << 20, &mut found).unwrap();
            assert_eq!(found, expected);
            assert_eq!(&facts.quantisation, header.quantisation());
            assert_eq!((facts.progressive, facts.restart_interval, facts.trailing), (false, 0, 0));
            assert!(facts.standard_huffman);
            assert_eq!(&jpeg[facts.scan.unwrap()], scan);
        }
    }
}

#[test]
fn a_progressive_jpeg_has_the_coefficients_of_the_baseline_one() {
    for subsampling in ALL {
        for (width, height, quality) in [(1, 1, 80), (83, 61, 20), (64, 64, 80), (200, 130, 98)] {
            let jpeg = encode(&mut textured(width, height, subsampling), quality);
            let (mut expected, mut found) = (empty(), empty());
            let baseline = read_coefficients(&jpeg, 1 << 20, &mut expected).unwrap();
            let facts = read_coefficients(&progressive(&jpeg), 1 << 20, &mut found).unwrap();
            assert_eq!(found, expected, "{width}x{height} {subsampling:?}");
            assert_eq!(facts.quantisation, baseline.quantisation);
            assert!(facts.progressive && facts.scan.is_none() && !facts.standard_huffman);
        }
    }
}
