//! What the OME-XML of an OME-TIFF says of its images.

mod described;
mod parse;
mod planes;
mod scale;
#[cfg(test)]
mod tests;

pub(super) use planes::{Plane, PlaneFault};

/// The images that an OME-XML document describes.
#[derive(Debug, Default)]
pub struct OmeDocument {
    /// Identifies the file that has this document, among those of a set.
    uuid: String,
    pub images: Vec<OmeImage>,
    /// The images refer to more than one file.
    has_several_files: bool,
    /// The name of the file that has this document, if only that can identify it.
    file_name: String,
    /// Why the document could not be read to its end, as a phrase without any text of the
    /// document: `is cut short`.
    pub fault: Option<String>,
}

/// One image: a series of planes of one size.
#[derive(Debug, Default)]
pub struct OmeImage {
    pub name: String,
    pub pixels: OmePixels,
}

/// The pixels of an image.
#[derive(Debug, Default)]
pub struct OmePixels {
    pub size_x: u64,
    pub size_y: u64,
    /// Number of focal planes, at least 1, as are the two below.
    pub size_z: u64,
    /// Number of samples of all channels together.
    pub size_c: u64,
    /// Number of points in time.
    pub size_t: u64,
    /// How planes follow each other.
    order: PlaneOrder,
    pub significant_bits: Option<u8>,
    /// Distance of pixels across and down, in `units`.
    pub physical_size: Option<(f64, f64)>,
    /// Units of `physical_size` across and down: `µm`.
    pub units: (String, String),
    /// Nominal magnification of the objective.
    pub objective: Option<f64>,
    pub channels: Vec<OmeChannel>,
    /// Where planes are; without any, planes are in the directories in their order.
    data: Vec<TiffData>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OmeChannel {
    pub name: String,
    /// Its colour (RGB), if it can be seen.
    pub colour: Option<[u8; 3]>,
    /// How many samples of a pixel it has, at least 1: 3 if it is in colour.
    pub samples: u64,
}

/// The dimensions along which planes follow each other, the fastest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PlaneOrder([Dimension; 3]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Channel,
    Plane,
    Frame,
}

/// A run of planes in successive directories.
#[derive(Debug, Default)]
struct TiffData {
    /// The directory of the first of them, among those of the file.
    directory: Option<u64>,
    /// The first plane.
    first: Plane,
    /// Number of planes, if it is given.
    count: Option<u64>,
    /// The file that has them, if it is given.
    file: Option<FileReference>,
}

/// A file of a set.
#[derive(Debug, Default, PartialEq, Eq)]
struct FileReference {
    uuid: String,
    name: String,
}

impl Default for PlaneOrder {
    /// `XYCZT`.
    fn default() -> Self {
        Self([Dimension::Channel, Dimension::Plane, Dimension::Frame])
    }
}

impl PlaneOrder {
    /// An attribute like `XYZCT`; the default if it has not all three dimensions.
    fn parse(text: &str) -> Self {
        let dimensions: Vec<Dimension> = text
            .chars()
            .filter_map(|letter| match letter {
                'C' => Some(Dimension::Channel),
                'Z' => Some(Dimension::Plane),
                'T' => Some(Dimension::Frame),
                _ => None,
            })
            .collect();
        match dimensions[..] {
            [a, b, c] if a != b && b != c && a != c => Self([a, b, c]),
            _ => Self::default(),
        }
    }
}

impl OmeChannel {
    /// The colour of an attribute: a signed 32-bit integer of red, green, blue and
    /// opacity. `None` for colours that cannot be seen.
    fn colour(attribute: &str) -> Option<[u8; 3]> {
        // Some write it as an unsigned number.
        let value: i64 = attribute.trim().parse().ok()?;
        if !(i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&value) {
            return None;
        }
        let [red, green, blue, opacity] = (value as u32).to_be_bytes();
        let colour = [red, green, blue];
        (opacity > 0 && colour != [0; 3]).then_some(colour)
    }
}

impl OmePixels {
    /// Number of directories that the planes take if each channel has its own.
    fn directory_count(&self) -> u64 {
        let channels = if self.channels.is_empty() { self.size_c } else { self.channels.len() as u64 };
        channels.saturating_mul(self.size_z).saturating_mul(self.size_t)
    }

    /// The channel of a sample, counting the samples of all channels from 0.
    pub fn channel(&self, sample: u64) -> Option<&OmeChannel> {
        let mut following = sample;
        for channel in &self.channels {
            if following < channel.samples {
                return Some(channel);
            }
            following -= channel.samples;
        }
        None
    }
}
