//! Images and text that belong to a slide but are no part of its pyramid: its label, a
//! view of the whole slide, a thumbnail, what its file says of it. Each is in a section
//! that readers may skip, and is read only when it is asked for.

use crate::directory::{OptionalKind, Section};
use crate::fields::{check_crc, u32_at};
use crate::{Blocking, Pack, PackError, PackProblem};

/// Maximum number of associated images in a pack.
pub const MAX_IMAGES: usize = 16;
/// Maximum length of an associated image's JPEG in bytes.
pub const MAX_IMAGE: usize = 16 << 20;
/// Maximum length of a description in bytes.
pub const MAX_DESCRIPTION: usize = 64 << 10;

/// Bytes of an image's name in the file, filled up with zeros.
const NAME_LEN: usize = 32;
/// Bytes in front of the JPEG: the name and its CRC.
const PREFIX_LEN: usize = NAME_LEN + 4;
/// What errors call the section of an image.
pub(crate) const IMAGE: &str = "associated image";
/// What errors call the section of a description.
pub(crate) const DESCRIPTION: &str = "description";

/// An associated image of a pack.
///
/// # Examples
/// ```
/// # use origami_pack::{AssociatedImage, MemoryStorage, Metadata, Pack, PackSpec, PackWriter};
/// # use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
/// # use std::sync::Arc;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("slide.origami");
/// # let pyramid = Pyramid::new(Size::square(1), 16).unwrap();
/// # let spec = PackSpec::stored(pyramid, Subsampling::S420, 85);
/// # let mut writer = PackWriter::create(&path, spec, false)?;
/// # writer.blank(TileId { z: 0, x: 0, y: 0 }, [255, 128, 128]);
/// # let label = *b"\xff\xd8\xff\xe0 and so on";
/// let mut unpublished = writer.finish(&Metadata::default())?;
/// unpublished.add_associated("label", &label)?;
/// let path = unpublished.publish()?;
///
/// # let storage = Arc::new(MemoryStorage::new(std::fs::read(&path)?));
/// # let pack = Pack::from_storage(&path, storage)?;
/// let images = pack.associated()?;
/// assert_eq!((images.len(), images[0].name.as_str()), (1, "label"));
/// assert_eq!(pack.associated_jpeg(&images[0])?, label);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociatedImage {
    /// Its name, which no other image of the pack has: `label`, `macro`, `thumbnail`.
    pub name: String,
    /// Offset of its JPEG in the file.
    pub offset: u64,
    /// Bytes of its JPEG.
    pub len: u32,
    /// Checksum of the whole section.
    crc: u32,
}

impl AssociatedImage {
    /// Whether images may have this name: 1 to 32 lower-case letters, digits and hyphens
    /// (ASCII).
    ///
    /// # Examples
    /// ```
    /// use origami_pack::AssociatedImage;
    ///
    /// assert!(AssociatedImage::is_name("macro-2"));
    /// assert!(!AssociatedImage::is_name("Patient: Doe"));
    /// ```
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let has_length = (1..=NAME_LEN).contains(&name.len());
        has_length && name.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    }
}

/// The section of an image.
///
/// # Panics
/// As [`crate::Unpublished::add_associated`].
pub(crate) fn encode(name: &str, jpeg: &[u8]) -> Vec<u8> {
    assert!(AssociatedImage::is_name(name), "an image's name of a-z, 0-9 and -");
    assert!(jpeg.len() <= MAX_IMAGE && is_jpeg(jpeg), "a JPEG of at most 16 MiB");
    let mut section = vec![0; NAME_LEN];
    section[..name.len()].copy_from_slice(name.as_bytes());
    let crc = crc32fast::hash(&section);
    section.extend(crc.to_le_bytes());
    section.extend_from_slice(jpeg);
    section
}

/// Whether `bytes` begin like a JPEG.
fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// The name in the first bytes of a section; `None` if it is none.
fn read_name(field: &[u8]) -> Option<String> {
    let len = field.iter().position(|&byte| byte == 0).unwrap_or(NAME_LEN);
    let (name, rest) = field.split_at(len);
    let name = std::str::from_utf8(name).ok().filter(|name| AssociatedImage::is_name(name))?;
    rest.iter().all(|&byte| byte == 0).then(|| name.to_owned())
}

impl Pack {
    /// Whether it has an associated image or a description. Never waits for the disk.
    #[must_use]
    pub fn has_associated(&self) -> bool {
        let kinds = [OptionalKind::Image, OptionalKind::Description];
        kinds.into_iter().any(|kind| self.directory.optional(kind).next().is_some())
    }

    /// The associated images, in the order in which they were added. Reads their names;
    /// may wait for the disk.
    ///
    /// # Errors
    /// If their sections break a rule of `FORMAT.md` or cannot be read.
    pub fn associated(&self) -> Result<Vec<AssociatedImage>, PackError> {
        let mut images: Vec<AssociatedImage> = Vec::new();
        for section in self.directory.optional(OptionalKind::Image) {
            if images.len() == MAX_IMAGES {
                return Err(self.wrong_section(IMAGE, section, "more than 16 of them"));
            }
            let image = self.read_associated(section)?;
            if images.iter().any(|other| other.name == image.name) {
                return Err(self.wrong_section(IMAGE, section, "a name that another one has"));
            }
            images.push(image);
        }
        Ok(images)
    }

    /// Reads the beginning of an image's section.
    fn read_associated(&self, section: &Section) -> Result<AssociatedImage, PackError> {
        let Some(len) = section.len().checked_sub(PREFIX_LEN as u64) else {
            return Err(self.wrong_section(IMAGE, section, "shorter than a name"));
        };
        if len > MAX_IMAGE as u64 {
            return Err(self.wrong_section(IMAGE, section, "longer than 16 MiB"));
        }
        let start = section.range.start;
        let mut prefix = [0; PREFIX_LEN];
        self.storage.read_at(start, &mut prefix).map_err(PackError::with_path(&self.path))?;
        let (name, crc) = (&prefix[..NAME_LEN], u32_at(&prefix, NAME_LEN));
        check_crc("name of an associated image", start, name, crc)
            .map_err(PackError::with_path(&self.path))?;
        let Some(name) = read_name(name) else {
            return Err(self.wrong_section(IMAGE, section, "a name of other characters than a-z, 0-9 and -"));
        };
        Ok(AssociatedImage { name, offset: start + PREFIX_LEN as u64, len: len as u32, crc: section.crc })
    }

    /// The JPEG of one of [`Self::associated`] of this pack, checked against its checksum.
    /// May wait for the disk.
    ///
    /// # Errors
    /// If it cannot be read, is not what was written, or does not begin like a JPEG.
    pub fn associated_jpeg(&self, image: &AssociatedImage) -> Result<Vec<u8>, PackError> {
        let start = image.offset - PREFIX_LEN as u64;
        let mut bytes = vec![0; PREFIX_LEN + image.len as usize];
        self.read(IMAGE, start, &mut bytes, image.crc, Blocking::Allowed)?;
        bytes.drain(..PREFIX_LEN);
        if !is_jpeg(&bytes) {
            let problem = PackProblem::Section { what: IMAGE, offset: start, problem: "not a JPEG" };
            return Err(PackError::new(&self.path, problem));
        }
        Ok(bytes)
    }

    /// A text about the slide, if the pack has one. May wait for the disk.
    ///
    /// # Errors
    /// If its section breaks a rule of `FORMAT.md` or cannot be read.
    pub fn description(&self) -> Result<Option<String>, PackError> {
        let mut sections = self.directory.optional(OptionalKind::Description);
        let Some(section) = sections.next() else { return Ok(None) };
        if let Some(second) = sections.next() {
            return Err(self.wrong_section(DESCRIPTION, second, "a second one"));
        }
        if !(1..=MAX_DESCRIPTION as u64).contains(&section.len()) {
            return Err(self.wrong_section(DESCRIPTION, section, "empty, or longer than 64 KiB"));
        }
        let mut bytes = vec![0; section.len() as usize];
        self.read(DESCRIPTION, section.range.start, &mut bytes, section.crc, Blocking::Allowed)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(self.wrong_section(DESCRIPTION, section, "not UTF-8")),
        }
    }

    /// Checks all associated images and the description.
    pub(crate) fn check_associated(&self) -> Result<(), PackError> {
        for image in self.associated()? {
            self.associated_jpeg(&image)?;
        }
        self.description().map(|_| ())
    }

    fn wrong_section(&self, what: &'static str, section: &Section, problem: &'static str) -> PackError {
        PackError::new(&self.path, PackProblem::Section { what, offset: section.range.start, problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for name in ["a", "label", "macro-2", "0", "-", &"x".repeat(32)] {
            assert!(AssociatedImage::is_name(name), "{name}");
        }
        for name in ["", "Label", "a b", "a_b", "a.jpg", "../a", "é", "a\0", &"x".repeat(33)] {
            assert!(!AssociatedImage::is_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_ends_with_the_field_or_with_zeros_only() {
        let long = "x".repeat(NAME_LEN);
        for name in ["label", &long] {
            let section = encode(name, &[0xff, 0xd8, 0xff]);
            assert_eq!(read_name(&section[..NAME_LEN]).as_deref(), Some(name));
        }
        let mut field = [0; NAME_LEN];
        assert_eq!(read_name(&field), None);
        field[0] = b'a';
        assert_eq!(read_name(&field).as_deref(), Some("a"));
        field[2] = b'b';
        assert_eq!(read_name(&field), None, "something hidden after the name");
    }
}
