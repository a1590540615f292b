//! Tests headers whose tiles have Huffman tables of their own, against the tables that the JPEG
//! library makes.

mod common;

use common::{
    OUT_OF_RANGE, baseline, encode, markers, optimized, progressive, rgb_jpeg, textured,
    write_into_shorter_buffers,
};
use origami_codec::{
    CodecError, Coefficients, Colour, Facts, Frame, HuffmanTables, TileHeader, read_coefficients,
};
use origami_pyramid::Subsampling;

/// A JPEG with what was read of it.
struct Read {
    jpeg: Vec<u8>,
    tile: Coefficients,
    facts: Facts,
}

impl Read {
    fn new(jpeg: Vec<u8>) -> Self {
        let mut tile = Coefficients::default();
        let facts = read_coefficients(&jpeg, 1 << 16, &mut tile).unwrap();
        Self { jpeg, tile, facts }
    }

    fn is_reproduced_by(&self, header: &TileHeader) -> bool {
        header.reproduces(&self.jpeg, &self.facts, &self.tile).unwrap()
    }
}

/// The library's JPEG of a picture, with tables made for it.
fn optimised_jpeg(width: usize, height: usize, subsampling: Subsampling, quality: u8) -> Vec<u8> {
    optimized(&encode(&mut textured(width, height, subsampling), quality))
}

/// A header for gray tiles.
fn gray() -> TileHeader {
    let standard = TileHeader::new(&[[1; 64]; 3], Subsampling::Gray, Colour::Gray).unwrap();
    TileHeader::optimised(standard.bytes()).unwrap()
}

#[test]
fn tiles_that_the_library_optimised_are_written_with_the_same_bytes() {
    for subsampling in Subsampling::ALL {
        for quality in [1, 3, 25, 50, 75, 92, 100] {
            let header = TileHeader::optimised(&optimised_jpeg(8, 8, subsampling, quality)).unwrap();
            for (width, height) in [(1, 1), (8, 9), (83, 61), (256, 256), (40, 333)] {
                let read = Read::new(optimised_jpeg(width, height, subsampling, quality));
                let what = format!("{width}x{height} {subsampling:?} at quality {quality}");
                assert!(header.jpeg(&read.tile).unwrap() == read.jpeg, "{what}");
                assert!(read.is_reproduced_by(&header), "{what}");
            }
        }
    }
    let read = Read::new(optimized(&rgb_jpeg(40, 75)));
    assert_eq!(TileHeader::optimised(&read.jpeg).unwrap().jpeg(&read.tile).unwrap(), read.jpeg);
}

/// A gray tile in which most of 20 symbols of AC coefficients are about 1.6 times as frequent as
/// the one before, so that the rarest would have codes of more than 16 bits.
fn tile_with_rare_symbols() -> Coefficients {
    let mut tile = Coefficients::zeros(gray().frame(512, 512).unwrap());
    let (mut block, mut k, mut count, mut next) = (0, 1, 2, 3);
    for symbol in 0..20 {
        let (run, value) = (symbol % 2, 1 << (symbol / 2));
        for _ in 0..count {
            if k + run > 63 {
                (block, k) = (block + 1, 1);
            }
            tile.plane_mut(0)[block].0[k + run] = value;
            k += run + 1;
        }
        (count, next) = (next, count + next);
    }
    tile
}

#[test]
fn codes_of_more_than_16_bits_are_shortened_as_the_library_does() {
    let tile = tile_with_rare_symbols();
    let jpeg = gray().jpeg(&tile).unwrap();
    let ac = *markers(&jpeg, 0xc4).last().unwrap();
    assert_ne!(jpeg[ac + 5 + 15], 0, "codes of 16 bits");
    assert!(jpeg == optimized(&baseline(&jpeg)));
    let mut back = Coefficients::default();
    read_coefficients(&jpeg, 1 << 16, &mut back).unwrap();
    assert_eq!(back, tile);
}

#[test]
fn tiles_of_one_colour_have_the_tables_that_the_library_makes() {
    for subsampling in Subsampling::ALL {
        for (width, height) in [(1, 1), (40, 24), (256, 256)] {
            let mut plain = origami_pyramid::Ycc::zeros(width, height, subsampling);
            plain.luma_mut().fill(200);
            let read = Read::new(optimized(&encode(&mut plain, 80)));
            let header = TileHeader::optimised(&read.jpeg).unwrap();
            let what = format!("{width}x{height} {subsampling:?}");
            assert!(read.tile.blocks().iter().all(|block| block.0[1..] == [0; 63]), "{what}");
            assert!(
                header.jpeg(&read.tile).unwrap() == read.jpeg && read.is_reproduced_by(&header),
                "{what}"
            );
        }
    }
}

#[test]
fn the_header_of_any_tile_is_the_same_header() {
    let [first, second] = [(64, 64), (30, 40)].map(|(width, height)| {
        TileHeader::optimised(&optimised_jpeg(width, height, Subsampling::S420, 70)).unwrap()
    });
    let standard = TileHeader::of(&encode(&mut textured(64, 64, Subsampling::S420), 70)).unwrap();
    assert_eq!(first, second, "they differ in the size alone");
    assert_eq!(first.bytes(), standard.bytes());
    assert_ne!(first, standard, "their tiles differ");
    let other_steps = TileHeader::optimised(&optimised_jpeg(64, 64, Subsampling::S420, 71)).unwrap();
    assert_ne!(first, other_steps);
    assert_eq!(first.huffman_tables(), HuffmanTables::Optimised);
    assert_eq!(standard.huffman_tables(), HuffmanTables::Shared);
    assert_eq!(TileHeader::optimised(first.bytes()).unwrap(), first);
}

/// Makes one DHT segment of all, and puts it in front of the frame header.
fn with_one_huffman_segment(jpeg: &[u8]) -> Vec<u8> {
    let (mut rest, mut tables) = (Vec::new(), Vec::new());
    let mut at = 2;
    while jpeg[at + 1] != 0xda {
        let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        match jpeg[at + 1] {
            0xc4 => tables.extend_from_slice(&jpeg[at + 4..end]),
            _ => rest.extend_from_slice(&jpeg[at..end]),
        }
        at = end;
    }
    let length = (tables.len() as u16 + 2).to_be_bytes();
    [&[0xff, 0xd8, 0xff, 0xc4], &length[..], &tables, &rest, &jpeg[at..]].concat()
}

#[test]
fn tables_stay_where_the_header_of_the_slide_has_them() {
    for subsampling in Subsampling::ALL {
        let jpeg = with_one_huffman_segment(&optimised_jpeg(83, 61, subsampling, 70));
        let read = Read::new(jpeg);
        let header = TileHeader::optimised(&read.jpeg).unwrap();
        assert!(header.jpeg(&read.tile).unwrap() == read.jpeg, "{subsampling:?}");
    }
}

#[test]
fn planes_that_share_one_table_have_it_made_for_both() {
    // All planes of RGB name the same tables; here Cb and Cr have tables with luma.
    let mut jpeg = encode(&mut textured(83, 61, Subsampling::S444), 70);
    let scan = markers(&jpeg, 0xda)[0];
    for component in 0..3 {
        jpeg[scan + 6 + 2 * component] = 0;
    }
    assert!(TileHeader::optimised(&jpeg).is_err(), "those of chroma are not used");
    let chroma = markers(&jpeg, 0xc4)[2];
    jpeg.drain(chroma..scan);
    let header = TileHeader::optimised(&jpeg).unwrap();
    let mut tile = Coefficients::default();
    read_coefficients(&encode(&mut textured(83, 61, Subsampling::S444), 70), 1 << 16, &mut tile).unwrap();
    let written = header.jpeg(&tile).unwrap();
    let mut back = Coefficients::default();
    read_coefficients(&written, 1 << 16, &mut back).unwrap();
    assert_eq!(back, tile);
    assert_eq!(markers(&written, 0xc4).len(), 2);
}

#[test]
fn tables_that_are_defined_twice_or_not_used_are_refused() {
    let jpeg = encode(&mut textured(16, 16, Subsampling::Gray), 70);
    let huffman = markers(&jpeg, 0xc4);
    let scan = markers(&jpeg, 0xda)[0];
    for (id, what) in [(0, "twice"), (1, "not used"), (0x11, "not used")] {
        let mut changed = jpeg.clone();
        let mut table = jpeg[huffman[0]..huffman[1]].to_vec();
        table[4] = id;
        changed.splice(scan..scan, table);
        let error = TileHeader::optimised(&changed).unwrap_err();
        assert!(TileHeader::of(&changed).is_ok());
        assert!(matches!(error, CodecError::Unsupported(_)), "{what}: {error}");
    }
}

#[test]
fn coefficients_that_baseline_jpeg_does_not_have_are_refused() {
    let header = gray();
    let mut tile = Coefficients::zeros(header.frame(32, 32).unwrap());
    for (k, good, bad) in OUT_OF_RANGE {
        tile.plane_mut(0)[3].0[k] = good;
        assert!(header.jpeg(&tile).is_ok(), "{good} at {k}");
        tile.plane_mut(0)[3].0[k] = bad;
        let error = header.jpeg(&tile).unwrap_err();
        assert!(matches!(error, CodecError::NoCode { plane: 0, block: 3 }), "{error}");
        tile.plane_mut(0)[3].0[k] = 0;
    }
    let other = Coefficients::zeros(Frame::new(16, 16, Subsampling::S444, Colour::Ycc).unwrap());
    assert!(matches!(header.jpeg(&other), Err(CodecError::Colour(Colour::Ycc))));
}

#[test]
fn a_buffer_of_the_bound_is_long_enough_and_shorter_ones_than_the_tile_are_errors() {
    let header = TileHeader::new(&[[1; 64]; 3], Subsampling::S420, Colour::Ycc).unwrap();
    let header = TileHeader::optimised(header.bytes()).unwrap();
    let frame = header.frame(48, 48).unwrap();
    let mut tile = Coefficients::zeros(frame);
    // All symbols of a coefficient, and nothing but the largest values.
    for (number, block) in tile.blocks_mut().iter_mut().enumerate() {
        for (k, value) in block.0.iter_mut().enumerate() {
            *value = if (k * number) % 7 < 5 { 1023 >> ((k + number) % 10) } else { 0 };
        }
    }
    let read = Read::new(write_into_shorter_buffers(&header, &tile));
    assert_eq!(read.tile, tile);
}

#[test]
fn tiles_with_other_tables_or_scans_are_not_reproduced() {
    let plain = encode(&mut textured(83, 61, Subsampling::S420), 70);
    let own = optimized(&plain);
    let (standard, optimised) = (TileHeader::of(&plain).unwrap(), TileHeader::optimised(&plain).unwrap());
    for (jpeg, by_standard, by_optimised) in [
        (plain.clone(), true, false),
        (own.clone(), false, true),
        (progressive(&plain), false, false),
        // The same scan, but with a table that has another code that is not used.
        (with_another_table(&plain), false, false),
    ] {
        let read = Read::new(jpeg);
        assert_eq!(read.is_reproduced_by(&standard), by_standard);
        assert_eq!(read.is_reproduced_by(&optimised), by_optimised);
    }
}

/// The same with another symbol for the last code of the last table, which no tile here has.
fn with_another_table(jpeg: &[u8]) -> Vec<u8> {
    let mut changed = jpeg.to_vec();
    let scan = markers(jpeg, 0xda)[0];
    assert_eq!(changed[scan - 1], 0xfa);
    changed[scan - 1] = 0xfb;
    changed
}

#[test]
fn scans_alone_are_read_and_written_with_the_tables_of_the_header() {
    let read = Read::new(optimised_jpeg(83, 61, Subsampling::S422, 70));
    let header = TileHeader::optimised(&read.jpeg).unwrap();
    let frame = *read.tile.frame();
    let mut scan = vec![0; header.scan_bound(&frame)];
    let len = header.write_scan(&read.tile, &mut scan).unwrap();
    let mut back = Coefficients::zeros(frame);
    header.read_scan(&scan[..len], &mut back).unwrap();
    assert_eq!(back, read.tile);
    let mut joined = vec![0; header.joined_len(len)];
    assert_eq!(header.join(83, 61, &scan[..len], &mut joined), baseline(&read.jpeg));
}

#[test]
fn only_headers_with_a_code_for_everything_code_every_tile() {
    let plain = encode(&mut textured(83, 61, Subsampling::S420), 70);
    assert!(TileHeader::of(&plain).unwrap().codes_every_tile());
    assert!(TileHeader::optimised(&plain).unwrap().codes_every_tile());
    assert!(!TileHeader::of(&optimized(&plain)).unwrap().codes_every_tile());
    assert!(!TileHeader::of(&with_another_table(&plain)).unwrap().codes_every_tile());
}
