//! Wrong tile headers and models.

use super::{GRAY, RGB, VALID, WITH_BUILT_IN_MODELS, change_tables, changed};
use crate::common::coefficients::CoefficientPlan;
use crate::common::forge::Parts;
use crate::malformed::{MalformedPack, Stage::Open};
use origami_codec::exact::{BuiltIn, Model};
use origami_codec::{Colour, TileHeader, dct};
use origami_pyramid::Subsampling;
use std::sync::LazyLock;

/// Numbers of the tables: the headers of coarser levels and of full resolution, and the models
/// of L0.
const COARSER_HEADER: usize = 0;
const HEADER: usize = 1;
const MODEL: usize = 3;
const SECOND_MODEL: usize = 4;

/// A pack with another table.
fn table(name: &str, number: usize, text: &str, change: impl Fn(&mut Vec<u8>) + 'static) -> MalformedPack {
    table_of(&VALID, name, number, text, change)
}

/// The same, made of another valid pack.
fn table_of(
    valid: &'static LazyLock<Vec<u8>>,
    name: &str,
    number: usize,
    text: &str,
    change: impl Fn(&mut Vec<u8>) + 'static,
) -> MalformedPack {
    changed(valid, name, Open, "unsupported", text, move |parts| {
        change_tables(parts, |tables| change(&mut tables[number].bytes));
    })
}

/// A pack in which a table is called another kind.
fn kind(name: &str, number: usize, kind: u32, text: &str) -> MalformedPack {
    changed(&VALID, name, Open, "unsupported", text, move |parts| {
        change_tables(parts, |tables| tables[number].kind = kind);
    })
}

/// Position of a marker in a JPEG header.
fn position(header: &[u8], marker: u8) -> usize {
    header.windows(2).position(|pair| pair == [0xff, marker]).expect("the marker")
}

/// A pack with another marker in the header of full resolution.
fn marker(name: &str, from: u8, to: u8) -> MalformedPack {
    table(name, HEADER, "tile header", move |header| {
        let at = position(header, from);
        header[at + 1] = to;
    })
}

/// A pack with one more segment in the header of full resolution, before the last one.
fn segment(name: &str, bytes: &'static [u8]) -> MalformedPack {
    table(name, HEADER, "tile header", move |header| {
        let at = header.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a scan");
        header.splice(at..at, bytes.iter().copied());
    })
}

/// A pack whose tiles of full resolution have Huffman tables of their own, with another header
/// for them.
fn own_tables(name: &str, change: impl Fn(&mut Vec<u8>) + 'static) -> MalformedPack {
    changed(&VALID, name, Open, "unsupported", "tile header", move |parts| {
        change_tables(parts, |tables| {
            tables[HEADER].kind = 5;
            change(&mut tables[HEADER].bytes);
        });
    })
}

/// Puts the first Huffman table of a header in front of its scan once more, with this number.
fn repeat_first_huffman_table(header: &mut Vec<u8>, number: u8) {
    let first = position(header, 0xc4);
    let len = 2 + usize::from(u16::from_be_bytes([header[first + 2], header[first + 3]]));
    let mut table = header[first..first + len].to_vec();
    table[4] = number;
    let scan = position(header, 0xda);
    header.splice(scan..scan, table);
}

fn header_bytes(subsampling: Subsampling, colour: Colour) -> Vec<u8> {
    TileHeader::new(&dct::quality_tables(70, colour), subsampling, colour).unwrap().bytes().to_vec()
}

/// A pack whose table of a built-in model has these bytes.
fn built_in(name: &str, bytes: &'static [u8]) -> MalformedPack {
    table_of(&WITH_BUILT_IN_MODELS, name, MODEL, "built-in model", move |model| {
        *model = bytes.to_vec();
    })
}

/// Names the built-in model of RGB in the finest level.
fn name_rgb_model(model: &mut Vec<u8>) {
    *model = BuiltIn::Rgb.number().to_le_bytes().to_vec();
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = wrong_headers();
    packs.extend(headers_of_another_kind());
    packs.extend(wrong_headers_of_own_tables());
    packs.extend(wrong_models());
    packs.extend(models_of_another_kind());
    packs.extend(wrong_kinds());
    packs
}

fn wrong_headers() -> Vec<MalformedPack> {
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
            let at = position(header, 0xc0);
            header[at + 4] = 12;
        }),
    ]
}

/// Tile headers that are valid on their own, or nearly so.
fn headers_of_another_kind() -> Vec<MalformedPack> {
    vec![
        table("tile-header-in-440", HEADER, "tile header", |header| {
            let at = position(header, 0xc0);
            header[at + 11] = 0x12;
        }),
        table("tile-header-in-444", HEADER, "tile header of a level", |header| {
            *header = header_bytes(Subsampling::S444, Colour::Ycc);
        }),
        table("tile-header-in-gray", HEADER, "tile header of a level", |header| {
            *header = header_bytes(Subsampling::Gray, Colour::Gray);
        }),
        table_of(&RGB, "tile-header-of-subsampled-rgb", HEADER, "tile header", |header| {
            let at = position(header, 0xc0);
            header[at + 11] = 0x22;
        }),
        table_of(&RGB, "tile-header-of-another-colour", HEADER, "colour of a tile header 0x2", |header| {
            *header = header_bytes(Subsampling::S444, Colour::Ycc);
        }),
    ]
}

/// Headers for tiles with Huffman tables of their own.
fn wrong_headers_of_own_tables() -> Vec<MalformedPack> {
    let (stored, at_stored) = ("own-tables-at-a-stored-level", "tile header of a stored level");
    vec![
        kind(stored, COARSER_HEADER, 5, at_stored),
        own_tables("own-tables-in-place-of-others-than-the-standard-ones", |header| {
            let scan = position(header, 0xda);
            header.swap(scan - 1, scan - 2);
        }),
        own_tables("own-tables-defined-twice", |header| repeat_first_huffman_table(header, 0)),
        own_tables("own-tables-that-no-plane-uses", |header| repeat_first_huffman_table(header, 2)),
        own_tables("own-tables-without-a-place", |header| {
            let at = position(header, 0xc4);
            header[at + 1] = 0xfe;
        }),
        own_tables("own-tables-and-bytes-after-the-header", |header| header.push(0)),
        own_tables("own-tables-in-a-header-cut-short", |header| _ = header.pop()),
    ]
}

fn wrong_models() -> Vec<MalformedPack> {
    vec![
        table("model-of-no-bytes", MODEL, "exact model", Vec::clear),
        table("model-cut", MODEL, "exact model", |model| model.truncate(model.len() - 5)),
        table("bytes-after-the-model", MODEL, "exact model", |model| model.push(0)),
        table("model-of-another-version", MODEL, "exact model", |model| model[0] += 1),
        built_in("built-in-model-0", &[0, 0, 0, 0]),
        built_in("built-in-model-3", &[3, 0, 0, 0]),
        built_in("built-in-model-of-5-bytes", &[1, 0, 0, 0, 0]),
        built_in("built-in-model-of-no-bytes", &[]),
    ]
}

/// Valid models that do not fit the planes of their level.
fn models_of_another_kind() -> Vec<MalformedPack> {
    vec![
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
        table_of(&GRAY, "model-of-three-planes-for-gray", MODEL, "table of a level", |model| {
            *model = BuiltIn::Ycc.model(3).to_bytes();
        }),
        table_of(
            &WITH_BUILT_IN_MODELS,
            "built-in-model-of-rgb-for-ycbcr",
            MODEL,
            "table of a level",
            name_rgb_model,
        ),
        table("second-model-of-rgb-for-ycbcr", SECOND_MODEL, "second model of a level 0x4", name_rgb_model),
        MalformedPack::new("built-in-model-of-rgb-for-gray", Open, "unsupported", "table of a level", |_| {
            let mut parts = Parts::of(&CoefficientPlan::new(131, 67, Subsampling::Gray).bytes());
            change_tables(&mut parts, |tables| name_rgb_model(&mut tables[MODEL].bytes));
            parts.build()
        }),
    ]
}

fn wrong_kinds() -> Vec<MalformedPack> {
    vec![
        kind("model-called-a-tile-header", MODEL, 2, "tile header"),
        kind("tile-header-called-a-model", HEADER, 3, "exact model"),
        kind("tile-header-called-one-of-residuals", HEADER, 1, "shared JPEG header"),
    ]
}
