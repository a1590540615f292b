//! The headers that the tiles of a pack of coefficients are served with.

use crate::options::CoarseQuality;
use origami_codec::{CodecError, Colour, HuffmanTables, Quantisation, TileHeader, dct};
use origami_pyramid::{Pyramid, Subsampling};
use std::array::from_fn;

/// The levels of a pack that share a header and models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LevelGroup {
    /// All but full resolution.
    Coarser,
    FullResolution,
}

impl LevelGroup {
    /// That of level `z`.
    pub fn of(pyramid: &Pyramid, z: u32) -> Self {
        if z == pyramid.max_level() { Self::FullResolution } else { Self::Coarser }
    }
}

/// A header, and the quality that its quantisation tables belong to.
#[derive(Clone, Debug)]
struct QualityHeader {
    header: TileHeader,
    /// 1 to 100; 0 with the source's own tables, or any others that are not those of
    /// a quality.
    quality: u8,
}

/// The headers of all levels, which have the same subsampling and colour.
#[derive(Clone, Debug)]
pub(crate) struct LevelHeaders {
    full_resolution: QualityHeader,
    coarser: QualityHeader,
    /// What tiles of full resolution wait under until they are coded: their header, with
    /// Huffman tables for all of them if it leaves those to each tile.
    waiting: TileHeader,
}

impl LevelHeaders {
    /// One header for all levels, with the tables of `quality` (1 to 100).
    pub fn of_quality(quality: u8, subsampling: Subsampling) -> Result<Self, CodecError> {
        let tables = dct::quality_tables(quality, Colour::Ycc);
        let header = TileHeader::new(&tables, subsampling, Colour::Ycc)?;
        let every = QualityHeader { header, quality };
        Ok(Self { waiting: every.header.clone(), full_resolution: every.clone(), coarser: every })
    }

    /// The source's own header for full resolution, and for all other levels one with the
    /// standard Huffman tables, whose steps are as fine as `coarse` says, and nowhere
    /// coarser than the source's.
    pub fn of_source(header: TileHeader, coarse: CoarseQuality) -> Result<Self, CodecError> {
        let coarser = match coarse {
            CoarseQuality::Source => QualityHeader { header: standard(&header)?, quality: 0 },
            CoarseQuality::Quality(quality) => QualityHeader::at_least(quality, &header)?,
        };
        let waiting = with_shared_tables(&header)?;
        Ok(Self { full_resolution: QualityHeader { header, quality: 0 }, coarser, waiting })
    }

    /// These headers for a pack in which full resolution is stored: its scans have no place
    /// for Huffman tables of each tile's own.
    pub fn for_stored_tiles(mut self) -> Self {
        self.full_resolution.header = self.waiting.clone();
        self
    }

    /// The header under which tiles of these levels wait until they are coded.
    pub fn waiting(&self, levels: LevelGroup) -> &TileHeader {
        match levels {
            LevelGroup::Coarser => self.header(levels),
            LevelGroup::FullResolution => &self.waiting,
        }
    }

    /// Whether the coarser levels have other quantisation tables than full resolution.
    pub fn have_two_sets_of_steps(&self) -> bool {
        self.full_resolution.header.quantisation() != self.coarser.header.quantisation()
    }

    fn of(&self, levels: LevelGroup) -> &QualityHeader {
        match levels {
            LevelGroup::Coarser => &self.coarser,
            LevelGroup::FullResolution => &self.full_resolution,
        }
    }

    /// The header of these levels.
    pub fn header(&self, levels: LevelGroup) -> &TileHeader {
        &self.of(levels).header
    }

    /// The quality of these levels, 1 to 100; 0 if their tables are the source's own
    /// or not those of any quality.
    pub fn quality(&self, levels: LevelGroup) -> u8 {
        self.of(levels).quality
    }

    /// The quality whose standard tables are nearest to those of full resolution.
    pub fn quality_estimate(&self) -> u8 {
        dct::nearest_quality(&self.full_resolution.header.quantisation()[0])
    }

    /// The headers that the pack stores: one if all levels have the same.
    pub fn distinct(&self) -> Vec<&TileHeader> {
        let (first, second) = (&self.full_resolution.header, &self.coarser.header);
        if first == second { vec![first] } else { vec![first, second] }
    }

    /// Index in [`Self::distinct`] of the header of these levels.
    pub fn index(&self, levels: LevelGroup) -> usize {
        match levels {
            LevelGroup::Coarser => self.distinct().len() - 1,
            LevelGroup::FullResolution => 0,
        }
    }
}

/// This header, or one with the standard Huffman tables if it leaves them to each tile.
fn with_shared_tables(header: &TileHeader) -> Result<TileHeader, CodecError> {
    match header.huffman_tables() {
        HuffmanTables::Optimised => standard(header),
        HuffmanTables::Shared => Ok(header.clone()),
    }
}

impl QualityHeader {
    /// The header with the finer steps of those of `quality` (1 to 100) and of `source`.
    fn at_least(quality: u8, source: &TileHeader) -> Result<Self, CodecError> {
        let standard = dct::quality_tables(quality, source.colour());
        let tables = finer(&standard, source.quantisation());
        let header = TileHeader::new(&tables, source.subsampling(), source.colour())?;
        let planes = source.planes();
        let quality = if tables[..planes] == standard[..planes] { quality } else { 0 };
        Ok(Self { header, quality })
    }
}

/// The header with the standard Huffman tables that is otherwise like `header`.
fn standard(header: &TileHeader) -> Result<TileHeader, CodecError> {
    TileHeader::new(header.quantisation(), header.subsampling(), header.colour())
}

/// The finer of each two steps.
fn finer(a: &Quantisation, b: &Quantisation) -> Quantisation {
    from_fn(|plane| from_fn(|k| a[plane][k].min(b[plane][k])))
}

#[cfg(test)]
mod tests {
    use super::LevelGroup::{Coarser, FullResolution};
    use super::*;

    fn header(tables: &Quantisation, subsampling: Subsampling, colour: Colour) -> TileHeader {
        TileHeader::new(tables, subsampling, colour).unwrap()
    }

    fn of_quality(quality: u8, subsampling: Subsampling, colour: Colour) -> TileHeader {
        header(&dct::quality_tables(quality, colour), subsampling, colour)
    }

    #[test]
    fn coarser_levels_of_a_coarse_slide_have_the_quality_that_is_asked_for() {
        for (subsampling, colour) in [
            (Subsampling::S420, Colour::Ycc),
            (Subsampling::S422, Colour::Ycc),
            (Subsampling::S444, Colour::Rgb),
            (Subsampling::Gray, Colour::Gray),
        ] {
            let source = of_quality(30, subsampling, colour);
            let headers = LevelHeaders::of_source(source.clone(), CoarseQuality::Quality(80)).unwrap();
            let expected = of_quality(80, subsampling, colour);
            assert_eq!(headers.header(FullResolution).bytes(), source.bytes(), "{colour:?}");
            assert_eq!(headers.header(Coarser).bytes(), expected.bytes(), "{colour:?}");
            assert_eq!((headers.quality(FullResolution), headers.quality(Coarser)), (0, 80), "{colour:?}");
            assert_eq!((headers.index(FullResolution), headers.index(Coarser)), (0, 1), "{colour:?}");
            assert_eq!((headers.distinct().len(), headers.quality_estimate()), (2, 30), "{colour:?}");
        }
    }

    #[test]
    fn a_slide_that_is_finer_keeps_its_tables_at_all_levels_in_one_header() {
        let source = of_quality(92, Subsampling::S420, Colour::Ycc);
        let headers = LevelHeaders::of_source(source.clone(), CoarseQuality::Quality(80)).unwrap();
        assert_eq!(headers.distinct().len(), 1);
        assert_eq!(headers.index(Coarser), 0);
        assert_eq!(headers.header(Coarser).bytes(), source.bytes());
        assert_eq!((headers.quality(Coarser), headers.quality_estimate()), (0, 92));
    }

    #[test]
    fn single_steps_that_are_finer_in_the_slide_stay() {
        let mut tables = dct::quality_tables(30, Colour::Ycc);
        tables[0][0] = 1;
        tables[2][63] = 2;
        let source = header(&tables, Subsampling::S420, Colour::Ycc);
        let headers = LevelHeaders::of_source(source, CoarseQuality::Quality(80)).unwrap();
        let mut expected = dct::quality_tables(80, Colour::Ycc);
        expected[0][0] = 1;
        expected[2][63] = 2;
        assert_eq!(*headers.header(Coarser).quantisation(), expected);
        assert_eq!(headers.quality(Coarser), 0, "these are the tables of no quality");
    }

    #[test]
    fn a_slide_of_the_quality_that_is_asked_for_has_one_header() {
        let source = of_quality(80, Subsampling::S420, Colour::Ycc);
        let headers = LevelHeaders::of_source(source, CoarseQuality::Quality(80)).unwrap();
        assert_eq!((headers.distinct().len(), headers.quality(Coarser)), (1, 80));
    }

    #[test]
    fn all_levels_can_have_the_tables_of_the_slide_in_one_header() {
        let source = of_quality(30, Subsampling::S444, Colour::Rgb);
        let headers = LevelHeaders::of_source(source.clone(), CoarseQuality::Source).unwrap();
        assert_eq!((headers.distinct().len(), headers.quality(Coarser)), (1, 0));
        assert_eq!(headers.header(Coarser).bytes(), source.bytes());
    }

    #[test]
    fn only_full_resolution_has_tables_of_each_tiles_own_and_only_where_it_is_predicted() {
        let plain = of_quality(80, Subsampling::S420, Colour::Ycc);
        let source = TileHeader::optimised(plain.bytes()).unwrap();
        for coarse in [CoarseQuality::Source, CoarseQuality::Quality(80)] {
            let headers = LevelHeaders::of_source(source.clone(), coarse).unwrap();
            assert_eq!((headers.header(FullResolution), headers.header(Coarser)), (&source, &plain));
            assert_eq!((headers.distinct().len(), headers.index(Coarser)), (2, 1));
            assert!(!headers.have_two_sets_of_steps());
            let stored = headers.for_stored_tiles();
            assert_eq!((stored.header(FullResolution), stored.distinct().len()), (&plain, 1));
        }
    }
}
