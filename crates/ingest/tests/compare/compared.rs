//! A slide with its pack, and the results of comparing them.

use crate::common::workers;
use image::{ImageBuffer, Rgb};
use origami_ingest::source::{OpenOptions, Source, open};
use origami_ingest::{PackOptions, pack};
use origami_pack::{Mode, Pack};
use origami_quality::MeasureError;
use origami_quality::compare::{
    CompareSettings, Comparison, LevelBytes, LevelQuality, Match, Mismatch, OriginError, bytes, check_origin,
    quality, quality_samples,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// A slide and its pack.
pub struct ComparedPack {
    /// The folder that the pack is in.
    pub folder: TempDir,
    /// Path of the slide.
    pub slide: PathBuf,
    pub source: Box<dyn Source>,
    pub pack: Pack,
}

impl ComparedPack {
    /// Packs `slide`, in `folder`.
    pub fn new(slide: PathBuf, folder: TempDir, options: &PackOptions) -> Self {
        let source = open(&slide, &OpenOptions::default()).unwrap();
        let path = folder.path().join("made.origami");
        pack(&*source, Some(&slide), &path, options, &|_| {}).unwrap();
        let pack = Pack::open(&path).unwrap();
        Self { folder, slide, source, pack }
    }

    /// Packs [`picture`].
    pub fn of_picture(width: u32, height: u32, mode: Mode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slide = folder.path().join("slide.png");
        picture(width, height, 0).save(&slide).unwrap();
        Self::new(slide, folder, &options(mode))
    }

    /// Packs a PNG with these bytes.
    pub fn of_png(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slide = folder.path().join("slide.png");
        fs::write(&slide, bytes).unwrap();
        Self::new(slide, folder, &options(Mode::Luma))
    }

    pub fn bytes(&self) -> Vec<LevelBytes> {
        bytes_of(&self.pack).unwrap()
    }

    pub fn quality(&self, max_tiles: u64) -> Vec<LevelQuality> {
        let samples = quality_samples(&self.pack, max_tiles).unwrap();
        quality(&self.pack, &&*self.source, &samples, &settings(2), &|_| {}).unwrap()
    }

    /// How the slide at `path` matches the pack.
    pub fn check(&self, path: &Path, mismatch: Mismatch) -> Result<Match, OriginError> {
        let source = open(path, &OpenOptions::default()).unwrap();
        check_origin(&self.pack, &&*source, path, mismatch, &AtomicBool::new(false))
            .map(|facts| facts.matched)
    }

    pub fn compare(&self, max_tiles: u64) -> Comparison {
        let never = AtomicBool::new(false);
        let facts = check_origin(&self.pack, &&*self.source, &self.slide, Mismatch::Refuse, &never).unwrap();
        Comparison::new(&self.pack, self.bytes(), Some(facts), self.quality(max_tiles))
    }
}

pub fn bytes_of(pack: &Pack) -> Result<Vec<LevelBytes>, MeasureError> {
    bytes(pack, workers(2), &AtomicBool::new(false), &|_| {})
}

/// A picture that is white on the left and structured on the right.
pub fn picture(width: u32, height: u32, seed: u32) -> ImageBuffer<Rgb<u8>, Vec<u8>> {
    ImageBuffer::from_fn(width, height, |x, y| {
        if x < width / 2 {
            return Rgb([255; 3]);
        }
        let noise = (x.wrapping_mul(0x9e37_79b9) ^ (y + seed).wrapping_mul(0x85eb_ca6b)) >> 27;
        let level = 100 + (x / 7 + y / 5) % 90 + noise;
        Rgb([level as u8, (level / 2) as u8, (250 - level) as u8])
    })
}

pub fn settings(worker_count: usize) -> CompareSettings {
    CompareSettings { workers: workers(worker_count), sample: 10, interrupted: Default::default() }
}

pub fn options(mode: Mode) -> PackOptions {
    PackOptions { mode, workers: workers(2), tile_size: 64, ..PackOptions::default() }
}
