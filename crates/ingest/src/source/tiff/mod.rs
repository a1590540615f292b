//! Reads TIFF and BigTIFF: Aperio SVS, OME-TIFF, stacks of ImageJ, and generic ones.

mod associated;
mod directory;
mod foreign;
mod imagej;
mod images;
mod ome;
mod photometric;
mod reader;
mod refusal;
mod scale;
pub(super) mod tags;

use super::driver::{CandidateFile, Claim, Driver, OpenOutcome};
use super::error::SourceFault;
use super::scale::Scale;
use super::{OpenOptions, Source, SourceProblem, oriented};
use associated::Surroundings;
use directory::Directories;
pub(super) use directory::directories;
use images::ChosenImage;
use origami_pack::Storage;
use refusal::Refusal;
use std::ffi::OsStr;
use std::sync::Arc;

/// The row of TIFFs in the table of drivers.
pub(super) const DRIVER: Driver = Driver {
    name: "TIFF",
    extensions: &["svs", "tif", "tiff", "btf"],
    double_extensions: &["ome.tif", "ome.tiff", "ome.btf"],
    detect,
    open,
    folder: None,
};

/// What a TIFF says of its image besides the pixels. All of it is known even of images
/// that only OpenSlide can decode.
#[derive(Clone, Copy, Debug)]
pub(super) struct TiffFacts {
    pub scale: Scale,
    /// How the pixels are turned or mirrored, from 1 (not at all) to 8.
    pub orientation: u16,
}

impl TiffFacts {
    fn new(file: &dyn Storage, directories: &Directories, chosen: &ChosenImage) -> Self {
        let directory = chosen.directory(directories);
        let orientation = directory.integer(file, tags::ORIENTATION).unwrap_or(1);
        Self {
            scale: Scale::of_tiff(file, directory, &chosen.description, chosen.ome.as_ref()),
            orientation: u16::try_from(orientation).unwrap_or(1),
        }
    }
}

/// The facts of the image of a file that is read if nothing else is chosen; `None` if
/// the file is no TIFF, or malformed.
#[cfg(feature = "openslide")]
pub(super) fn facts_of(file: &dyn Storage) -> Option<TiffFacts> {
    let mut start = [0; 4];
    file.read_at(0, &mut start).ok().filter(|()| is_tiff(&start))?;
    let directories = directories(file).ok()?;
    let chosen = images::choose(file, &directories, &OpenOptions::default()).ok()?;
    Some(TiffFacts::new(file, &directories, &chosen))
}

/// Whether a file that starts with these bytes is a TIFF or BigTIFF.
pub(super) fn is_tiff(start: &[u8]) -> bool {
    matches!(start, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

fn detect(file: &CandidateFile<'_>) -> Claim {
    if is_tiff(&file.start) { Claim::Sure } else { Claim::No }
}

/// Opens the image of a TIFF that is the slide.
///
/// # Errors
/// If the structure is malformed, the options choose what the file does not have, the
/// pixels are stored in a way that nothing can read, or (unless tolerant) the bytes of
/// a tile are outside the file.
fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    match read(file, options) {
        Ok(source) => Ok(OpenOutcome::Opened(source)),
        Err(Refusal::Foreign(phrase)) => Ok(OpenOutcome::Foreign(phrase)),
        Err(Refusal::Problem(problem)) => Err(problem),
    }
}

fn read(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<Box<dyn Source>, Refusal> {
    let storage = &*file.storage;
    if foreign::is_ndpi(storage) {
        return Err(Refusal::Foreign("a Hamamatsu NDPI slide".into()));
    }
    let directories = directories(storage).map_err(damaged)?;
    if let Some(fault) = directories.cut_short.clone().filter(|_| !options.tolerant) {
        return Err(damaged(fault).into());
    }
    if let Some(phrase) = foreign::vendor(storage, &directories) {
        return Err(Refusal::Foreign(phrase.into()));
    }
    let file_name = file.path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let chosen = images::choose_named(storage, file_name, &directories, options)?;
    let TiffFacts { scale, orientation } = TiffFacts::new(storage, &directories, &chosen);
    let surroundings = Surroundings::new(file, &chosen);
    let source = reader::open(Arc::clone(&file.storage), &directories, chosen, options, file.path, scale)?;
    Ok(surroundings.around(oriented::wrap(source, orientation)))
}

/// The problem of a TIFF that is malformed.
fn damaged(fault: SourceFault) -> SourceProblem {
    fault.in_file("TIFF")
}
