use crate::progress::Progress;
use crate::{interruption, output, report, slides, usage};
use anyhow::{Context, Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use origami_ingest::source::{self, OpenOptions, Source};
use origami_ingest::{KeepSource, PackOptions, PackSlideError, Predicted};
use origami_pack::{Mode, id};
use origami_pyramid::Subsampling;
use origami_quality::work::WorkError;
use origami_units::size::megabytes;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

#[derive(Args)]
pub struct Arguments {
    #[arg(required = true, value_name = "SLIDE")]
    #[arg(help = format!("Slides, or folders of slides: {}", source::readable()))]
    slides: Vec<PathBuf>,
    /// Id of the slide, if there is only one; otherwise the file's name.
    #[arg(long)]
    id: Option<String>,
    /// Colour of missing and transparent areas, as in ffffff. By default the
    /// slide's own, or white.
    #[arg(long, value_parser = colour, value_name = "RRGGBB")]
    background: Option<[u8; 3]>,
    /// Paint tiles that do not decode with the background and count them,
    /// instead of failing.
    #[arg(long)]
    tolerant: bool,
    /// Print the id and the path of each slide that would be packed, and do
    /// nothing else: for scripts/run.
    #[arg(long, hide = true)]
    show_ids: bool,
    #[command(flatten)]
    encoding: Encoding,
}

/// PackOptions of everything that writes a pack.
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
    output: PathBuf,
    /// How the two finest levels are kept.
    #[arg(long, value_enum, default_value_t = ModeName::Exact)]
    mode: ModeName,
    /// Keep the slide's own JPEG tiles at full resolution, with their size,
    /// quality and subsampling: `yes` fails where that cannot be, `auto` then
    /// encodes again and says why. `auto` is `no` if one of --quality,
    /// --subsampling and --tile-size is given.
    #[arg(long, default_value = "auto")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    keep_source: KeepName,
    /// JPEG quality of the served tiles; 80 unless the slide's own are kept.
    #[arg(long, value_name = "1-100", value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,
    /// JPEG quality of luma residuals.
    #[arg(
        long,
        default_value_t = PackOptions::default().residual_quality,
        value_name = "1-100",
        value_parser = clap::value_parser!(u8).range(1..=100)
    )]
    residual_quality: u8,
    /// Chroma subsampling of the served tiles; 420 unless the slide's own are
    /// kept.
    #[arg(long)]
    #[arg(value_parser = PossibleValuesParser::new(["420", "422", "444"]).map(|name| subsampling(&name)))]
    subsampling: Option<Subsampling>,
    /// Side of a tile in pixels; 256 unless the slide's own are kept.
    #[arg(long, value_name = "PIXELS")]
    tile_size: Option<u32>,
    /// Threads that read and encode; by default one for each processor.
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Replace packs of the same name.
    #[arg(long, short = 'f')]
    force: bool,
    /// Do not measure quality and plain JPEG sizes; packs about a third faster.
    #[arg(long)]
    no_report: bool,
    /// How many levels, from the finest, are predicted from the next coarser
    /// one: a number, or `all` but the coarsest. For experiments.
    #[arg(long, hide = true, value_name = "N|all")]
    predicted_levels: Option<Predicted>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeName {
    /// The JPEG tiles of a plain pyramid, bit for bit, in some 60 % of the
    /// bytes: coefficients coded given what the level above predicts.
    Exact,
    /// Luma residuals, chroma carried up from two levels above: lossy.
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

fn colour(text: &str) -> Result<[u8; 3]> {
    let digits = text.trim_start_matches('#');
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        bail!("a colour is six hexadecimal digits, as in ffffff");
    }
    let [_, r, g, b] = u32::from_str_radix(digits, 16)?.to_be_bytes();
    Ok([r, g, b])
}

impl Encoding {
    fn options(&self, interrupted: Arc<AtomicBool>) -> Result<PackOptions> {
        let defaults = PackOptions::default();
        let own = self.quality.is_some() || self.subsampling.is_some() || self.tile_size.is_some();
        let keep_source = match self.keep_source {
            KeepName::Yes if own => bail!(
                "--keep-source keeps the slide's own quality, subsampling and tile size; leave out --quality, --subsampling and --tile-size"
            ),
            KeepName::Yes => KeepSource::Always,
            KeepName::Auto if !own => KeepSource::Auto,
            KeepName::Auto | KeepName::No => KeepSource::Never,
        };
        Ok(PackOptions {
            mode: match self.mode {
                ModeName::Exact => Mode::Exact,
                ModeName::Luma => Mode::Luma,
                ModeName::Stored => Mode::Stored,
            },
            keep_source,
            quality: self.quality.unwrap_or(defaults.quality),
            residual_quality: self.residual_quality,
            subsampling: self.subsampling.unwrap_or(defaults.subsampling),
            tile_size: self.tile_size.unwrap_or(defaults.tile_size),
            workers: self.jobs.unwrap_or(defaults.workers),
            overwrite: self.force,
            measure: !self.no_report,
            predicted: self.predicted_levels.unwrap_or(defaults.predicted),
            interrupted,
        })
    }

    /// Where the pack of slide `id` goes. Makes the folder.
    fn destination(&self, id: &str) -> Result<PathBuf> {
        check_id(id)?;
        std::fs::create_dir_all(&self.output)
            .with_context(|| format!("cannot make {}", self.output.display()))?;
        Ok(self.output.join(format!("{id}.{}", id::EXTENSION)))
    }

    /// Packs the source that `open` gives, read from `file` if from one, as slide
    /// `id`, and tells what came of it.
    pub fn pack(
        &self,
        id: &str,
        file: Option<&Path>,
        interrupted: &Arc<AtomicBool>,
        open: impl FnOnce() -> Result<Box<dyn Source>>,
    ) -> Result<()> {
        let destination = self.destination(id)?;
        let source = open()?;
        let options = self.options(Arc::clone(interrupted))?;
        let (started, cpu) = (Instant::now(), usage::begin());
        let progress = Progress::pixels(id);
        let outcome =
            origami_ingest::pack(&*source, file, &destination, &options, &|event| progress.show(event))?;
        drop(progress);
        let (info, metadata) = (source.info(), &outcome.metadata);
        let seconds = started.elapsed().as_secs_f64();
        let pixels = info.size.area() as f64;
        let plain: u64 = metadata.levels.iter().map(|level| level.jpeg_bytes).sum();
        let against = if plain == 0 {
            String::new()
        } else {
            let ratio = outcome.bytes as f64 / plain as f64;
            format!(", {ratio:.3} of the {} of a plain JPEG pyramid", megabytes(plain))
        };
        output::print_line(format_args!(
            "{}: {} x {} px, {} -> {} {}{against}; {seconds:.1} s, {:.0} Mpx/s{}",
            outcome.path.display(),
            info.size.width,
            info.size.height,
            info.format,
            metadata.settings.mode,
            megabytes(outcome.bytes),
            pixels / 1e6 / seconds,
            usage::since(cpu)
        ))?;
        output::print_line(report::encoding(&metadata.settings))?;
        if metadata.damaged_tiles > 0 {
            output::print_line(format_args!(
                "{} source tiles did not decode and were painted as background",
                metadata.damaged_tiles
            ))?;
        }
        output::print_lines(format_args!("{}\n", report::levels(metadata)))
    }
}

fn check_id(id: &str) -> Result<()> {
    if let Some(problem) = id::problem(id) {
        bail!("'{id}' cannot be a slide's id: it {problem}; choose one with --id");
    }
    Ok(())
}

impl Arguments {
    /// The id that was asked for, else the one that the slide's name suggests.
    fn id(&self, slide: &Path) -> String {
        self.id.clone().unwrap_or_else(|| id::of_name(&source::stem(slide)))
    }

    /// A line for each slide: its id, which holds no space, a space, and its path.
    fn show_ids(&self, slides: &[PathBuf]) -> Result<()> {
        for slide in slides {
            let id = self.id(slide);
            check_id(&id)?;
            output::print_line(format_args!("{id} {}", slide.display()))?;
        }
        Ok(())
    }
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let slides = slides::expand(&arguments.slides)?;
    if arguments.id.is_some() && slides.len() > 1 {
        bail!("--id names one slide, but there are {}", slides.len());
    }
    if arguments.show_ids {
        return arguments.show_ids(&slides);
    }
    let interrupted = interruption::watch()?;
    let mut ids = HashMap::new();
    let mut failed = 0;
    for slide in &slides {
        if let Err(error) = pack_file(slide, arguments, &mut ids, &interrupted) {
            if let Some(PackSlideError::Work(WorkError::Interrupted)) = error.downcast_ref() {
                bail!("{}: {error}", slide.display());
            }
            if slides.len() == 1 {
                return Err(error);
            }
            failed += 1;
            output::complain(format_args!("{error:#}"));
        }
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} slides failed", slides.len()),
    }
}

/// Packs one slide; `ids` are those of the slides before it.
fn pack_file<'a>(
    slide: &'a Path,
    arguments: &Arguments,
    ids: &mut HashMap<String, &'a Path>,
    interrupted: &Arc<AtomicBool>,
) -> Result<()> {
    let id = arguments.id(slide);
    // Also with --force: that is for the packs of earlier runs.
    if let Some(other) = ids.insert(id.clone(), slide) {
        bail!(
            "{}: '{id}' is already the id of {}; pack it by itself with another --id",
            slide.display(),
            other.display()
        );
    }
    let open = OpenOptions { background: arguments.background, tolerant: arguments.tolerant };
    arguments.encoding.pack(&id, Some(slide), interrupted, || Ok(source::open(slide, &open)?))
}
