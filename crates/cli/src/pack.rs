//! `origami pack`: turns slides into packs.

use crate::encoding::{Encoding, Personal, check_id};
use crate::reading::Reading;
use crate::slides::{self, Expansion};
use crate::{advice, interruption, output};
use anyhow::{Result, bail};
use clap::Args;
use origami_ingest::source;
use origami_ingest::{AssociatedImages, PackSlideError, SourceName};
use origami_pack::id;
use origami_quality::work::WorkError;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What the help ends with.
const EXAMPLES: &str = "\
Examples:
  origami pack slides/ -o packs/
  origami pack DOE_JANE.svs --id case-17
  origami pack document.tif --page 3
  origami pack cells.ome.tif --plane 4 --channels 1:blue:0-1600,2:00ff00
  origami pack dapi.tif --range 0-1600";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[arg(required = true, value_name = "SLIDE")]
    #[arg(help = format!("Slides, or folders of slides: {}", source::readable()))]
    slides: Vec<PathBuf>,
    /// Id of the slide, if there is only one; otherwise the file's name. With an
    /// id, the file's name stays out of the pack and of all that shows it.
    #[arg(long)]
    id: Option<String>,
    /// Keep the file's name, and the names that it gives to channels, in the pack
    /// although the slide has another --id.
    #[arg(long)]
    keep_name: bool,
    /// Keep the slide's label, macro and thumbnail, and the description that the
    /// scanner wrote, in the pack, where everybody can see them who sees the slide.
    /// They can show the name of a patient.
    #[arg(long)]
    keep_associated: bool,
    #[command(flatten)]
    reading: Reading,
    /// Print the id and the path of each slide that would be packed, and do
    /// nothing else: for scripts/run.
    #[arg(long, hide = true)]
    show_ids: bool,
    #[command(flatten)]
    encoding: Encoding,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let Expansion { slides, failures, notes } = slides::expand(&arguments.slides)?;
    if arguments.id.is_some() && slides.len() > 1 {
        bail!("--id names one slide, but there are {}", slides.len());
    }
    for note in notes {
        output::eprint_error(note);
    }
    if arguments.show_ids {
        return failures.into_iter().next().map_or_else(|| arguments.print_ids(&slides), Err);
    }
    let interrupted = interruption::watch()?;
    let mut ids = HashMap::new();
    let count = slides.len() + failures.len();
    let what = if failures.is_empty() { "slides" } else { "slides and folders" };
    let mut failed = failures.len();
    for error in failures {
        output::eprint_error(advice::message(&error));
    }
    for slide in &slides {
        if let Err(error) = arguments.pack(slide, &mut ids, &interrupted) {
            if let Some(PackSlideError::Work(WorkError::Interrupted)) = error.downcast_ref() {
                bail!("{}: {error}", slide.display());
            }
            if count == 1 {
                return Err(error);
            }
            failed += 1;
            output::eprint_error(named(slide, advice::message(&error)));
        }
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {count} {what} failed"),
    }
}

/// The message of an error of one of several slides, which names the slide.
fn named(slide: &Path, message: String) -> String {
    let name = slide.display().to_string();
    if message.contains(&name) { message } else { format!("{name}: {message}") }
}

impl Arguments {
    /// The given id, or one made of the slide's name.
    fn id(&self, slide: &Path) -> String {
        self.id.clone().unwrap_or_else(|| id::of_name(&source::stem(slide)))
    }

    /// Prints a line for each slide: its id, which contains no space, a space, and
    /// its path.
    fn print_ids(&self, slides: &[PathBuf]) -> Result<()> {
        for slide in slides {
            let id = self.id(slide);
            check_id(&id)?;
            output::print_line(format_args!("{id} {}", slide.display()))?;
        }
        Ok(())
    }

    /// Packs one slide; `ids` are those of the slides before it.
    fn pack<'a>(
        &self,
        slide: &'a Path,
        ids: &mut HashMap<String, &'a Path>,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<()> {
        let id = self.id(slide);
        // Also with --force, which is for the packs of earlier runs.
        if let Some(other) = ids.insert(id.clone(), slide) {
            bail!(
                "{}: '{id}' is already the id of {}; pack it by itself with another --id",
                slide.display(),
                other.display()
            );
        }
        let options = self.reading.options();
        self.encoding
            .pack(&id, Some(slide), self.personal(), interrupted, || Ok(source::open(slide, &options)?))
    }

    /// What the pack keeps that can show the name of a patient. An id that was not
    /// chosen is made of the file's name, so leaving that out would hide nothing.
    fn personal(&self) -> Personal {
        let hides_name = self.id.is_some() && !self.keep_name;
        Personal {
            source_name: if hides_name { SourceName::Hide } else { SourceName::Keep },
            associated: if self.keep_associated { AssociatedImages::Keep } else { AssociatedImages::Drop },
        }
    }
}
