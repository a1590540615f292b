//! Chooses the image, with the help of OME-XML or ImageJ's description.

use super::channels::{ChannelPlan, Place};
use super::coverage::Coverage;
use super::pages::{Pages, best};
use super::samples::Samples;
use super::stack::{ChosenPlane, Fault, StackPlaces};
use super::summary::{ImageSummary, Role, associated_name};
use super::{ChosenImage, Component, only_associated, saturated};
use crate::source::options::choose;
use crate::source::tiff::directory::Directories;
use crate::source::tiff::imagej::ImageJStack;
use crate::source::tiff::ome::{OmeDocument, OmePixels};
use crate::source::tiff::refusal::Refusal;
use crate::source::tiff::tags;
use crate::source::{Channels, OpenOptions, SourceProblem, WHITE};
use origami_pack::{Choice, Contents, Storage};

/// Chooses the image of a file.
pub(super) struct Chooser<'a> {
    file: &'a dyn Storage,
    /// The name of the file; empty if it is not known.
    file_name: &'a str,
    directories: &'a Directories,
    options: &'a OpenOptions,
    /// That of each directory.
    images: Vec<ImageSummary>,
    /// The description of the first directory.
    description: String,
}

/// Components of a chosen image, and what the file holds.
struct Selection {
    components: Vec<Component>,
    contents: Contents,
}

impl<'a> Chooser<'a> {
    pub fn new(
        file: &'a dyn Storage,
        file_name: &'a str,
        directories: &'a Directories,
        options: &'a OpenOptions,
    ) -> Self {
        let summaries = (0..).zip(&directories.directories);
        let images = summaries.map(|(index, directory)| ImageSummary::new(file, directory, index)).collect();
        let description = directories.directories[0].text(file, tags::DESCRIPTION).unwrap_or_default();
        Self { file, file_name, directories, options, images, description }
    }

    /// The image that is read: the one that OME-XML describes, or, if that is of no
    /// use, the one that the directories suggest.
    pub fn choose(self) -> Result<ChosenImage, Refusal> {
        let Some(mut document) = OmeDocument::parse(&self.description) else {
            return Ok(self.finish(self.by_directories(Contents::default())?, None));
        };
        document.set_file_name(self.file_name);
        let note = match &document.fault {
            Some(fault) => format!("its OME-XML {fault}"),
            None => match self.by_ome(&document) {
                Ok((selection, image)) => {
                    let pixels = document.images.swap_remove(image).pixels;
                    return Ok(self.finish(selection, Some(pixels)));
                }
                Err(Fault::Mismatch(reason)) => format!("its OME-XML does not match the file: {reason}"),
                Err(Fault::Refused(problem)) => return Err(problem.into()),
            },
        };
        let mut contents = Contents::default();
        contents.note(note);
        let selection = self.by_directories(contents)?;
        let shape = self.images[selection.components[0].directory].shape;
        let mut pixels = document.images.into_iter().map(|image| image.pixels);
        let matching = pixels.find(|ome| (ome.size_x, ome.size_y) == (shape.width, shape.height));
        Ok(self.finish(selection, matching))
    }

    fn finish(&self, selection: Selection, ome: Option<OmePixels>) -> ChosenImage {
        let Selection { components, mut contents } = selection;
        for note in &self.directories.notes {
            contents.note(note);
        }
        if components[0].directory >= self.directories.listed {
            contents.note("its image was found among its SubIFDs");
        }
        let own = &self.directories.directories[components[0].directory];
        let own = own.text(self.file, tags::DESCRIPTION).unwrap_or_default();
        let kind = self.kind(&own);
        let description =
            if own.is_empty() || kind == "ImageJ TIFF" { self.description.clone() } else { own };
        ChosenImage { components, contents, kind, description, ome }
    }

    /// The kind of file, if this is the description of the chosen image.
    fn kind(&self, own: &str) -> &'static str {
        if self.is_aperio(own) {
            "Aperio SVS"
        } else if OmeDocument::is_begun_by(&self.description) {
            "OME-TIFF"
        } else if ImageJStack::parse(&self.description).is_some() {
            "ImageJ TIFF"
        } else if self.directories.numbers.is_big() {
            "BigTIFF"
        } else {
            "TIFF"
        }
    }

    fn is_aperio(&self, own: &str) -> bool {
        [own, self.description.as_str()].iter().any(|text| text.starts_with("Aperio"))
    }

    /// The image that OME-XML describes, and its number in the document.
    fn by_ome(&self, document: &OmeDocument) -> Result<(Selection, usize), Fault> {
        let series = self.series(document)?;
        let first = series.iter().position(|&image| document.is_here(image)).unwrap_or(0);
        let count = saturated(series.len() as u64);
        let page = choose("page", self.options.page.or(Some(saturated(first as u64 + 1))), count)?;
        let image = series[page as usize - 1];
        let pixels = &document.images[image].pixels;
        let plane = self.choice("plane", self.options.plane, pixels.size_z)?;
        let frame = self.choice("frame", self.options.frame, pixels.size_t)?;
        let contents = Contents { page: Choice { number: page, count }, plane, frame, ..Contents::default() };
        let likely = self.likely_directory(document, image);
        let samples = self.samples(likely)?.count();
        let chosen = ChosenPlane::Ome {
            document,
            image,
            likely,
            groups: pixels.size_c.div_ceil(samples),
            plane: u64::from(plane.number) - 1,
            frame: u64::from(frame.number) - 1,
        };
        let mut selection = self.select(&chosen, Some(pixels), contents)?;
        let shape = self.images[selection.components[0].directory].shape;
        if (shape.width, shape.height) != (pixels.size_x, pixels.size_y) {
            let (width, height) = (pixels.size_x, pixels.size_y);
            return Err(Fault::Mismatch(format!(
                "it says {width}x{height} px, the directory {}x{} px",
                shape.width, shape.height
            )));
        }
        let planes = chosen.groups().saturating_mul(pixels.size_z).saturating_mul(pixels.size_t);
        let listed = &self.images[..self.directories.listed];
        let coverage = Coverage { document, listed, shape, planes, samples };
        for note in coverage.notes() {
            selection.contents.note(note);
        }
        Ok((selection, image))
    }

    /// The images of a document that can be slides, at least one.
    fn series(&self, document: &OmeDocument) -> Result<Vec<usize>, Fault> {
        let images = (0..).zip(&document.images).filter(|(_, image)| image.pixels.size_x > 0);
        let described: Vec<_> = images.collect();
        if described.is_empty() {
            return Err(Fault::Mismatch("it describes no image".into()));
        }
        let named = described.into_iter().filter(|(_, image)| associated_name(&image.name).is_none());
        let named: Vec<usize> = named.map(|(index, _)| index).collect();
        if named.is_empty() {
            return Err(only_associated().into());
        }
        // Old programs describe the levels of a pyramid as images.
        let full: Vec<usize> = named.iter().copied().filter(|&image| self.is_full(document, image)).collect();
        Ok(if full.is_empty() { named } else { full })
    }

    fn is_full(&self, document: &OmeDocument, image: usize) -> bool {
        self.images[self.likely_directory(document, image)].role == Role::Full
    }

    /// A directory that is probably like those of an image.
    fn likely_directory(&self, document: &OmeDocument, image: usize) -> usize {
        let likely = usize::try_from(document.likely_directory(image)).unwrap_or(usize::MAX);
        likely.min(self.directories.listed - 1)
    }

    fn samples(&self, directory: usize) -> Result<Samples, SourceProblem> {
        Samples::of(self.file, &self.directories.directories[directory])
    }

    /// The image that the directories suggest, with ImageJ's description of stacks.
    /// `contents` has the remarks so far.
    fn by_directories(&self, mut contents: Contents) -> Result<Selection, Refusal> {
        let best = best(&self.images)?;
        let own = self.directories.directories[best.directory].text_start(self.file, tags::DESCRIPTION, 6);
        let pages = Pages::new(&self.images, best, self.is_aperio(&own.unwrap_or_default()));
        if let Some(stack) = ImageJStack::parse(&self.description).filter(|stack| stack.images > 1) {
            match StackPlaces::find(self.file, self.directories, stack, &pages.directories) {
                Ok(places) => return self.by_stack(stack, &places, contents),
                Err(note) => contents.note(note),
            }
        }
        if pages.left_out > 0 {
            contents.note(format!("its further images of other sizes, {}, are not shown", pages.left_out));
        }
        let page = self.choice("page", self.options.page, pages.directories.len() as u64)?;
        let contents = Contents {
            page,
            plane: self.choice("plane", self.options.plane, 1)?,
            frame: self.choice("frame", self.options.frame, 1)?,
            ..contents
        };
        let chosen = ChosenPlane::Only(pages.directories[page.number as usize - 1]);
        Ok(self.select(&chosen, None, contents)?)
    }

    /// An image of a stack of ImageJ. `contents` has the remarks so far.
    fn by_stack(
        &self,
        stack: ImageJStack,
        places: &StackPlaces,
        contents: Contents,
    ) -> Result<Selection, Refusal> {
        let contents = Contents {
            page: self.choice("page", self.options.page, 1)?,
            plane: self.choice("plane", self.options.plane, stack.slices)?,
            frame: self.choice("frame", self.options.frame, stack.frames)?,
            ..contents
        };
        let slice = u64::from(contents.plane.number) - 1;
        let frame = u64::from(contents.frame.number) - 1;
        Ok(self.select(&ChosenPlane::Stack { stack, places, slice, frame }, None, contents)?)
    }

    fn choice(&self, name: &str, number: Option<u32>, count: u64) -> Result<Choice, SourceProblem> {
        let count = saturated(count);
        Ok(Choice { number: choose(name, number, count)?, count })
    }

    /// The components of a plane.
    fn select(
        &self,
        chosen: &ChosenPlane<'_>,
        ome: Option<&OmePixels>,
        mut contents: Contents,
    ) -> Result<Selection, Fault> {
        let samples = match self.samples(chosen.likely_directory())? {
            Samples::Colour(_) => return self.select_colour(chosen, contents),
            Samples::Channels(samples) => samples,
        };
        let per_group = samples.len() as u64;
        let count = ome.map_or(chosen.groups().saturating_mul(per_group), |ome| ome.size_c.max(per_group));
        let plan = ChannelPlan::new(count, ome, self.options)?;
        let mut places: Vec<Place> = Vec::new();
        for channel in plan.channels() {
            let place = chosen.place(channel / per_group, self.directories)?;
            self.check_alike(*places.first().unwrap_or(&place), place, channel)?;
            places.push(Place { sample: samples[(channel % per_group) as usize], ..place });
        }
        contents.channel_count = plan.count;
        contents.channels = plan.listed();
        if let Some(note) = plan.note(self.options) {
            contents.note(note);
        }
        Ok(Selection { components: plan.components(&places), contents })
    }

    /// Checks that a channel is in an image like that of the first one.
    fn check_alike(&self, first: Place, place: Place, channel: u64) -> Result<(), Fault> {
        let [expected, found] = [first, place].map(|place| self.images[place.directory].shape);
        if found == expected {
            return Ok(());
        }
        let (number, index) = (channel + 1, place.directory);
        Err(Fault::Mismatch(format!(
            "channel {number} is in directory {index}, whose samples are of another kind"
        )))
    }

    /// The component of an image in colour.
    fn select_colour(&self, chosen: &ChosenPlane<'_>, mut contents: Contents) -> Result<Selection, Fault> {
        if self.options.channels != Channels::All {
            return Err(SourceProblem::Choice("its samples are colours, not channels".into()).into());
        }
        let Place { directory, page_offset, .. } = chosen.place(0, self.directories)?;
        if chosen.groups() > 1 {
            contents.note(format!("the first of its {} colour images is shown", chosen.groups()));
        }
        let component = Component {
            directory,
            sample: None,
            colour: WHITE,
            range: self.options.range,
            significant_bits: None,
            page_offset,
        };
        Ok(Selection { components: vec![component], contents })
    }
}
