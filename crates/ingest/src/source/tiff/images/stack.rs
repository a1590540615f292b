//! Finds the planes of stacks: each in a directory, or one after the other.

use super::channels::Place;
use crate::source::SourceProblem;
use crate::source::tiff::directory::{Directories, ImageFileDirectory};
use crate::source::tiff::imagej::ImageJStack;
use crate::source::tiff::ome::{OmeDocument, Plane, PlaneFault};
use crate::source::tiff::refusal::Refusal;
use crate::source::tiff::tags;
use origami_pack::Storage;

/// Why an image is not read as the file describes it.
#[derive(Debug)]
pub(super) enum Fault {
    /// It cannot be read.
    Refused(SourceProblem),
    /// The description does not match the directories, for this reason.
    Mismatch(String),
}

impl From<SourceProblem> for Fault {
    fn from(problem: SourceProblem) -> Self {
        Self::Refused(problem)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Problem(match fault {
            Fault::Refused(problem) => problem,
            Fault::Mismatch(reason) => SourceProblem::Damaged { format: "TIFF", offset: None, reason },
        })
    }
}

/// Where the images of a stack of ImageJ are.
#[derive(Debug)]
pub(super) enum StackPlaces {
    /// In a directory each.
    Directories(Vec<usize>),
    /// One after the other, where the only directory has the first: ImageJ writes
    /// stacks of more than 4 GB so.
    Contiguous {
        directory: usize,
        /// Bytes of an image.
        len: u64,
    },
}

impl StackPlaces {
    /// The places of the images of a stack, for which the directories `pages` are.
    ///
    /// # Errors
    /// A note if the file does not hold so many images.
    pub fn find(
        file: &dyn Storage,
        directories: &Directories,
        stack: ImageJStack,
        pages: &[usize],
    ) -> Result<Self, String> {
        if pages.len() as u64 == stack.images {
            return Ok(Self::Directories(pages.to_vec()));
        }
        if let &[directory] = pages
            && let Some(len) = contiguous_len(file, &directories.directories[directory], stack.images)
        {
            return Ok(Self::Contiguous { directory, len });
        }
        let (claimed, found) = (stack.images, pages.len());
        Err(format!("its description speaks of {claimed} images, of which {found} can be found"))
    }

    /// The place of image `number`, from 0.
    fn place(&self, number: u64) -> Place {
        match self {
            Self::Directories(pages) => {
                Place { directory: pages[number as usize], sample: 0, page_offset: 0 }
            }
            Self::Contiguous { directory, len } => {
                Place { directory: *directory, sample: 0, page_offset: number * len }
            }
        }
    }
}

/// Bytes of an image if `images` of them follow each other in the file without
/// compression.
fn contiguous_len(file: &dyn Storage, directory: &ImageFileDirectory, images: u64) -> Option<u64> {
    let is_plain = directory.integer(file, tags::COMPRESSION).unwrap_or(1) == 1;
    if !is_plain || directory.entries.contains(tags::TILE_WIDTH) {
        return None;
    }
    let [width, height, bits, start] =
        [tags::WIDTH, tags::HEIGHT, tags::BITS_PER_SAMPLE, tags::STRIP_OFFSETS]
            .map(|tag| directory.integer(file, tag));
    let samples = directory.samples_per_pixel(file);
    let row = width?.checked_mul(bits?)?.checked_mul(samples)?.div_ceil(8);
    let len = row.checked_mul(height?)?;
    let end = start?.checked_add(len.checked_mul(images)?)?;
    (len > 0 && end <= file.len()).then_some(len)
}

/// The plane of an image that is chosen; each group of its channels, those that are
/// samples of the same pixels, has a place of its own.
pub(super) enum ChosenPlane<'a> {
    /// The only one, in this directory.
    Only(usize),
    /// One of a stack of ImageJ; slice and frame are from 0.
    Stack { stack: ImageJStack, places: &'a StackPlaces, slice: u64, frame: u64 },
    /// One that OME-XML describes.
    Ome {
        document: &'a OmeDocument,
        /// Number of the image in the document.
        image: usize,
        /// A directory that is probably like its own.
        likely: usize,
        /// Number of groups.
        groups: u64,
        /// From 0, as is the frame.
        plane: u64,
        frame: u64,
    },
}

impl ChosenPlane<'_> {
    /// Number of groups of channels.
    pub fn groups(&self) -> u64 {
        match self {
            Self::Only(_) => 1,
            Self::Stack { stack, .. } => stack.channels,
            Self::Ome { groups, .. } => *groups,
        }
    }

    /// A directory that is probably like those of the plane, wherever they are.
    pub fn likely_directory(&self) -> usize {
        match self {
            Self::Only(directory) | Self::Ome { likely: directory, .. } => *directory,
            Self::Stack { places, .. } => places.place(0).directory,
        }
    }

    /// The place of a group's first sample; the group is from 0.
    pub fn place(&self, group: u64, directories: &Directories) -> Result<Place, Fault> {
        match *self {
            Self::Only(directory) => Ok(Place { directory, sample: 0, page_offset: 0 }),
            Self::Stack { stack, places, slice, frame } => {
                Ok(places.place(stack.number(group, slice, frame)))
            }
            Self::Ome { document, image, groups, plane, frame, .. } => {
                let plane = Plane { channel: group, plane, frame };
                let number = document.directory(image, groups, plane).map_err(Fault::from)?;
                let count = directories.listed;
                match usize::try_from(number) {
                    Ok(directory) if directory < count => Ok(Place { directory, sample: 0, page_offset: 0 }),
                    _ => Err(Fault::Mismatch(format!(
                        "it places a plane in directory {number}, but there are {count}"
                    ))),
                }
            }
        }
    }
}

impl From<PlaneFault> for Fault {
    fn from(fault: PlaneFault) -> Self {
        match fault {
            PlaneFault::Elsewhere(name) => Self::Refused(SourceProblem::Unsupported(format!(
                "an OME-TIFF whose pixels are in another file ({name})"
            ))),
            PlaneFault::Unmapped => Self::Mismatch("it does not say where a plane is".into()),
        }
    }
}
