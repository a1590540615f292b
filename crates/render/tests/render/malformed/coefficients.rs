//! Lies in packs of coefficients, under good checksums.

use super::{
    MalformedPack,
    Stage::{self, Decode, Lookup, Open, Rebuild},
    malformed,
};
use crate::common::coefficients::CoefficientPlan;
use crate::common::encode;
use crate::common::forge::{Parts, TABLES, put};
use origami_codec::exact::{BuiltIn, Model};
use origami_codec::{Colour, TileHeader, dct};
use origami_pyramid::{Subsampling, TileId, Ycc};
use std::sync::LazyLock;

static HONEST: LazyLock<Vec<u8>> =
    LazyLock::new(|| CoefficientPlan { trained: true, ..CoefficientPlan::sample() }.bytes());
static BUILT_IN: LazyLock<Vec<u8>> = LazyLock::new(|| CoefficientPlan::sample().bytes());
static RGB: LazyLock<Vec<u8>> = LazyLock::new(|| CoefficientPlan::rgb(131, 67).bytes());
static GRAY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    CoefficientPlan { trained: true, ..CoefficientPlan::new(131, 67, Subsampling::Gray) }.bytes()
});

/// The finest level, L1, the families' roots, and a level above them.
const FINE: u32 = 8;
const MIDDLE: u32 = 7;
const COARSE: u32 = 4;
/// Numbers of the tables: the header of full resolution, the model of L1, and
/// that of L0.
const HEADER: usize = 1;
const MODEL: usize = 3;

/// Coded tiles of full resolution, one of them 3 px wide, a verbatim and a
/// constant one.
const CODED: TileId = TileId { z: FINE, x: 2, y: 0 };
const NARROW: TileId = TileId { z: FINE, x: 8, y: 1 };
const VERBATIM: TileId = TileId { z: FINE, x: 0, y: 0 };
const CONSTANT: TileId = TileId { z: FINE, x: 1, y: 0 };
/// A coded tile of L1, its root, and a tile without children.
const PARENT: TileId = TileId { z: MIDDLE, x: 1, y: 0 };
const ROOT: TileId = TileId { z: 6, x: 0, y: 0 };
const STORED: TileId = TileId { z: COARSE, x: 0, y: 0 };

/// A lie made of the honest pack of coefficients.
fn of(
    name: &str,
    stage: Stage,
    kind: &'static str,
    text: &str,
    change: impl Fn(&mut Parts) + 'static,
) -> MalformedPack {
    malformed(name, stage, kind, text, move |_| {
        let mut parts = Parts::of(&HONEST);
        change(&mut parts);
        parts.build()
    })
}

/// Bytes put into the record of level `z`.
fn level(name: &str, z: u32, at: usize, value: &[u8], kind: &'static str, text: &str) -> MalformedPack {
    let value = value.to_vec();
    of(name, Open, kind, text, move |parts| put(parts.level(z), at, &value))
}

/// Kind and bytes of all tables.
fn tables(parts: &Parts) -> Vec<(u32, Vec<u8>)> {
    let mut rest = &parts.sections[TABLES].bytes[4..];
    let mut tables = Vec::new();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (kind, len) = (word(0), word(4) as usize);
        tables.push((kind, rest[8..8 + len].to_vec()));
        rest = &rest[8 + len..];
    }
    tables
}

fn set_tables(parts: &mut Parts, tables: &[(u32, Vec<u8>)]) {
    let section = parts.section(TABLES);
    *section = (tables.len() as u32).to_le_bytes().to_vec();
    for (kind, bytes) in tables {
        section.extend(kind.to_le_bytes());
        section.extend((bytes.len() as u32).to_le_bytes());
        section.extend(bytes);
    }
}

/// Another table in place of an honest one.
fn table(name: &str, number: usize, text: &str, change: impl Fn(&mut Vec<u8>) + 'static) -> MalformedPack {
    of(name, Open, "unsupported", text, move |parts| {
        let mut all = tables(parts);
        change(&mut all[number].1);
        set_tables(parts, &all);
    })
}

/// Turns a marker of the header of full resolution into another.
fn marker(name: &str, from: u8, to: u8) -> MalformedPack {
    table(name, HEADER, "tile header", move |header| {
        let at = header.windows(2).position(|pair| pair == [0xff, from]).expect("the marker");
        header[at + 1] = to;
    })
}

/// Puts a segment in front of the last one.
fn segment(name: &str, bytes: &'static [u8]) -> MalformedPack {
    table(name, HEADER, "tile header", move |header| {
        let at = header.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a scan");
        header.splice(at..at, bytes.iter().copied());
    })
}

fn header(subsampling: Subsampling, colour: Colour) -> Vec<u8> {
    TileHeader::new(&dct::quality_tables(70, colour), subsampling, colour).unwrap().bytes().to_vec()
}

/// An entry that says something else.
fn entry(name: &str, id: TileId, bytes: [u8; 16], text: &str) -> MalformedPack {
    of(name, Lookup(id), "entry", text, move |parts| put(parts.entry(id), 0, &bytes))
}

/// A blob replaced by other bytes, under a good checksum.
fn blob(
    name: &str,
    id: TileId,
    stage: Stage,
    text: &str,
    bytes: impl Fn(&mut Parts) -> Vec<u8> + 'static,
) -> MalformedPack {
    of(name, stage, "codec", &format!("tile {id}: {text}"), move |parts| {
        let bytes = bytes(parts);
        parts.set_blob(id, &bytes);
    })
}

/// The bytes of a built-in model's table.
fn built_in(name: &str, bytes: &'static [u8]) -> MalformedPack {
    malformed(name, Open, "unsupported", "built-in model", |_| {
        let mut parts = Parts::of(&BUILT_IN);
        let mut all = tables(&parts);
        all[MODEL].1 = bytes.to_vec();
        set_tables(&mut parts, &all);
        parts.build()
    })
}

/// A pack of built-in models whose finest level names that of RGB.
fn built_in_rgb(honest: &[u8]) -> Vec<u8> {
    let mut parts = Parts::of(honest);
    let mut all = tables(&parts);
    all[MODEL].1 = BuiltIn::Rgb.number().to_le_bytes().to_vec();
    set_tables(&mut parts, &all);
    parts.build()
}

pub fn malformed_packs() -> Vec<MalformedPack> {
    let mut malformed_packs = of_tables();
    malformed_packs.extend(of_levels());
    malformed_packs.extend(of_tiles());
    malformed_packs
}

fn of_tables() -> Vec<MalformedPack> {
    vec![
        table("tile-header-not-a-jpeg", HEADER, "tile header", |header| *header = b"no JPEG".to_vec()),
        table("tile-header-of-no-bytes", HEADER, "tile header", Vec::clear),
        table("tile-header-cut", HEADER, "tile header", |header| _ = header.pop()),
        table("bytes-after-the-tile-header", HEADER, "tile header", |header| header.push(0)),
        marker("tile-header-progressive", 0xc0, 0xc2),
        marker("tile-header-arithmetic", 0xc0, 0xc9),
        marker("tile-header-without-a-frame", 0xc0, 0xfe),
        marker("tile-header-without-quantisation", 0xdb, 0xfe),
        marker("tile-header-without-huffman-codes", 0xc4, 0xfe),
        segment("tile-header-with-restart-interval", &[0xff, 0xdd, 0, 4, 0, 1]),
        segment("tile-header-with-two-frames", &[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
        table("tile-header-of-12-bits", HEADER, "tile header", |header| {
            let at = header.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
            header[at + 4] = 12;
        }),
        table("tile-header-in-440", HEADER, "tile header", |header| {
            let at = header.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
            header[at + 11] = 0x12;
        }),
        table("tile-header-in-444", HEADER, "tile header of a level", |header| {
            *header = self::header(Subsampling::S444, Colour::Ycc);
        }),
        table("tile-header-in-gray", HEADER, "tile header of a level", |header| {
            *header = self::header(Subsampling::Gray, Colour::Gray);
        }),
        malformed("tile-header-of-subsampled-rgb", Open, "unsupported", "tile header", |_| {
            let mut parts = Parts::of(&RGB);
            let mut all = tables(&parts);
            let header = &mut all[HEADER].1;
            let at = header.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
            header[at + 11] = 0x22;
            set_tables(&mut parts, &all);
            parts.build()
        }),
        malformed(
            "tile-header-of-another-colour",
            Open,
            "unsupported",
            "colour of a tile header 0x2",
            |_| {
                let mut parts = Parts::of(&RGB);
                let mut all = tables(&parts);
                all[HEADER].1 = self::header(Subsampling::S444, Colour::Ycc);
                set_tables(&mut parts, &all);
                parts.build()
            },
        ),
        table("model-of-no-bytes", MODEL, "exact model", Vec::clear),
        table("model-cut", MODEL, "exact model", |model| model.truncate(model.len() - 5)),
        table("bytes-after-the-model", MODEL, "exact model", |model| model.push(0)),
        table("model-of-another-version", MODEL, "exact model", |model| model[0] += 1),
        table("model-of-one-plane", MODEL, "table of a level", |model| {
            *model = BuiltIn::Ycc.model(1).to_bytes();
        }),
        table("model-with-a-reference-of-other-blocks", MODEL, "table of a level", |model| {
            let mut parsed = Model::parse(model).unwrap();
            parsed.order = vec![0, 1, 2];
            parsed.planes.iter_mut().for_each(|plane| (plane.reference, plane.carry) = (None, [0; 64]));
            parsed.planes[1].reference = Some(0);
            *model = parsed.to_bytes();
        }),
        malformed("model-of-three-planes-for-gray", Open, "unsupported", "table of a level", |_| {
            let mut parts = Parts::of(&GRAY);
            let mut all = tables(&parts);
            all[MODEL].1 = BuiltIn::Ycc.model(3).to_bytes();
            set_tables(&mut parts, &all);
            parts.build()
        }),
        malformed("built-in-model-of-rgb-for-ycbcr", Open, "unsupported", "table of a level", |_| {
            built_in_rgb(&BUILT_IN)
        }),
        malformed("built-in-model-of-rgb-for-gray", Open, "unsupported", "table of a level", |_| {
            built_in_rgb(&CoefficientPlan::new(131, 67, Subsampling::Gray).bytes())
        }),
        built_in("built-in-model-0", &[0, 0, 0, 0]),
        built_in("built-in-model-3", &[3, 0, 0, 0]),
        built_in("built-in-model-of-5-bytes", &[1, 0, 0, 0, 0]),
        built_in("built-in-model-of-no-bytes", &[]),
        of("model-called-a-tile-header", Open, "unsupported", "tile header", |parts| {
            let mut all = tables(parts);
            all[MODEL].0 = 2;
            set_tables(parts, &all);
        }),
        of("tile-header-called-a-model", Open, "unsupported", "exact model", |parts| {
            let mut all = tables(parts);
            all[HEADER].0 = 3;
            set_tables(parts, &all);
        }),
        of("tile-header-called-one-of-residuals", Open, "unsupported", "shared JPEG header", |parts| {
            let mut all = tables(parts);
            all[HEADER].0 = 1;
            set_tables(parts, &all);
        }),
    ]
}

fn of_levels() -> Vec<MalformedPack> {
    let header = "tile header of a level";
    let table = "table of a level";
    vec![
        level("tile-header-missing-at-level-0", 0, 27, &[0], "unsupported", header),
        level("tile-header-missing-at-one-level", COARSE, 27, &[0], "unsupported", header),
        level("tile-header-missing-at-full-resolution", FINE, 27, &[0], "unsupported", header),
        level("tile-header-out-of-range", FINE, 27, &[9], "unsupported", "tile header of a level 0x9"),
        level("tile-header-number-255", FINE, 27, &[255], "unsupported", "tile header of a level 0xff"),
        level("tile-header-that-is-a-model", FINE, 27, &[3], "unsupported", header),
        level("luma-in-a-pack-of-coefficients", FINE, 24, &[1], "unsupported", "level mode 0x1"),
        of("exact-at-level-0", Open, "unsupported", "mode of a level without a parent", |parts| {
            put(parts.level(0), 24, &[2]);
            put(parts.level(0), 28, &[2, 0, 0, 0]);
        }),
        level("exact-level-without-a-parent", FINE, 26, &[255], "field", "parent of a level"),
        level("exact-level-of-another-parent", FINE, 26, &[ROOT.z as u8], "field", "parent of a level"),
        level("exact-level-without-a-model", FINE, 28, &[0xff; 4], "unsupported", table),
        level("exact-level-with-a-header-for-a-model", FINE, 28, &[0; 4], "unsupported", table),
        level("exact-level-with-a-model-out-of-range", FINE, 28, &[4, 0, 0, 0], "unsupported", table),
        level("stored-coefficients-with-a-model", COARSE, 28, &[2, 0, 0, 0], "unsupported", table),
        level("quality-101-of-coefficients", FINE, 25, &[101], "field", "quality of a level"),
        of("subsampling-of-coefficients", Open, "unsupported", header, |parts| parts.header[32] = 1),
    ]
}

fn of_tiles() -> Vec<MalformedPack> {
    let kind = |kind: u8, payload: [u8; 6]| {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&payload);
        bytes[6] = kind;
        bytes
    };
    let flags = |id: TileId, flags: u8| move |parts: &mut Parts| put(parts.entry(id), 7, &[flags]);
    // The DC values of a constant tile are coded as they are.
    let unwritable = kind(3, [0xff, 0x7f, 0, 0, 0, 0]);
    vec![
        entry("blank-in-a-pack-of-coefficients", CONSTANT, kind(1, [0; 6]), "blank colour in a level with"),
        entry("empty-in-an-exact-level", CODED, kind(2, [0; 6]), "empty tile in a level without prediction"),
        entry("entry-kind-4", CODED, kind(4, [0; 6]), "unknown kind"),
        of("constant-with-flags", Lookup(CONSTANT), "entry", "without a blob", flags(CONSTANT, 1)),
        of("entry-flags-of-coefficients", Lookup(CODED), "entry", "unknown flags", flags(CODED, 3)),
        of("verbatim-at-l1", Lookup(PARENT), "entry", "verbatim tile in a level that", flags(PARENT, 2)),
        of("verbatim-at-a-root", Lookup(ROOT), "entry", "verbatim tile in a level that", flags(ROOT, 2)),
        malformed(
            "constant-of-planes-that-are-not-there",
            Lookup(CONSTANT),
            "entry",
            "planes that are not there",
            {
                move |_| {
                    let mut parts = Parts::of(&GRAY);
                    put(parts.entry(CONSTANT), 0, &kind(3, [1, 0, 1, 0, 0, 0]));
                    parts.build()
                }
            },
        ),
        of("constant-without-a-code", Rebuild(CONSTANT), "codec", "no Huffman code", move |parts| {
            put(parts.entry(CONSTANT), 0, &unwritable);
        }),
        of("coarse-constant-without-a-code", Rebuild(STORED), "codec", "no Huffman code", move |parts| {
            put(parts.entry(STORED), 0, &unwritable);
        }),
        blob("coded-tile-of-noise", CODED, Rebuild(CODED), "exact tile", |_| {
            (0..200u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
        }),
        blob("coded-tile-of-one-byte", CODED, Rebuild(CODED), "exact tile", |_| vec![0]),
        blob("coded-tile-of-ones", CODED, Rebuild(CODED), "exact tile", |_| vec![0xff; 64]),
        blob("coded-tile-cut", CODED, Rebuild(CODED), "exact tile", |parts| {
            let blob = parts.blob(CODED);
            blob[..blob.len() - 1].to_vec()
        }),
        blob("bytes-after-a-coded-tile", CODED, Rebuild(CODED), "exact tile", |parts| {
            [&*parts.blob(CODED), &[0, 0]].concat()
        }),
        // One of the same size may well decode: it is another picture, not a broken one.
        malformed("coded-tile-of-another-size", Rebuild(CODED), "codec", "exact tile", |_| {
            let mut parts = Parts::of(&GRAY);
            let blob = parts.blob(NARROW).to_vec();
            parts.set_blob(CODED, &blob);
            parts.build()
        }),
        blob("coded-parent-of-noise", PARENT, Rebuild(CODED), "exact tile", |_| vec![0x5a; 90]),
        blob("coded-tile-a-jpeg", CODED, Rebuild(CODED), "exact tile", |parts| parts.blob(VERBATIM).to_vec()),
        // Served as they are, but not read as what they are not.
        of("verbatim-tile-not-called-so", Rebuild(VERBATIM), "codec", "exact tile", flags(VERBATIM, 0)),
        of("coded-tile-called-verbatim", Decode, "codec", "JPEG", flags(CODED, 2)),
        blob("verbatim-not-a-jpeg", VERBATIM, Decode, "JPEG", |_| b"not a JPEG at all".to_vec()),
        blob("verbatim-cut-short", VERBATIM, Decode, "JPEG", |parts| {
            let jpeg = parts.blob(VERBATIM);
            [&jpeg[..jpeg.len() - 40], &[0xff, 0xd9]].concat()
        }),
        blob("verbatim-of-another-size", VERBATIM, Decode, "JPEG is 8x16 px where 16x16", |_| {
            encode(&mut Ycc::zeros(8, 16, Subsampling::S420), 60)
        }),
        blob("verbatim-that-is-larger", VERBATIM, Decode, "JPEG claims 1000x1000 px", |_| {
            encode(&mut Ycc::zeros(1000, 1000, Subsampling::S420), 60)
        }),
        blob("stored-scan-cut", STORED, Decode, "JPEG", |parts| {
            let scan = parts.blob(STORED);
            scan[..scan.len() - 2].to_vec()
        }),
        blob("stored-scan-with-more-behind", STORED, Decode, "JPEG", |parts| {
            [&*parts.blob(STORED), &[0x55; 4]].concat()
        }),
        blob("stored-scan-a-jpeg", STORED, Decode, "JPEG", |parts| parts.blob(VERBATIM).to_vec()),
        blob("root-scan-cut", ROOT, Rebuild(PARENT), "JPEG", |parts| {
            let scan = parts.blob(ROOT);
            scan[..scan.len() / 2].to_vec()
        }),
    ]
}
