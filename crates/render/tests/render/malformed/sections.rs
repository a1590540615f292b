//! Lies in levels, tables and metadata, under good checksums.

use super::{MalformedPack, Stage::Open, malformed};
use crate::common::encode;
use crate::common::forge::{LEVELS, METADATA, Parts, TABLES, deflated, put};
use origami_codec::SharedHeader;
use origami_pyramid::{Subsampling, Ycc};

/// Bytes put into the record of level `z`.
fn level(name: &str, z: u32, at: usize, value: &[u8], kind: &'static str, text: &str) -> MalformedPack {
    let value = value.to_vec();
    malformed(name, Open, kind, text, move |honest| {
        let mut parts = Parts::of(honest);
        put(parts.level(z), at, &value);
        parts.build()
    })
}

/// A section changed by `change`.
fn section(
    name: &str,
    section: usize,
    kind: &'static str,
    text: &str,
    change: impl Fn(&mut Vec<u8>) + 'static,
) -> MalformedPack {
    malformed(name, Open, kind, text, move |honest| {
        let mut parts = Parts::of(honest);
        change(parts.section(section));
        parts.build()
    })
}

fn metadata(name: &str, kind: &'static str, text: &str, json: &[u8]) -> MalformedPack {
    let json = deflated(json);
    section(name, METADATA, kind, text, move |section| *section = json.clone())
}

/// Changes a marker of the shared header's JPEG.
fn marker(name: &str, from: u8, to: u8) -> MalformedPack {
    section(name, TABLES, "unsupported", "shared JPEG header", move |tables| {
        let at = tables.windows(2).position(|pair| pair == [0xff, from]).expect("the marker");
        tables[at + 1] = to;
    })
}

pub fn malformed_packs() -> Vec<MalformedPack> {
    let (stored, luma) = (4, 9);
    vec![
        level("level-width", luma, 0, &[1], "field", "size or grid of a level"),
        level("level-height", stored, 4, &[9], "field", "size or grid of a level"),
        level("level-columns", luma, 8, &[0xff; 4], "field", "size or grid of a level"),
        level("level-rows", 0, 12, &[2], "field", "size or grid of a level"),
        level("level-first-entry", luma, 16, &[0xff; 8], "field", "first entry of a level"),
        level("level-first-entry-of-another", 1, 16, &[0], "field", "first entry of a level"),
        level("level-mode-unknown", luma, 24, &[3], "unsupported", "level mode 0x3"),
        level("level-mode-exact", luma, 24, &[2], "unsupported", "level mode 0x2"),
        malformed("luma-at-level-0", Open, "unsupported", "mode of a level without a parent", |honest| {
            let mut parts = Parts::of(honest);
            put(parts.level(0), 24, &[1]);
            put(parts.level(0), 28, &[0; 4]);
            parts.build()
        }),
        level("luma-level-without-a-parent", luma, 26, &[255], "field", "parent of a level"),
        level("parent-two-levels-coarser", luma, 26, &[7], "field", "parent of a level"),
        level("parent-of-its-own-level", luma, 26, &[9], "field", "parent of a level"),
        level("parent-that-is-finer", luma - 1, 26, &[9], "field", "parent of a level"),
        level("stored-level-with-a-parent", stored, 26, &[3], "field", "parent of a level"),
        level("quality-0", luma, 25, &[0], "field", "quality of a level"),
        level("quality-101", stored, 25, &[101], "field", "quality of a level"),
        level("tile-header-in-a-pack-without", stored, 27, &[1], "unsupported", "tile header of a level"),
        level("stored-level-with-a-table", stored, 28, &[0; 4], "unsupported", "table of a level"),
        level("luma-level-without-a-header", luma, 28, &[0xff; 4], "unsupported", "table of a level"),
        level("luma-level-with-another-header", luma, 28, &[1], "unsupported", "table of a level"),
        section("2-to-32-tables", TABLES, "unsupported", "number of tables", |tables| {
            put(tables, 0, &[0xff; 4]);
        }),
        section("65-tables", TABLES, "unsupported", "number of tables 0x41", |tables| put(tables, 0, &[65])),
        section("a-table-too-many", TABLES, "field", "number of tables", |tables| put(tables, 0, &[2])),
        section("a-table-too-few", TABLES, "field", "end of the tables", |tables| put(tables, 0, &[0])),
        section("table-kind", TABLES, "unsupported", "table kind 0x9", |tables| put(tables, 4, &[9])),
        section("table-of-4-gib", TABLES, "field", "length of a table", |tables| put(tables, 8, &[0xff; 4])),
        section("table-cut", TABLES, "unsupported", "shared JPEG header", |tables| {
            let len = (tables.len() - 13) as u32;
            put(tables, 8, &len.to_le_bytes());
            tables.pop();
        }),
        section("bytes-after-the-tables", TABLES, "field", "end of the tables", |tables| tables.push(0)),
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
        section("a-level-record-missing", LEVELS, "field", "length of a section", |levels| {
            levels.truncate(levels.len() - 32);
        }),
        section("metadata-not-compressed", METADATA, "metadata", "not a zlib stream", |section| {
            *section = b"{\"software\":\"test\"}".to_vec();
        }),
        section("metadata-cut", METADATA, "metadata", "not a zlib stream", |section| {
            section.truncate(section.len() - 6);
        }),
        section("metadata-of-another-checksum", METADATA, "metadata", "not a zlib stream", |section| {
            *section.last_mut().unwrap() ^= 1;
        }),
        metadata("metadata-not-json", "metadata", "metadata at offset", b"<xml/>"),
        metadata("metadata-unfinished", "metadata", "metadata at offset", b"{\"software\":"),
        metadata("metadata-not-an-object", "metadata", "not an object", b"[\"origami\"]"),
        metadata("metadata-a-number", "metadata", "not an object", b"42"),
        metadata("metadata-not-utf-8", "metadata", "utf-8", b"{\"unknown\":\"\xff\xfe\"}"),
        metadata("metadata-of-another-type", "metadata", "invalid type", b"{\"damaged_tiles\":\"many\"}"),
        metadata(
            "metadata-nested",
            "metadata",
            "metadata at offset",
            &[b"{\"a\":".to_vec(), vec![b'['; 60_000]].concat(),
        ),
        metadata(
            "metadata-of-65-levels",
            "metadata",
            "a list of at most 64 elements",
            format!("{{\"levels\":[{}]}}", vec!["{}"; 65].join(",")).as_bytes(),
        ),
        metadata(
            "metadata-of-65-measured-levels",
            "metadata",
            "a list of at most 64 elements",
            format!("{{\"quality\":[{}]}}", vec!["{}"; 65].join(",")).as_bytes(),
        ),
        section(
            "bytes-after-the-metadata",
            METADATA,
            "metadata",
            "more bytes than a zlib stream",
            |section| {
                section.push(0);
            },
        ),
        metadata("metadata-of-64-mib", "metadata", "more than 65536 bytes of text", &vec![b' '; 1 << 26]),
        section("metadata-above-its-limit", METADATA, "field", "length of a section", |section| {
            section.resize((64 << 10) + 1, 0);
        }),
        section("metadata-of-7-bytes", METADATA, "field", "length of a section", |section| {
            section.truncate(7);
        }),
    ]
}
