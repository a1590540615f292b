//! Measures luma packs of every depth.

use crate::common::{Coding, Packed, SlideLevels, pack_tiff, served};
use crate::{LUMA_DEPTHS, assert_predicted, reencoding_options, slide, ycc};
use origami_codec::Decoder;
use origami_ingest::{PackOptions, Predicted};
use origami_pack::Mode;
use origami_pyramid::{Plane, Subsampling, colour};
use origami_quality::compare;
use turbojpeg::Subsamp;

/// PSNR of full resolution's luma against the slide's, in dB.
fn psnr(packed: &Packed) -> f64 {
    let levels = SlideLevels::new(&*packed.source, packed.pack.pyramid());
    let mut decoder = Decoder::new().unwrap();
    let (mut squares, mut samples) = (0, 0);
    for id in packed.finest_tiles() {
        let pixels = levels.tile(id);
        let mut actual = Plane::zeros(pixels.width(), pixels.height());
        let mut expected = Plane::zeros(pixels.width(), pixels.height());
        decoder.decode_luma(&served(&packed.pack, id), &mut actual).unwrap();
        colour::luma(&pixels, 0, 0, &mut expected);
        let pairs = actual.data().iter().zip(expected.data());
        squares += pairs.map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum::<u64>();
        samples += actual.data().len();
    }
    10.0 * (255.0 * 255.0 * samples as f64 / squares as f64).log10()
}

#[test]
fn luma_does_not_get_worse_with_depth() {
    for subsampling in [Subsampling::S420, Subsampling::S444] {
        let base = PackOptions { mode: Mode::Luma, subsampling, ..reencoding_options(32) };
        let slide = slide(&Coding { quality: 97, ..Coding::new(Subsamp::None) });
        let default_psnr = psnr(&pack_tiff(&slide, &base).unwrap());
        for predicted in LUMA_DEPTHS {
            let what = format!("{subsampling:?}, {predicted:?}");
            let luma = pack_tiff(&slide, &PackOptions { predicted, ..base.clone() }).unwrap();
            assert_predicted(&luma.pack, predicted, &what);
            let psnr = psnr(&luma);
            assert!(psnr > default_psnr - 0.5, "{what}: {psnr:.2} dB, by default {default_psnr:.2}");
        }
    }
}

#[test]
fn the_predicted_levels_of_a_luma_pack_are_measured() {
    for (predicted, measured_levels) in
        [(Predicted::Levels(1), 1), (Predicted::Levels(2), 2), (Predicted::Auto, 2)]
    {
        let options = PackOptions { mode: Mode::Luma, predicted, measure: true, ..reencoding_options(32) };
        let packed = pack_tiff(&slide(&ycc()), &options).unwrap();
        let max = packed.pack.pyramid().max_level();
        let expected: Vec<u32> = (max + 1 - measured_levels..=max).collect();

        let reports = packed.outcome.metadata.quality.iter().map(|report| report.z);
        assert_eq!(luma_levels(&packed, reports), expected, "reports, {predicted:?}");
        let samples = compare::quality_samples(&packed.pack, 10).unwrap();
        let samples = samples.iter().map(|sample| sample.z);
        assert_eq!(luma_levels(&packed, samples), expected, "samples, {predicted:?}");
    }
}

/// Those of `levels` that are luma levels of the pack.
fn luma_levels(packed: &Packed, levels: impl Iterator<Item = u32>) -> Vec<u32> {
    levels.filter(|&z| packed.pack.levels()[z as usize].mode == Mode::Luma).collect()
}
