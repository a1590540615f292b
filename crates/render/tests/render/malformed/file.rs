//! Lies about what the file is and how long.

use super::{MalformedPack, Stage::Open, malformed};
use crate::common::forge::{
    HEADER, INDEX, LEVELS, METADATA, SUMS, TABLES, directory, put, range, record, seal, seal_header,
};
use std::process::Command;

const SECTIONS: [(usize, &str); 5] =
    [(LEVELS, "levels"), (TABLES, "tables"), (INDEX, "index"), (SUMS, "sums"), (METADATA, "metadata")];

/// The first `len` bytes, and a header that says there are no more.
fn shortened(honest: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = honest[..len].to_vec();
    put(&mut bytes, 40, &(len as u64).to_le_bytes());
    seal_header(&mut bytes);
    bytes
}

pub fn malformed_packs() -> Vec<MalformedPack> {
    let mut malformed_packs = vec![
        malformed("empty-file", Open, "io", "file is empty", |_| Vec::new()),
        malformed("all-zeros", Open, "magic", "bad magic", |_| vec![0; 4096]),
        malformed("a-jpeg", Open, "magic", "bad magic", |_| b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()),
        malformed("cut-in-magic", Open, "magic", "bad magic", |honest| honest[..5].to_vec()),
        malformed("cut-after-magic", Open, "length", "8 bytes where 128", |honest| honest[..8].to_vec()),
        malformed("cut-in-header", Open, "length", "127 bytes where 128", |honest| honest[..127].to_vec()),
        malformed("cut-after-header", Open, "length", "cut short", |honest| honest[..HEADER].to_vec()),
        malformed("cut-in-blobs", Open, "length", "cut short", |honest| honest[..5000].to_vec()),
        malformed("cut-by-a-byte", Open, "length", "cut short", |honest| honest[..honest.len() - 1].to_vec()),
        malformed("garbage-appended", Open, "length", "bytes where", |honest| [honest, b"garbage"].concat()),
        malformed("header-alone-and-counted", Open, "length", "128 bytes where 288", |honest| {
            shortened(honest, HEADER)
        }),
        malformed("cut-in-directory-and-counted", Open, "checksum", "checksum of directory", |honest| {
            shortened(honest, honest.len() - 1)
        }),
        malformed("blobs-that-end-in-the-header", Open, "field", "end of the blobs", |honest| {
            let mut bytes = honest.to_vec();
            put(&mut bytes, 48, &127u64.to_le_bytes());
            seal(&mut bytes);
            bytes
        }),
        malformed("blobs-that-end-in-the-directory", Open, "field", "end of the blobs", |honest| {
            let mut bytes = honest.to_vec();
            put(&mut bytes, 48, &(directory(honest) as u64 + 1).to_le_bytes());
            seal(&mut bytes);
            bytes
        }),
        malformed("blobs-that-end-at-2-to-64", Open, "field", "end of the blobs", |honest| {
            let mut bytes = honest.to_vec();
            put(&mut bytes, 48, &[0xff; 8]);
            seal(&mut bytes);
            bytes
        }),
        malformed("blobs-that-end-before-the-levels", Open, "field", "offset of a section", |honest| {
            let mut bytes = honest.to_vec();
            put(&mut bytes, 48, &(range(honest, LEVELS).start as u64 - 1).to_le_bytes());
            seal(&mut bytes);
            bytes
        }),
        malformed("garbage-appended-and-counted", Open, "checksum", "checksum of directory", |honest| {
            let bytes = [honest, b"garbage"].concat();
            shortened(&bytes, bytes.len())
        }),
        MalformedPack {
            name: "a-folder".into(),
            stage: Open,
            kind: "io",
            text: "not a regular file".into(),
            make: Box::new(|_, path| std::fs::create_dir(path).unwrap()),
        },
        MalformedPack {
            name: "a-pipe".into(),
            stage: Open,
            kind: "io",
            text: "not a regular file".into(),
            make: Box::new(|_, path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
        },
    ];
    for (section, name) in SECTIONS {
        let cut = move |honest: &[u8]| honest[..range(honest, section).start].to_vec();
        malformed_packs.push(malformed(format!("cut-at-{name}"), Open, "length", "cut short", cut));
        let cut = move |honest: &[u8]| honest[..range(honest, section).end - 1].to_vec();
        malformed_packs.push(malformed(format!("cut-in-{name}"), Open, "length", "cut short", cut));
        let cut = move |honest: &[u8]| shortened(honest, range(honest, section).end - 1);
        malformed_packs.push(malformed(
            format!("cut-in-{name}-and-counted"),
            Open,
            "checksum",
            "checksum of directory",
            cut,
        ));
        let placed = |by: fn(u64, u64) -> u64| {
            move |honest: &[u8]| {
                let mut bytes = honest.to_vec();
                let at = range(honest, section).start as u64;
                let record = record(honest, section);
                put(&mut bytes, record + 8, &by(at, honest.len() as u64).to_le_bytes());
                seal(&mut bytes);
                bytes
            }
        };
        let text = "offset of a section";
        let past = placed(|_, len| len + 1);
        malformed_packs.push(malformed(format!("{name}-past-the-end"), Open, "field", text, past));
        let past = placed(|_, _| u64::MAX - 3);
        malformed_packs.push(malformed(format!("{name}-at-2-to-64"), Open, "field", text, past));
        let header = placed(|_, _| 0);
        malformed_packs.push(malformed(format!("{name}-over-the-header"), Open, "field", text, header));
        let gap = placed(|at, _| at + 1);
        malformed_packs.push(malformed(format!("gap-before-{name}"), Open, "field", text, gap));
        let overlap = placed(|at, _| at - 1);
        malformed_packs.push(malformed(format!("{name}-over-what-is-before"), Open, "field", text, overlap));
        for (claim, len) in [("none", 0), ("4-gib", 1u64 << 32), ("2-to-64", u64::MAX)] {
            let claimed = move |honest: &[u8]| {
                let mut bytes = honest.to_vec();
                let record = record(honest, section);
                put(&mut bytes, record + 16, &len.to_le_bytes());
                seal(&mut bytes);
                bytes
            };
            malformed_packs.push(malformed(
                format!("{name}-of-{claim}"),
                Open,
                "field",
                "length of a section",
                claimed,
            ));
        }
    }
    malformed_packs
}
