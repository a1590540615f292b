//! What is decided about a pack before its first tile.

use super::coefficients::{CoefficientEncoder, CoefficientPlan, most_blocks};
use super::luma::{LumaEncoder, residual_header};
use super::{TileEncoder, training};
use crate::PackSlideError;
use crate::options::KeepSource;
use crate::pipeline::Run;
use crate::source::{KeptTiles, Source};
use origami_codec::{CodecError, Coefficients, Colour, SharedHeader, TileHeader, dct, read_coefficients};
use origami_pack::{LevelSpec, Mode, PackSpec, Table};
use origami_pyramid::{Pyramid, Subsampling};

/// Source tiles whose tables are compared before any is kept.
const PROBES: u32 = 32;

/// The geometry of a pack and how its tiles are encoded.
pub(crate) struct Plan<'a> {
    pub run: Run<'a>,
    pub pyramid: Pyramid,
    pub subsampling: Subsampling,
    /// Quality of the tiles, 0 with the source's tables.
    pub quality: u8,
    pub kept_source: bool,
    /// Why the source's tiles are not kept, if nobody asked for that.
    pub encoded_again: String,
    tiles: Tiles<'a>,
}

enum Tiles<'a> {
    Luma(SharedHeader),
    Coefficients(Box<CoefficientPlan<'a>>),
}

impl<'a> Plan<'a> {
    /// Looks at the source and trains models on a sample of it.
    pub fn new(run: Run<'a>) -> Result<Self, PackSlideError> {
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
        let pyramid = Pyramid::new(info.width, info.height, tile_size)
            .ok_or(PackSlideError::TooLarge { width: info.width, height: info.height })?;
        let (subsampling, kept_source) = (header.subsampling(), kept.is_some());
        let tiles = if options.mode == Mode::Luma {
            Tiles::Luma(residual_header(options.residual_quality)?)
        } else {
            let mut plan = CoefficientPlan { pyramid, measure: options.measure, header, kept, models: None };
            if options.mode == Mode::Exact && pyramid.has_families() {
                plan.models = Some(training::models(run, &plan)?);
            }
            Tiles::Coefficients(Box::new(plan))
        };
        Ok(Self { run, pyramid, subsampling, quality, kept_source, encoded_again, tiles })
    }

    /// An encoder for one thread.
    pub fn encoder(&self) -> Result<Box<dyn TileEncoder + '_>, CodecError> {
        Ok(match &self.tiles {
            Tiles::Luma(_) => Box::new(LumaEncoder::new(self.run.options, self.pyramid)?),
            Tiles::Coefficients(plan) => Box::new(CoefficientEncoder::new(plan)?),
        })
    }

    /// What the pack's writer has to know.
    pub fn spec(&self) -> PackSpec {
        let families = self.pyramid.has_families();
        let mut tables = Vec::new();
        let mut header = None;
        match &self.tiles {
            Tiles::Luma(residuals) => tables.extend(families.then(|| Table::Residuals(residuals.clone()))),
            Tiles::Coefficients(plan) => {
                header = Some(0);
                tables.push(Table::Tiles(Box::new(plan.header.clone())));
                tables.extend(plan.models.iter().flatten().map(|(model, _)| Table::Model(model.clone())));
            }
        }
        let level = |z| {
            let depth = self.pyramid.max_level() - z;
            let (mode, table) = match &self.tiles {
                _ if !families || depth >= 2 => (Mode::Stored, None),
                Tiles::Luma(_) => (Mode::Luma, Some(0)),
                Tiles::Coefficients(plan) if plan.models.is_none() => (Mode::Stored, None),
                // The tables are the header, the model of L1 and that of L0.
                Tiles::Coefficients(_) => (Mode::Exact, Some(2 - depth)),
            };
            LevelSpec { mode, quality: self.quality, header, table }
        };
        let levels = (0..self.pyramid.level_count()).map(level).collect();
        PackSpec { pyramid: self.pyramid, subsampling: self.subsampling, levels, tables }
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
    let (columns, rows) = (info.width.div_ceil(side), info.height.div_ceil(side));
    let count = u64::from(columns) * u64::from(rows);
    let most = most_blocks(side);
    let mut found: Result<TileHeader, String> = Err("it holds no tiles".into());
    let (mut jpeg, mut tile) = (Vec::new(), Coefficients::default());
    for probe in 0..u64::from(PROBES) {
        let number = count * probe / u64::from(PROBES);
        let (x, y) = ((number % u64::from(columns)) as u32, (number / u64::from(columns)) as u32);
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
