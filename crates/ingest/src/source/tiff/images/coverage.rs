//! Compares the images that OME-XML describes with those of the file.

use super::summary::{ImageSummary, Role, Shape};
use crate::source::tiff::ome::OmeDocument;

/// What a document describes of a file.
pub(super) struct Coverage<'a> {
    pub document: &'a OmeDocument,
    /// The images of the file's list of directories.
    pub listed: &'a [ImageSummary],
    /// Shape of the image that is shown.
    pub shape: Shape,
    /// Number of its planes according to the document.
    pub planes: u64,
    /// Number of samples of a pixel in a directory of it.
    pub samples: u64,
}

impl Coverage<'_> {
    /// Remarks on planes that are not in the file, and on images that the document does
    /// not describe.
    pub fn notes(&self) -> Vec<String> {
        let (planes, found) = (self.planes, self.listed.len());
        let mut notes = Vec::new();
        if planes > found as u64 && !self.document.has_several_files() {
            notes.push(format!("its OME-XML describes {planes} planes, the file has {found}"));
        }
        let further = self.undescribed();
        if further > 0 {
            notes.push(format!(
                "its further images, {further}, are not described by its OME-XML and not shown"
            ));
        }
        notes
    }

    /// Number of images like the one that is shown that the document does not describe.
    fn undescribed(&self) -> usize {
        let described = self.document.described(self.listed.len(), self.samples);
        let others = self.listed.iter().zip(described).filter(|&(_, is_described)| !is_described);
        others.filter(|(image, _)| image.role == Role::Full && image.shape == self.shape).count()
    }
}
