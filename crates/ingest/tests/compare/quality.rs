//! The quality of samples of tiles.

use crate::common::{SlideLevels, served, workers};
use crate::compared::{ComparedPack, settings};
use origami_codec::Decoder;
use origami_pack::{Entry, Mode, Pack};
use origami_pyramid::{Rgb, TileId};
use origami_quality::compare::{Fidelity, LevelBytes, LevelQuality, bytes, quality, quality_samples};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

#[test]
fn measuring_agrees_with_the_report_that_packing_made() {
    let compared = ComparedPack::of_picture(500, 300, Mode::Luma);
    let levels = compared.quality(500);
    assert_eq!(levels.len(), 2);
    for LevelQuality { z, tiles, served, .. } in levels {
        let report = compared.pack.metadata().quality.iter().find(|report| report.z == z).unwrap();
        assert_eq!(tiles, report.tiles);
        assert_eq!((served.psnr_y.p1, served.psnr_y.median), (report.psnr_y_p1, report.psnr_y_median));
        assert_eq!((served.delta_e.p99, served.delta_e.median), (report.delta_e_p99, report.delta_e_median));
    }
}

/// PSNR of luma in dB, in floating point.
fn psnr(a: &Rgb, b: &Rgb) -> f64 {
    let pairs = a.data().as_chunks::<3>().0.iter().zip(b.data().as_chunks::<3>().0);
    let squares: f64 = pairs.map(|(&a, &b)| (luma(a) - luma(b)).powi(2)).sum();
    let mse = squares / (a.width() * a.height()) as f64;
    10.0 * (255.0 * 255.0 / mse).log10()
}

fn luma(pixel: [u8; 3]) -> f64 {
    let [r, g, b] = pixel.map(f64::from);
    (0.299 * r + 0.587 * g + 0.114 * b).round()
}

#[test]
fn psnr_of_a_tile_is_that_of_its_decoded_pixels() {
    let compared = ComparedPack::of_picture(300, 200, Mode::Luma);
    let source = SlideLevels::new(&*compared.source, compared.pack.pyramid());
    for tile in compared.quality(1000).iter().flat_map(|level| &level.worst) {
        let id = TileId { z: tile.z, x: tile.x, y: tile.y };
        let jpeg = served(&compared.pack, id);
        assert_eq!(jpeg, tile.pictures.served);
        let mut pixels = Rgb::filled(1, 1, [0; 3]);
        Decoder::new().unwrap().decode_rgb(&jpeg, 1 << 20, &mut pixels).unwrap();
        let expected = psnr(&pixels, &source.tile(id));
        let actual = tile.served.psnr_y;
        assert!((actual - expected).abs() < 0.02, "{id}: {actual}, expected {expected}");
    }
}

fn is_one_colour(pack: &Pack, id: TileId) -> bool {
    matches!(pack.entry(id).unwrap(), Entry::Blank { .. } | Entry::Constant { .. })
}

#[test]
fn tiles_of_one_colour_are_never_measured_and_the_sample_is_always_the_same() {
    for mode in [Mode::Luma, Mode::Exact] {
        let pack = ComparedPack::of_picture(700, 500, mode).pack;
        let samples = quality_samples(&pack, 12).unwrap();
        assert_eq!(samples, quality_samples(&pack, 12).unwrap());
        let unlimited = quality_samples(&pack, u64::MAX).unwrap();
        for (sample, all) in samples.iter().zip(&unlimited) {
            let z = sample.z;
            assert_eq!(sample.ids.len(), 12.min(all.ids.len()), "level {z}");
            assert_eq!(sample.ids[..], all.ids[..sample.ids.len()]);
            let tiles_of_one_colour: Vec<TileId> =
                pack.pyramid().tiles(z).filter(|&id| is_one_colour(&pack, id)).collect();
            assert!(!tiles_of_one_colour.is_empty(), "level {z} has tiles to leave out");
            assert!(tiles_of_one_colour.iter().all(|id| !all.ids.contains(id)), "level {z}");
        }
    }
}

/// The results with this number of threads.
fn measure_with(compared: &ComparedPack, threads: usize) -> (Vec<LevelBytes>, Vec<LevelQuality>) {
    let (counted, measured) = (AtomicU64::new(0), AtomicU64::new(0));
    let levels = bytes(&compared.pack, workers(threads), &AtomicBool::new(false), &|tiles| {
        counted.fetch_add(tiles, Relaxed);
    });
    let samples = quality_samples(&compared.pack, 20).unwrap();
    let quality = quality(&compared.pack, &&*compared.source, &samples, &settings(threads), &|tiles| {
        measured.fetch_add(tiles, Relaxed);
    });
    assert_eq!(counted.into_inner(), compared.pack.pyramid().tile_count());
    let sampled: usize = samples.iter().map(|sample| sample.ids.len()).sum();
    assert_eq!(measured.into_inner(), sampled as u64);
    (levels.unwrap(), quality.unwrap())
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let compared = ComparedPack::of_picture(500, 300, Mode::Luma);
    assert_eq!(measure_with(&compared, 1), measure_with(&compared, 3));
}

/// The values of a measure for those of the worst tiles that were selected by it.
fn values(level: &LevelQuality, reason: &str, measure: fn(&Fidelity) -> f64) -> Vec<f64> {
    let tiles = level.worst.iter().filter(|tile| tile.reasons.contains(&reason));
    tiles.map(|tile| measure(&tile.served)).collect()
}

#[test]
fn the_worst_tiles_are_the_worst() {
    let compared = ComparedPack::of_picture(500, 300, Mode::Luma);
    for level in compared.quality(1000) {
        assert!((3..=6).contains(&level.worst.len()), "level {}", level.z);
        let scores = values(&level, "SSIMULACRA 2", |tile| tile.ssimulacra2.unwrap());
        let colours = values(&level, "dE2000", |tile| tile.delta_e);
        assert_eq!((scores.len(), colours.len()), (3, 3));
        let worst_score = scores.iter().copied().fold(100.0, f64::min);
        let worst_colour = colours.iter().copied().fold(0.0, f64::max);
        assert!(worst_score <= level.served.ssimulacra2.unwrap().p1);
        assert!(worst_colour >= level.served.delta_e.p99);
    }
}
