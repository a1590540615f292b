//! Options of all commands that write a pack.

use crate::output;
use crate::packs::ShellWord;
use anyhow::{Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use origami_ingest::{AssociatedImages, CoarseQuality, KeepSource, PackOptions, Predicted, SourceName};
use origami_pack::{Mode, id};
use origami_pyramid::Subsampling;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

// The documentation of the fields and values is their help text.

#[derive(Args)]
pub struct Encoding {
    /// Folder for the packs; made if it is not there.
    #[arg(
        short,
        long,
        default_value = "packs",
        env = "ORIGAMI_PACKS",
        hide_env_values = true,
        value_name = "FOLDER"
    )]
    pub output: PathBuf,
    /// How predicted levels are kept.
    #[arg(long, value_enum, default_value_t = ModeName::Exact, hide_short_help = true)]
    mode: ModeName,
    /// How many levels, from the finest, are predicted from the next coarser one.
    ///
    /// A number, `all` but level 0, or `auto` (unless given): all but the coarsest few, which stay
    /// complete JPEGs as long as that makes the pack at most 0.5 % larger. Mode luma predicts 2
    /// at most. More make smaller packs, and the first overview that a server makes of a slide
    /// costs it more.
    #[arg(long, value_name = "auto|N|all", hide_short_help = true)]
    predicted_levels: Option<Predicted>,
    /// Keep the slide's own JPEG tiles at full resolution, with their size,
    /// quality and subsampling: `yes` fails where that cannot be, `auto` then
    /// encodes again and says why. `auto` is `no` if one of --quality,
    /// --subsampling and --tile-size is given.
    #[arg(long, default_value = "auto", hide_short_help = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    keep_source: KeepName,
    /// JPEG quality of the served tiles; 80 unless the slide's own are kept.
    #[arg(long, value_name = "1-100", hide_short_help = true)]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,
    /// JPEG quality of the levels coarser than full resolution where the slide's
    /// own tiles are kept: 80 unless given. Where the slide's own quantisation
    /// tables are finer, those are used; `source` always uses those.
    #[arg(long, value_name = "1-100|source", hide_short_help = true)]
    coarse_quality: Option<CoarseQuality>,
    /// JPEG quality of luma residuals.
    #[arg(
        long,
        default_value_t = PackOptions::default().residual_quality,
        value_name = "1-100",
        hide_short_help = true,
        value_parser = clap::value_parser!(u8).range(1..=100)
    )]
    residual_quality: u8,
    /// Chroma subsampling of the served tiles; 420 unless the slide's own are
    /// kept.
    #[arg(long, hide_short_help = true)]
    #[arg(value_parser = PossibleValuesParser::new(["420", "422", "444"]).map(|name| subsampling(&name)))]
    subsampling: Option<Subsampling>,
    /// Side of a tile in pixels; 256 unless the slide's own are kept.
    #[arg(long, value_name = "PIXELS", hide_short_help = true)]
    tile_size: Option<u32>,
    /// Threads that read and encode; by default one for each processor.
    #[arg(long, short = 'j', value_name = "N", hide_short_help = true)]
    jobs: Option<NonZeroUsize>,
    /// Pack anew what is packed already.
    ///
    /// Also replaces the pack of another slide that has the --id.
    #[arg(long, short = 'f')]
    pub force: bool,
    /// Print the bytes and the quality of every level.
    ///
    /// And how fast it was packed, with how much memory.
    #[arg(long)]
    pub details: bool,
    /// Do not measure what the pack saves and how good its pictures are. Packing
    /// is then a little faster; the tiles are the same.
    #[arg(long, hide_short_help = true)]
    no_report: bool,
}

/// What a pack keeps of a slide that can show the name of a patient.
#[derive(Clone, Copy)]
pub struct Personal {
    pub source_name: SourceName,
    pub associated: AssociatedImages,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeName {
    /// The JPEG tiles of a plain pyramid, bit for bit, in some half of the bytes:
    /// coefficients coded given what the next coarser level predicts.
    Exact,
    /// Luma residuals at the two finest levels, chroma from the next one: lossy.
    Luma,
    /// Complete JPEGs at every level: what other servers keep.
    Stored,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum KeepName {
    Auto,
    Yes,
    No,
}

fn subsampling(name: &str) -> Subsampling {
    let known = [Subsampling::S420, Subsampling::S422, Subsampling::S444];
    known.into_iter().find(|known| known.name() == name).expect("one of the possible values")
}

impl ModeName {
    fn mode(self) -> Mode {
        match self {
            Self::Exact => Mode::Exact,
            Self::Luma => Mode::Luma,
            Self::Stored => Mode::Stored,
        }
    }
}

impl Encoding {
    /// The path of the pack of slide `id`, whose folders are those of the id.
    ///
    /// # Errors
    /// If `id` cannot be the id of a slide.
    pub fn destination(&self, id: &str) -> Result<PathBuf> {
        check_id(id)?;
        let path = id.replace(id::FOLDER_SEPARATOR, "/");
        Ok(self.output.join(format!("{path}.{}", id::EXTENSION)))
    }

    /// Prints what to type next.
    pub fn print_next_step(&self) -> Result<()> {
        output::print_line(format_args!("Look at it: origami serve {}", ShellWord(&self.output)))
    }

    /// Whether the pack is measured after it is written.
    pub fn measures(&self) -> bool {
        !self.no_report
    }

    /// The mode of the predicted levels.
    pub fn mode(&self) -> Mode {
        self.mode.mode()
    }

    /// The options of packing, of which `interrupted` stops it.
    pub fn options(&self, interrupted: Arc<AtomicBool>) -> Result<PackOptions> {
        let defaults = PackOptions::default();
        let keep_source = self.keep_source()?;
        self.check_coarse_quality(keep_source)?;
        self.check_predicted_levels()?;
        Ok(PackOptions {
            mode: self.mode(),
            keep_source,
            coarse_quality: self.coarse_quality.unwrap_or(defaults.coarse_quality),
            quality: self.quality.unwrap_or(defaults.quality),
            residual_quality: self.residual_quality,
            subsampling: self.subsampling.unwrap_or(defaults.subsampling),
            tile_size: self.tile_size.unwrap_or(defaults.tile_size),
            workers: self.jobs.unwrap_or(defaults.workers),
            overwrite: self.force,
            measure: self.measures(),
            predicted: self.predicted_levels.unwrap_or(defaults.predicted),
            interrupted,
            ..defaults
        })
    }

    /// The canonical texts of the options that shape a pack, other than by default.
    pub fn choices(&self) -> Vec<String> {
        let defaults = PackOptions::default();
        let mut choices = Vec::new();
        choices.extend((self.mode() != defaults.mode).then(|| format!("mode={}", self.mode().name())));
        choices.extend(match self.keep_source {
            KeepName::Auto => None,
            KeepName::Yes => Some("keep-source=yes".to_owned()),
            KeepName::No => Some("keep-source=no".to_owned()),
        });
        choices.extend(self.quality.map(|quality| format!("quality={quality}")));
        let coarse = self.coarse_quality.filter(|&quality| quality != defaults.coarse_quality);
        choices.extend(coarse.map(|quality| match quality {
            CoarseQuality::Quality(quality) => format!("coarse-quality={quality}"),
            CoarseQuality::Source => "coarse-quality=source".to_owned(),
        }));
        if self.residual_quality != defaults.residual_quality {
            choices.push(format!("residual-quality={}", self.residual_quality));
        }
        choices.extend(self.subsampling.map(|subsampling| format!("subsampling={}", subsampling.name())));
        choices.extend(self.tile_size.map(|side| format!("tile-size={side}")));
        choices.extend(self.predicted_levels.and_then(|predicted| match predicted {
            Predicted::Levels(levels) => Some(format!("predicted-levels={levels}")),
            Predicted::All => Some("predicted-levels=all".to_owned()),
            Predicted::Auto => None,
        }));
        choices
    }

    fn keep_source(&self) -> Result<KeepSource> {
        let encodes = self.quality.is_some() || self.subsampling.is_some() || self.tile_size.is_some();
        match self.keep_source {
            KeepName::Yes if encodes => bail!(
                "--keep-source keeps the slide's own quality, subsampling and tile size; leave out --quality, --subsampling and --tile-size"
            ),
            KeepName::Yes => Ok(KeepSource::Always),
            KeepName::Auto if !encodes => Ok(KeepSource::Auto),
            KeepName::Auto | KeepName::No => Ok(KeepSource::Never),
        }
    }

    /// Fails if coarser levels have a quality of their own, but no slide's tiles are
    /// kept.
    fn check_coarse_quality(&self, keep_source: KeepSource) -> Result<()> {
        let keeps = self.mode.mode() != Mode::Luma && keep_source != KeepSource::Never;
        if self.coarse_quality.is_some() && !keeps {
            bail!(
                "--coarse-quality is for slides whose own tiles are kept; leave it out, or leave out --mode luma, --keep-source=no, --quality, --subsampling and --tile-size"
            );
        }
        Ok(())
    }

    /// Fails if levels are to be predicted in a mode that predicts none.
    fn check_predicted_levels(&self) -> Result<()> {
        let is_chosen = self.predicted_levels.is_some_and(|levels| levels != Predicted::Auto);
        if is_chosen && self.mode() == Mode::Stored {
            bail!(
                "--predicted-levels is for modes that predict levels; leave it out, or leave out --mode stored"
            );
        }
        Ok(())
    }
}

/// Fails if `id` cannot be the id of a slide.
fn check_id(id: &str) -> Result<()> {
    if let Some(problem) = id::problem(id) {
        bail!("'{id}' cannot be a slide's id: it {problem}; choose one with --id");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::collections::HashSet;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        encoding: Encoding,
    }

    fn choices(arguments: &[&str]) -> Vec<String> {
        let arguments = std::iter::once(&"pack").chain(arguments);
        let parsed = Command::try_parse_from(arguments).map_err(|error| error.to_string());
        parsed.unwrap().encoding.choices()
    }

    #[test]
    fn defaults_and_what_does_not_shape_a_pack_are_no_choices() {
        for arguments in [
            &[][..],
            &["--mode", "exact", "--keep-source=auto", "--coarse-quality", "80", "--residual-quality", "81"],
            &["--jobs", "1", "--force", "--no-report", "--output", "elsewhere"],
            &["--details", "--predicted-levels", "auto"],
        ] {
            assert_eq!(choices(arguments), [""; 0], "{arguments:?}");
        }
    }

    #[test]
    fn every_option_that_shapes_a_pack_is_a_choice_of_its_own() {
        let options = [
            ["--mode", "luma"],
            ["--mode", "stored"],
            ["--keep-source=yes", "--force"],
            ["--keep-source=no", "--force"],
            ["--quality", "80"],
            ["--coarse-quality", "70"],
            ["--coarse-quality", "source"],
            ["--residual-quality", "70"],
            ["--subsampling", "420"],
            ["--tile-size", "256"],
            ["--predicted-levels", "1"],
            ["--predicted-levels", "all"],
        ];
        let records: HashSet<_> = options.iter().map(|option| choices(option)).collect();
        assert_eq!(records.len(), options.len(), "{records:?}");
        assert!(records.iter().all(|choices| choices.len() == 1), "{records:?}");
    }
}
