//! The levels coarser than full resolution of slides whose tiles are kept.

use crate::codings;
use crate::common::{Coding, Packed, SlideLevels, Tiff, keeping_options, pack_tiff, served};
use origami_codec::{Colour, TileHeader, dct};
use origami_ingest::{CoarseQuality, PackOptions, Predicted};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Size, TileId};
use turbojpeg::Subsamp;

fn slide(coding: &Coding) -> Tiff {
    Tiff::new(Size::new(331, 267), 64, coding)
}

fn pack_with(coding: &Coding, coarse_quality: CoarseQuality) -> Packed {
    pack_tiff(&slide(coding), &PackOptions { coarse_quality, ..keeping_options() }).unwrap()
}

/// All tiles coarser than full resolution.
fn coarser_tiles(pack: &Pack) -> impl Iterator<Item = TileId> + use<> {
    let pyramid = *pack.pyramid();
    (0..pyramid.max_level()).flat_map(move |z| pyramid.tiles(z))
}

/// Fails unless the tiles of all coarser levels are those of a plain pyramid that the
/// JPEG library encodes like `coding`.
fn assert_coarser_levels(packed: &Packed, coding: &Coding, what: &str) {
    let levels = SlideLevels::new(&*packed.source, packed.pack.pyramid());
    for id in coarser_tiles(&packed.pack) {
        let expected = if coding.rgb {
            coding.encode(&levels.tile(id))
        } else {
            levels.jpeg(id, coding.subsampling(), coding.quality)
        };
        assert!(served(&packed.pack, id) == expected, "{id}, {what}");
    }
}

/// The tile headers of all levels, coarse to fine.
fn headers(pack: &Pack) -> Vec<&TileHeader> {
    pack.levels().iter().map(|level| level.header().unwrap()).collect()
}

#[test]
fn coarser_levels_have_at_least_quality_80_and_the_subsampling_and_colour_of_the_slide() {
    for coding in codings() {
        let packed = pack_tiff(&slide(&coding), &keeping_options()).unwrap();
        let what = format!("{coding:?}");
        let is_finer = coding.quality > 80;
        let expected = Coding { quality: coding.quality.max(80), ..coding };
        assert_coarser_levels(&packed, &expected, &what);
        let [finest, coarser] = [0, 1].map(|depth| packed.pack.levels().iter().rev().nth(depth).unwrap());
        assert_eq!(finest.known_quality(), None, "{what}");
        assert_eq!(coarser.known_quality(), (!is_finer).then_some(80), "{what}");
        assert_eq!(finest.quality_estimate(), coding.quality, "{what}");
        assert_eq!(coarser.quality_estimate(), expected.quality, "{what}");
        let settings = &packed.outcome.metadata.settings;
        assert_eq!((settings.quality, settings.quality_estimate), (0, coding.quality), "{what}");
        assert_eq!(settings.coarse_quality, if is_finer { 0 } else { 80 }, "{what}");
    }
}

#[test]
fn coarser_levels_can_have_the_tables_of_the_slide() {
    for coding in codings() {
        let packed = pack_with(&coding, CoarseQuality::Source);
        assert_coarser_levels(&packed, &coding, &format!("{coding:?}"));
        assert_eq!(packed.outcome.metadata.settings.coarse_quality, 0, "{coding:?}");
        assert!(packed.pack.levels().iter().all(|level| level.known_quality().is_none()), "{coding:?}");
    }
}

#[test]
fn full_resolution_is_the_same_whatever_coarser_levels_are() {
    for coding in codings() {
        let packs = [CoarseQuality::Source, CoarseQuality::Quality(80), CoarseQuality::Quality(100)]
            .map(|coarse| pack_with(&coding, coarse));
        let [source, others @ ..] = &packs;
        for id in source.finest_tiles() {
            let expected = served(&source.pack, id);
            assert!(others.iter().all(|packed| served(&packed.pack, id) == expected), "{id}, {coding:?}");
        }
    }
}

#[test]
fn levels_with_headers_of_their_own_are_predicted_at_any_depth() {
    for coding in
        [Coding { quality: 20, ..Coding::new(Subsamp::Sub2x2) }, Coding { quality: 30, ..Coding::rgb() }]
    {
        for (predicted, mode) in [
            (Predicted::Levels(2), Mode::Stored),
            (Predicted::Levels(1), Mode::Exact),
            (Predicted::Levels(3), Mode::Exact),
            (Predicted::All, Mode::Exact),
        ] {
            let options = PackOptions { predicted, mode, measure: true, ..keeping_options() };
            let packed = pack_tiff(&slide(&coding), &options).unwrap();
            let what = format!("{coding:?}, {predicted:?}, {mode:?}");
            assert_coarser_levels(&packed, &Coding { quality: 80, ..coding }, &what);
            // The plain pyramid has these tables too.
            for report in &packed.outcome.metadata.levels {
                let tiles = packed.pack.pyramid().tiles(report.z);
                let plain: usize = tiles.map(|id| served(&packed.pack, id).len()).sum();
                assert_eq!(report.jpeg_bytes, plain as u64, "level {} of {what}", report.z);
            }
        }
    }
}

#[test]
fn steps_that_are_finer_in_the_slide_are_finer_at_coarser_levels() {
    // Coarse, but with fine steps for the brightness of blocks.
    let mut tables = dct::quality_tables(40, Colour::Gray);
    tables[0][0] = 2;
    let mut tiff = slide(&Coding { quality: 40, ..Coding::new(Subsamp::Gray) });
    for tile in &mut tiff.tiles {
        // The picture becomes flatter, which is of no account here.
        let at = tile.windows(5).position(|bytes| bytes == [0xff, 0xdb, 0, 67, 0]).unwrap();
        tile[at + 5] = 2;
    }
    let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
    let headers = headers(&packed.pack);
    let (finest, coarser) = headers.split_last().unwrap();
    assert_eq!(finest.quantisation()[0], tables[0]);
    let mut expected = dct::quality_tables(80, Colour::Gray)[0];
    expected[0] = 2;
    for (z, header) in coarser.iter().enumerate() {
        assert_eq!(header.quantisation()[0], expected, "level {z}");
        assert_eq!(packed.pack.levels()[z].known_quality(), None, "the tables are of no quality");
    }
}
