//! `origami export`: packs as plain pyramids, read by others.

use crate::binary::{self, Ran, files};
use crate::odd_sizes::gradient;
use crate::openslide::OpenSlide;
use crate::picture::Picture;
use crate::served::Served;
use crate::slides::{blank_pack, small_pack, small_packs};
use origami_pack::{Entry, Metadata, Pack};
use origami_pyramid::{Pyramid, Size, TileId};
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const NAMES: [&str; 3] = ["x.dzi", "x.szi", "x.tif"];

/// Runs `origami export` on `pack` with further arguments.
pub fn export(pack: &Path, output: &Path, more: &[&str]) -> Ran {
    let mut command = binary::command([OsStr::new("export"), pack.as_os_str(), OsStr::new("-o")]);
    Ran::of(command.arg(output).args(more))
}

/// A TIFF that OpenSlide has open; `None`, said or failing in CI, if that is
/// not installed.
fn opened(path: &Path) -> Option<OpenSlide> {
    match OpenSlide::open(path) {
        Ok(slide) => Some(slide),
        Err(reason) => {
            assert!(std::env::var_os("CI").is_none(), "no OpenSlide: {reason}");
            eprintln!("SKIP: no OpenSlide: {reason}");
            None
        }
    }
}

/// All tiles, coarse to fine.
fn tiles(pyramid: &Pyramid) -> impl Iterator<Item = TileId> {
    (0..pyramid.level_count()).flat_map(move |z| pyramid.tiles(z))
}

/// A level of an exported Deep Zoom folder.
fn stitched(folder: &Path, pyramid: &Pyramid, z: u32) -> Picture {
    let size = pyramid.level_size(z).unwrap();
    let mut level = Picture::new(size.width as usize, size.height as usize);
    for id in pyramid.tiles(z) {
        let tile = fs::read(folder.join(format!("{z}/{}_{}.jpg", id.x, id.y))).unwrap();
        let rect = pyramid.tile_rect(id).unwrap();
        level.paste(&Picture::decode(&tile), rect.x as usize, rect.y as usize);
    }
    level
}

#[test]
fn deep_zoom_exports_have_the_bytes_that_are_served() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let pack = packs.path().join("a.origami");
    let output = tempfile::tempdir().unwrap();
    let ran = export(&pack, &output.path().join("x.dzi"), &[]).good();
    assert!(ran.stdout.contains("x.dzi: 190 tiles"), "{}", ran.stdout);
    let ran = export(&pack, &output.path().join("x.szi"), &["-j", "1"]).good();
    assert!(ran.stdout.contains("x.szi: 190 tiles"), "{}", ran.stdout);
    assert_eq!(files(output.path()), ["x.dzi", "x.szi", "x_files"]);
    let mut zip = zip::ZipArchive::new(fs::File::open(output.path().join("x.szi")).unwrap()).unwrap();
    let mut zipped = |name: &str| {
        let mut data = Vec::new();
        zip.by_name(&format!("x/{name}")).unwrap().read_to_end(&mut data).unwrap();
        data
    };
    let server = Served::start(packs.path());
    let descriptor = server.body("/dzi/a.dzi");
    assert!(zipped("x.dzi") == descriptor && fs::read(output.path().join("x.dzi")).unwrap() == descriptor);
    let pyramid = *Pack::open(&pack).unwrap().pyramid();
    for id in tiles(&pyramid) {
        let name = format!("_files/{}/{}_{}.jpg", id.z, id.x, id.y);
        let served = server.body(&format!("/dzi/a{name}"));
        let name = format!("x{name}");
        assert!(fs::read(output.path().join(&name)).unwrap() == served, "{name}");
        assert!(zipped(&name) == served, "{name} of the zip");
    }
    assert_eq!(zip.len(), tiles(&pyramid).count() + 2);
}

#[test]
fn openslide_reads_the_levels_and_pixels_of_an_exported_tiff() {
    let Some(pack) = small_pack() else { return };
    let output = tempfile::tempdir().unwrap();
    let [dzi, tif] = ["x.dzi", "x.tif"].map(|name| output.path().join(name));
    export(pack, &dzi, &[]).good();
    export(pack, &tif, &[]).good();
    let Some(slide) = opened(&tif) else { return };
    assert_eq!(slide.levels(), [(2220, 2967), (1110, 1484), (555, 742), (278, 371), (139, 186)]);
    let pyramid = *Pack::open(pack).unwrap().pyramid();
    for (number, &size) in slide.levels().iter().enumerate() {
        let read = slide.read_level(number, (0, 0), size);
        let expected = stitched(&output.path().join("x_files"), &pyramid, 12 - number as u32);
        // Two JPEG decoders differ in the last bits.
        let psnr = read.psnr_y(&expected);
        assert!(psnr > 50.0, "level {number}: {psnr:.1} dB");
    }
}

#[test]
fn tiffs_of_odd_sizes_hold_the_pixels_of_their_deep_zoom_twin() {
    for (width, height, tile) in [
        (1, 1, "256"),
        (17, 9, "256"),
        (1, 5000, "256"),
        (5000, 1, "256"),
        (700, 523, "240"),
        (300, 200, "16"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let slide = folder.path().join("x.png");
        fs::write(&slide, gradient(width, height).png()).unwrap();
        let output = folder.path().join("packs");
        let pack = binary::packed(&slide, &output, &["--no-report", "--tile-size", tile]);
        for name in NAMES {
            export(&pack, &output.join(name), &[]).good();
        }
        let expected =
            stitched(&output.join("x_files"), Pack::open(&pack).unwrap().pyramid(), max_level(width, height));
        let Some(slide) = opened(&output.join("x.tif")) else { return };
        assert_eq!(slide.size, (width, height));
        let read = slide.read(0, 0, width, height);
        let psnr = read.psnr_y(&expected);
        assert!(psnr > 45.0, "{width}x{height}: {psnr:.1} dB");
    }
}

fn max_level(width: usize, height: usize) -> u32 {
    (width.max(height) as f64).log2().ceil() as u32
}

#[test]
fn exports_are_slides_again_with_their_pixel_size() {
    let Some(pack) = small_pack() else { return };
    let output = tempfile::tempdir().unwrap();
    for name in NAMES {
        let slide = output.path().join(name);
        export(pack, &slide, &[]).good();
        let packs = tempfile::tempdir().unwrap();
        let told = binary::inspect(&binary::packed(&slide, packs.path(), &["--no-report"]));
        assert_eq!((&told["width"], &told["height"]), (&2220.into(), &2967.into()));
        let mpp = &told["metadata"]["mpp"];
        assert!((mpp[0].as_f64().unwrap() - 0.499).abs() < 1e-6, "{name}: {mpp}");
    }
}

#[test]
fn outputs_that_cannot_be_are_refused_and_leave_nothing() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let pack = packs.path().join("a.origami");
    let output = tempfile::tempdir().unwrap();
    for name in ["x", "x.zip", "x.jpg"] {
        let path = output.path().join(name);
        export(&pack, &path, &[]).refused(&[path.to_str().unwrap(), ".dzi", ".szi", ".tif"]);
    }
    for name in NAMES {
        let path = output.path().join("missing").join(name);
        export(&pack, &path, &[]).refused(&[path.to_str().unwrap(), "No such file"]);
        let missing = packs.path().join("missing.origami");
        export(&missing, &output.path().join(name), &[]).refused(&[missing.to_str().unwrap()]);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn exports_that_are_there_are_replaced_only_by_force() {
    let Some(pack) = small_pack() else { return };
    for name in NAMES {
        let output = tempfile::tempdir().unwrap();
        let path = output.path().join(name);
        fs::write(&path, "mine").unwrap();
        export(pack, &path, &[]).refused(&[path.to_str().unwrap(), "already there", "--force"]);
        assert_eq!(
            (files(output.path()), fs::read(&path).unwrap()),
            (vec![name.to_owned()], b"mine".to_vec())
        );
        export(pack, &path, &["--force"]).good();
        assert!(fs::metadata(&path).unwrap().len() > 100);
    }
}

#[test]
fn a_damaged_pack_is_an_error_with_tile_and_path_that_leaves_nothing() {
    let Some(folder) = small_packs(&["a"]) else { return };
    let path = folder.path().join("a.origami");
    let pack = Pack::open(&path).unwrap();
    let id = TileId { z: pack.pyramid().max_level(), x: 3, y: 4 };
    let Entry::Blob { offset, .. } = pack.entry(id).unwrap() else { panic!("tile {id} has no blob") };
    drop(pack);
    let mut bytes = fs::read(&path).unwrap();
    bytes[offset as usize + 7] ^= 1;
    fs::write(&path, bytes).unwrap();
    let output = tempfile::tempdir().unwrap();
    for name in NAMES {
        let said = [path.to_str().unwrap(), "tile 12/3/4", "checksum", &format!("offset {offset}")];
        export(&path, &output.path().join(name), &[]).refused(&said);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

/// A pack that takes a while to export, though not to make: blank tiles.
fn many_tiles(folder: &Path) -> PathBuf {
    let path = folder.join("many.origami");
    let pyramid = Pyramid::new(Size::square(12_000), 16).unwrap();
    blank_pack(&path, pyramid, &Metadata::default());
    path
}

#[test]
fn an_interrupted_export_ends_soon_says_so_and_leaves_nothing() {
    let packs = tempfile::tempdir().unwrap();
    let pack = many_tiles(packs.path());
    for name in NAMES {
        let output = tempfile::tempdir().unwrap();
        let path = output.path().join(name);
        let mut command = binary::command([OsStr::new("export"), pack.as_os_str(), OsStr::new("-o")]);
        let child = command.arg(&path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let started = Instant::now();
        while files(output.path()).is_empty() {
            assert!(started.elapsed() < Duration::from_secs(120), "nothing is written");
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(100));
        assert!(files(output.path()).iter().all(|name| name.ends_with(".tmp")), "{:?}", files(output.path()));
        binary::signal(child.id(), "INT");
        Ran::end_of(child).refused(&["interrupted; nothing was written"]);
        assert_eq!(files(output.path()), [""; 0], "{name}");
    }
}

#[test]
fn an_output_that_may_not_grow_is_an_error_that_leaves_nothing() {
    let Some(pack) = small_pack() else { return };
    for name in ["x.szi", "x.tif"] {
        let output = tempfile::tempdir().unwrap();
        // 300 of 1,300 kB.
        let script = r#"ulimit -f 600; "$0" export "$1" -o "$2""#;
        let mut command = Command::new("sh");
        binary::clear_settings(&mut command);
        let path = output.path().join(name);
        let ran = Ran::of(command.args(["-c", script, binary::path()]).args([pack, &path]));
        ran.refused(&[path.to_str().unwrap(), "File too large"]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert_eq!(files(output.path()), [""; 0]);
    }
}
