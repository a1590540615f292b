//! Headers with a wrong field, mostly under a right checksum.

use super::{MalformedPack, Stage::Open};
use crate::common::Plan;
use crate::common::forge::{BLOCKS, LEVELS, METADATA, TABLES, put, range, seal, seal_header};
use origami_pack::Mode;

/// A pack with `value` at byte `at` of the header, under a right checksum.
fn field(name: &str, at: usize, value: &[u8], kind: &'static str, text: &str) -> MalformedPack {
    let value = value.to_vec();
    MalformedPack::new(name, Open, kind, text, move |valid| {
        let mut bytes = valid.to_vec();
        put(&mut bytes, at, &value);
        seal_header(&mut bytes);
        bytes
    })
}

/// As [`field`], for a field of 32 bits.
fn number(name: &str, at: usize, value: u32, kind: &'static str, text: &str) -> MalformedPack {
    field(name, at, &value.to_le_bytes(), kind, text)
}

/// A pack with one byte changed, under the checksum of the valid pack.
fn flip(name: impl Into<String>, text: &str, at: impl Fn(&[u8]) -> usize + 'static) -> MalformedPack {
    MalformedPack::new(name, Open, "checksum", text, move |valid| {
        let mut bytes = valid.to_vec();
        bytes[at(valid)] ^= 0x20;
        bytes
    })
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = wrong_versions();
    packs.extend(wrong_geometry());
    packs.extend(wrong_chroma());
    packs.extend(wrong_lengths_and_reserved_bytes());
    packs.extend(wrong_checksums());
    packs
}

fn wrong_versions() -> Vec<MalformedPack> {
    vec![
        number("bad-magic", 0, 0x474e_5089, "magic", "bad magic at offset 0"),
        number("version-0", 8, 0, "version", "pack version 0; this program reads version 3"),
        number("version-1", 8, 1, "version", "pack version 1, which was never released"),
        number("version-2", 8, 2, "version", "pack version 2, which was never released"),
        number("version-4", 8, 4, "version", "pack version 4; this program reads version 3"),
        MalformedPack::new("version-1-of-another-header", Open, "version", "pack the slide again", |_| {
            b"\x89ORIGAMI\x01\0\0\0".to_vec()
        }),
        number("unknown-flag", 12, 1, "unsupported", "feature flags 0x1 at offset 12"),
        number("unknown-last-flag", 12, 1 << 31, "unsupported", "feature flags"),
    ]
}

fn wrong_geometry() -> Vec<MalformedPack> {
    vec![
        number("width-0", 16, 0, "unsupported", "width and height"),
        number("height-0", 20, 0, "unsupported", "width and height"),
        number("width-above-the-limit", 16, (1 << 24) + 1, "unsupported", "width and height"),
        number("height-2-to-32", 20, u32::MAX, "unsupported", "width and height"),
        number("other-width", 16, 303, "field", "size or grid of a level"),
        number("other-grid", 20, 500, "field", "length of a section"),
        number("huge-size-in-a-small-file", 16, 1 << 24, "field", "number of levels"),
        number("tile-size-0", 24, 0, "unsupported", "tile size"),
        number("tile-size-8", 24, 8, "unsupported", "tile size"),
        number("tile-size-17", 24, 17, "unsupported", "tile size"),
        number("tile-size-2048", 24, 2048, "unsupported", "tile size"),
        number("a-level-too-few", 28, 9, "field", "number of levels at offset 28: expected 10, found 9"),
        number("a-million-levels", 28, 1_000_000, "field", "number of levels"),
        number("2-to-32-levels", 28, u32::MAX, "field", "number of levels"),
    ]
}

fn wrong_chroma() -> Vec<MalformedPack> {
    vec![
        field("subsampling-unknown", 32, &[4], "unsupported", "subsampling 0x4 at offset 32"),
        field("chroma-level-missing", 33, &[255], "unsupported", "chroma level 0xff at offset 33"),
        field("chroma-level-out-of-range", 33, &[10], "unsupported", "chroma level 0xa"),
        field("chroma-level-of-a-luma-level", 33, &[8], "unsupported", "chroma level 0x8"),
        field("chroma-level-of-full-resolution", 33, &[9], "unsupported", "chroma level 0x9"),
        MalformedPack::new("chroma-level-without-luma", Open, "unsupported", "chroma level 0x3", |_| {
            let mut bytes = Plan::sample().stored().bytes();
            bytes[33] = 3;
            seal(&mut bytes);
            bytes
        }),
        MalformedPack::new(
            "chroma-level-finer-than-a-luma-level",
            Open,
            "unsupported",
            "chroma level 0x8",
            |_| {
                let modes = vec![Mode::Luma, Mode::Stored, Mode::Luma];
                let mut bytes = Plan { modes, ..Plan::sample() }.bytes();
                bytes[33] = 8;
                seal(&mut bytes);
                bytes
            },
        ),
    ]
}

fn wrong_lengths_and_reserved_bytes() -> Vec<MalformedPack> {
    vec![
        number("file-length-0", 40, 0, "length", "bytes where 0 were expected"),
        field("file-length-2-to-64", 40, &[0xff; 8], "length", "18446744073709551615 were expected"),
        number("reserved-byte", 88, 1, "field", "reserved header byte"),
        field("last-reserved-byte", 123, &[9], "field", "reserved header byte at offset 123"),
        field("4-sections", 34, &[4], "unsupported", "number of sections 0x4"),
        field("65-sections", 34, &[65], "unsupported", "number of sections 0x41"),
    ]
}

/// Checksums that are wrong, in the header or for a section. The index has checksums of
/// its own.
fn wrong_checksums() -> Vec<MalformedPack> {
    let mut packs = vec![
        flip("header-checksum", "checksum of header at offset 0", |_| 124),
        flip("directory-damaged", "checksum of directory", |valid| valid.len() - 3),
        flip("width-without-checksum", "checksum of header", |_| 16),
    ];
    for (section, name) in
        [(LEVELS, "levels"), (TABLES, "tables"), (BLOCKS, "blocks"), (METADATA, "metadata")]
    {
        let text = format!("checksum of {name} section");
        packs.push(flip(format!("{name}-damaged"), &text, move |valid| {
            let range = range(valid, section);
            range.start + range.len() / 2
        }));
    }
    packs
}
