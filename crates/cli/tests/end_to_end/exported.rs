//! `origami export`: packs as plain pyramids, read by others.

use crate::binary::{self, Outcome, command_on, files};
use crate::openslide::OpenSlide;
use crate::server::Server;
use crate::slides::{DamagedPack, blank_pack, small_pack, small_packs};
use crate::tiles::max_level;
use origami_fixtures::geometry::{Rect, Size};
use origami_fixtures::picture::Picture;
use origami_pack::{Metadata, Pack};
use origami_pyramid::{Pyramid, TileId};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use zip::ZipArchive;

const NAMES: [&str; 3] = ["x.dzi", "x.szi", "x.tif"];

/// Runs `origami export` on `pack` with more arguments.
pub fn export(pack: &Path, output: &Path, more: &[&str]) -> Outcome {
    Outcome::run(command_on("export", pack).arg("-o").arg(output).args(more))
}

/// All tiles, from coarse to fine.
fn tiles(pyramid: &Pyramid) -> impl Iterator<Item = TileId> {
    (0..pyramid.level_count()).flat_map(move |z| pyramid.tiles(z))
}

/// A level of an exported Deep Zoom folder.
fn stitched(folder: &Path, pyramid: &Pyramid, z: u32) -> Picture {
    let size = pyramid.level_size(z).unwrap();
    let mut level = Picture::black(Size::new(size.width as usize, size.height as usize));
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
    let outcome = export(&pack, &output.path().join("x.dzi"), &[]).expect_success();
    assert!(outcome.stdout.contains("x.dzi: 190 tiles"), "{}", outcome.stdout);
    let outcome = export(&pack, &output.path().join("x.szi"), &["-j", "1"]).expect_success();
    assert!(outcome.stdout.contains("x.szi: 190 tiles"), "{}", outcome.stdout);
    assert_eq!(files(output.path()), ["x.dzi", "x.szi", "x_files"]);
    let mut zip = ZipArchive::new(File::open(output.path().join("x.szi")).unwrap()).unwrap();
    let server = Server::start(packs.path());
    let descriptor = server.body("/dzi/a.dzi");
    assert!(zip_entry(&mut zip, "x/x.dzi") == descriptor);
    assert!(fs::read(output.path().join("x.dzi")).unwrap() == descriptor);
    let pyramid = *Pack::open(&pack).unwrap().pyramid();
    for TileId { z, x, y } in tiles(&pyramid) {
        let name = format!("x_files/{z}/{x}_{y}.jpg");
        let served = server.body(&format!("/dzi/a_files/{z}/{x}_{y}.jpg"));
        assert!(fs::read(output.path().join(&name)).unwrap() == served, "{name}");
        assert!(zip_entry(&mut zip, &format!("x/{name}")) == served, "{name} of the zip");
    }
    assert_eq!(zip.len(), tiles(&pyramid).count() + 2);
}

fn zip_entry(zip: &mut ZipArchive<File>, name: &str) -> Vec<u8> {
    let mut data = Vec::new();
    zip.by_name(name).unwrap().read_to_end(&mut data).unwrap();
    data
}

#[test]
fn openslide_reads_the_levels_and_pixels_of_an_exported_tiff() {
    let Some(pack) = small_pack() else { return };
    let output = tempfile::tempdir().unwrap();
    let [dzi, tif] = ["x.dzi", "x.tif"].map(|name| output.path().join(name));
    export(pack, &dzi, &[]).expect_success();
    export(pack, &tif, &[]).expect_success();
    let Some(slide) = OpenSlide::open(&tif) else { return };
    let sizes = [(2220, 2967), (1110, 1484), (555, 742), (278, 371), (139, 186)];
    assert_eq!(slide.levels(), sizes.map(|(width, height)| Size::new(width, height)));
    let pyramid = *Pack::open(pack).unwrap().pyramid();
    for (number, &size) in slide.levels().iter().enumerate() {
        let picture = slide.read_level(number, Rect::whole(size));
        let expected = stitched(&output.path().join("x_files"), &pyramid, 12 - number as u32);
        // Two JPEG decoders differ in the last bits.
        let psnr = picture.psnr_y(&expected);
        assert!(psnr > 50.0, "level {number}: {psnr:.1} dB");
    }
}

#[test]
fn tiffs_of_odd_sizes_have_the_pixels_of_the_deep_zoom_export() {
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
        fs::write(&slide, Picture::gradient(width, height).png()).unwrap();
        let output = folder.path().join("packs");
        let pack = binary::packed(&slide, &output, &["--no-report", "--tile-size", tile]);
        for name in NAMES {
            export(&pack, &output.join(name), &[]).expect_success();
        }
        let (size, pack) = (Size::new(width, height), Pack::open(&pack).unwrap());
        let expected = stitched(&output.join("x_files"), pack.pyramid(), max_level(size));
        let Some(slide) = OpenSlide::open(&output.join("x.tif")) else { return };
        assert_eq!(slide.size, size);
        let psnr = slide.read(Rect::whole(size)).psnr_y(&expected);
        assert!(psnr > 45.0, "{width}x{height}: {psnr:.1} dB");
    }
}

#[test]
fn exports_can_be_packed_again_with_their_pixel_size() {
    let Some(pack) = small_pack() else { return };
    let output = tempfile::tempdir().unwrap();
    for name in NAMES {
        let slide = output.path().join(name);
        export(pack, &slide, &[]).expect_success();
        let packs = tempfile::tempdir().unwrap();
        let description = binary::inspect(&binary::packed(&slide, packs.path(), &["--no-report"]));
        assert_eq!((&description["width"], &description["height"]), (&2220.into(), &2967.into()));
        let mpp = &description["metadata"]["mpp"];
        assert!((mpp[0].as_f64().unwrap() - 0.499).abs() < 1e-6, "{name}: {mpp}");
    }
}

#[test]
fn impossible_outputs_are_refused_and_leave_nothing() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let pack = packs.path().join("a.origami");
    let output = tempfile::tempdir().unwrap();
    for name in ["x", "x.zip", "x.jpg"] {
        let path = output.path().join(name);
        export(&pack, &path, &[]).expect_error(&[path.to_str().unwrap(), ".dzi", ".szi", ".tif"]);
    }
    for name in NAMES {
        let path = pack.join("new").join(name);
        let outcome = export(&pack, &path, &[]);
        outcome.expect_error(&[path.to_str().unwrap(), "cannot be made"]);
        assert!(!outcome.stderr.contains(" at path "), "the name of the draft: {}", outcome.stderr);
        let missing = packs.path().join("missing.origami");
        export(&missing, &output.path().join(name), &[]).expect_error(&[missing.to_str().unwrap()]);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn existing_exports_are_replaced_only_by_force() {
    let Some(pack) = small_pack() else { return };
    for name in NAMES {
        let output = tempfile::tempdir().unwrap();
        let path = output.path().join(name);
        fs::write(&path, "mine").unwrap();
        export(pack, &path, &[]).expect_error(&[path.to_str().unwrap(), "already there", "--force"]);
        assert_eq!(
            (files(output.path()), fs::read(&path).unwrap()),
            (vec![name.to_owned()], b"mine".to_vec())
        );
        export(pack, &path, &["--force"]).expect_success();
        assert!(fs::metadata(&path).unwrap().len() > 100);
    }
}

#[test]
fn an_export_over_its_own_pack_is_refused_also_with_force() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let pack = packs.path().join("a.tif");
    fs::rename(packs.path().join("a.origami"), &pack).unwrap();
    let before = fs::read(&pack).unwrap();
    let linked = packs.path().join("b.szi");
    fs::hard_link(&pack, &linked).unwrap();
    for output in [&pack, &linked] {
        export(&pack, output, &["--force"])
            .expect_error(&[output.to_str().unwrap(), "is not replaced by its own export"]);
    }
    assert!(fs::read(&pack).unwrap() == before, "the pack was replaced");
}

#[test]
fn a_foreign_folder_with_the_name_of_that_for_tiles_survives_force() {
    let Some(pack) = small_pack() else { return };
    let output = tempfile::tempdir().unwrap();
    let folder = output.path().join("o_files");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mine.txt"), "mine").unwrap();
    export(pack, &output.path().join("o.dzi"), &["--force"]).expect_error(&[
        folder.to_str().unwrap(),
        "o.dzi",
        "it is no earlier export",
    ]);
    assert_eq!(files(output.path()), ["o_files"]);
    assert_eq!(files(&folder), ["mine.txt"]);
}

#[test]
fn a_damaged_pack_is_an_error_with_tile_and_path_that_leaves_nothing() {
    let Some(pack) = DamagedPack::new() else { return };
    let (path, offset) = (&pack.path, format!("offset {}", pack.offset));
    let output = tempfile::tempdir().unwrap();
    for name in NAMES {
        let parts = [path.to_str().unwrap(), "tile 12/3/4", "checksum", &offset];
        export(path, &output.path().join(name), &[]).expect_error(&parts);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

/// A pack of blank tiles: quick to make, but slow to export.
fn many_tiles(folder: &Path) -> PathBuf {
    let path = folder.join("many.origami");
    let pyramid = Pyramid::new(origami_pyramid::Size::square(12_000), 16).unwrap();
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
        let mut command = command_on("export", &pack);
        command.arg("-o").arg(&path).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let started = Instant::now();
        while files(output.path()).is_empty() {
            assert!(started.elapsed() < Duration::from_secs(120), "nothing is written");
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(100));
        assert!(files(output.path()).iter().all(|name| name.ends_with(".tmp")), "{:?}", files(output.path()));
        binary::signal(child.id(), "INT");
        let outcome = Outcome::wait_for(child);
        assert_eq!(outcome.code, Some(130), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("interrupted; nothing was written"), "{}", outcome.stderr);
        assert_eq!(files(output.path()), [""; 0], "{name}");
    }
}

#[test]
fn an_export_beyond_the_file_size_limit_is_an_error_that_leaves_nothing() {
    let Some(pack) = small_pack() else { return };
    for name in ["x.szi", "x.tif"] {
        let output = tempfile::tempdir().unwrap();
        // 300 of 1,300 kB.
        let script = r#"ulimit -f 600; "$0" export "$1" -o "$2""#;
        let mut command = Command::new("sh");
        binary::clear_settings(&mut command);
        let path = output.path().join(name);
        let outcome = Outcome::run(command.args(["-c", script, binary::path()]).args([pack, &path]));
        outcome.expect_error(&[path.to_str().unwrap(), "File too large"]);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert_eq!(files(output.path()), [""; 0]);
    }
}
