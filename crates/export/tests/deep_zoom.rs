//! Deep Zoom folders and SZI files.

mod common;

use common::{Plan, contents, export, names, served, tiles};
use origami_codec::Colour;
use origami_pyramid::Subsampling;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::{CompressionMethod, ZipArchive};

/// Sizes of all kinds: single pixels, lines, tiles cropped on no side, one side and
/// both.
const SIZES: [(u32, u32); 9] =
    [(1, 1), (17, 9), (1, 300), (300, 1), (2, 3), (64, 64), (65, 31), (100, 70), (33, 129)];

/// The files of a zip, none of which may be compressed.
fn unzipped(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(fs::read(path).unwrap())).expect("a zip");
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        assert_eq!(file.compression(), CompressionMethod::Stored);
        let mut data = Vec::new();
        file.read_to_end(&mut data).unwrap();
        files.insert(file.name().unwrap().to_string(), data);
    }
    files
}

#[test]
fn a_folder_has_every_tile_of_every_level_as_served() {
    for size in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let pack = Plan::new(size.0, size.1).write(&folder.path().join("slide.origami"));
        let output = tempfile::tempdir().unwrap();
        let bytes = export(&pack, &output.path().join("x.dzi"), false).unwrap();
        assert_eq!(names(output.path()), ["x.dzi", "x_files"]);
        let mut files = contents(output.path());
        assert_eq!(bytes, files.values().map(|data| data.len() as u64).sum::<u64>());
        for (id, jpeg) in served(&pack) {
            let name = format!("x_files/{}/{}_{}.jpg", id.z, id.x, id.y);
            assert!(files.remove(&name).as_ref() == Some(&jpeg), "{size:?}: {name}");
        }
        assert!(files.keys().eq(["x.dzi", "x_files/scan-properties.xml"]), "there are other files");
        let descriptor = String::from_utf8(files.remove("x.dzi").unwrap()).unwrap();
        for part in [
            r#"Format="jpg" Overlap="0" TileSize="32""#,
            &format!(r#"<Size Width="{}" Height="{}"/>"#, size.0, size.1),
        ] {
            assert!(descriptor.contains(part), "no {part} in {descriptor}");
        }
    }
}

#[test]
fn an_szi_has_the_files_of_the_folder_under_one_root_and_stored() {
    for (size, tile) in [((1, 1), 32), ((100, 70), 32), ((65, 31), 24), ((300, 211), 240)] {
        let folder = tempfile::tempdir().unwrap();
        let pack = Plan { tile, ..Plan::new(size.0, size.1) }.write(&folder.path().join("slide.origami"));
        let output = tempfile::tempdir().unwrap();
        let [szi, dzi] = ["x.szi", "x.dzi"].map(|name| output.path().join(name));
        let bytes = export(&pack, &szi, false).unwrap();
        assert_eq!(bytes, fs::metadata(&szi).unwrap().len());
        let zipped = unzipped(&szi);
        fs::remove_file(&szi).unwrap();
        export(&pack, &dzi, false).unwrap();
        let mut expected = BTreeMap::new();
        for (name, data) in contents(output.path()) {
            // An SZI has the properties beside the descriptor.
            let name = name.replace("x_files/scan-", "scan-");
            expected.insert(format!("x/{name}"), data);
        }
        assert!(zipped == expected, "{size:?}");
        let properties = String::from_utf8(zipped["x/scan-properties.xml"].clone()).unwrap();
        for (name, value) in [
            ("ImageWidth", size.0.to_string()),
            ("ImageHeight", size.1.to_string()),
            ("MicronsPerPixel", "0.375".into()),
            ("MicronsPerPixelX", "0.25".into()),
            ("MicronsPerPixelY", "0.5".into()),
            ("ObjectiveMagnification", "40".into()),
        ] {
            let property = format!("<property><name>{name}</name><value>{value}</value></property>");
            assert!(properties.contains(&property), "no {property} in {properties}");
        }
    }
}

#[test]
fn the_same_pack_gives_the_same_szi() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(500, 400).write(&folder.path().join("slide.origami"));
    let path = folder.path().join("x.szi");
    export(&pack, &path, false).unwrap();
    let first = fs::read(&path).unwrap();
    export(&pack, &path, true).unwrap();
    assert!(fs::read(&path).unwrap() == first);
}

#[test]
fn an_szi_can_have_more_files_than_a_zip_without_zip64() {
    let folder = tempfile::tempdir().unwrap();
    // 262 tiles across and down of 16 px, gray so that none is blank.
    let plan =
        Plan { tile: 16, colour: Colour::Gray, subsampling: Subsampling::Gray, ..Plan::new(4190, 4190) };
    let pack = plan.write(&folder.path().join("slide.origami"));
    let path = folder.path().join("x.szi");
    export(&pack, &path, false).unwrap();
    let count = tiles(pack.pyramid()).count();
    assert!(count > 65_536 + 20_000);
    let mut zip = ZipArchive::new(fs::File::open(&path).unwrap()).expect("a zip");
    assert_eq!(zip.len(), count + 2);
    let max = pack.pyramid().max_level();
    for id in tiles(pack.pyramid()).filter(|id| id.z < 8 || (id.z == max && id.x * 7 % 260 == id.y)) {
        let mut data = Vec::new();
        let name = format!("x/x_files/{}/{}_{}.jpg", id.z, id.x, id.y);
        zip.by_name(&name).unwrap().read_to_end(&mut data).unwrap();
        assert!(data == plan.jpeg(id), "{name}");
    }
}
