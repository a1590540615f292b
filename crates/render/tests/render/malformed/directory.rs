//! Lies in the list of sections, under good checksums, and in sections that are
//! skipped.

use super::{
    MalformedPack,
    Stage::{Open, Verify},
    malformed,
};
use crate::common::forge::{INDEX, LEVELS, METADATA, Parts, SUMS, TABLES, put, range, record, seal};
use origami_pyramid::TileId;

/// A tile with bytes of its own.
const BLOB: TileId = TileId { z: 9, x: 1, y: 12 };

/// Bytes put into the record of a section.
fn field(
    name: impl Into<String>,
    section: usize,
    at: usize,
    value: u32,
    kind: &'static str,
    text: &str,
) -> MalformedPack {
    malformed(name, Open, kind, text, move |honest| {
        let mut bytes = honest.to_vec();
        let record = record(honest, section);
        put(&mut bytes, record + at, &value.to_le_bytes());
        seal(&mut bytes);
        bytes
    })
}

/// A section more.
fn added(name: &str, section: u32, flags: u32, kind: &'static str, text: &str) -> MalformedPack {
    malformed(name, Open, kind, text, move |honest| {
        let mut parts = Parts::of(honest);
        parts.add(section, flags, b"what this says is for other readers");
        parts.build()
    })
}

/// A last section of 7 bytes that claims to have `len`.
fn label(name: &str, len: u64, text: &str) -> MalformedPack {
    malformed(name, Open, "field", text, move |honest| {
        let mut parts = Parts::of(honest);
        parts.add(17, 0, b"a label");
        let mut bytes = parts.build();
        let record = record(&bytes, 5);
        put(&mut bytes, record + 16, &len.to_le_bytes());
        seal(&mut bytes);
        bytes
    })
}

pub fn malformed_packs() -> Vec<MalformedPack> {
    let mut malformed_packs = vec![
        added("mandatory-section-unknown", 99, 1, "unsupported", "mandatory section 0x63"),
        added("mandatory-section-of-kind-0", 0, 1, "unsupported", "mandatory section 0x0"),
        added("mandatory-colour-profile", 16, 1, "field", "flags of a section"),
        added("mandatory-signature", 20, 1, "field", "flags of a section"),
        added("unknown-flag-of-a-section", 99, 2, "field", "flags of a section"),
        malformed("60-sections-too-many", Open, "unsupported", "number of sections 0x41", |honest| {
            let mut parts = Parts::of(honest);
            (0..60).for_each(|_| parts.add(17, 0, b""));
            parts.build()
        }),
        label("label-that-ends-before-the-directory", 6, "end of the last section"),
        label("label-into-the-directory", 8, "length of a section"),
        malformed(
            "signature-with-a-checksum",
            Open,
            "field",
            "checksum word of a section without one",
            |honest| {
                let mut parts = Parts::of(honest);
                parts.add(20, 0, b"signed");
                let mut bytes = parts.build();
                let record = record(&bytes, 5);
                put(&mut bytes, record + 24, &[1]);
                seal(&mut bytes);
                bytes
            },
        ),
        field("index-with-a-checksum", INDEX, 24, 1, "field", "checksum word of a section without one"),
        malformed("skipped-section-damaged", Verify, "checksum", "checksum of section", |honest| {
            let mut parts = Parts::of(honest);
            parts.add(16, 0, b"a colour profile");
            let mut bytes = parts.build();
            let at = range(&bytes, 5).start;
            bytes[at] ^= 1;
            seal(&mut bytes);
            bytes
        }),
        malformed("content-hash", Verify, "content_hash", "content hash at offset 56", |honest| {
            let mut bytes = honest.to_vec();
            bytes[80] ^= 1;
            crate::common::forge::seal_header(&mut bytes);
            bytes
        }),
        // CRC-32 does not see its own polynomial: what is added to the blob is a
        // multiple of it, and length and checksum stay what they were.
        malformed(
            "other-blob-of-the-same-checksum",
            Verify,
            "content_hash",
            "content hash at offset 56",
            |honest| {
                let mut bytes = honest.to_vec();
                let mut parts = Parts::of(honest);
                let blob = parts.blob(BLOB).to_vec();
                let at = bytes.windows(blob.len()).position(|window| window == blob).expect("the blob");
                let polynomial = (1 | 0xedb8_8320_u64 << 1).to_le_bytes();
                for (byte, change) in bytes[at..].iter_mut().zip(&polynomial[..5]) {
                    *byte ^= change;
                }
                assert_eq!(crc32fast::hash(&bytes[at..at + blob.len()]), crc32fast::hash(&blob));
                bytes
            },
        ),
        malformed("other-metadata-of-the-same-length", Verify, "content_hash", "content hash", |honest| {
            let mut parts = Parts::of(honest);
            let text = crate::common::forge::inflated(&parts.sections[METADATA].bytes);
            let text = String::from_utf8(text).unwrap().replace("test", "tset");
            *parts.section(METADATA) = crate::common::forge::deflated(text.as_bytes());
            let mut bytes = parts.build();
            put(&mut bytes, 56, &honest[56..88]);
            crate::common::forge::seal_header(&mut bytes);
            bytes
        }),
    ];
    for (section, name) in
        [(LEVELS, "levels"), (TABLES, "tables"), (INDEX, "index"), (SUMS, "sums"), (METADATA, "metadata")]
    {
        let reserved = format!("reserved-word-of-{name}");
        malformed_packs.push(field(reserved, section, 28, 7, "field", "reserved word of a section"));
        let optional = format!("{name}-that-may-be-skipped");
        malformed_packs.push(field(optional, section, 4, 0, "field", "flags of a section"));
        let flagged = format!("unknown-flag-of-{name}");
        malformed_packs.push(field(flagged, section, 4, 3, "field", "flags of a section"));
        if section != INDEX {
            let text = format!("checksum of {name} section");
            malformed_packs.push(field(
                format!("other-checksum-of-{name}"),
                section,
                24,
                7,
                "checksum",
                &text,
            ));
        }
        let missing = format!("number of {name} sections");
        malformed_packs.push(malformed(
            format!("no-{name}"),
            Open,
            "field",
            format!("{missing} at offset"),
            move |honest| {
                // Called something that is skipped.
                let mut bytes = honest.to_vec();
                let record = record(honest, section);
                put(&mut bytes, record, &[99, 0, 0, 0, 0]);
                if section == INDEX {
                    let crc = crc32fast::hash(&honest[range(honest, INDEX)]);
                    put(&mut bytes, record + 24, &crc.to_le_bytes());
                }
                seal(&mut bytes);
                bytes
            },
        ));
        malformed_packs.push(malformed(
            format!("{name}-twice"),
            Open,
            "field",
            format!("{missing} at offset"),
            move |honest| {
                let mut parts = Parts::of(honest);
                let again = parts.sections[section].clone();
                parts.sections.push(again);
                parts.build()
            },
        ));
    }
    malformed_packs
}
