//! Lies in the header, under a good checksum where that is not the lie.

use super::{Lie, Stage::Open, lie};
use crate::common::forge::{INDEX, LEVELS, METADATA, SUMS, TABLES, put, range, record, seal};

/// Bytes put into the header.
fn field(name: &str, at: usize, value: &[u8], kind: &'static str, text: &str) -> Lie {
    let value = value.to_vec();
    lie(name, Open, kind, text, move |honest| {
        let mut bytes = honest.to_vec();
        put(&mut bytes, at, &value);
        seal(&mut bytes);
        bytes
    })
}

/// A byte of the file turned over, nothing made right.
fn flip(name: impl Into<String>, text: &str, at: impl Fn(&[u8]) -> usize + 'static) -> Lie {
    lie(name, Open, "checksum", text, move |honest| {
        let mut bytes = honest.to_vec();
        bytes[at(honest)] ^= 0x20;
        bytes
    })
}

pub fn lies() -> Vec<Lie> {
    let number = |name: &str, at: usize, value: u32, kind: &'static str, text: &str| {
        field(name, at, &value.to_le_bytes(), kind, text)
    };
    let mut lies = vec![
        number("bad-magic", 0, 0x474e_5089, "magic", "bad magic at offset 0"),
        number("version-0", 8, 0, "version", "pack version 0; this program reads version 1"),
        number("version-2", 8, 2, "version", "pack version 2"),
        lie("version-2-of-another-header", Open, "version", "pack version 2", |honest| {
            let mut bytes = honest.to_vec();
            put(&mut bytes, 8, &2u32.to_le_bytes());
            bytes
        }),
        number("unknown-flag", 12, 2, "unsupported", "feature flags 0x2 at offset 12"),
        number("coefficients-without-tile-headers", 12, 1, "unsupported", "tile header of a level 0x0"),
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
        number("file-length-0", 32, 0, "length", "bytes where 0 were expected"),
        field("file-length-2-to-64", 32, &[0xff; 8], "length", "18446744073709551615 were expected"),
        number("reserved-byte", 168, 1, "field", "reserved header byte"),
        field("last-reserved-byte", 251, &[9], "field", "reserved header byte at offset 251"),
        number("index-with-a-checksum", record(INDEX) + 16, 1, "field", "checksum word of the index"),
        flip("header-checksum", "checksum of header at offset 0", |_| 252),
        flip("width-without-checksum", "checksum of header", |_| 16),
    ];
    for (section, name) in
        [(LEVELS, "levels"), (TABLES, "tables"), (INDEX, "index"), (SUMS, "sums"), (METADATA, "metadata")]
    {
        let reserved = format!("reserved-word-of-{name}");
        lies.push(number(&reserved, record(section) + 20, 7, "field", "reserved word of a section"));
        if section != INDEX {
            let text = format!("checksum of {name} section");
            let middle = move |honest: &[u8]| range(honest, section).start + range(honest, section).len() / 2;
            lies.push(flip(format!("{name}-damaged"), &text, middle));
            let other = format!("other-checksum-of-{name}");
            lies.push(number(&other, record(section) + 16, 7, "checksum", &text));
        }
    }
    lies
}
