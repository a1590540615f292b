//! Comparisons with a real slide.

use crate::common::{real_slide, workers};
use crate::compared::ComparedPack;
use origami_ingest::{KeepSource, PackOptions};
use origami_pack::Mode;
use origami_quality::compare::{LevelQuality, Low, Match};

const SLIDE: &str = "CMU-1-Small-Region.svs";

/// Packs the slide; `None` if it is missing.
fn pack_slide(mode: Mode, keep_source: KeepSource) -> Option<ComparedPack> {
    let folder = tempfile::tempdir().unwrap();
    let options = PackOptions { mode, keep_source, workers: workers(2), ..PackOptions::default() };
    Some(ComparedPack::new(real_slide(SLIDE)?, folder, &options))
}

#[test]
fn a_real_slide_in_mode_luma_has_the_known_costs() {
    let Some(luma) = pack_slide(Mode::Luma, KeepSource::Auto) else { return };
    let comparison = luma.compare(12);
    let source = comparison.source.as_ref().unwrap();
    assert_eq!((source.matched, source.bytes), (Match::Sha256, Some(1_938_955)));
    // The JPEGs of 130 tiles of 240 px, without the thumbnail and the like.
    let tiles = source.tile_bytes.unwrap();
    assert!((1_200_000..1_400_000).contains(&tiles), "{tiles}");
    assert!((0.65..0.75).contains(&comparison.totals.ratio), "{}", comparison.totals.ratio);
    let finest = comparison.levels.last().unwrap();
    assert_eq!((finest.counts.tiles, finest.mode), (108, "luma"));
    assert!((30..70).contains(&finest.counts.glass), "{}", finest.counts.glass);
    let wire = finest.counts.served as f64 / finest.plain.unwrap() as f64;
    assert!((0.9..1.0).contains(&wire), "{wire}");
    for level in &comparison.quality {
        assert_eq!((level.tiles, level.identical), (12, Some(0)));
        assert_served_is_good_but_plain_is_better(level);
    }
}

fn assert_served_is_good_but_plain_is_better(level: &LevelQuality) {
    let (served, plain) = (level.served, level.plain);
    assert!(is_at_least(plain.psnr_y, served.psnr_y) && is_at_least(plain.ssim, served.ssim), "{level:?}");
    assert!(is_at_least(plain.ssimulacra2.unwrap(), served.ssimulacra2.unwrap()), "{level:?}");
    assert!(plain.delta_e.median < served.delta_e.median && served.delta_e.median < 8.0, "{level:?}");
    assert!(served.psnr_y.p1 > 30.0 && served.ssim.p1 > 0.95, "{level:?}");
}

/// Whether one measure is at least as good as another by both percentiles.
fn is_at_least(a: Low, b: Low) -> bool {
    a.p1 >= b.p1 && a.median >= b.median
}

#[test]
fn kept_tiles_are_identical_to_the_source() {
    let Some(kept) = pack_slide(Mode::Exact, KeepSource::Always) else { return };
    let comparison = kept.compare(3);
    let finest = comparison.levels.last().unwrap().counts;
    assert_eq!(finest.same_bytes + finest.same_coefficients + finest.verbatim, 130);
    let quality = comparison.quality.last().unwrap();
    assert_eq!((quality.identical, quality.served), (None, quality.plain));
    assert_eq!((quality.served.psnr_y.p1, quality.served.delta_e.p99), (99.0, 0.0));
    assert_eq!((comparison.pack.quality, comparison.pack.quality_estimate), (None, 30));
    assert_eq!(comparison.pack.quality_text(), "the slide's own tables (about q30)");
    // The slide is RGB, and so are its coarser levels.
    let coarser = &comparison.quality[0];
    assert_eq!((coarser.identical, coarser.served), (Some(coarser.tiles), coarser.plain));
}
