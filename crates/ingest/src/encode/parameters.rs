//! Decides what tiles a pack has: the source's own, or encoded ones.

use super::coefficients::{LevelGroup, LevelHeaders};
use super::keepable::{KeepableTiles, keepable_tiles};
use crate::options::{CoarseQuality, KeepSource};
use crate::pipeline::PackRun;
use crate::source::KeptTiles;
use crate::{PackOptions, PackSlideError};
use origami_codec::CodecError;
use origami_pack::{EncodingSettings, Mode};
use origami_pyramid::Subsampling;

/// The parameters of the tiles: those of the source's own tiles if they are kept,
/// otherwise those of the options.
pub(super) struct TileParameters<'a> {
    pub kept_tiles: Option<&'a dyn KeptTiles>,
    /// In luma mode, those of the plain pyramid.
    pub headers: LevelHeaders,
    pub tile_size: u32,
    /// Why the source's tiles cannot be kept; empty if they are kept, or the options
    /// rule it out.
    encoded_again: String,
}

impl<'a> TileParameters<'a> {
    pub fn choose(run: PackRun<'a>) -> Result<Self, PackSlideError> {
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

    pub fn subsampling(&self) -> Subsampling {
        self.headers.header(LevelGroup::FullResolution).subsampling()
    }

    /// What the metadata say of the tiles.
    pub fn settings(&self, options: &PackOptions) -> EncodingSettings {
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
            ..EncodingSettings::default()
        }
    }
}
