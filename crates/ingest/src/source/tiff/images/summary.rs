//! What the tags of a directory say of the role of its image.

use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::photometric::Interpretation;
use crate::source::tiff::tags;
use origami_pack::Storage;

/// Bytes of a description that are looked at.
const DESCRIPTION_START: usize = 1024;
/// Words for images that are not the slide.
const ASSOCIATED: [&str; 5] = ["label", "macro", "thumbnail", "barcode", "overview"];

/// What is known of an image without its pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImageSummary {
    /// Index of its directory.
    pub directory: usize,
    pub shape: Shape,
    pub role: Role,
    /// It is said to be one of several pages.
    pub is_page: bool,
}

/// Size and samples of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub width: u64,
    pub height: u64,
    pub arrangement: Arrangement,
    samples: u64,
    bits: u64,
}

/// How the pixels of an image are stored; slides rather have tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Arrangement {
    Strips,
    Tiles,
}

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Full resolution, as far as is known.
    Full,
    /// A reduced version of another image.
    Reduced,
    /// A label, a macro or a thumbnail, by its name; or a mask.
    Associated(Option<&'static str>),
}

/// Bits of NewSubfileType.
#[derive(Clone, Copy)]
struct SubfileType(u64);

/// Whether a directory has an image of full resolution, as far as is known.
pub fn is_full(file: &dyn Storage, directory: &ImageFileDirectory) -> bool {
    let image = ImageSummary::new(file, directory, 0);
    image.role == Role::Full && image.shape.area() > 0
}

impl ImageSummary {
    /// The image of directory number `index`.
    pub fn new(file: &dyn Storage, directory: &ImageFileDirectory, index: usize) -> Self {
        let kind = SubfileType::of(file, directory);
        let description = directory.text_start(file, tags::DESCRIPTION, DESCRIPTION_START);
        let described = description.and_then(|text| described_role(&text));
        let is_mask = kind.is_mask() || Interpretation::read(file, directory) == Some(Interpretation::Mask);
        let role = match described {
            Some(role) => role,
            None if is_mask => Role::Associated(None),
            None if kind.is_reduced() => Role::Reduced,
            None => Role::Full,
        };
        Self { directory: index, shape: Shape::of(file, directory), role, is_page: kind.is_page() }
    }
}

impl Shape {
    fn of(file: &dyn Storage, directory: &ImageFileDirectory) -> Self {
        let is_tiled = directory.entries.contains(tags::TILE_WIDTH);
        Self {
            width: directory.integer(file, tags::WIDTH).unwrap_or(0),
            height: directory.integer(file, tags::HEIGHT).unwrap_or(0),
            arrangement: if is_tiled { Arrangement::Tiles } else { Arrangement::Strips },
            samples: directory.samples_per_pixel(file),
            bits: directory.integer(file, tags::BITS_PER_SAMPLE).unwrap_or(1),
        }
    }

    /// Number of pixels.
    pub fn area(&self) -> u64 {
        self.width.saturating_mul(self.height)
    }

    /// Whether this may be a smaller version of an image of shape `full`: it has the
    /// same proportions, up to rounding.
    pub fn is_reduction_of(&self, full: &Self) -> bool {
        let [width, height, full_width, full_height] =
            [self.width, self.height, full.width, full.height].map(u128::from);
        let difference = (width * full_height).abs_diff(height * full_width);
        self.area() < full.area() && difference <= 2 * full_width.max(full_height)
    }
}

impl SubfileType {
    fn of(file: &dyn Storage, directory: &ImageFileDirectory) -> Self {
        let new = directory.integer(file, tags::NEW_SUBFILE_TYPE);
        Self(new.unwrap_or_else(|| match directory.integer(file, tags::OLD_SUBFILE_TYPE) {
            Some(2) => 1,
            Some(3) => 2,
            _ => 0,
        }))
    }

    fn is_reduced(self) -> bool {
        self.0 & 1 != 0
    }

    fn is_page(self) -> bool {
        self.0 & 2 != 0
    }

    fn is_mask(self) -> bool {
        self.0 & 4 != 0
    }
}

/// The role that a description gives an image, if it does.
fn described_role(description: &str) -> Option<Role> {
    let name = if description.starts_with("Aperio") {
        description.lines().nth(1).and_then(associated_name)
    } else if let Some((_, kind)) = description.split_once("<ImageType>") {
        // PerkinElmer and Akoya say it in XML.
        if kind.starts_with("Reduced") {
            return Some(Role::Reduced);
        }
        kind.split('<').next().and_then(associated_name)
    } else {
        associated_name(description)
    };
    name.map(|name| Role::Associated(Some(name)))
}

/// The word for a label or the like that the name of an image is, perhaps with one more
/// word: `macro 1280x431`, `Label image`. Longer texts, such as `Overview of the liver`, are
/// about a slide.
pub(super) fn associated_name(name: &str) -> Option<&'static str> {
    let line = name.trim_start().lines().next()?;
    let mut words = line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let (word, further) = (words.next()?, words.count());
    ASSOCIATED.into_iter().find(|associated| further < 2 && word.eq_ignore_ascii_case(associated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_of_slides_that_begin_like_names_of_labels_are_not_taken_for_them() {
        for name in ["label", " Macro\r\nscanned", "macro 1280x431", "Label image", "thumbnail_1"] {
            assert!(associated_name(name).is_some(), "{name}");
        }
        for name in ["", "Overview of the liver", "Macro lens, f/2.8", "Label-free imaging", "labels", "HE"] {
            assert_eq!(associated_name(name), None, "{name}");
        }
    }
}
