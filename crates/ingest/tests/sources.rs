//! Slides and broken files, opened through the public door.

use image::{ImageBuffer, Rgb as ImageRgb, Rgba};
use origami_ingest::source::{Info, OpenOptions, Source, SourceError, SourceProblem, open};
use origami_pyramid::{Rect, Rgb, Size};
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A real slide; without the slides the test shows a skip, or fails in CI.
fn slide(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ORIGAMI_SLIDES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/slides"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
    eprintln!("SKIP: {} is missing", path.display());
    None
}

fn opened(path: &Path) -> Box<dyn Source> {
    open(path, &OpenOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(path: &Path) -> SourceError {
    match open(path, &OpenOptions::default()) {
        Ok(source) => panic!("{} opened as {:?}", path.display(), source.info()),
        Err(error) => error,
    }
}

fn read(source: &dyn Source, x: u32, y: u32, width: u32, height: u32) -> Rgb {
    let mut out = Rgb::filled(1, 1, [0; 3]);
    source.read(Rect { x, y, width, height }, &mut out).unwrap_or_else(|error| panic!("{error}"));
    out
}

/// A file with these bytes in a folder of its own.
fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn png<P: image::Pixel<Subpixel = S> + image::PixelWithColorType, S: image::Primitive>(
    picture: &ImageBuffer<P, Vec<S>>,
) -> Vec<u8>
where
    [S]: image::EncodableLayout,
{
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn every_real_slide_tells_its_size_resolution_and_grid() {
    let near = |found: Option<(f64, f64)>, expected: Option<f64>| match (found, expected) {
        (None, None) => true,
        (Some((x, y)), Some(mpp)) => (x - mpp).abs() < 5e-4 && (y - mpp).abs() < 5e-4,
        _ => false,
    };
    for (name, size, mpp, objective, grid) in [
        ("pathologyatlas-BS9-HE1.tif", (70_779, 22_023), Some(0.2528), None, Some(256)),
        ("pathologyatlas-seed-HE.dzi.zip", (17_931, 12_368), Some(0.263), Some(40.0), Some(254)),
        ("CMU-1-Small-Region.svs", (2220, 2967), Some(0.499), Some(20.0), Some(240)),
        ("hamamatsu-test3-DAPI-2-387.ndpi", (3968, 4864), Some(0.228), Some(40.0), None),
        ("weaker-licence/tcga-cr-7395-01a-01-ts1.svs", (4443, 3567), None, None, None),
        ("weaker-licence/nasa-earth-southern-africa.tif", (15_000, 15_000), None, None, Some(256)),
    ] {
        let Some(path) = slide(name) else { continue };
        let source = opened(&path);
        let info: &Info = source.info();
        assert_eq!((info.size.width, info.size.height), size, "{name}");
        assert!(near(info.mpp, mpp), "{name}: {:?}", info.mpp);
        assert_eq!((info.objective, info.grid), (objective, grid), "{name}");
        assert_eq!(source.damaged(), 0);
        let corner = read(&*source, size.0 - 1, size.1 - 1, 1, 1);
        assert_eq!((corner.width(), corner.height()), (1, 1));
    }
}

#[test]
fn a_region_has_the_same_pixels_however_it_is_cut() {
    for (name, x, y) in [
        ("pathologyatlas-seed-HE.dzi.zip", 9000, 6000),
        ("CMU-1-Small-Region.svs", 1000, 900),
        ("hamamatsu-test3-DAPI-2-387.ndpi", 1000, 900),
    ] {
        let Some(path) = slide(name) else { continue };
        let source = opened(&path);
        let whole = read(&*source, x, y, 700, 500);
        for top in (0..500).step_by(100) {
            for left in (0..700).step_by(70) {
                let part = read(&*source, x + left, y + top, 70, 100);
                for row in 0..100 {
                    let expected = &whole.row(top as usize + row)[3 * left as usize..][..210];
                    assert_eq!(part.row(row), expected, "{name}: row {row} of the part at {left}, {top}");
                }
            }
        }
    }
}

#[test]
fn many_threads_read_what_one_thread_reads() {
    let Some(path) = slide("CMU-1-Small-Region.svs") else { return };
    let source = opened(&path);
    let expected = read(&*source, 100, 100, 1500, 1500);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(read(&*source, 100, 100, 1500, 1500) == expected));
        }
    });
}

#[test]
fn a_zipped_deep_zoom_image_shows_its_tiles_without_their_overlap() {
    let Some(path) = slide("pathologyatlas-seed-HE.dzi.zip") else { return };
    let source = opened(&path);
    let mut zip = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
    for (x, y) in [(0u32, 0u32), (1, 0), (35, 24), (70, 0), (0, 48), (70, 48)] {
        let mut jpeg = Vec::new();
        zip.by_name(&format!("HE_files/15/{x}_{y}.jpeg")).unwrap().read_to_end(&mut jpeg).unwrap();
        let tile = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        let (left, top) = (x.min(1), y.min(1));
        let (width, height) = (254.min(17_931 - 254 * x), 254.min(12_368 - 254 * y));
        let found = read(&*source, 254 * x, 254 * y, width, height);
        let mut squares = 0.0;
        for row in 0..height {
            for column in 0..width {
                let expected = tile.get_pixel(left + column, top + row);
                let pixel = &found.row(row as usize)[3 * column as usize..][..3];
                squares += (0..3).map(|c| f64::from(pixel[c].abs_diff(expected[c])).powi(2)).sum::<f64>();
            }
        }
        // Two decoders: within a rounding or two of each other.
        let mean = squares / f64::from(3 * width * height);
        assert!(mean < 1.5, "tile {x}, {y}: mean square {mean}");
    }
}

#[test]
fn a_deep_zoom_folder_reads_with_any_overlap_and_lossless_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let (width, height, size, overlap) = (107u32, 61u32, 20u32, 3u32);
    let colour = |x: u32, y: u32| [(2 * x) as u8, (4 * y) as u8, (x ^ y) as u8];
    let tiles = folder.path().join("a_files/7");
    fs::create_dir_all(&tiles).unwrap();
    for y in 0..height.div_ceil(size) {
        for x in 0..width.div_ceil(size) {
            let (left, top) = ((x * size).saturating_sub(overlap), (y * size).saturating_sub(overlap));
            let (right, bottom) = (width.min((x + 1) * size + overlap), height.min((y + 1) * size + overlap));
            let tile =
                ImageBuffer::from_fn(right - left, bottom - top, |x, y| ImageRgb(colour(left + x, top + y)));
            fs::write(tiles.join(format!("{x}_{y}.png")), png(&tile)).unwrap();
        }
    }
    let xml = format!(
        r#"<Image TileSize="{size}" Overlap="{overlap}" Format="png"><Size Width="{width}" Height="{height}"/></Image>"#
    );
    fs::write(folder.path().join("a.dzi"), xml).unwrap();
    for path in [folder.path().to_owned(), folder.path().join("a.dzi")] {
        let found = read(&*opened(&path), 0, 0, width, height);
        for (index, pixel) in found.data().chunks_exact(3).enumerate() {
            let (x, y) = (index as u32 % width, index as u32 / width);
            assert_eq!(pixel, colour(x, y), "at {x}, {y}");
        }
    }

    fs::remove_file(tiles.join("2_1.png")).unwrap();
    let mut out = Rgb::filled(1, 1, [0; 3]);
    let whole = Rect { x: 0, y: 0, width, height };
    let error = opened(folder.path()).read(whole, &mut out).unwrap_err();
    assert!(matches!(error.problem, SourceProblem::Tile { x: 2, y: 1, .. }), "{error}");
    let options = OpenOptions { tolerant: true, background: Some([1, 2, 3]) };
    let source = open(folder.path(), &options).unwrap();
    source.read(whole, &mut out).unwrap();
    assert_eq!(out.uniform(40, 20, 20, 20), Some([1, 2, 3]));
    assert_eq!(source.damaged(), 1);

    fs::write(folder.path().join("b.dzi"), "").unwrap();
    assert!(matches!(refused(folder.path()).problem, SourceProblem::Folder(2)));
}

#[test]
fn files_that_are_no_slides_are_named_as_what_they_are() {
    let missing = refused(Path::new("no/such/slide.svs"));
    assert!(matches!(missing.problem, SourceProblem::Missing), "{missing}");
    let (folder, path) = file("notes.svs", b"Dear reader,\n");
    assert!(refused(&path).to_string().contains("text"));
    assert!(matches!(refused(folder.path()).problem, SourceProblem::Folder(0)));
    let (_folder, path) = file("empty.svs", b"");
    assert!(matches!(refused(&path).problem, SourceProblem::Empty));
    let (_folder, path) = file("zeros.tif", &[0; 5000]);
    assert!(refused(&path).to_string().contains("zeros"));
    let (_folder, path) = file("random.bin", &[0x9c, 1, 2, 3, 0xfe, 0, 7, 8, 9]);
    assert!(refused(&path).to_string().contains("9c 01 02 03"));
    for header in [
        &b"II*\0"[..],
        b"MM\0*",
        b"II+\0\x08\0\0\0",
        b"II*\0\0\0\0\0",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
    ] {
        let (_folder, path) = file("header-only", header);
        assert!(refused(&path).to_string().contains("header-only"));
    }
}

#[test]
fn a_cut_slide_is_refused_with_the_byte_that_is_missing() {
    let Some(path) = slide("CMU-1-Small-Region.svs") else { return };
    let whole = fs::read(path).unwrap();
    for length in [whole.len() - 1000, whole.len() / 2, 1000, 100] {
        let (_folder, path) = file("cut.svs", &whole[..length]);
        let error = refused(&path);
        let placed = matches!(
            error.problem,
            SourceProblem::Damaged { offset: Some(_), .. } | SourceProblem::Tile { offset: Some(_), .. }
        );
        assert!(placed, "{length}: {error}");
    }
}

#[test]
fn a_cut_zip_is_refused() {
    let Some(path) = slide("pathologyatlas-seed-HE.dzi.zip") else { return };
    let whole = fs::read(path).unwrap();
    let (_folder, path) = file("cut.dzi.zip", &whole[..whole.len() / 2]);
    let error = refused(&path);
    assert!(matches!(error.problem, SourceProblem::Damaged { format: "zip", .. }), "{error}");
}

#[test]
fn odd_pictures_open_whole() {
    for (width, height) in [(1, 1), (1, 5000), (5000, 1), (257, 3), (31, 77)] {
        let picture = ImageBuffer::from_fn(width, height, |x, y| ImageRgb([x as u8, y as u8, 7]));
        let (_folder, path) = file("picture.png", &png(&picture));
        let source = opened(&path);
        assert_eq!(source.info().size, Size::new(width, height));
        assert_eq!(read(&*source, 0, 0, width, height).data(), picture.as_raw());
        let last = read(&*source, width - 1, height - 1, 1, 1);
        assert_eq!(last.data(), [(width - 1) as u8, (height - 1) as u8, 7]);
    }
}

#[test]
fn a_picture_of_no_size_is_refused() {
    let mut bytes = png(&ImageBuffer::from_pixel(1, 1, ImageRgb([9u8; 3])));
    bytes[16..20].fill(0);
    let crc = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    let (_folder, path) = file("nothing.png", &bytes);
    refused(&path);
}

#[test]
fn a_picture_that_claims_too_much_memory_is_refused_before_it_is_decoded() {
    let mut bytes = png(&ImageBuffer::from_pixel(1, 1, ImageRgb([9u8; 3])));
    bytes[16..20].copy_from_slice(&100_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&100_000u32.to_be_bytes());
    let crc = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    let (_folder, path) = file("huge.png", &bytes);
    let error = refused(&path).to_string();
    assert!(error.contains("100000x100000") && error.contains("tiled TIFF"), "{error}");
}

#[test]
fn transparent_pixels_show_the_background() {
    let picture = ImageBuffer::from_fn(3, 1, |x, _| Rgba([0u8, 0, 0, [0, 128, 255][x as usize]]));
    let (_folder, path) = file("clear.png", &png(&picture));
    assert_eq!(read(&*opened(&path), 0, 0, 3, 1).data(), [255, 255, 255, 127, 127, 127, 0, 0, 0]);
    let options = OpenOptions { background: Some([200, 100, 50]), tolerant: false };
    let source = open(&path, &options).unwrap();
    assert_eq!(read(&*source, 0, 0, 1, 1).data(), [200, 100, 50]);
}

#[test]
fn sixteen_bit_samples_become_eight_bit_ones() {
    let picture = ImageBuffer::from_pixel(2, 2, ImageRgb([0xffffu16, 0x8000, 0x0101]));
    let (_folder, path) = file("deep.png", &png(&picture));
    assert_eq!(read(&*opened(&path), 0, 0, 1, 1).data(), [255, 128, 1]);
}

/// Position of the value of `tag` in the first directory of a little-endian
/// classic TIFF, and the position that value points to.
fn tag(tiff: &[u8], tag: u16) -> (usize, usize) {
    let u32_at = |at: usize| u32::from_le_bytes(tiff[at..at + 4].try_into().unwrap()) as usize;
    let start = u32_at(4);
    let count = u16::from_le_bytes([tiff[start], tiff[start + 1]]);
    let entry = (0..usize::from(count))
        .map(|index| start + 2 + 12 * index)
        .find(|&at| tiff[at..at + 2] == tag.to_le_bytes())
        .unwrap();
    (entry + 8, u32_at(entry + 8))
}

const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;
/// Tiles in a row of CMU-1-Small-Region.
const COLUMNS: usize = 10;

#[test]
fn a_tile_beyond_the_end_of_the_file_is_named() {
    let Some(path) = slide("CMU-1-Small-Region.svs") else { return };
    let mut bytes = fs::read(path).unwrap();
    let (_, offsets) = tag(&bytes, TILE_OFFSETS);
    bytes[offsets + 4 * (2 * COLUMNS + 3)..][..4].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let (_folder, path) = file("beyond.svs", &bytes);
    let error = refused(&path);
    assert!(
        matches!(error.problem, SourceProblem::Tile { x: 3, y: 2, offset: Some(0xffff_fff0), .. }),
        "{error}"
    );
    let source = open(&path, &OpenOptions { tolerant: true, background: None }).unwrap();
    assert_eq!(read(&*source, 720, 480, 240, 240).uniform(0, 0, 240, 240), Some([255; 3]));
    assert_eq!(source.damaged(), 1);
}

#[test]
fn a_tile_that_does_not_decode_fails_or_is_painted_and_counted_once() {
    let Some(path) = slide("CMU-1-Small-Region.svs") else { return };
    let whole = fs::read(path).unwrap();
    let (_, offsets) = tag(&whole, TILE_OFFSETS);
    let (_, lengths) = tag(&whole, TILE_BYTE_COUNTS);
    let u32_at = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap());
    let index = 4 * (COLUMNS + 1);
    let (offset, length) = (u32_at(offsets + index), u32_at(lengths + index));

    let mut corrupt = whole.clone();
    corrupt[offset as usize..][..64].fill(0x55);
    // Half a tile: the JPEG library only warns about this.
    let mut cut = whole.clone();
    cut[lengths + index..][..4].copy_from_slice(&(length / 2).to_le_bytes());
    // The directory claims another tile size than the JPEGs have.
    let (value, _) = tag(&whole, 322);
    let mut resized = whole.clone();
    resized[value..][..2].copy_from_slice(&256u16.to_le_bytes());

    for (name, bytes) in [("corrupt", corrupt), ("cut", cut)] {
        let (_folder, path) = file("broken.svs", &bytes);
        let source = opened(&path);
        let mut out = Rgb::filled(1, 1, [0; 3]);
        source.read(Rect { x: 500, y: 0, width: 200, height: 200 }, &mut out).unwrap();
        let error = source.read(Rect { x: 300, y: 300, width: 10, height: 10 }, &mut out).unwrap_err();
        match &error.problem {
            SourceProblem::Tile { x: 1, y: 1, offset: Some(at), .. } => {
                assert_eq!(*at, u64::from(offset), "{name}");
            }
            other => panic!("{name}: {other}"),
        }
        let message = error.to_string();
        assert!(
            message.contains("broken.svs")
                && message.contains("tile (1, 1)")
                && message.contains("--tolerant"),
            "{message}"
        );

        let source = open(&path, &OpenOptions { tolerant: true, background: Some([9, 8, 7]) }).unwrap();
        for _ in 0..2 {
            let found = read(&*source, 200, 200, 300, 300);
            assert_eq!(found.uniform(40, 40, 240, 240), Some([9, 8, 7]), "{name}");
            assert_eq!(found.uniform(0, 0, 40, 40), None, "{name}: the neighbour is intact");
        }
        assert_eq!(source.damaged(), 1, "{name}");
    }

    let (_folder, path) = file("resized.svs", &resized);
    let error = opened(&path)
        .read(Rect { x: 0, y: 0, width: 10, height: 10 }, &mut Rgb::filled(1, 1, [0; 3]))
        .unwrap_err();
    let message = error.to_string();
    assert!(message.contains("240x240") && message.contains("256x240"), "{message}");
}

#[test]
fn a_tile_without_bytes_is_background_and_no_damage() {
    let Some(path) = slide("CMU-1-Small-Region.svs") else { return };
    let mut bytes = fs::read(path).unwrap();
    let (_, lengths) = tag(&bytes, TILE_BYTE_COUNTS);
    bytes[lengths..][..4].fill(0);
    let (_folder, path) = file("sparse.svs", &bytes);
    let source = opened(&path);
    assert_eq!(read(&*source, 0, 0, 240, 240).uniform(0, 0, 240, 240), Some([255; 3]));
    assert_eq!(read(&*source, 200, 0, 80, 80).uniform(40, 0, 40, 80), None);
    assert_eq!(source.damaged(), 0);
}

#[test]
fn without_openslide_the_error_names_the_package_and_native_slides_still_open() {
    const NOWHERE: &str = "/nowhere/libopenslide.so";
    if std::env::var_os("ORIGAMI_OPENSLIDE").is_none_or(|library| library != NOWHERE) {
        // The variable is the process's, so the test runs again in one of its own.
        let test = "without_openslide_the_error_names_the_package_and_native_slides_still_open";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output =
            again.env("ORIGAMI_OPENSLIDE", NOWHERE).args(["--exact", test, "--nocapture"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    for name in ["hamamatsu-test3-DAPI-2-387.ndpi", "weaker-licence/tcga-cr-7395-01a-01-ts1.svs"] {
        let Some(path) = slide(name) else { continue };
        let error = refused(&path);
        assert!(matches!(error.problem, SourceProblem::OpenSlideMissing { .. }), "{error}");
        let message = error.to_string();
        for part in [name, "libopenslide0", NOWHERE, "ORIGAMI_OPENSLIDE"] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }
    if let Some(path) = slide("CMU-1-Small-Region.svs") {
        assert_eq!(opened(&path).info().format, "Aperio SVS, tiled JPEG");
    }
    let (_folder, path) = file("picture.png", &png(&ImageBuffer::from_pixel(1, 1, ImageRgb([9u8; 3]))));
    opened(&path);
}

/// A little TIFF or BigTIFF of self-contained 16 px JPEG tiles.
fn tiff(big: bool, width: u32, height: u32, gray: bool) -> Vec<u8> {
    let word = if big { 8 } else { 4 };
    let uint = |value: u64, size: usize| value.to_le_bytes()[..size].to_vec();
    let count = u64::from(width.div_ceil(16) * height.div_ceil(16));
    let tile = |index: u64| {
        let level = (40 + 20 * index) as u8;
        let mut jpeg = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95);
        let kind = if gray { image::ExtendedColorType::L8 } else { image::ExtendedColorType::Rgb8 };
        encoder.encode(&vec![level; if gray { 256 } else { 768 }], 16, 16, kind).unwrap();
        jpeg
    };
    let tiles: Vec<Vec<u8>> = (0..count).map(tile).collect();
    let mut out = if big { b"II+\0\x08\0\0\0".to_vec() } else { b"II*\0".to_vec() };
    let header = if big { 16 } else { 8 };
    let mut place = (header + tiles.iter().map(Vec::len).sum::<usize>()) as u64;
    let arrays = place;
    place += 2 * count * word as u64;
    out.extend(uint(place, word));
    let mut offsets = Vec::new();
    for tile in &tiles {
        offsets.push(out.len() as u64);
        out.extend(tile);
    }
    offsets.iter().for_each(|&offset| out.extend(uint(offset, word)));
    tiles.iter().for_each(|tile| out.extend(uint(tile.len() as u64, word)));
    let long = if big { 16 } else { 4 };
    let entries: [(u64, u64, u64, u64); 9] = [
        (256, 4, 1, width.into()),
        (257, 4, 1, height.into()),
        (259, 3, 1, 7),
        (262, 3, 1, if gray { 1 } else { 6 }),
        (277, 3, 1, if gray { 1 } else { 3 }),
        (322, 3, 1, 16),
        (323, 3, 1, 16),
        (324, long, count, arrays),
        (325, long, count, arrays + count * word as u64),
    ];
    out.extend(uint(entries.len() as u64, if big { 8 } else { 2 }));
    for (tag, kind, count, value) in entries {
        out.extend([uint(tag, 2), uint(kind, 2), uint(count, word), uint(value, word)].concat());
    }
    out.extend(uint(0, word));
    out
}

#[test]
fn big_and_gray_tiffs_with_whole_edge_tiles_are_cropped_to_the_slide() {
    for (big, gray) in [(false, false), (true, false), (false, true), (true, true)] {
        let (_folder, path) = file("made.tif", &tiff(big, 37, 21, gray));
        let source = opened(&path);
        assert_eq!((source.info().size, source.info().grid), (Size::new(37, 21), Some(16)));
        assert!(source.info().format.starts_with(if big { "BigTIFF" } else { "TIFF" }));
        let found = read(&*source, 0, 0, 37, 21);
        for (tile, (x, y)) in [(0, 0), (16, 0), (32, 0), (0, 16), (16, 16), (32, 16)].into_iter().enumerate()
        {
            let level = (40 + 20 * tile) as u8;
            assert!(found.row(y)[3 * x].abs_diff(level) <= 1, "tile {tile} of big {big}, gray {gray}");
        }
    }
}

#[test]
fn a_file_is_opened_as_what_it_holds_whatever_its_name() {
    let picture = png(&ImageBuffer::from_pixel(1, 1, ImageRgb([9u8; 3])));
    for (name, bytes, format) in [
        ("notes.txt", &picture, "PNG picture"),
        ("slide.mrxs", &picture, "PNG picture"),
        ("slide.dzi.zip", &tiff(false, 37, 21, false), "TIFF, tiled JPEG"),
    ] {
        let (_folder, path) = file(name, bytes);
        assert_eq!(opened(&path).info().format, format, "{name}");
    }
}

#[test]
fn a_jpeg_is_a_picture_unless_its_name_makes_it_the_front_page_of_a_mirax_slide() {
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.encode(&[200; 192], 8, 8, image::ExtendedColorType::Rgb8).unwrap();
    let (_folder, path) = file("picture.svs", &jpeg);
    assert_eq!(opened(&path).info().format, "JPEG picture");
    // There are no data beside it, so that OpenSlide does not read it either.
    let (_folder, path) = file("slide.MRXS", &jpeg);
    let error = refused(&path);
    assert!(
        matches!(error.problem, SourceProblem::NotASlide(_) | SourceProblem::OpenSlideMissing { .. }),
        "{error}"
    );
}

#[test]
fn sizes_that_no_slide_has_are_refused_without_being_allocated() {
    let mut bytes = tiff(false, 37, 21, false);
    let (width, _) = tag(&bytes, 256);
    bytes[width..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let (_folder, path) = file("wide.tif", &bytes);
    assert!(matches!(refused(&path).problem, SourceProblem::Size { width: 4_294_967_295, .. }));
    bytes[width..][..4].copy_from_slice(&10_000_000u32.to_le_bytes());
    let (_folder, path) = file("wide.tif", &bytes);
    let error = refused(&path).to_string();
    assert!(error.contains("tile offsets"), "{error}");
}

#[test]
fn a_slide_cut_short_while_it_is_read_fails_or_is_painted_but_never_guessed() {
    let whole = Rect { x: 0, y: 0, width: 37, height: 21 };
    for tolerant in [false, true] {
        let (_folder, path) = file("made.tif", &tiff(false, 37, 21, false));
        let source = open(&path, &OpenOptions { tolerant, background: Some([9, 8, 7]) }).unwrap();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        let mut out = Rgb::filled(1, 1, [0; 3]);
        match source.read(whole, &mut out) {
            Err(error) => assert!(!tolerant && error.to_string().contains("cut short"), "{error}"),
            Ok(()) => {
                assert!(tolerant);
                assert_eq!((out.uniform(0, 0, 37, 21), source.damaged()), (Some([9, 8, 7]), 6));
            }
        }
    }
}
