//! Decides which image of a TIFF is the slide, and where its channels are.

mod channels;
mod choice;
mod coverage;
mod pages;
mod samples;
mod stack;
mod summary;
mod surroundings;
#[cfg(test)]
mod tests;

pub(super) use summary::is_full;
pub(super) use surroundings::{DirectoryAround, around};

use super::directory::{Directories, ImageFileDirectory};
use super::ome::OmePixels;
use super::refusal::Refusal;
use crate::source::{OpenOptions, SourceProblem, ValueRange};
use choice::Chooser;
use origami_pack::{Contents, Storage};

/// The image of a TIFF that is read.
#[derive(Debug)]
pub(super) struct ChosenImage {
    /// Its colour, or its channels that are shown; at least one. They have one size.
    pub components: Vec<Component>,
    /// What the file holds; the ranges of samples are not known yet.
    pub contents: Contents,
    /// The kind of TIFF, for people: `Aperio SVS`, `OME-TIFF`, `BigTIFF`.
    pub kind: &'static str,
    /// The description that has the facts of the slide; may be empty.
    pub description: String,
    /// What OME-XML says of the image.
    pub ome: Option<OmePixels>,
}

/// A colour, or a channel that is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Component {
    /// Index of the directory with the samples.
    pub directory: usize,
    /// Which sample of a pixel is this channel; `None` if the samples are a colour or a
    /// single gray.
    pub sample: Option<u64>,
    /// The colour (RGB) of the channel's brightest samples.
    pub colour: [u8; 3],
    /// The samples that are black and brightest, if that was requested.
    pub range: Option<ValueRange>,
    /// How many bits of a sample are used, if the file says that.
    pub significant_bits: Option<u8>,
    /// Bytes to add to the offsets of strips: the images of a stack may follow each
    /// other without directories.
    pub page_offset: u64,
}

/// Decides which image is read: never a label, a macro or a thumbnail. Images are in
/// the order of preference: those of full resolution, in tiles, with the most pixels.
///
/// # Errors
/// If there is no such image, or the options name one that does not exist.
#[cfg(any(feature = "openslide", test))]
pub(super) fn choose(
    file: &dyn Storage,
    directories: &Directories,
    options: &OpenOptions,
) -> Result<ChosenImage, Refusal> {
    choose_named(file, "", directories, options)
}

/// Decides as [`choose`] which image is read of the file of this name, by which its
/// OME-XML may refer to it; the name is empty if it is not known.
///
/// # Errors
/// As those of [`choose`].
pub(super) fn choose_named(
    file: &dyn Storage,
    file_name: &str,
    directories: &Directories,
    options: &OpenOptions,
) -> Result<ChosenImage, Refusal> {
    Chooser::new(file, file_name, directories, options).choose()
}

impl ChosenImage {
    /// The directory that describes the image; those of its other components are alike.
    pub fn directory<'a>(&self, directories: &'a Directories) -> &'a ImageFileDirectory {
        &directories.directories[self.components[0].directory]
    }
}

/// The refusal of a file that shows nothing but what is around the slide.
fn only_associated() -> SourceProblem {
    SourceProblem::NotASlide("the only images of the file are labels, overviews or masks".into())
}

/// A count as contents have it.
fn saturated(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
