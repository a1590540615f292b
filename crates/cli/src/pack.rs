//! `origami pack`: turns slides into packs.

use crate::columns::named;
use crate::encoding::{Encoding, Personal};
use crate::help::{self, HelpEnd};
use crate::ids::{self, Holder, NamedSlide};
use crate::packing::{Task, Turn};
use crate::reading::Reading;
use crate::slides::{self, Depth, Expansion, FoundSlide};
use crate::standing::{SlideOnDisk, Standing, Wanted};
use crate::{advice, interruption, output, record};
use anyhow::{Result, bail};
use clap::Args;
use origami_ingest::source;
use origami_ingest::{AssociatedImages, PackSlideError, SourceName};
use origami_pack::{PackError, PackProblem};
use origami_quality::work::WorkError;
use origami_units::count;
use origami_units::text::Line;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const END: HelpEnd = HelpEnd {
    command: "origami pack",
    examples: &["origami pack slides/ -o packs/", "origami pack DOE_JANE.svs --id case-17"],
    more_examples: &[
        "origami pack -r slides/ -o packs/ --mode luma",
        "origami pack slides/ -o packs/ --predicted-levels 4",
        "origami pack document.tif --page 3",
        "origami pack cells.ome.tif --plane 4 --channels 1:blue:0-1600,2:00ff00",
        "origami pack dapi.tif --range 0-1600",
    ],
    environment: &[help::OPENSLIDE, help::SIMD],
    notes: "What is packed already is skipped, unless the slide or the options have changed. The\n\
        status is 0 if no slide failed, 1 if one did, and 130 after Ctrl-C.",
};

// The documentation of the fields is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// Slides, or folders of slides.
    #[arg(required = true, value_name = "SLIDE")]
    #[arg(long_help = format!("Slides, or folders of slides: {}", source::readable()))]
    slides: Vec<PathBuf>,
    /// Pack what is in the folders in a folder, too.
    ///
    /// Packs are in the same folders: slides/case 1/a.svs becomes case-1/a.origami,
    /// with the id case-1~a.
    #[arg(long, short)]
    recursive: bool,
    /// Id of the slide, instead of one that is made of its name.
    ///
    /// For one slide. With an id, the file's name stays out of the pack and of all that shows it.
    #[arg(long)]
    id: Option<String>,
    /// Keep the file's name, and the names that it gives to channels, in the pack
    /// although the slide has another --id.
    #[arg(long, hide_short_help = true)]
    keep_name: bool,
    /// Keep the slide's label, macro and thumbnail, and the description that the
    /// scanner wrote, in the pack, where everybody can see them who sees the slide.
    /// They can show the name of a patient.
    #[arg(long, hide_short_help = true)]
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

/// How packing a slide ended, unless it failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Packed,
    Current,
}

/// How packing several slides ended.
#[derive(Default)]
struct Tally {
    packed: usize,
    current: usize,
    failed: usize,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let depth = if arguments.recursive { Depth::Recursive } else { Depth::Folder };
    let Expansion { slides, failures, notes } = slides::expand(&arguments.slides, depth)?;
    if arguments.id.is_some() && slides.len() > 1 {
        bail!("--id names one slide, but there are {}", slides.len());
    }
    for note in notes {
        output::eprint_error(note);
    }
    let interrupted = interruption::watch()?;
    let slides = arguments.with_ids(slides, &interrupted);
    if arguments.show_ids {
        return failures.into_iter().next().map_or_else(|| print_ids(&slides), Err);
    }
    let count = slides.len() + failures.len();
    let mut tally = Tally { failed: failures.len(), ..Tally::default() };
    for error in failures {
        output::eprint_error(advice::message(&error));
    }
    for (number, slide) in (1..).zip(&slides) {
        match arguments.pack(slide, Turn { number, of: slides.len() }, &interrupted) {
            Ok(Outcome::Packed) => tally.packed += 1,
            Ok(Outcome::Current) => tally.current += 1,
            Err(error) if is_interruption(&error) => bail!("{}: {error}", slide.path.display()),
            Err(error) if count == 1 => return Err(error),
            Err(error) => {
                tally.failed += 1;
                output::eprint_error(naming(&slide.path, advice::message(&error)));
            }
        }
    }
    tally.print(count)?;
    if tally.packed + tally.current > 0 {
        arguments.encoding.print_next_step()?;
    }
    tally.result()
}

/// A slide and its id.
struct IdentifiedSlide {
    path: PathBuf,
    id: String,
}

/// Prints a line for each slide: its id, which contains no space, a space, and its path.
fn print_ids(slides: &[IdentifiedSlide]) -> Result<()> {
    for IdentifiedSlide { id, path } in slides {
        output::print_line(format_args!("{id} {}", path.display()))?;
    }
    Ok(())
}

fn is_interruption(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(PackSlideError::Work(WorkError::Interrupted)))
}

/// The message of an error of one of several slides, which names the slide.
fn naming(slide: &Path, message: String) -> String {
    let name = slide.display().to_string();
    if message.contains(&name) { message } else { format!("{name}: {message}") }
}

/// The one path of a slide, whatever it is called in the arguments. A link is a slide of
/// its own, since it has a name of its own.
fn only_path(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

impl Arguments {
    /// The slides, each once, with their ids.
    fn with_ids(&self, mut slides: Vec<FoundSlide>, interrupted: &AtomicBool) -> Vec<IdentifiedSlide> {
        let mut seen = HashSet::new();
        slides.retain(|slide| seen.insert(only_path(&slide.path)));
        let ids = match &self.id {
            Some(id) => vec![id.clone(); slides.len()],
            None => self.made_ids(&slides, interrupted),
        };
        slides.into_iter().zip(ids).map(|(slide, id)| IdentifiedSlide { path: slide.path, id }).collect()
    }

    /// Ids that are made of the slides' names, and of the packs that are there.
    fn made_ids(&self, slides: &[FoundSlide], interrupted: &AtomicBool) -> Vec<String> {
        let named: Vec<NamedSlide> = slides.iter().map(NamedSlide::of).collect();
        let mut on_disk: Vec<Option<SlideOnDisk<'_>>> =
            slides.iter().map(|slide| SlideOnDisk::examine(&slide.path, interrupted)).collect();
        SlideOnDisk::compare_namesakes(&mut on_disk);
        ids::assign(&named, |id, number| match (&on_disk[number], self.encoding.destination(id)) {
            (Some(slide), Ok(pack)) => slide.holder(&pack),
            // Neither is packed: what is wrong is said then.
            _ => Holder::Nobody,
        })
    }

    /// Packs one slide, unless its pack is current.
    fn pack(&self, slide: &IdentifiedSlide, turn: Turn, interrupted: &Arc<AtomicBool>) -> Result<Outcome> {
        let IdentifiedSlide { path, id } = slide;
        let destination = self.encoding.destination(id)?;
        let personal = self.personal();
        let reading = self.reading.options();
        let mut choices = self.encoding.choices();
        choices.extend(record::reading(&reading));
        choices.extend(self.keep_associated.then(|| "keep-associated".to_owned()));
        let record = record::digest(&choices);
        let mode = self.encoding.mode();
        let wanted = Wanted { mode, record: record.clone(), source_name: personal.source_name };
        // If the slide cannot be examined, opening it says why.
        let on_disk = SlideOnDisk::examine(path, interrupted).filter(|_| !self.encoding.force);
        let standing = on_disk.map_or(Ok(Standing::Absent), |slide| slide.standing(&destination, &wanted))?;
        // Reading the slide to compare it stops without an answer.
        if interrupted.load(Relaxed) {
            return Err(PackSlideError::Work(WorkError::Interrupted).into());
        }
        let reason = match standing {
            Standing::Absent => None,
            Standing::Outdated(reason) => Some(reason),
            Standing::Current => {
                self.print_current(slide, &destination, turn)?;
                return Ok(Outcome::Current);
            }
            Standing::OfAnother => {
                let error = PackError::new(&destination, PackProblem::Exists);
                return Err(PackSlideError::Pack(error).into());
            }
        };
        let task = Task { id, file: Some(path), personal, record, reason, turn, interrupted };
        task.run(&self.encoding, || Ok(source::open(path, &reading)?))?;
        Ok(Outcome::Packed)
    }

    /// Says that there is nothing to do for a slide.
    fn print_current(&self, slide: &IdentifiedSlide, pack: &Path, turn: Turn) -> Result<()> {
        let hides = self.personal().source_name == SourceName::Hide;
        let file = slide.path.file_name().unwrap_or_default().to_string_lossy();
        let name: &str = if hides { &slide.id } else { &file };
        let advice = if turn.of == 1 { "; --force packs it anew" } else { "" };
        output::print_lines(named(0, name, &format!("{} is current{advice}", Line(pack.display()))))
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

impl NamedSlide {
    fn of(slide: &FoundSlide) -> Self {
        Self {
            folder: slide.folder.clone(),
            stem: source::stem(&slide.path),
            name: slide.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            path: only_path(&slide.path).to_string_lossy().into_owned(),
        }
    }
}

impl Tally {
    /// Prints it if there were several slides, and none of them failed.
    fn print(&self, count: usize) -> Result<()> {
        if count == 1 || self.failed > 0 { Ok(()) } else { output::print_line(self.text()) }
    }

    /// An error if a slide failed.
    fn result(&self) -> Result<()> {
        if self.failed > 0 { bail!("{}", self.text()) } else { Ok(()) }
    }

    fn text(&self) -> String {
        let [packed, current, failed] =
            [self.packed, self.current, self.failed].map(|number| count::text(number as u64));
        format!("{packed} packed, {current} current, {failed} failed")
    }
}
