//! The JPEG tiles of the real slides, as they stand in the files.

use origami_codec::splice_tables;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Path of a slide, or `None` with a word about it where there is none.
pub fn slide(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ORIGAMI_SLIDES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/slides"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
    eprintln!("SKIP: {} is missing", path.display());
    None
}

/// About `most` JPEGs of a slide, evenly spread over it.
pub fn tiles(name: &str, most: usize) -> Vec<Vec<u8>> {
    let Some(path) = slide(name) else { return Vec::new() };
    if name.ends_with(".zip") { of_zip(&path, most) } else { of_tiff(&path, most) }
}

fn of_zip(path: &Path, most: usize) -> Vec<Vec<u8>> {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let numbers: Vec<usize> = (0..zip.len())
        .filter(|&n| zip.name_for_index(n).is_some_and(|name| name.unwrap().ends_with(".jpeg")))
        .collect();
    let step = numbers.len().div_ceil(most);
    let mut read = |number: usize| {
        let mut bytes = Vec::new();
        zip.by_index(number).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    numbers.into_iter().step_by(step).map(&mut read).collect()
}

/// A little-endian classic TIFF with JPEG tiles.
struct Tiff(Vec<u8>);

impl Tiff {
    fn number(&self, at: usize, len: usize) -> usize {
        self.0[at..at + len].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
    }

    /// Where the values of a tag lie, how many there are and of how many bytes.
    fn values(&self, directory: usize, tag: usize) -> Option<(usize, usize, usize)> {
        let entries = (0..self.number(directory, 2)).map(|n| directory + 2 + 12 * n);
        let entry = entries.into_iter().find(|&at| self.number(at, 2) == tag)?;
        let size = [0, 1, 1, 2, 4, 8, 1, 1][self.number(entry + 2, 2)];
        let count = self.number(entry + 4, 4);
        let at = if size * count <= 4 { entry + 8 } else { self.number(entry + 8, 4) };
        Some((at, count, size))
    }

    fn integers(&self, directory: usize, tag: usize) -> Vec<usize> {
        let Some((at, count, size)) = self.values(directory, tag) else { return Vec::new() };
        (0..count).map(|n| self.number(at + n * size, size)).collect()
    }
}

fn of_tiff(path: &Path, most: usize) -> Vec<Vec<u8>> {
    const COMPRESSION: usize = 259;
    const PHOTOMETRIC: usize = 262;
    // Of tiles, or of strips that are a whole JPEG.
    const OFFSETS: [usize; 2] = [324, 273];
    const LENGTHS: [usize; 2] = [325, 279];
    const TABLES: usize = 347;
    let tiff = Tiff(std::fs::read(path).unwrap());
    assert_eq!(&tiff.0[..4], b"II*\0");
    let mut directory = tiff.number(4, 4);
    let mut places = Vec::new();
    while directory != 0 {
        if tiff.integers(directory, COMPRESSION) == [7] {
            let some = |tags: [usize; 2]| tags.map(|tag| tiff.integers(directory, tag)).concat();
            let (offsets, lengths) = (some(OFFSETS), some(LENGTHS));
            places.extend(offsets.into_iter().zip(lengths).map(|(at, len)| (directory, at, len)));
        }
        directory = tiff.number(directory + 2 + 12 * tiff.number(directory, 2), 4);
    }
    assert!(!places.is_empty(), "no JPEG tiles in {}", path.display());
    let step = places.len().div_ceil(most);
    let tile = |(directory, at, len): (usize, usize, usize)| {
        let tables = tiff.values(directory, TABLES).map(|(at, count, _)| &tiff.0[at..at + count]);
        let rgb = tiff.integers(directory, PHOTOMETRIC) == [2];
        let mut jpeg = Vec::new();
        splice_tables(tables, &tiff.0[at..at + len], rgb, &mut jpeg).unwrap();
        jpeg
    };
    places.into_iter().step_by(step).filter(|place| place.2 > 0).map(tile).collect()
}
