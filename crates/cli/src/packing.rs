//! Packing one slide, and what is said of it.

use crate::columns::shortened;
use crate::encoding::{Encoding, Personal};
use crate::pack_progress::PackProgress;
use crate::same_file::is_same_file;
use crate::standing::{Reason, companion};
use crate::summary::{Summary, below};
use crate::{contents, output, report, usage};
use anyhow::{Context, Result, bail};
use origami_ingest::source::Source;
use origami_ingest::{AssociatedImages, PackOptions, PackedSlide, SourceName};
use origami_units::text::Line;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// The columns of a name beside a bar.
const BAR_NAME: usize = 20;

/// A slide to pack.
pub struct Task<'a> {
    pub id: &'a str,
    /// The slide's file, if it has one.
    pub file: Option<&'a Path>,
    pub personal: Personal,
    /// The record of the options.
    pub record: String,
    /// Why the slide's pack, if there is one, is made anew.
    pub reason: Option<Reason>,
    pub turn: Turn,
    pub interrupted: &'a Arc<AtomicBool>,
}

/// Which of the slides of this run it is.
#[derive(Clone, Copy)]
pub struct Turn {
    /// From 1.
    pub number: usize,
    pub of: usize,
}

impl Turn {
    /// The only one.
    pub const SINGLE: Self = Self { number: 1, of: 1 };
}

/// What a name is followed by: nothing if there is only one.
impl Display for Turn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.of {
            1 => Ok(()),
            of => write!(f, ", {} of {of}", self.number),
        }
    }
}

impl Task<'_> {
    /// What the slide is called in everything that is printed.
    fn name(&self) -> String {
        let hides = self.personal.source_name == SourceName::Hide;
        let file = self.file.filter(|_| !hides).and_then(Path::file_name);
        file.map_or_else(|| self.id.to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Packs the slide that `open` returns and prints a report.
    pub fn run(&self, encoding: &Encoding, open: impl FnOnce() -> Result<Box<dyn Source>>) -> Result<()> {
        let destination = encoding.destination(self.id)?;
        // Also with --force, which is for packs of earlier runs.
        if self.file.is_some_and(|file| is_same_file(&destination, file)) {
            bail!(
                "{}: is not replaced by its own pack; choose another --id or --output",
                destination.display()
            );
        }
        let options = encoding.options(Arc::clone(self.interrupted))?;
        let Personal { source_name, associated } = self.personal;
        let options = PackOptions {
            source_name,
            associated,
            record: self.record.clone(),
            overwrite: options.overwrite || self.reason.is_some(),
            ..options
        };
        let source = open()?;
        make_folder(&destination)?;
        let (started, cpu) = (Instant::now(), usage::begin());
        let name = self.name();
        let shown = format!("{}{}", shortened(&name, BAR_NAME), self.turn);
        let progress = PackProgress::new(&shown, encoding.measures());
        let packed = origami_ingest::pack(&*source, self.file, &destination, &options, &|event| {
            progress.handle(event);
        })?;
        drop(progress);
        let seconds = started.elapsed().as_secs_f64();
        let usage = usage::since(cpu);
        // The file of a slide whose data is in a folder beside it says nothing of its size.
        let whole = self.file.filter(|file| companion(file).is_none());
        let bytes = whole.and_then(|file| file.metadata().ok()).filter(fs::Metadata::is_file);
        let summary = Summary {
            name: &name,
            info: source.info(),
            bytes: bytes.map(|file| file.len()),
            packed: &packed,
            seconds,
        };
        self.print(&summary)?;
        if encoding.details {
            print_details(&summary, &usage)?;
        }
        Ok(())
    }

    /// Prints two lines, and one for each thing that needs a word.
    fn print(&self, summary: &Summary<'_>) -> Result<()> {
        output::print_lines(summary.lines())?;
        let PackedSlide { metadata, associated, .. } = summary.packed;
        let anew = self.reason.map(|reason| format!("packed anew: {reason}"));
        let kept = self.personal.associated == AssociatedImages::Keep;
        let kept = kept.then(|| report::associated(associated));
        let notes = [anew, summary.not_kept(), summary.larger_than_file(), summary.damaged(), kept]
            .into_iter()
            .flatten();
        // Of the source, as the names of channels may be hidden in the pack: whoever packs a
        // slide has to know which one is which.
        for line in notes.chain(contents::lines(&summary.info.contents, metadata.untidy_tiles)) {
            output::print_lines(below(&Line(line).to_string()))?;
        }
        Ok(())
    }
}

/// Prints how the slide was encoded, the tables of its levels, and what packing took.
fn print_details(summary: &Summary<'_>, usage: &str) -> Result<()> {
    let metadata = &summary.packed.metadata;
    let rate = summary.info.size.area() as f64 / 1e6 / summary.seconds;
    output::print_lines(below(&Line(report::encoding(&metadata.settings)).to_string()))?;
    for choice in report::choices(&metadata.settings) {
        output::print_lines(below(choice))?;
    }
    output::print_lines(below(&format!("{rate:.0} Mpx/s{usage}")))?;
    output::print_lines(format_args!("\n{}\n", report::levels(metadata)))
}

/// Makes the folder of a pack if it is not there.
fn make_folder(pack: &Path) -> Result<()> {
    let Some(folder) = pack.parent() else { return Ok(()) };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
