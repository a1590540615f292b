//! Tests with zips in memory.

use super::*;
use origami_pack::MemoryStorage;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Length in bytes of the record at the end of a zip.
const END_LEN: usize = 22;

/// Names and contents of the files of [`zipped`].
fn files() -> [(&'static str, Vec<u8>); 3] {
    [("a/one.txt", b"one".to_vec()), ("b.bin", vec![7; 5000]), ("empty", Vec::new())]
}

fn zipped(method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files() {
        zip.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The names and contents of the files in a zip.
fn contents(zip: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let archive = Archive::open(Arc::new(MemoryStorage::new(zip)))?;
    let mut contents = Vec::new();
    for entry in archive.entries() {
        let entry = entry?;
        assert_eq!(archive.entry(entry.at).map(|again| again.member), Ok(entry.member));
        let bytes =
            archive.read(&entry.member, 1 << 20).map_err(|reason| format!("{} {reason}", entry.name))?;
        contents.push((entry.name, bytes));
    }
    Ok(contents)
}

fn assert_reads(zip: &[u8]) {
    let expected: Vec<_> = files().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    assert_eq!(contents(zip), Ok(expected));
}

#[test]
fn files_are_read_also_after_other_bytes_and_before_a_comment() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let zip = zipped(method);
        assert_reads(&zip);
        assert_reads(&[&b"#!/bin/sh\n"[..], &zip[..]].concat());
        let mut commented = zip.clone();
        let comment = b"has PK\x05\x06 and some more than 22 bytes in it";
        let len = commented.len();
        commented[len - 2..].copy_from_slice(&(comment.len() as u16).to_le_bytes());
        commented.extend(comment);
        assert_reads(&commented);
    }
}

/// The zip with its directory described in 64 bits.
fn with_zip64(zip: &[u8]) -> Vec<u8> {
    let (files, end) = zip.split_at(zip.len() - END_LEN);
    let [size, offset] =
        [12, 16].map(|at| u64::from(u32::from_le_bytes(end[at..at + 4].try_into().unwrap())));
    let mut out = files.to_vec();
    out.extend(b"PK\x06\x06");
    out.extend(44_u64.to_le_bytes());
    out.extend([0; 12]);
    for number in [3, 3, size, offset] {
        out.extend(u64::to_le_bytes(number));
    }
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend((files.len() as u64).to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out.extend(&end[..8]);
    out.extend([0xff; 12]);
    out.extend([0; 2]);
    out
}

#[test]
fn a_directory_described_in_64_bits_is_read() {
    let zip = with_zip64(&zipped(CompressionMethod::Deflated));
    assert_reads(&zip);
    assert_reads(&[&[0; 100][..], &zip[..]].concat());
}

#[test]
fn more_files_than_there_are_are_not_claimed_without_an_error() {
    let mut zip = zipped(CompressionMethod::Stored);
    let count = zip.len() - END_LEN + 10;
    zip[count] = 200;
    let error = contents(&zip).unwrap_err();
    assert!(error.contains("3 entries"), "{error}");
}

#[test]
fn a_changed_or_truncated_zip_is_an_error_or_changes_no_content() {
    let zip = zipped(CompressionMethod::Deflated);
    for len in 0..zip.len() {
        assert!(contents(&zip[..len]).is_err(), "{len} bytes");
    }
    let expected: Vec<_> = files().into_iter().map(|(_, bytes)| bytes).collect();
    for at in 0..zip.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = zip.clone();
            changed[at] ^= change;
            let Ok(found) = contents(&changed) else { continue };
            let found: Vec<_> = found.into_iter().map(|(_, bytes)| bytes).collect();
            // The directory may be taken for a shorter one of the last files.
            assert!(expected.ends_with(&found), "byte {at} changed by {change:#x}");
        }
    }
}

#[test]
fn encrypted_files_and_other_methods_are_named() {
    let mut zip = zipped(CompressionMethod::Stored);
    let entry = zip.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    zip[entry + 8] |= 1;
    assert!(contents(&zip).unwrap_err().contains("a/one.txt is encrypted"));
    zip[entry + 8] &= !1;
    zip[entry + 10] = 12;
    assert!(contents(&zip).unwrap_err().contains("a/one.txt is packed with method 12"));
}

#[test]
fn a_name_in_another_code_stays_distinct() {
    let mut zip = zipped(CompressionMethod::Stored);
    let name = zip.windows(5).rposition(|bytes| bytes == b"b.bin").unwrap();
    zip[name] = 0xfc;
    let contents = contents(&zip).unwrap();
    assert_eq!(contents[1].0, "\u{fc}.bin");
}
