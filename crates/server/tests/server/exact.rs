//! Packs of coefficients: what is served are the JPEGs that were packed.

use crate::client::{get, request};
use crate::load::at_once;
use crate::packs::{HEIGHT, TILE, TOP, WIDTH, jpeg_size};
use crate::running::Running;
use origami_codec::exact::{self, TileCoder};
use origami_codec::{Coefficients, Colour, Decoder, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Identity, LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, Table};
use origami_pyramid::{Pyramid, Rgb, Subsampling, TileId};
use origami_render::{Pools, Rebuilder, Uncached};
use std::collections::HashMap;
use std::path::Path;

/// A constant, a verbatim, a coded tile of full resolution, and a stored one.
const CONSTANT: TileId = TileId { z: TOP, x: 5, y: 3 };
const VERBATIM: TileId = TileId { z: TOP, x: 3, y: 2 };
const CODED: TileId = TileId { z: TOP, x: 1, y: 1 };
const STORED: TileId = TileId { z: TOP - 2, x: 1, y: 0 };

/// Red, green and blue of the RGB pack.
const COLOUR: [u8; 3] = [200, 40, 96];

fn path(id: TileId) -> String {
    format!("/tiles/a/{}/{}/{}.jpg", id.z, id.x, id.y)
}

/// A header whose steps are 8, so that a DC step is one sample value.
fn header(colour: Colour) -> TileHeader {
    let subsampling = if colour == Colour::Rgb { Subsampling::S444 } else { Subsampling::S420 };
    TileHeader::new(&[[8; 64]; 3], subsampling, colour).unwrap()
}

/// The coefficients of a tile: waves in YCbCr, one colour in RGB but for a
/// little that averages out.
fn coefficients(header: &TileHeader, id: TileId, (width, height): (usize, usize)) -> Coefficients {
    let mut tile = Coefficients::zeros(header.frame(width, height).unwrap());
    let rgb = header.colour() == Colour::Rgb;
    for (plane, colour) in COLOUR.into_iter().enumerate() {
        for (n, block) in (0..).zip(tile.plane_mut(plane)) {
            let wave = (n * 7 + 11 * id.x as i16 + 5 * id.y as i16) % 60 - 30;
            block.0[0] = if rgb { i16::from(colour) - 128 } else { wave };
            for at in 1..6 {
                block.0[at] = (n * at as i16) % 5 - 2;
            }
        }
    }
    if id == CONSTANT {
        tile.fill([60, 0, 0]);
    }
    tile
}

fn jpeg(header: &TileHeader, tile: &Coefficients) -> Vec<u8> {
    let mut jpeg = vec![0; header.jpeg_bound(tile.frame())];
    let len = header.write(tile, &mut jpeg).unwrap();
    jpeg.truncate(len);
    jpeg
}

/// Writes the pack `a` and returns all its tiles as they were packed.
fn write_pack(folder: &Path, colour: Colour) -> HashMap<TileId, Vec<u8>> {
    let (pyramid, header) = (Pyramid::new(WIDTH, HEIGHT, TILE).unwrap(), header(colour));
    let model = exact::generic(3, colour);
    let coded = exact::Level::new(model.clone(), header.quantisation(), 3).unwrap();
    let exact = |z| z + 2 > TOP;
    let level = |z| LevelSpec {
        mode: if exact(z) { Mode::Exact } else { Mode::Stored },
        quality: 0,
        header: Some(0),
        table: exact(z).then_some(1),
    };
    let spec = PackSpec {
        pyramid,
        subsampling: header.subsampling(),
        levels: (0..=TOP).map(level).collect(),
        tables: vec![Table::Tiles(Box::new(header.clone())), Table::Model(model)],
    };
    let mut writer = PackWriter::create(&folder.join("a.origami"), spec, true).unwrap();
    let (mut coder, mut jpegs, mut parents) = (TileCoder::default(), HashMap::new(), HashMap::new());
    for z in 0..=TOP {
        let (columns, rows) = pyramid.grid(z).unwrap();
        for id in (0..rows).flat_map(|y| (0..columns).map(move |x| TileId { z, x, y })) {
            let rect = pyramid.tile_rect(id).unwrap();
            let tile = coefficients(&header, id, (rect.width as usize, rect.height as usize));
            let jpeg = jpeg(&header, &tile);
            let half = TILE as usize / 2;
            if id == CONSTANT {
                writer.constant(id, tile.constant().unwrap());
            } else if id == VERBATIM {
                writer.blob_as(id, &jpeg, Identity::Verbatim).unwrap();
            } else if exact(z) {
                let mut out = Vec::new();
                let origin = ((id.x & 1) as usize * half, (id.y & 1) as usize * half);
                let parent: &PaddedPlanes<Vec<u8>> = &parents[&pyramid.parent(id).unwrap().0];
                coder.encode(&coded, parent, origin, &tile, &mut out).unwrap();
                writer.blob(id, &out).unwrap();
            } else {
                writer.blob(id, header.scan_of(&jpeg).unwrap()).unwrap();
            }
            let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
            dct::inverse(&tile, header.quantisation(), &mut planes);
            parents.insert(id, planes);
            jpegs.insert(id, jpeg);
        }
    }
    writer.finish(&Metadata::default()).unwrap().publish().unwrap();
    jpegs
}

/// A folder with the pack `a`, and its tiles.
fn packed(colour: Colour) -> (tempfile::TempDir, HashMap<TileId, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let jpegs = write_pack(folder.path(), colour);
    (folder, jpegs)
}

#[test]
fn every_tile_is_served_as_it_was_packed() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        let (packs, jpegs) = packed(colour);
        let pack = Pack::open(&packs.path().join("a.origami")).unwrap();
        let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
        let server = Running::start(packs.path());
        for (&id, jpeg) in &jpegs {
            let answer = get(server.addr, &path(id));
            assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")), "{id}");
            assert!(answer.body == *jpeg, "{id}");
            assert!(answer.body == *rebuilder.tile(&pack, id, &Uncached).unwrap(), "{id}");
            let rect = pack.pyramid().tile_rect(id).unwrap();
            assert_eq!(jpeg_size(&answer.body), (rect.width, rect.height), "{id}");
            let other = format!("/dzi/a_files/{}/{}_{}.jpg", id.z, id.x, id.y);
            assert!(get(server.addr, &other).body == *jpeg, "{other}");
        }
        let metrics = server.scrape();
        let stored = jpegs.keys().filter(|id| id.z < TOP - 1).count() + 1;
        let rebuilt = jpegs.len() - stored - 1;
        assert_eq!(metrics[r#"origami_tile_requests_total{source="stored"}"#], 2.0 * stored as f64);
        assert_eq!(metrics[r#"origami_tile_requests_total{source="rebuilt"}"#], rebuilt as f64);
        assert_eq!(metrics[r#"origami_tile_requests_total{source="blank"}"#], 1.0);
        assert_eq!(metrics["origami_tile_builds_total"], rebuilt as f64, "one colour takes no worker");
        let slide = get(server.addr, "/slides/a").json();
        assert_eq!(
            (slide["mode"].as_str(), slide["levels"].as_u64()),
            (Some("exact"), Some(u64::from(TOP) + 1))
        );
    }
}

#[test]
fn validators_hold_for_tiles_of_every_kind() {
    let (packs, jpegs) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    for id in [CONSTANT, VERBATIM, CODED, STORED] {
        let full = get(server.addr, &path(id));
        let head = request(server.addr, "HEAD", path(id).as_bytes(), &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{id}");
        for name in ["content-length", "content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), full.header(name), "{name} of {id}");
        }
        assert_eq!(head.header("content-length"), Some(&*jpegs[&id].len().to_string()), "{id}");
        let tag = full.header("etag").unwrap();
        // The pack gives every byte of these tiles, whichever release serves them.
        assert!(!tag.contains(env!("CARGO_PKG_VERSION")), "{tag}");
        for method in ["GET", "HEAD"] {
            let answer =
                request(server.addr, method, path(id).as_bytes(), &[&format!("If-None-Match: {tag}")]);
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{method} {id}");
            assert_eq!(answer.header("etag"), Some(tag));
        }
    }
}

#[test]
fn a_hundred_clients_on_one_cold_tile_cause_one_build_and_decode_its_parents_once() {
    let (packs, jpegs) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    let answers = at_once(server.addr, 100, |_| path(CODED));
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == jpegs[&CODED]));
    let metrics = server.scrape();
    assert_eq!(metrics["origami_tile_builds_total"], 1.0);
    // L1 and L2.
    assert_eq!(metrics["origami_parent_decodes_total"], 2.0);
    let rebuilt = metrics[r#"origami_tile_requests_total{source="rebuilt"}"#];
    assert_eq!(rebuilt + metrics[r#"origami_tile_requests_total{source="cache"}"#], 100.0);
    assert_eq!(rebuilt, metrics["origami_single_flight_waits_total"] + 1.0);
}

#[test]
fn siblings_share_their_parents() {
    let (packs, _) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    let answers = at_once(server.addr, 4, |n| format!("/tiles/a/{TOP}/{}/{}", n % 2, n / 2));
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(server.metric("origami_parent_decodes_total"), 2.0);
}

#[test]
fn tiles_that_need_no_parent_decode_none() {
    let (packs, _) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    for id in [CONSTANT, VERBATIM, STORED] {
        assert_eq!(get(server.addr, &path(id)).status, 200);
    }
    assert_eq!(server.metric("origami_parent_decodes_total"), 0.0);
}

#[test]
fn thumbnails_of_rgb_packs_have_their_colour() {
    let (packs, _) = packed(Colour::Rgb);
    let server = Running::start(packs.path());
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    for size in [16, 100, 300] {
        let answer = get(server.addr, &format!("/slides/a/thumbnail?size={size}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        Decoder::new().unwrap().decode_rgb(&answer.body, 1 << 20, &mut pixels).unwrap();
        assert_eq!(pixels.width(), size);
        let count = (pixels.width() * pixels.height()) as f64;
        for (channel, expected) in COLOUR.into_iter().enumerate() {
            let sum: f64 = pixels.data().iter().skip(channel).step_by(3).map(|&value| f64::from(value)).sum();
            assert!((sum / count - f64::from(expected)).abs() < 4.0, "{} for {expected}", sum / count);
        }
    }
}
