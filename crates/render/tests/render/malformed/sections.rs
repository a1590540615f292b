//! Wrong levels, tables and metadata, under right checksums.

use super::{MalformedPack, Stage::Open};
use crate::common::encode;
use crate::common::forge::{LEVELS, METADATA, TABLES, deflated, put};
use origami_codec::SharedHeader;
use origami_pyramid::{Subsampling, Ycc};

/// A stored level and a luma level of the valid pack.
const STORED: u32 = 4;
const LUMA: u32 = 9;

/// A pack with `value` at byte `at` of the record of level `z`.
fn level(name: &str, z: u32, at: usize, value: &[u8], kind: &'static str, text: &str) -> MalformedPack {
    let value = value.to_vec();
    MalformedPack::from_parts(name, Open, kind, text, move |parts| put(parts.level(z), at, &value))
}

/// A pack with a section changed by `change`.
fn section(
    name: &str,
    section: usize,
    kind: &'static str,
    text: &str,
    change: impl Fn(&mut Vec<u8>) + 'static,
) -> MalformedPack {
    MalformedPack::from_parts(name, Open, kind, text, move |parts| change(parts.section(section)))
}

/// A pack whose metadata section has this text.
fn metadata(name: &str, text: &str, json: &[u8]) -> MalformedPack {
    let json = deflated(json);
    section(name, METADATA, "metadata", text, move |section| *section = json.clone())
}

/// A pack with another marker in the shared header's JPEG.
fn marker(name: &str, from: u8, to: u8) -> MalformedPack {
    section(name, TABLES, "unsupported", "shared JPEG header", move |tables| {
        let at = tables.windows(2).position(|pair| pair == [0xff, from]).expect("the marker");
        tables[at + 1] = to;
    })
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = wrong_geometry();
    packs.extend(wrong_modes_and_parents());
    packs.extend(wrong_level_tables());
    packs.extend(wrong_tables());
    packs.extend(wrong_shared_headers());
    packs.extend(wrong_metadata_sections());
    packs.extend(wrong_metadata_texts());
    packs
}

fn wrong_geometry() -> Vec<MalformedPack> {
    vec![
        level("level-width", LUMA, 0, &[1], "field", "size or grid of a level"),
        level("level-height", STORED, 4, &[9], "field", "size or grid of a level"),
        level("level-columns", LUMA, 8, &[0xff; 4], "field", "size or grid of a level"),
        level("level-rows", 0, 12, &[2], "field", "size or grid of a level"),
        level("level-first-entry", LUMA, 16, &[0xff; 8], "field", "first entry of a level"),
        level("level-first-entry-of-another", 1, 16, &[0], "field", "first entry of a level"),
        section("a-level-record-missing", LEVELS, "field", "length of a section", |levels| {
            levels.truncate(levels.len() - 32);
        }),
    ]
}

fn wrong_modes_and_parents() -> Vec<MalformedPack> {
    vec![
        level("level-mode-unknown", LUMA, 24, &[3], "unsupported", "level mode 0x3"),
        level("level-mode-exact", LUMA, 24, &[2], "unsupported", "level mode 0x2"),
        MalformedPack::from_parts(
            "luma-at-level-0",
            Open,
            "unsupported",
            "mode of a level without a parent",
            |parts| {
                put(parts.level(0), 24, &[1]);
                put(parts.level(0), 28, &[0; 2]);
            },
        ),
        level("luma-level-without-a-parent", LUMA, 26, &[255], "field", "parent of a level"),
        level("parent-two-levels-coarser", LUMA, 26, &[7], "field", "parent of a level"),
        level("parent-of-its-own-level", LUMA, 26, &[9], "field", "parent of a level"),
        level("parent-that-is-finer", LUMA - 1, 26, &[9], "field", "parent of a level"),
        level("stored-level-with-a-parent", STORED, 26, &[3], "field", "parent of a level"),
    ]
}

fn wrong_level_tables() -> Vec<MalformedPack> {
    let second = "second model of a level";
    vec![
        level("quality-0", LUMA, 25, &[0], "field", "quality of a level"),
        level("quality-101", STORED, 25, &[101], "field", "quality of a level"),
        level("tile-header-in-a-pack-without", STORED, 27, &[1], "unsupported", "tile header of a level"),
        level("stored-level-with-a-table", STORED, 28, &[0; 2], "unsupported", "table of a level"),
        level("luma-level-without-a-header", LUMA, 28, &[0xff; 2], "unsupported", "table of a level"),
        level("luma-level-with-another-header", LUMA, 28, &[1], "unsupported", "table of a level"),
        level("second-model-of-a-luma-level", LUMA, 30, &[0, 0], "unsupported", second),
        level("second-model-of-a-stored-level", STORED, 30, &[0, 0], "unsupported", second),
    ]
}

fn wrong_tables() -> Vec<MalformedPack> {
    vec![
        section("2-to-32-tables", TABLES, "unsupported", "number of tables", |tables| {
            put(tables, 0, &[0xff; 4]);
        }),
        section("65-tables", TABLES, "unsupported", "number of tables 0x41", |tables| put(tables, 0, &[65])),
        section("a-table-too-many", TABLES, "field", "number of tables", |tables| put(tables, 0, &[2])),
        section("a-table-too-few", TABLES, "field", "end of the tables", |tables| put(tables, 0, &[0])),
        section("table-kind", TABLES, "unsupported", "table kind 0x9", |tables| put(tables, 4, &[9])),
        section("table-of-4-gib", TABLES, "field", "length of a table", |tables| put(tables, 8, &[0xff; 4])),
        section("bytes-after-the-tables", TABLES, "field", "end of the tables", |tables| tables.push(0)),
    ]
}

fn wrong_shared_headers() -> Vec<MalformedPack> {
    vec![
        section("table-cut", TABLES, "unsupported", "shared JPEG header", |tables| {
            let len = (tables.len() - 13) as u32;
            put(tables, 8, &len.to_le_bytes());
            tables.pop();
        }),
        section("bytes-after-the-shared-header", TABLES, "unsupported", "shared JPEG header", |tables| {
            let len = (tables.len() - 11) as u32;
            put(tables, 8, &len.to_le_bytes());
            tables.push(0);
        }),
        section("table-with-restart-interval", TABLES, "unsupported", "shared JPEG header", |tables| {
            let at = tables.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a scan");
            tables.splice(at..at, [0xff, 0xdd, 0, 4, 0, 1]);
            let len = (tables.len() - 12) as u32;
            put(tables, 8, &len.to_le_bytes());
        }),
        marker("table-not-a-jpeg", 0xd8, 0xd9),
        marker("table-progressive", 0xc0, 0xc2),
        marker("table-without-quantisation", 0xdb, 0xfe),
        marker("table-without-huffman-codes", 0xc4, 0xfe),
        marker("table-without-a-frame", 0xc0, 0xfe),
        section("table-of-a-colour-jpeg", TABLES, "unsupported", "shared JPEG header", |tables| {
            let jpeg = encode(&mut Ycc::zeros(16, 16, Subsampling::S420), 80);
            let header = SharedHeader::of(&jpeg).unwrap();
            tables.truncate(8);
            tables.extend_from_slice(&(header.bytes().len() as u32).to_le_bytes());
            tables.extend_from_slice(header.bytes());
        }),
    ]
}

fn wrong_metadata_sections() -> Vec<MalformedPack> {
    vec![
        section("metadata-not-compressed", METADATA, "metadata", "not a zlib stream", |section| {
            *section = b"{\"software\":\"test\"}".to_vec();
        }),
        section("metadata-cut", METADATA, "metadata", "not a zlib stream", |section| {
            section.truncate(section.len() - 6);
        }),
        section("metadata-of-another-checksum", METADATA, "metadata", "not a zlib stream", |section| {
            *section.last_mut().unwrap() ^= 1;
        }),
        section(
            "bytes-after-the-metadata",
            METADATA,
            "metadata",
            "more bytes than a zlib stream",
            |section| section.push(0),
        ),
        section("metadata-above-its-limit", METADATA, "field", "length of a section", |section| {
            section.resize((64 << 10) + 1, 0);
        }),
        section("metadata-of-7-bytes", METADATA, "field", "length of a section", |section| {
            section.truncate(7);
        }),
    ]
}

fn wrong_metadata_texts() -> Vec<MalformedPack> {
    const TOO_LONG: &str = "a list of at most 64 elements";
    let list = vec!["{}"; 65].join(",");
    vec![
        metadata("metadata-not-json", "metadata at offset", b"<xml/>"),
        metadata("metadata-unfinished", "metadata at offset", b"{\"software\":"),
        metadata("metadata-not-an-object", "not an object", b"[\"origami\"]"),
        metadata("metadata-a-number", "not an object", b"42"),
        metadata("metadata-not-utf-8", "utf-8", b"{\"unknown\":\"\xff\xfe\"}"),
        metadata("metadata-of-another-type", "invalid type", b"{\"damaged_tiles\":\"many\"}"),
        metadata(
            "metadata-nested",
            "metadata at offset",
            &[b"{\"a\":".to_vec(), vec![b'['; 60_000]].concat(),
        ),
        metadata("metadata-of-65-levels", TOO_LONG, format!("{{\"levels\":[{list}]}}").as_bytes()),
        metadata("metadata-of-65-measured-levels", TOO_LONG, format!("{{\"quality\":[{list}]}}").as_bytes()),
        metadata("metadata-of-64-mib", "more than 65536 bytes of text", &vec![b' '; 1 << 26]),
    ]
}
