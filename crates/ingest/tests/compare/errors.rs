//! Damaged packs, and interruption.

use crate::common::{all_tiles, served, workers};
use crate::compared::{ComparedPack, bytes_of, settings};
use origami_pack::{Metadata, Mode, Pack, PackSpec, PackWriter};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use origami_quality::MeasureError;
use origami_quality::compare::{Mismatch, OriginError, bytes, check_origin, quality, quality_samples};
use origami_quality::work::WorkError;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[test]
fn a_damaged_pack_is_an_error_that_names_it() {
    let compared = ComparedPack::of_picture(500, 300, Mode::Luma);
    let path = compared.pack.path().to_owned();
    let whole = fs::read(&path).unwrap();
    let blobs: Vec<_> = all_tiles(compared.pack.pyramid())
        .filter_map(|id| Pack::blob_range(compared.pack.entry(id).unwrap()))
        .collect();
    assert!(blobs.len() > 20);
    for range in blobs.iter().step_by(7) {
        let mut bytes = whole.clone();
        bytes[range.start as usize] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        let damaged = Pack::open(&path).unwrap();
        let error = bytes_of(&damaged).unwrap_err().to_string();
        assert!(error.contains("made.origami") && error.contains("checksum"), "{error}");
    }
}

/// A stored pack of a slide of `size`, with the bytes `tile` as every tile.
fn forge(path: &Path, size: Size, tile: &[u8]) -> Pack {
    let pyramid = Pyramid::new(size, 64).unwrap();
    let spec = PackSpec::stored(pyramid, Subsampling::S420, 80);
    let mut writer = PackWriter::create(path, spec, true).unwrap();
    for id in all_tiles(&pyramid) {
        writer.blob(id, tile).unwrap();
    }
    writer.finish(&Metadata::default()).unwrap().publish().unwrap();
    Pack::open(path).unwrap()
}

#[test]
fn a_pack_whose_tiles_are_of_another_size_or_no_jpegs_is_an_error() {
    let compared = ComparedPack::of_picture(100, 100, Mode::Stored);
    let good = served(&compared.pack, TileId { z: 7, x: 1, y: 1 });
    for bad in [&good[..], b"Dear reader,"] {
        let forged = forge(&compared.folder.path().join("forged.origami"), Size::square(100), bad);
        let samples = quality_samples(&forged, 10).unwrap();
        let error = quality(&forged, &&*compared.source, &samples, &settings(2), &|_| {}).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("forged.origami") && message.contains("tile 6/0/0"), "{message}");
    }
}

fn is_interruption(error: &MeasureError) -> bool {
    matches!(error, MeasureError::Work(WorkError::Interrupted))
}

#[test]
fn every_step_can_be_interrupted() {
    let compared = ComparedPack::of_picture(500, 300, Mode::Luma);
    let (pack, source, interrupted) = (&compared.pack, &&*compared.source, AtomicBool::new(true));
    let error = bytes(pack, workers(2), &interrupted, &|_| {}).unwrap_err();
    assert!(is_interruption(&error), "{error}");

    let (settings, samples) = (settings(2), quality_samples(pack, 10).unwrap());
    let error = quality(pack, source, &samples, &settings, &|_| settings.interrupted.store(true, Relaxed));
    let error = error.unwrap_err();
    assert!(is_interruption(&error), "{error}");

    let error = check_origin(pack, source, &compared.slide, Mismatch::Refuse, &interrupted).unwrap_err();
    assert!(matches!(error, OriginError::Work(WorkError::Interrupted)), "{error}");
}
