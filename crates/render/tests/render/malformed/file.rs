//! Files that are no pack, or whose length is wrong.

use super::{MalformedPack, Stage::Open};
use crate::common::forge::{
    BLOCKS, HEADER, INDEX, LEVELS, METADATA, TABLES, directory, put, range, record, seal, seal_header,
};
use std::process::Command;

const SECTIONS: [(usize, &str); 5] =
    [(LEVELS, "levels"), (TABLES, "tables"), (INDEX, "index"), (BLOCKS, "blocks"), (METADATA, "metadata")];

/// The first `len` bytes, with a header that has this length.
fn shortened(valid: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = valid[..len].to_vec();
    put(&mut bytes, 40, &(len as u64).to_le_bytes());
    seal_header(&mut bytes);
    bytes
}

/// A pack whose header says that the blobs end at `end`.
fn blobs_end(valid: &[u8], end: u64) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    put(&mut bytes, 48, &end.to_le_bytes());
    seal(&mut bytes);
    bytes
}

/// A pack whose directory has `value` at byte `at` of the record of a section.
fn with_record_field(valid: &[u8], section: usize, at: usize, value: u64) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    put(&mut bytes, record(valid, section) + at, &value.to_le_bytes());
    seal(&mut bytes);
    bytes
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = other_files();
    packs.extend(wrong_lengths());
    packs.extend(wrong_ends_of_blobs());
    for (section, name) in SECTIONS {
        packs.extend(cut_at(section, name));
        packs.extend(misplaced(section, name));
        packs.extend(wrong_section_lengths(section, name));
    }
    packs
}

fn other_files() -> Vec<MalformedPack> {
    vec![
        MalformedPack::new("empty-file", Open, "io", "file is empty", |_| Vec::new()),
        MalformedPack::new("all-zeros", Open, "magic", "bad magic", |_| vec![0; 4096]),
        MalformedPack::new("a-jpeg", Open, "magic", "bad magic", |_| b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()),
        MalformedPack {
            name: "a-folder".into(),
            stage: Open,
            kind: "io",
            text: "not a regular file".into(),
            write: Box::new(|_, path| std::fs::create_dir(path).unwrap()),
        },
        MalformedPack {
            name: "a-pipe".into(),
            stage: Open,
            kind: "io",
            text: "not a regular file".into(),
            write: Box::new(|_, path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
        },
    ]
}

/// Packs that are cut or extended. In those "and counted", the header has the actual
/// length.
fn wrong_lengths() -> Vec<MalformedPack> {
    vec![
        MalformedPack::new("cut-in-magic", Open, "magic", "bad magic", |valid| valid[..5].to_vec()),
        MalformedPack::new("cut-after-magic", Open, "length", "8 bytes where 128", |valid| {
            valid[..8].to_vec()
        }),
        MalformedPack::new("cut-in-header", Open, "length", "127 bytes where 128", |valid| {
            valid[..127].to_vec()
        }),
        MalformedPack::new("cut-after-header", Open, "length", "cut short", |valid| valid[..HEADER].to_vec()),
        MalformedPack::new("cut-in-blobs", Open, "length", "cut short", |valid| valid[..5000].to_vec()),
        MalformedPack::new("cut-by-a-byte", Open, "length", "cut short", |valid| {
            valid[..valid.len() - 1].to_vec()
        }),
        MalformedPack::new("garbage-appended", Open, "length", "bytes where", |valid| {
            [valid, b"garbage"].concat()
        }),
        MalformedPack::new("header-alone-and-counted", Open, "length", "128 bytes where 288", |valid| {
            shortened(valid, HEADER)
        }),
        MalformedPack::new(
            "cut-in-directory-and-counted",
            Open,
            "checksum",
            "checksum of directory",
            |valid| shortened(valid, valid.len() - 1),
        ),
        MalformedPack::new(
            "garbage-appended-and-counted",
            Open,
            "checksum",
            "checksum of directory",
            |valid| {
                let bytes = [valid, b"garbage"].concat();
                shortened(&bytes, bytes.len())
            },
        ),
    ]
}

fn wrong_ends_of_blobs() -> Vec<MalformedPack> {
    vec![
        MalformedPack::new("blobs-that-end-in-the-header", Open, "field", "end of the blobs", |valid| {
            blobs_end(valid, 127)
        }),
        MalformedPack::new("blobs-that-end-in-the-directory", Open, "field", "end of the blobs", |valid| {
            blobs_end(valid, directory(valid) as u64 + 1)
        }),
        MalformedPack::new("blobs-that-end-at-2-to-64", Open, "field", "end of the blobs", |valid| {
            blobs_end(valid, u64::MAX)
        }),
        MalformedPack::new(
            "blobs-that-end-before-the-levels",
            Open,
            "field",
            "offset of a section",
            |valid| blobs_end(valid, range(valid, LEVELS).start as u64 - 1),
        ),
    ]
}

/// Packs that end where a section begins, or within it.
fn cut_at(section: usize, name: &str) -> [MalformedPack; 3] {
    [
        MalformedPack::new(format!("cut-at-{name}"), Open, "length", "cut short", move |valid| {
            valid[..range(valid, section).start].to_vec()
        }),
        MalformedPack::new(format!("cut-in-{name}"), Open, "length", "cut short", move |valid| {
            valid[..range(valid, section).end - 1].to_vec()
        }),
        MalformedPack::new(
            format!("cut-in-{name}-and-counted"),
            Open,
            "checksum",
            "checksum of directory",
            move |valid| shortened(valid, range(valid, section).end - 1),
        ),
    ]
}

/// Packs whose directory has a wrong offset for a section.
fn misplaced(section: usize, name: &str) -> [MalformedPack; 5] {
    // Made of the right offset and the length of the file.
    type WrongOffset = fn(u64, u64) -> u64;
    let offsets: [(String, WrongOffset); 5] = [
        (format!("{name}-past-the-end"), |_, file_len| file_len + 1),
        (format!("{name}-at-2-to-64"), |_, _| u64::MAX - 3),
        (format!("{name}-over-the-header"), |_, _| 0),
        (format!("gap-before-{name}"), |offset, _| offset + 1),
        (format!("{name}-over-what-is-before"), |offset, _| offset - 1),
    ];
    offsets.map(|(name, wrong_offset)| {
        MalformedPack::new(name, Open, "field", "offset of a section", move |valid| {
            let offset = wrong_offset(range(valid, section).start as u64, valid.len() as u64);
            with_record_field(valid, section, 8, offset)
        })
    })
}

/// Packs whose directory has a wrong length for a section.
fn wrong_section_lengths(section: usize, name: &str) -> [MalformedPack; 3] {
    [("none", 0), ("4-gib", 1_u64 << 32), ("2-to-64", u64::MAX)].map(|(claim, len)| {
        MalformedPack::new(format!("{name}-of-{claim}"), Open, "field", "length of a section", move |valid| {
            with_record_field(valid, section, 16, len)
        })
    })
}
