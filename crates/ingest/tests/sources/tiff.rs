//! TIFF files that tests make.

use crate::common::tiff::tags;
use crate::common::{Coding, Tiff, TiffKind};
use crate::{TagPosition, TempFile, gray_level, open_error, open_valid, read, set_u32, small_tiff, tolerant};
use origami_ingest::source::{OpenOptions, SourceProblem, open};
use origami_pyramid::{Rect, Rgb, Size};
use std::fs::OpenOptions as FileOptions;
use turbojpeg::Subsamp;

/// All of the small TIFF.
const WHOLE: Rect = Rect { x: 0, y: 0, width: 37, height: 21 };

#[test]
fn big_and_gray_tiffs_with_whole_edge_tiles_are_cropped_to_the_slide() {
    for kind in [TiffKind::Classic, TiffKind::Big] {
        for subsamp in [Subsamp::Sub2x2, Subsamp::Gray] {
            let file = TempFile::new("made.tif", &small_tiff(kind, subsamp));
            let source = open_valid(&file.path);
            assert_eq!((source.info().size, source.info().grid), (Size::new(37, 21), Some(16)));
            let format = if kind == TiffKind::Big { "BigTIFF" } else { "TIFF" };
            assert!(source.info().format.starts_with(format));
            let actual = read(&*source, WHOLE);
            for index in 0..6 {
                let (x, y) = (index % 3 * 16, index / 3 * 16);
                let sample = actual.row(y)[3 * x];
                assert!(sample.abs_diff(gray_level(index)) <= 1, "tile {index}, {kind:?}, {subsamp:?}");
            }
        }
    }
}

#[test]
fn sizes_that_no_slide_has_are_refused_without_being_allocated() {
    let mut bytes = small_tiff(TiffKind::Classic, Subsamp::Sub2x2);
    let width = TagPosition::find(&bytes, tags::WIDTH).value;
    set_u32(&mut bytes, width, u32::MAX);
    let error = open_error(&TempFile::new("wide.tif", &bytes).path);
    assert!(matches!(error.problem, SourceProblem::Size { width: 4_294_967_295, .. }), "{error}");
    set_u32(&mut bytes, width, 10_000_000);
    let error = open_error(&TempFile::new("wide.tif", &bytes).path).to_string();
    assert!(error.contains("tile offsets"), "{error}");
}

#[test]
fn a_slide_cut_short_while_it_is_read_is_an_error_or_painted() {
    for options in [tolerant(Some([9, 8, 7])), OpenOptions::default()] {
        let file = TempFile::new("made.tif", &small_tiff(TiffKind::Classic, Subsamp::Sub2x2));
        let source = open(&file.path, &options).unwrap();
        FileOptions::new().write(true).open(&file.path).unwrap().set_len(0).unwrap();
        let mut out = Rgb::filled(1, 1, [0; 3]);
        match source.read(WHOLE, &mut out) {
            Err(error) => assert!(!options.tolerant && error.to_string().contains("cut short"), "{error}"),
            Ok(()) => {
                assert!(options.tolerant);
                assert_eq!((out.uniform(0, 0, 37, 21), source.damaged()), (Some([9, 8, 7]), 6));
            }
        }
    }
}

/// What is said of what a small JPEG TIFF holds.
fn notes(bytes: &[u8]) -> Vec<String> {
    open_valid(&TempFile::new("made.tif", bytes).path).info().contents.notes.clone()
}

#[test]
fn tags_that_contradict_the_jpegs_are_said() {
    let made = |subsamp| Tiff::new(Size::new(37, 21), 16, &Coding::new(subsamp));
    assert!(notes(&made(Subsamp::Sub2x2).bytes()).is_empty());
    for (subsamp, factors) in [(Subsamp::None, "1x1"), (Subsamp::Sub2x1, "2x1")] {
        let [note] = &notes(&made(subsamp).bytes())[..] else { panic!("{subsamp:?}") };
        assert!(note.contains(factors) && note.contains("2x2"), "{note}");
    }
}

#[test]
fn tags_with_the_wrong_number_of_values_are_said() {
    let mut bytes = small_tiff(TiffKind::Classic, Subsamp::Gray);
    assert!(notes(&bytes).is_empty());
    // The count is before the value.
    let compression = TagPosition::find(&bytes, tags::COMPRESSION).value;
    bytes[compression - 4] = 2;
    let [note] = &notes(&bytes)[..] else { panic!("not one note") };
    assert!(note.contains("Compression has 2 values"), "{note}");
}

#[test]
fn lossless_jpegs_are_refused_by_name_and_not_painted_white() {
    let mut made = Tiff::new(Size::new(37, 21), 16, &Coding::new(Subsamp::None));
    for tile in &mut made.tiles {
        let frame = tile.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
        tile[frame + 1] = 0xc3;
    }
    let file = TempFile::new("made.tif", &made.bytes());
    for options in [OpenOptions::default(), tolerant(None)] {
        let Err(error) = open(&file.path, &options) else { panic!("opened") };
        assert!(error.to_string().contains("a TIFF of lossless JPEG coding cannot be read"), "{error}");
    }
    // One of many is damage.
    made.tiles.truncate(1);
    let whole = Tiff::new(Size::new(37, 21), 16, &Coding::new(Subsamp::None));
    made.tiles.extend_from_slice(&whole.tiles[1..]);
    let source = open(&TempFile::new("made.tif", &made.bytes()).path, &tolerant(None)).unwrap();
    read(&*source, WHOLE);
    assert_eq!(source.damaged(), 1);
}
