//! Wrong records of sections under right checksums, and sections that are skipped.

use super::{
    MalformedPack,
    Stage::{Open, Verify},
};
use crate::common::forge::{
    BLOCKS, INDEX, LEVELS, METADATA, Parts, TABLES, deflated, inflated, put, range, record, seal, seal_header,
};
use origami_pyramid::TileId;

/// A tile with bytes of its own.
const BLOB: TileId = TileId { z: 9, x: 1, y: 12 };

/// Number of the first section that is added to the five of the valid pack.
const ADDED: usize = 5;

/// A pack with `value` at byte `at` of the record of a section.
fn field(
    name: impl Into<String>,
    section: usize,
    at: usize,
    value: u32,
    kind: &'static str,
    text: &str,
) -> MalformedPack {
    MalformedPack::new(name, Open, kind, text, move |valid| {
        let mut bytes = valid.to_vec();
        put(&mut bytes, record(valid, section) + at, &value.to_le_bytes());
        seal(&mut bytes);
        bytes
    })
}

/// A pack with one more section, of this kind.
fn added(name: &str, section: u32, flags: u32, kind: &'static str, text: &str) -> MalformedPack {
    MalformedPack::from_parts(name, Open, kind, text, move |parts| {
        parts.add(section, flags, b"content for other readers");
    })
}

/// A pack whose last section has 7 bytes and claims to have `len`.
fn label(name: &str, len: u64, text: &str) -> MalformedPack {
    MalformedPack::new(name, Open, "field", text, move |valid| {
        let mut parts = Parts::of(valid);
        parts.add(17, 0, b"a label");
        let mut bytes = parts.build();
        let record = record(&bytes, ADDED);
        put(&mut bytes, record + 16, &len.to_le_bytes());
        seal(&mut bytes);
        bytes
    })
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = wrong_flags_and_counts();
    packs.extend(wrong_skipped_sections());
    packs.extend(wrong_content_hashes());
    for (section, name) in
        [(LEVELS, "levels"), (TABLES, "tables"), (INDEX, "index"), (BLOCKS, "blocks"), (METADATA, "metadata")]
    {
        packs.extend(wrong_record(section, name));
        packs.extend([missing(section, name), twice(section, name)]);
    }
    packs
}

fn wrong_flags_and_counts() -> Vec<MalformedPack> {
    vec![
        added("mandatory-section-unknown", 99, 1, "unsupported", "mandatory section 0x63"),
        added("mandatory-section-of-kind-0", 0, 1, "unsupported", "mandatory section 0x0"),
        added("mandatory-colour-profile", 16, 1, "field", "flags of a section"),
        added("mandatory-signature", 20, 1, "field", "flags of a section"),
        added("unknown-flag-of-a-section", 99, 2, "field", "flags of a section"),
        MalformedPack::from_parts(
            "60-sections-too-many",
            Open,
            "unsupported",
            "number of sections 0x41",
            |parts| {
                (0..60).for_each(|_| parts.add(17, 0, b""));
            },
        ),
        field("index-with-a-checksum", INDEX, 24, 1, "field", "checksum word of a section without one"),
    ]
}

fn wrong_skipped_sections() -> Vec<MalformedPack> {
    vec![
        label("label-that-ends-before-the-directory", 6, "end of the last section"),
        label("label-into-the-directory", 8, "length of a section"),
        MalformedPack::new(
            "signature-with-a-checksum",
            Open,
            "field",
            "checksum word of a section without one",
            |valid| {
                let mut parts = Parts::of(valid);
                parts.add(20, 0, b"signed");
                let mut bytes = parts.build();
                let record = record(&bytes, ADDED);
                put(&mut bytes, record + 24, &[1]);
                seal(&mut bytes);
                bytes
            },
        ),
        MalformedPack::new("skipped-section-damaged", Verify, "checksum", "checksum of section", |valid| {
            let mut parts = Parts::of(valid);
            parts.add(16, 0, b"a colour profile");
            let mut bytes = parts.build();
            let at = range(&bytes, ADDED).start;
            bytes[at] ^= 1;
            seal(&mut bytes);
            bytes
        }),
    ]
}

fn wrong_content_hashes() -> Vec<MalformedPack> {
    vec![
        MalformedPack::new("content-hash", Verify, "content_hash", "content hash at offset 56", |valid| {
            let mut bytes = valid.to_vec();
            bytes[80] ^= 1;
            seal_header(&mut bytes);
            bytes
        }),
        MalformedPack::new(
            "other-blob-of-the-same-checksum",
            Verify,
            "content_hash",
            "content hash at offset 56",
            with_another_blob_of_the_same_checksum,
        ),
        MalformedPack::new(
            "other-metadata-of-the-same-length",
            Verify,
            "content_hash",
            "content hash",
            |valid| {
                let mut parts = Parts::of(valid);
                let text = String::from_utf8(inflated(parts.section(METADATA))).unwrap();
                *parts.section(METADATA) = deflated(text.replace("test", "tset").as_bytes());
                let mut bytes = parts.build();
                put(&mut bytes, 56, &valid[56..88]);
                seal_header(&mut bytes);
                bytes
            },
        ),
    ]
}

/// CRC-32 does not detect its own polynomial: a multiple of it is added to a blob, whose
/// length and checksum stay the same.
fn with_another_blob_of_the_same_checksum(valid: &[u8]) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    let blob = Parts::of(valid).blob(BLOB).to_vec();
    let at = bytes.windows(blob.len()).position(|window| window == blob).expect("the blob");
    let polynomial = (1 | 0xedb8_8320_u64 << 1).to_le_bytes();
    for (byte, change) in bytes[at..].iter_mut().zip(&polynomial[..5]) {
        *byte ^= change;
    }
    assert_eq!(crc32fast::hash(&bytes[at..at + blob.len()]), crc32fast::hash(&blob));
    bytes
}

/// Packs with a wrong field in the record of a section. The index has no checksum there.
fn wrong_record(section: usize, name: &str) -> Vec<MalformedPack> {
    let mut packs = vec![
        field(format!("reserved-word-of-{name}"), section, 28, 7, "field", "reserved word of a section"),
        field(format!("{name}-that-may-be-skipped"), section, 4, 0, "field", "flags of a section"),
        field(format!("unknown-flag-of-{name}"), section, 4, 3, "field", "flags of a section"),
    ];
    if section != INDEX {
        let text = format!("checksum of {name} section");
        packs.push(field(format!("other-checksum-of-{name}"), section, 24, 7, "checksum", &text));
    }
    packs
}

/// A pack without a section that every pack must have: its record names a kind that is
/// skipped.
fn missing(section: usize, name: &str) -> MalformedPack {
    let text = format!("number of {name} sections at offset");
    MalformedPack::new(format!("no-{name}"), Open, "field", text, move |valid| {
        let mut bytes = valid.to_vec();
        let record = record(valid, section);
        put(&mut bytes, record, &[99, 0, 0, 0, 0]);
        if section == INDEX {
            let crc = crc32fast::hash(&valid[range(valid, INDEX)]);
            put(&mut bytes, record + 24, &crc.to_le_bytes());
        }
        seal(&mut bytes);
        bytes
    })
}

/// A pack that has a section twice.
fn twice(section: usize, name: &str) -> MalformedPack {
    let text = format!("number of {name} sections at offset");
    MalformedPack::from_parts(format!("{name}-twice"), Open, "field", text, move |parts| {
        let again = parts.sections[section].clone();
        parts.sections.push(again);
    })
}
