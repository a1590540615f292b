//! Finds the directories of planes.

use super::{Dimension, FileReference, OmeDocument, OmeImage, OmePixels, PlaneOrder, TiffData};
use std::fmt::{self, Display, Formatter};

/// The place of a plane within an image, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plane {
    /// Which group of channels: those whose samples are in one directory.
    pub channel: u64,
    pub plane: u64,
    pub frame: u64,
}

/// Why a plane is not in the file.
#[derive(Debug, PartialEq, Eq)]
pub enum PlaneFault {
    /// It is in the file of this name.
    Elsewhere(String),
    /// The document does not say where it is.
    Unmapped,
}

/// Numbers of planes of an image along its dimensions.
#[derive(Clone, Copy)]
struct Extent {
    channels: u64,
    planes: u64,
    frames: u64,
}

impl PlaneOrder {
    /// The number of a plane, from 0, in an image of this extent.
    fn number(self, plane: Plane, extent: Extent) -> u64 {
        self.0.iter().rev().fold(0, |slower: u64, dimension| {
            let (position, count) = match dimension {
                Dimension::Channel => (plane.channel, extent.channels),
                Dimension::Plane => (plane.plane, extent.planes),
                Dimension::Frame => (plane.frame, extent.frames),
            };
            slower.saturating_mul(count).saturating_add(position)
        })
    }
}

impl TiffData {
    /// Number of the first plane.
    fn first(&self, pixels: &OmePixels, extent: Extent) -> u64 {
        let mut first = self.first;
        // Some count the samples of all channels.
        if first.channel >= extent.channels {
            first.channel = first.channel.saturating_mul(extent.channels) / pixels.size_c;
        }
        pixels.order.number(first, extent)
    }

    /// Number of planes; `None` if it has all that follow.
    pub(super) fn count(&self) -> Option<u64> {
        self.count.or(self.directory.map(|_| 1))
    }
}

impl OmeDocument {
    /// The directory of a plane of image number `image`, whose channels are in
    /// `channels` directories.
    ///
    /// # Errors
    /// If the document places it in another file, or nowhere.
    pub fn directory(&self, image: usize, channels: u64, plane: Plane) -> Result<u64, PlaneFault> {
        let pixels = &self.images[image].pixels;
        let extent = Extent { channels, planes: pixels.size_z, frames: pixels.size_t };
        let number = pixels.order.number(plane, extent);
        for data in &pixels.data {
            let Some(following) = number.checked_sub(data.first(pixels, extent)) else { continue };
            if data.count().is_some_and(|count| following >= count) {
                continue;
            }
            if let Some(file) = data.file.as_ref().filter(|file| self.is_other(file)) {
                return Err(PlaneFault::Elsewhere(file.to_string()));
            }
            return Ok(data.directory.unwrap_or(0).saturating_add(following));
        }
        if self.is_in_order(pixels) {
            return Ok(self.directories_before(image).saturating_add(number));
        }
        Err(PlaneFault::Unmapped)
    }

    /// Whether the planes of an image for which the document says nothing else are in the
    /// directories in their order.
    pub(super) fn is_in_order(&self, pixels: &OmePixels) -> bool {
        pixels.data.is_empty() || self.images.len() == 1 && !self.has_several_files
    }

    /// A directory that probably belongs to image number `image`.
    pub fn likely_directory(&self, image: usize) -> u64 {
        match &self.images[image].pixels.data[..] {
            [] => self.directories_before(image),
            [first, ..] => first.directory.unwrap_or(0),
        }
    }

    /// Number of directories that the images before one have, if directories are in the
    /// order of the images.
    fn directories_before(&self, image: usize) -> u64 {
        let counts = self.images[..image].iter().map(|OmeImage { pixels, .. }| pixels.directory_count());
        counts.fold(0, u64::saturating_add)
    }

    /// Whether planes of image number `image` are in this file.
    pub fn is_here(&self, image: usize) -> bool {
        let data = &self.images[image].pixels.data;
        let mut files = data.iter().map(|data| data.file.as_ref());
        data.is_empty() || files.any(|file| file.is_none_or(|file| !self.is_other(file)))
    }

    /// Whether the document speaks of several files.
    pub fn has_several_files(&self) -> bool {
        self.has_several_files
    }

    /// Says by which name the file that has the document was opened. It identifies the
    /// file unless a UUID does.
    pub fn set_file_name(&mut self, name: &str) {
        let own = self.uuid.trim();
        let data = self.images.iter().flat_map(|image| &image.pixels.data);
        let mut files = data.filter_map(|data| data.file.as_ref());
        let has_own_uuid = !own.is_empty() && files.any(|file| file.uuid.eq_ignore_ascii_case(own));
        if !has_own_uuid {
            name.clone_into(&mut self.file_name);
        }
    }

    /// Whether this is another file than the one that has the document.
    pub(super) fn is_other(&self, file: &FileReference) -> bool {
        if !file.name.is_empty() && file.name == self.file_name {
            return false;
        }
        if file.uuid.is_empty() || self.uuid.is_empty() {
            // A single file may have been renamed.
            return self.has_several_files;
        }
        !file.uuid.eq_ignore_ascii_case(self.uuid.trim())
    }
}

impl Display for FileReference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.name.is_empty() { &self.uuid } else { &self.name })
    }
}
