//! The label and other images around the slide of a TIFF, and its description.

use super::directory::{Directories, directories};
use super::images::{ChosenImage, Component, DirectoryAround, around};
use super::refusal::Refusal;
use super::{TiffFacts, damaged, reader};
use crate::source::driver::CandidateFile;
use crate::source::scale::Scale;
use crate::source::{
    Associated, Info, KeptTiles, OpenOptions, Source, SourceError, WHITE, associated, oriented,
};
use origami_pack::{Contents, Storage};
use origami_pyramid::{Rect, Rgb};
use std::path::PathBuf;
use std::sync::Arc;

/// What is needed to read the images around a slide. They are looked for only when they
/// are asked for, since few packs keep them.
pub(super) struct Surroundings {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    /// The directories of the slide itself.
    shown: Vec<usize>,
    /// What the file says of the slide, as a pack holds it.
    description: Option<String>,
}

/// A slide and what is around it.
struct Surrounded {
    source: Box<dyn Source>,
    surroundings: Surroundings,
}

impl Surroundings {
    /// What is around the image that was chosen.
    pub fn new(file: &CandidateFile<'_>, chosen: &ChosenImage) -> Self {
        Self {
            storage: Arc::clone(&file.storage),
            path: file.path.to_owned(),
            shown: chosen.components.iter().map(|component| component.directory).collect(),
            description: associated::description(&chosen.description),
        }
    }

    /// `source`, which is the chosen image, with its surroundings.
    pub fn around(self, source: Box<dyn Source>) -> Box<dyn Source> {
        Box::new(Surrounded { source, surroundings: self })
    }

    fn read(&self) -> Result<Associated, SourceError> {
        let mut associated = Associated { images: Vec::new(), description: self.description.clone() };
        let directories =
            directories(&*self.storage).map_err(|fault| SourceError::new(&self.path, damaged(fault)))?;
        for DirectoryAround { index, name } in around(&*self.storage, &directories, &self.shown) {
            associated.add(&self.path, name, || self.jpeg(&directories, index));
        }
        Ok(associated)
    }

    /// The image of directory number `directory`.
    fn jpeg(&self, directories: &Directories, directory: usize) -> Result<Vec<u8>, String> {
        let component = Component {
            directory,
            sample: None,
            colour: WHITE,
            range: None,
            significant_bits: None,
            page_offset: 0,
        };
        let chosen = ChosenImage {
            components: vec![component],
            contents: Contents::default(),
            kind: "TIFF",
            description: String::new(),
            ome: None,
        };
        let orientation = TiffFacts::new(&*self.storage, directories, &chosen).orientation;
        let (storage, options) = (Arc::clone(&self.storage), OpenOptions::default());
        let image = reader::open(storage, directories, chosen, &options, &self.path, Scale::default())
            .map_err(reason)?;
        let image = oriented::wrap(image, orientation);
        associated::jpeg(image.info().size, |region, out| image.read(region, out))
    }
}

/// Why an image cannot be read.
fn reason(refusal: Refusal) -> String {
    match refusal {
        Refusal::Foreign(phrase) => format!("{phrase} cannot be read"),
        Refusal::Problem(problem) => problem.to_string(),
    }
}

impl Source for Surrounded {
    fn info(&self) -> &Info {
        self.source.info()
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        self.source.read(region, out)
    }

    fn tile_bytes(&self) -> Option<u64> {
        self.source.tile_bytes()
    }

    fn kept_tiles(&self) -> Result<&dyn KeptTiles, String> {
        self.source.kept_tiles()
    }

    fn damaged(&self) -> u64 {
        self.source.damaged()
    }

    fn untidy(&self) -> u64 {
        self.source.untidy()
    }

    fn associated(&self) -> Result<Associated, SourceError> {
        self.surroundings.read()
    }
}
