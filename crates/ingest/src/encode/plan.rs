//! Decides everything about a pack that is fixed before its first tile.

use super::coefficients::{CoefficientEncoder, CoefficientPlan};
use super::depth::PredictionDepth;
use super::keepable::{KeepableTiles, keepable_tiles};
use super::luma::{LumaEncoder, residual_header};
use super::{TileEncoder, training};
use crate::options::{KeepSource, Predicted};
use crate::pipeline::PackRun;
use crate::source::KeptTiles;
use crate::{PackEvent, PackOptions, PackSlideError};
use origami_codec::{CodecError, Colour, SharedHeader, TileHeader, dct};
use origami_pack::{LevelSpec, Mode, PackSpec, TableSpec};
use origami_pyramid::{Family, Pyramid, Subsampling};

/// The geometry of a pack and how its tiles are encoded.
pub(crate) struct PackPlan<'a> {
    pub run: PackRun<'a>,
    pub pyramid: Pyramid,
    pub depth: PredictionDepth,
    pub subsampling: Subsampling,
    /// JPEG quality of the tiles; 0 with the source's quantisation tables.
    pub quality: u8,
    pub kept_source: bool,
    /// Why the source's tiles cannot be kept; empty if they are kept, or the options
    /// rule it out.
    pub encoded_again: String,
    coding: TileCoding<'a>,
}

enum TileCoding<'a> {
    Luma(SharedHeader),
    Coefficients(Box<CoefficientPlan<'a>>),
}

impl<'a> PackPlan<'a> {
    /// Inspects the source and trains models on a sample of it.
    pub fn new(run: PackRun<'a>) -> Result<Self, PackSlideError> {
        let options = run.options;
        let TileParameters { kept_tiles, header, tile_size, quality, encoded_again } =
            TileParameters::choose(run)?;
        let size = run.source.info().size;
        let pyramid = Pyramid::new(size, tile_size).ok_or(PackSlideError::TooLarge(size))?;
        let predicted = if options.mode == Mode::Stored { Predicted::Levels(0) } else { options.predicted };
        let depth = PredictionDepth::new(&pyramid, predicted);
        let (subsampling, kept_source) = (header.subsampling(), kept_tiles.is_some());
        let coding = if options.mode == Mode::Luma {
            TileCoding::Luma(residual_header(options.residual_quality)?)
        } else {
            let (measure, models) = (options.measure, Vec::new());
            let mut plan = CoefficientPlan { pyramid, depth, measure, header, kept_tiles, models };
            if depth.predicted_levels() > 0 {
                plan.models = training::models(run, &plan)?;
            }
            TileCoding::Coefficients(Box::new(plan))
        };
        Ok(Self { run, pyramid, depth, subsampling, quality, kept_source, encoded_again, coding })
    }

    /// An encoder for one thread.
    pub fn encoder(&self) -> Result<Box<dyn TileEncoder + '_>, CodecError> {
        Ok(match &self.coding {
            TileCoding::Luma(_) => Box::new(LumaEncoder::new(self.run.options, self.pyramid)?),
            TileCoding::Coefficients(plan) => Box::new(CoefficientEncoder::new(plan)?),
        })
    }

    /// The level of the roots of the families by which the source is read.
    pub fn root_level(&self) -> u32 {
        let levels = self.pyramid.family_levels(self.pyramid.max_level());
        *levels.expect("full resolution is a level").start()
    }

    /// Whether those roots are predicted from coarser levels, so that the whole slide
    /// must be read before the first family can be encoded.
    pub fn has_predicted_roots(&self) -> bool {
        self.depth.is_predicted(self.root_level())
    }

    /// How many times the slide is read.
    pub fn readings(&self) -> u64 {
        if self.has_predicted_roots() { 2 } else { 1 }
    }

    /// The families by which the source is read, row by row.
    pub fn families(&self) -> impl Iterator<Item = Family> + use<> {
        self.pyramid.families(self.pyramid.max_level())
    }

    /// Reports that a family was processed.
    pub fn report_packed(&self, family: Family) {
        let region = self.pyramid.family_rect(family).expect("a family of this pyramid");
        (self.run.progress)(PackEvent::Packed(region.size().area()));
    }

    /// The specification of the pack for its writer.
    pub fn spec(&self) -> PackSpec {
        let chroma_level = match self.coding {
            TileCoding::Luma(_) => self.depth.finest_stored(),
            TileCoding::Coefficients(_) => None,
        };
        let levels = (0..self.pyramid.level_count()).map(|z| self.level_spec(z)).collect();
        let Self { pyramid, subsampling, .. } = *self;
        PackSpec { pyramid, subsampling, chroma_level, levels, tables: self.tables() }
    }

    fn tables(&self) -> Vec<TableSpec> {
        match &self.coding {
            TileCoding::Luma(_) if self.depth.predicted_levels() == 0 => Vec::new(),
            TileCoding::Luma(residuals) => vec![TableSpec::Residuals(residuals.clone())],
            TileCoding::Coefficients(plan) => {
                let mut tables = vec![TableSpec::Tiles(Box::new(plan.header.clone()))];
                tables.extend(plan.models.iter().map(|model| model.table.clone()));
                tables
            }
        }
    }

    fn level_spec(&self, z: u32) -> LevelSpec {
        let parent = self.depth.parent(z);
        let (mode, table) = match &self.coding {
            _ if parent.is_none() => (Mode::Stored, None),
            TileCoding::Luma(_) => (Mode::Luma, Some(0)),
            // The models come after the tiles' header.
            TileCoding::Coefficients(plan) => (Mode::Exact, Some(1 + plan.model_index(z) as u32)),
        };
        let header = match self.coding {
            TileCoding::Luma(_) => None,
            TileCoding::Coefficients(_) => Some(0),
        };
        LevelSpec { mode, quality: self.quality, parent, header, table }
    }
}

/// The parameters of the tiles: those of the source's own tiles if they are kept,
/// otherwise those of the options.
struct TileParameters<'a> {
    kept_tiles: Option<&'a dyn KeptTiles>,
    header: TileHeader,
    tile_size: u32,
    /// As in [`PackPlan`].
    quality: u8,
    /// As in [`PackPlan`].
    encoded_again: String,
}

impl<'a> TileParameters<'a> {
    fn choose(run: PackRun<'a>) -> Result<Self, PackSlideError> {
        let options = run.options;
        if options.mode == Mode::Luma || options.keep_source == KeepSource::Never {
            return Ok(Self::from_options(options, String::new())?);
        }
        match keepable_tiles(run.source) {
            Ok(keepable) => Ok(Self::from_source(keepable)),
            Err(reason) if options.keep_source == KeepSource::Always => {
                Err(PackSlideError::CannotKeep(reason))
            }
            Err(reason) => Ok(Self::from_options(options, reason)?),
        }
    }

    fn from_source(KeepableTiles { tiles, header }: KeepableTiles<'a>) -> Self {
        let tile_size = tiles.side();
        Self { kept_tiles: Some(tiles), header, tile_size, quality: 0, encoded_again: String::new() }
    }

    fn from_options(options: &PackOptions, encoded_again: String) -> Result<Self, CodecError> {
        let &PackOptions { quality, tile_size, subsampling, .. } = options;
        let tables = dct::quality_tables(quality, Colour::Ycc);
        let header = TileHeader::new(&tables, subsampling, Colour::Ycc)?;
        Ok(Self { kept_tiles: None, header, tile_size, quality, encoded_again })
    }
}
