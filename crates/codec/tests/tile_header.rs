//! Tests the shared header of a level's tiles, and reading and writing their scans.

mod common;

use common::{OUT_OF_RANGE, encode, rgb_jpeg, textured, write_into_shorter_buffers};
use origami_codec::{CodecError, Coefficients, Colour, Frame, TileHeader};
use origami_pyramid::Subsampling;

/// Reads the scan of `jpeg`, writes it again and requires the same bytes.
#[track_caller]
fn round_trip(jpeg: &[u8], width: usize, height: usize) -> TileHeader {
    let header = TileHeader::of(jpeg).unwrap();
    let frame = header.frame(width, height).unwrap();
    let mut tile = Coefficients::zeros(frame);
    let scan = header.scan_of(jpeg).unwrap();
    header.read_scan(scan, &mut tile).unwrap();
    let mut out = vec![0; header.jpeg_bound(&frame)];
    let len = header.write(&tile, &mut out).unwrap();
    assert_eq!(&out[..len], jpeg, "{width}x{height} {:?}", header.subsampling());
    let len = header.write_scan(&tile, &mut out).unwrap();
    assert_eq!(&out[..len], scan);
    let mut joined = vec![0; header.joined_len(scan.len())];
    assert_eq!(header.join(width as u16, height as u16, scan, &mut joined), jpeg);
    header
}

#[test]
fn tiles_of_every_subsampling_and_quality_are_written_as_they_were_read() {
    for subsampling in Subsampling::ALL {
        let mut tile = textured(83, 61, subsampling);
        for quality in 1..=100 {
            let jpeg = encode(&mut tile, quality);
            let header = round_trip(&jpeg, 83, 61);
            let built = TileHeader::new(header.quantisation(), subsampling, header.colour()).unwrap();
            let mut joined = vec![0; jpeg.len()];
            let scan = header.scan_of(&jpeg).unwrap();
            assert_eq!(built.join(83, 61, scan, &mut joined), jpeg, "{subsampling:?} at quality {quality}");
        }
    }
}

#[test]
fn tiles_of_odd_sizes_are_written_as_they_were_read() {
    for subsampling in Subsampling::ALL {
        for (width, height) in
            [(1, 1), (1, 40), (8, 8), (9, 7), (15, 17), (16, 16), (33, 1), (240, 240), (255, 257)]
        {
            for quality in [5, 80, 100] {
                round_trip(&encode(&mut textured(width, height, subsampling), quality), width, height);
            }
        }
    }
}

#[test]
fn rgb_tiles_have_the_header_of_the_library_too() {
    for quality in [1, 30, 75, 98] {
        let jpeg = rgb_jpeg(40, quality);
        let header = round_trip(&jpeg, 40, 40);
        assert_eq!((header.colour(), header.subsampling()), (Colour::Rgb, Subsampling::S444));
        let built = TileHeader::new(header.quantisation(), Subsampling::S444, Colour::Rgb).unwrap();
        let mut joined = vec![0; jpeg.len()];
        assert_eq!(built.join(40, 40, header.scan_of(&jpeg).unwrap(), &mut joined), jpeg);
    }
}

#[test]
fn planes_with_steps_of_their_own_get_tables_of_their_own() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        for planes in [[1, 1, 1], [1, 2, 2], [1, 2, 3], [1, 1, 2], [1, 2, 1], [200, 255, 7]] {
            let quantisation = planes.map(|step| [step; 64]);
            let header = TileHeader::new(&quantisation, Subsampling::S444, colour).unwrap();
            assert_eq!(header.quantisation(), &quantisation, "{colour:?}");
            assert_eq!(header.colour(), colour);
        }
    }
}

#[test]
fn steps_that_a_baseline_header_cannot_hold_are_refused() {
    for step in [0, 256, 65_535] {
        let mut quantisation = [[1; 64]; 3];
        quantisation[2][63] = step;
        assert!(TileHeader::new(&quantisation, Subsampling::S420, Colour::Ycc).is_err());
        assert!(
            TileHeader::new(&quantisation, Subsampling::Gray, Colour::Gray).is_ok(),
            "gray has one plane"
        );
    }
    assert!(TileHeader::new(&[[1; 64]; 3], Subsampling::S420, Colour::Rgb).is_err());
}

#[test]
fn a_tile_of_another_shape_is_refused() {
    let header = TileHeader::new(&[[1; 64]; 3], Subsampling::S420, Colour::Ycc).unwrap();
    for (subsampling, colour) in [
        (Subsampling::S444, Colour::Ycc),
        (Subsampling::S444, Colour::Rgb),
        (Subsampling::Gray, Colour::Gray),
    ] {
        let mut tile = Coefficients::zeros(Frame::new(16, 16, subsampling, colour).unwrap());
        assert!(header.write_scan(&tile, &mut [0; 1000]).is_err());
        assert!(header.read_scan(&[], &mut tile).is_err());
    }
}

#[test]
fn coefficients_without_a_code_are_refused() {
    let header = TileHeader::new(&[[1; 64]; 3], Subsampling::S420, Colour::Ycc).unwrap();
    let frame = header.frame(32, 32).unwrap();
    let mut out = vec![0; header.scan_bound(&frame)];
    let mut tile = Coefficients::zeros(frame);
    for (k, good, bad) in OUT_OF_RANGE {
        tile.plane_mut(1)[3].0[k] = good;
        assert!(header.write_scan(&tile, &mut out).is_ok(), "{good} at {k}");
        tile.plane_mut(1)[3].0[k] = bad;
        let error = header.write_scan(&tile, &mut out).unwrap_err();
        assert!(matches!(error, CodecError::NoCode { plane: 1, block: 3 }), "{error}");
        tile.plane_mut(1)[3].0[k] = 0;
    }
}

#[test]
fn the_bounds_hold_for_the_longest_codes_and_shorter_buffers_are_errors() {
    let header = TileHeader::new(&[[1; 64]; 3], Subsampling::S444, Colour::Ycc).unwrap();
    let frame = header.frame(24, 16).unwrap();
    let mut tile = Coefficients::zeros(frame);
    for (number, block) in tile.blocks_mut().iter_mut().enumerate() {
        block.0 = [1023; 64];
        block.0[0] = if number % 2 == 0 { 1000 } else { -1000 };
    }
    let jpeg = write_into_shorter_buffers(&header, &tile);
    let mut back = Coefficients::zeros(frame);
    header.read_scan(header.scan_of(&jpeg).unwrap(), &mut back).unwrap();
    assert_eq!(back, tile);
}

#[test]
fn malformed_scans_are_errors_or_coefficients_that_can_be_written() {
    let jpeg = encode(&mut textured(40, 40, Subsampling::S420), 60);
    let header = TileHeader::of(&jpeg).unwrap();
    let scan = header.scan_of(&jpeg).unwrap();
    let mut tile = Coefficients::zeros(header.frame(40, 40).unwrap());
    for len in 0..scan.len() {
        assert!(header.read_scan(&scan[..len], &mut tile).is_err(), "cut at {len}");
    }
    for tail in [&[0][..], &[0x55], &[0xff], &[0xff, 0], &[0xff, 0xd9], &[0xff, 0xd0]] {
        assert!(header.read_scan(&[scan, tail].concat(), &mut tile).is_err(), "with {tail:x?} after it");
    }
    let (mut flipped, mut read) = (scan.to_vec(), 0);
    let mut out = vec![0; header.scan_bound(tile.frame())];
    for bit in 0..8 * scan.len() {
        flipped[bit / 8] ^= 1 << (bit % 8);
        if header.read_scan(&flipped, &mut tile).is_ok() {
            read += 1;
            header.write_scan(&tile, &mut out).unwrap();
        }
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(read > 0, "a value's bit can be flipped");
}

#[test]
fn malformed_headers_are_errors_or_headers_that_work() {
    let jpeg = encode(&mut textured(16, 16, Subsampling::S420), 60);
    let header = TileHeader::of(&jpeg).unwrap();
    let (bytes, scan) = (header.bytes(), header.scan_of(&jpeg).unwrap());
    for len in 0..bytes.len() {
        assert!(TileHeader::of(&bytes[..len]).is_err(), "cut at {len}");
    }
    let mut flipped = bytes.to_vec();
    for bit in 0..8 * bytes.len() {
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(header) = TileHeader::of(&flipped) {
            let frame = header.frame(16, 16).unwrap();
            let mut tile = Coefficients::zeros(frame);
            let mut out = vec![0; header.scan_bound(&frame)];
            if header.read_scan(scan, &mut tile).is_ok() {
                // A changed table may lack codes for coefficients read with the wrong ones.
                let _ = header.write_scan(&tile, &mut out);
            }
        }
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
}
