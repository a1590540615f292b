//! What is decided about a pack before its first tile.

use super::coefficients::{CoefficientEncoder, CoefficientPlan, most_blocks};
use super::depth::PredictionDepth;
use super::luma::{LumaEncoder, residual_header};
use super::{TileEncoder, training};
use crate::options::{KeepSource, Predicted};
use crate::pipeline::PackRun;
use crate::source::{KeptTiles, Source};
use crate::{PackEvent, PackSlideError};
use origami_codec::{CodecError, Coefficients, Colour, SharedHeader, TileHeader, dct, read_coefficients};
use origami_pack::{LevelSpec, Mode, PackSpec, TableSpec};
use origami_pyramid::{Family, Pyramid, Subsampling};

/// Source tiles whose tables are compared before any is kept.
const PROBES: u32 = 32;

/// The geometry of a pack and how its tiles are encoded.
pub(crate) struct PackPlan<'a> {
    pub run: PackRun<'a>,
    pub pyramid: Pyramid,
    pub depth: PredictionDepth,
    pub subsampling: Subsampling,
    /// Quality of the tiles, 0 with the source's tables.
    pub quality: u8,
    pub kept_source: bool,
    /// Why the source's tiles are not kept, if nobody asked for that.
    pub encoded_again: String,
    tiles: TileCoding<'a>,
}

enum TileCoding<'a> {
    Luma(SharedHeader),
    Coefficients(Box<CoefficientPlan<'a>>),
}

impl<'a> PackPlan<'a> {
    /// Looks at the source and trains models on a sample of it.
    pub fn new(run: PackRun<'a>) -> Result<Self, PackSlideError> {
        let options = run.options;
        let info = run.source.info();
        let kept = match (options.mode, options.keep_source) {
            (Mode::Luma, _) | (_, KeepSource::Never) => Err(String::new()),
            (_, KeepSource::Auto) => keepable(run.source),
            (_, KeepSource::Always) => Ok(keepable(run.source).map_err(PackSlideError::CannotKeep)?),
        };
        let (kept, header, tile_size, quality, encoded_again) = match kept {
            Ok((tiles, header)) => (Some(tiles), header, tiles.side(), 0, String::new()),
            Err(reason) => {
                let tables = dct::quality_tables(options.quality, Colour::Ycc);
                let header = TileHeader::new(&tables, options.subsampling, Colour::Ycc)?;
                (None, header, options.tile_size, options.quality, reason)
            }
        };
        let pyramid = Pyramid::new(info.size, tile_size).ok_or(PackSlideError::TooLarge(info.size))?;
        let wanted = if options.mode == Mode::Stored { Predicted::Levels(0) } else { options.predicted };
        let depth = PredictionDepth::new(&pyramid, wanted);
        let (subsampling, kept_source) = (header.subsampling(), kept.is_some());
        let tiles = if options.mode == Mode::Luma {
            TileCoding::Luma(residual_header(options.residual_quality)?)
        } else {
            let (measure, models) = (options.measure, Vec::new());
            let mut plan = CoefficientPlan { pyramid, depth, measure, header, kept, models };
            if depth.predicted() > 0 {
                plan.models = training::models(run, &plan)?;
            }
            TileCoding::Coefficients(Box::new(plan))
        };
        Ok(Self { run, pyramid, depth, subsampling, quality, kept_source, encoded_again, tiles })
    }

    /// An encoder for one thread.
    pub fn encoder(&self) -> Result<Box<dyn TileEncoder + '_>, CodecError> {
        Ok(match &self.tiles {
            TileCoding::Luma(_) => Box::new(LumaEncoder::new(self.run.options, self.pyramid)?),
            TileCoding::Coefficients(plan) => Box::new(CoefficientEncoder::new(plan)?),
        })
    }

    /// The level of the roots of the families that the source is read by.
    pub fn roots(&self) -> u32 {
        let levels = self.pyramid.family_levels(self.pyramid.max_level());
        *levels.expect("full resolution is a level").start()
    }

    /// Whether those roots are predicted from coarser levels, so that all of the
    /// slide has to be read before the first family can be encoded.
    pub fn has_predicted_roots(&self) -> bool {
        self.depth.is_predicted(self.roots())
    }

    /// The families that the source is read by, row by row.
    pub fn families(&self) -> impl Iterator<Item = Family> + use<> {
        self.pyramid.families(self.pyramid.max_level())
    }

    /// Tells that work on a family is done.
    pub fn packed(&self, family: Family) {
        let region = self.pyramid.family_rect(family).expect("a family of this pyramid");
        (self.run.progress)(PackEvent::Packed(region.size().area()));
    }

    /// What the pack's writer has to know.
    pub fn spec(&self) -> PackSpec {
        let (header, tables, chroma_level) = match &self.tiles {
            TileCoding::Luma(residuals) => {
                let chroma_level = self.depth.finest_stored();
                let tables: Vec<TableSpec> =
                    chroma_level.map(|_| TableSpec::Residuals(residuals.clone())).into_iter().collect();
                (None, tables, chroma_level)
            }
            TileCoding::Coefficients(plan) => {
                let mut tables = vec![TableSpec::Tiles(Box::new(plan.header.clone()))];
                tables.extend(plan.models.iter().map(|model| model.table.clone()));
                (Some(0), tables, None)
            }
        };
        let level = |z| {
            let parent = self.depth.parent(z);
            let (mode, table) = match &self.tiles {
                _ if parent.is_none() => (Mode::Stored, None),
                TileCoding::Luma(_) => (Mode::Luma, Some(0)),
                // The tiles' header comes before the models.
                TileCoding::Coefficients(plan) => (Mode::Exact, Some(1 + plan.model(z) as u32)),
            };
            LevelSpec { mode, quality: self.quality, parent, header, table }
        };
        let levels = (0..self.pyramid.level_count()).map(level).collect();
        let Self { pyramid, subsampling, .. } = *self;
        PackSpec { pyramid, subsampling, chroma_level, levels, tables }
    }
}

/// The source's tiles and the header that all of them go with, or why they
/// cannot be kept.
fn keepable(source: &dyn Source) -> Result<(&dyn KeptTiles, TileHeader), String> {
    let (tiles, info) = (source.kept()?, source.info());
    let side = tiles.side();
    if !(16..=1024).contains(&side) || !side.is_multiple_of(16) {
        return Err(format!("its tiles of {side} px do not fit a pack: a multiple of 16 up to 1024 does"));
    }
    let grid = info.size.grid(side);
    let most = most_blocks(side);
    let mut found: Result<TileHeader, String> = Err("it holds no tiles".into());
    let (mut jpeg, mut tile) = (Vec::new(), Coefficients::default());
    for probe in 0..u64::from(PROBES) {
        let number = grid.count() * probe / u64::from(PROBES);
        let columns = u64::from(grid.columns);
        let (x, y) = ((number % columns) as u32, (number / columns) as u32);
        // A damaged tile is none to judge by, and is met again where it is packed.
        if !tiles.jpeg(x, y, &mut jpeg).unwrap_or(false) {
            continue;
        }
        let header = read_coefficients(&jpeg, most, &mut tile).and_then(|facts| {
            let frame = tile.frame();
            TileHeader::new(&facts.quantisation, frame.subsampling(), frame.colour())
        });
        match (&found, header) {
            (Ok(found), Ok(header)) if found.bytes() != header.bytes() => {
                return Err("its tiles differ in their quantisation tables or subsampling".into());
            }
            (Err(_), header) => found = header.map_err(|error| format!("its tile ({x}, {y}): {error}")),
            (Ok(_), _) => {}
        }
    }
    Ok((tiles, found?))
}
