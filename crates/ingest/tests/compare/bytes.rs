//! Tiles and bytes of levels.

use crate::common::{all_tiles, served};
use crate::compared::ComparedPack;
use origami_codec::SharedHeader;
use origami_pack::{Entry, Mode, Pack};
use origami_pyramid::TileId;
use origami_quality::compare::{TileCounts, identity};

/// The counts of a tile that is rebuilt by itself, without those of glass and identity.
fn count_tile(pack: &Pack, id: TileId) -> TileCounts {
    let (entry, jpeg) = (pack.entry(id).unwrap(), served(pack, id));
    let header = SharedHeader::of(&jpeg).unwrap().bytes().len();
    TileCounts {
        tiles: 1,
        blank: u64::from(matches!(entry, Entry::Blank { .. } | Entry::Constant { .. })),
        empty: u64::from(matches!(entry, Entry::Empty)),
        pack: match entry {
            Entry::Blob { len, .. } => u64::from(len),
            Entry::Blank { .. } | Entry::Constant { .. } | Entry::Empty => 0,
        },
        served: jpeg.len() as u64,
        // The marker at the end is not part of the scan.
        scans: (jpeg.len() - header - 2) as u64,
        ..TileCounts::default()
    }
}

#[test]
fn bytes_are_those_of_every_tile_rebuilt_by_itself() {
    for mode in [Mode::Exact, Mode::Luma, Mode::Stored] {
        let compared = ComparedPack::of_picture(500, 300, mode);
        let mut expected = vec![TileCounts::default(); compared.pack.levels().len()];
        for id in all_tiles(compared.pack.pyramid()) {
            let level = &mut expected[id.z as usize];
            *level = *level + count_tile(&compared.pack, id);
        }
        let actual: Vec<TileCounts> =
            compared.bytes().iter().map(|level| without_glass(level.counts)).collect();
        assert_eq!(actual, expected, "{mode:?}");
        let blank: u64 = expected.iter().map(|level| level.blank).sum();
        assert!(blank > 10, "{mode:?}: half of the picture is white, but {blank} tiles are blank");
    }
}

/// `counts` without those of glass and identity.
fn without_glass(counts: TileCounts) -> TileCounts {
    let TileCounts { tiles, blank, empty, pack, served, scans, .. } = counts;
    TileCounts { tiles, blank, empty, pack, served, scans, ..TileCounts::default() }
}

#[test]
fn tiles_that_take_hardly_any_bytes_as_served_are_glass() {
    let compared = ComparedPack::of_picture(512, 512, Mode::Stored);
    let finest = compared.bytes().pop().unwrap();
    // Four of eight columns of tiles are white, the others are full of noise.
    assert_eq!((finest.counts.tiles, finest.counts.blank, finest.counts.glass), (64, 32, 32));
    assert_eq!(finest.counts.pack_glass, 0);
    let blank = served(&compared.pack, TileId { z: finest.z, x: 0, y: 0 }).len() as u64;
    assert_eq!(finest.counts.served_glass, 32 * blank);
}

#[test]
fn a_stored_pack_serves_plain_jpegs() {
    let comparison = ComparedPack::of_picture(500, 300, Mode::Stored).compare(1000);
    for level in &comparison.levels {
        let has_blank = level.counts.blank > 0;
        assert_eq!(level.plain, Some(level.counts.served), "level {}", level.z);
        assert!(has_blank || level.counts.pack == level.counts.scans, "level {}", level.z);
    }
    for level in &comparison.quality {
        assert_eq!(level.identical, Some(level.tiles));
        assert_eq!(level.served, level.plain);
    }
}

#[test]
fn an_exact_pack_serves_the_plain_pyramid_byte_for_byte() {
    let comparison = ComparedPack::of_picture(500, 300, Mode::Exact).compare(1000);
    let counts = comparison.totals.counts;
    assert_eq!((counts.same_bytes, counts.same_coefficients, counts.verbatim), (counts.tiles, 0, 0));
    assert_eq!(comparison.totals.plain, Some(counts.served));
    assert!(identity(&counts).unwrap().starts_with(&format!("{} tiles", counts.tiles)));
    for level in &comparison.quality {
        assert_eq!((level.identical, level.served), (Some(level.tiles), level.plain));
    }
}
