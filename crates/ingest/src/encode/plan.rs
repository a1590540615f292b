//! Decides everything about a pack that is fixed before its first tile.

use super::coefficients::{CoefficientEncoder, CoefficientPlan, LevelGroup, LevelHeaders};
use super::depth::PredictionDepth;
use super::keepable::{KeepableTiles, keepable_tiles};
use super::luma::{LumaEncoder, residual_header};
use super::{TileEncoder, training};
use crate::options::{CoarseQuality, KeepSource, Predicted};
use crate::pipeline::PackRun;
use crate::source::KeptTiles;
use crate::{PackEvent, PackOptions, PackSlideError};
use origami_codec::{CodecError, SharedHeader};
use origami_pack::{EncodingSettings, LevelSpec, Mode, PackSpec, TableSpec};
use origami_pyramid::{Family, Pyramid, Subsampling};

/// The geometry of a pack and how its tiles are encoded.
pub(crate) struct PackPlan<'a> {
    pub run: PackRun<'a>,
    pub pyramid: Pyramid,
    pub depth: PredictionDepth,
    pub subsampling: Subsampling,
    /// How the tiles are encoded, for the pack's metadata.
    pub settings: EncodingSettings,
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
        let parameters = TileParameters::choose(run)?;
        let (settings, subsampling) = (parameters.settings(options), parameters.subsampling());
        let TileParameters { kept_tiles, headers, tile_size, .. } = parameters;
        let size = run.source.info().size;
        let pyramid = Pyramid::new(size, tile_size).ok_or(PackSlideError::TooLarge(size))?;
        let predicted = if options.mode == Mode::Stored { Predicted::Levels(0) } else { options.predicted };
        let depth = PredictionDepth::new(&pyramid, predicted);
        let coding = if options.mode == Mode::Luma {
            TileCoding::Luma(residual_header(options.residual_quality)?)
        } else {
            let (measure, models) = (options.measure, Vec::new());
            let headers =
                if depth.is_predicted(pyramid.max_level()) { headers } else { headers.for_stored_tiles()? };
            let mut plan = CoefficientPlan { pyramid, depth, measure, headers, kept_tiles, models };
            if depth.predicted_levels() > 0 {
                plan.models = training::models(run, &plan)?;
            }
            TileCoding::Coefficients(Box::new(plan))
        };
        Ok(Self { run, pyramid, depth, subsampling, settings, coding })
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
                let headers = plan.headers.distinct().into_iter();
                let headers = headers.map(|header| TableSpec::Tiles(Box::new(header.clone())));
                headers.chain(plan.models.iter().map(|model| model.table.clone())).collect()
            }
        }
    }

    fn level_spec(&self, z: u32) -> LevelSpec {
        let parent = self.depth.parent(z);
        match &self.coding {
            TileCoding::Luma(_) => LevelSpec {
                mode: if parent.is_some() { Mode::Luma } else { Mode::Stored },
                quality: self.settings.quality,
                parent,
                header: None,
                table: parent.map(|_| 0),
            },
            TileCoding::Coefficients(plan) => {
                let (headers, group) = (&plan.headers, plan.group(z));
                LevelSpec {
                    mode: if parent.is_some() { Mode::Exact } else { Mode::Stored },
                    quality: headers.quality(group),
                    parent,
                    header: Some(headers.index(group) as u8),
                    // The models come after the headers.
                    table: parent.map(|_| (headers.distinct().len() + plan.model_index(z)) as u32),
                }
            }
        }
    }
}

/// The parameters of the tiles: those of the source's own tiles if they are kept,
/// otherwise those of the options.
struct TileParameters<'a> {
    kept_tiles: Option<&'a dyn KeptTiles>,
    /// In luma mode, those of the plain pyramid.
    headers: LevelHeaders,
    tile_size: u32,
    /// Why the source's tiles cannot be kept; empty if they are kept, or the options
    /// rule it out.
    encoded_again: String,
}

impl<'a> TileParameters<'a> {
    fn choose(run: PackRun<'a>) -> Result<Self, PackSlideError> {
        let options = run.options;
        if options.mode == Mode::Luma || options.keep_source == KeepSource::Never {
            return Ok(Self::from_options(options, String::new())?);
        }
        match keepable_tiles(run.source) {
            Ok(keepable) => Ok(Self::from_source(keepable, options)?),
            Err(reason) if options.keep_source == KeepSource::Always => {
                Err(PackSlideError::CannotKeep(reason))
            }
            Err(reason) => Ok(Self::from_options(options, reason)?),
        }
    }

    fn from_source(
        KeepableTiles { tiles, header }: KeepableTiles<'a>,
        options: &PackOptions,
    ) -> Result<Self, CodecError> {
        let headers = LevelHeaders::of_source(header, options.coarse_quality)?;
        let tile_size = tiles.side();
        Ok(Self { kept_tiles: Some(tiles), headers, tile_size, encoded_again: String::new() })
    }

    fn from_options(options: &PackOptions, encoded_again: String) -> Result<Self, CodecError> {
        let &PackOptions { quality, tile_size, subsampling, .. } = options;
        let headers = LevelHeaders::of_quality(quality, subsampling)?;
        Ok(Self { kept_tiles: None, headers, tile_size, encoded_again })
    }

    fn subsampling(&self) -> Subsampling {
        self.headers.header(LevelGroup::FullResolution).subsampling()
    }

    /// What the metadata say of the tiles.
    fn settings(&self, options: &PackOptions) -> EncodingSettings {
        let Self { headers, kept_tiles, encoded_again, .. } = self;
        EncodingSettings {
            mode: options.mode.name().into(),
            quality: headers.quality(LevelGroup::FullResolution),
            quality_estimate: headers.quality_estimate(),
            coarse_quality: match options.coarse_quality {
                CoarseQuality::Quality(quality) if headers.have_two_sets_of_steps() => quality,
                _ => 0,
            },
            kept_source: kept_tiles.is_some(),
            encoded_again: encoded_again.clone(),
            residual_quality: if options.mode == Mode::Luma { options.residual_quality } else { 0 },
            subsampling: self.subsampling().name().into(),
            options: options.record.clone(),
        }
    }
}
