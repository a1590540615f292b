//! Lies in the header, under a good checksum where that is not the lie.

use super::{MalformedPack, Stage::Open, malformed};
use crate::common::Plan;
use crate::common::forge::{INDEX, LEVELS, METADATA, SUMS, TABLES, put, range, seal, seal_header};
use origami_pack::Mode;

/// Bytes put into the header.
fn field(name: &str, at: usize, value: &[u8], kind: &'static str, text: &str) -> MalformedPack {
    let value = value.to_vec();
    malformed(name, Open, kind, text, move |honest| {
        let mut bytes = honest.to_vec();
        put(&mut bytes, at, &value);
        seal_header(&mut bytes);
        bytes
    })
}

/// A byte of the file turned over, nothing made right.
fn flip(name: impl Into<String>, text: &str, at: impl Fn(&[u8]) -> usize + 'static) -> MalformedPack {
    malformed(name, Open, "checksum", text, move |honest| {
        let mut bytes = honest.to_vec();
        bytes[at(honest)] ^= 0x20;
        bytes
    })
}

pub fn malformed_packs() -> Vec<MalformedPack> {
    let number = |name: &str, at: usize, value: u32, kind: &'static str, text: &str| {
        field(name, at, &value.to_le_bytes(), kind, text)
    };
    let mut malformed_packs = vec![
        number("bad-magic", 0, 0x474e_5089, "magic", "bad magic at offset 0"),
        number("version-0", 8, 0, "version", "pack version 0; this program reads version 2"),
        number("version-1", 8, 1, "version", "pack version 1, which was never released"),
        number("version-3", 8, 3, "version", "pack version 3; this program reads version 2"),
        malformed("version-1-of-another-header", Open, "version", "pack the slide again", |_| {
            b"\x89ORIGAMI\x01\0\0\0".to_vec()
        }),
        number("unknown-flag", 12, 1, "unsupported", "feature flags 0x1 at offset 12"),
        number("unknown-last-flag", 12, 1 << 31, "unsupported", "feature flags"),
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
        number("2-to-32-levels", 28, u32::MAX, "field", "number of levels"),
        number("file-length-0", 40, 0, "length", "bytes where 0 were expected"),
        field("file-length-2-to-64", 40, &[0xff; 8], "length", "18446744073709551615 were expected"),
        number("reserved-byte", 88, 1, "field", "reserved header byte"),
        field("last-reserved-byte", 123, &[9], "field", "reserved header byte at offset 123"),
        field("subsampling-unknown", 32, &[4], "unsupported", "subsampling 0x4 at offset 32"),
        field("chroma-level-missing", 33, &[255], "unsupported", "chroma level 0xff at offset 33"),
        field("chroma-level-out-of-range", 33, &[10], "unsupported", "chroma level 0xa"),
        field("chroma-level-of-a-luma-level", 33, &[8], "unsupported", "chroma level 0x8"),
        field("chroma-level-of-full-resolution", 33, &[9], "unsupported", "chroma level 0x9"),
        malformed("chroma-level-without-luma", Open, "unsupported", "chroma level 0x3", |_| {
            let mut bytes = Plan::sample().stored().bytes();
            bytes[33] = 3;
            seal(&mut bytes);
            bytes
        }),
        malformed("chroma-level-finer-than-a-luma-level", Open, "unsupported", "chroma level 0x8", |_| {
            let modes = vec![Mode::Luma, Mode::Stored, Mode::Luma];
            let mut bytes = Plan { modes, ..Plan::sample() }.bytes();
            bytes[33] = 8;
            seal(&mut bytes);
            bytes
        }),
        field("4-sections", 34, &[4], "unsupported", "number of sections 0x4"),
        field("65-sections", 34, &[65], "unsupported", "number of sections 0x41"),
        flip("header-checksum", "checksum of header at offset 0", |_| 124),
        flip("directory-damaged", "checksum of directory", |honest| honest.len() - 3),
        flip("width-without-checksum", "checksum of header", |_| 16),
    ];
    for (section, name) in
        [(LEVELS, "levels"), (TABLES, "tables"), (INDEX, "index"), (SUMS, "sums"), (METADATA, "metadata")]
    {
        if section != INDEX {
            let text = format!("checksum of {name} section");
            let middle = move |honest: &[u8]| range(honest, section).start + range(honest, section).len() / 2;
            malformed_packs.push(flip(format!("{name}-damaged"), &text, middle));
        }
    }
    malformed_packs
}
