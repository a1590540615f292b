//! `origami pack`: turns slides into packs.

use crate::encoding::{Encoding, check_id};
use crate::{advice, interruption, output, slides};
use anyhow::{Result, bail};
use clap::Args;
use origami_ingest::PackSlideError;
use origami_ingest::source::{self, OpenOptions};
use origami_pack::id;
use origami_quality::work::WorkError;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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

fn colour(text: &str) -> Result<[u8; 3]> {
    let digits = text.trim_start_matches('#');
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        bail!("a colour is six hexadecimal digits, as in ffffff");
    }
    let [_, r, g, b] = u32::from_str_radix(digits, 16)?.to_be_bytes();
    Ok([r, g, b])
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let slides = slides::expand(&arguments.slides)?;
    if arguments.id.is_some() && slides.len() > 1 {
        bail!("--id names one slide, but there are {}", slides.len());
    }
    if arguments.show_ids {
        return arguments.print_ids(&slides);
    }
    let interrupted = interruption::watch()?;
    let mut ids = HashMap::new();
    let mut failed = 0;
    for slide in &slides {
        if let Err(error) = arguments.pack(slide, &mut ids, &interrupted) {
            if let Some(PackSlideError::Work(WorkError::Interrupted)) = error.downcast_ref() {
                bail!("{}: {error}", slide.display());
            }
            if slides.len() == 1 {
                return Err(error);
            }
            failed += 1;
            output::eprint_error(advice::message(&error));
        }
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} slides failed", slides.len()),
    }
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
        let options = OpenOptions {
            background: self.background,
            tolerant: self.tolerant,
            ..OpenOptions::default()
        };
        self.encoding.pack(&id, Some(slide), interrupted, || Ok(source::open(slide, &options)?))
    }
}
