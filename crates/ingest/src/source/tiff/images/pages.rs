//! Finds the images of full resolution: the pages of a file.

use super::only_associated;
use super::summary::{Arrangement, ImageSummary, Role};
use crate::source::SourceProblem;

/// The pages of a file.
pub(super) struct Pages {
    /// Their directories, in the order of the file; at least one.
    pub directories: Vec<usize>,
    /// Number of images of full resolution that are no pages, because they are of other
    /// sizes. Smaller ones do not count if they may be levels, or are stored in another
    /// way, as previews and labels are.
    pub left_out: usize,
}

/// The image that is most likely the slide: of full resolution if there is one, in
/// tiles, with the most pixels, the first of equals.
pub(super) fn best(images: &[ImageSummary]) -> Result<&ImageSummary, SourceProblem> {
    [Role::Full, Role::Reduced]
        .into_iter()
        .find_map(|role| {
            // The last of equals is taken.
            let candidates = images.iter().rev().filter(|image| image.role == role);
            candidates.max_by_key(|image| (image.shape.arrangement, image.shape.area()))
        })
        .ok_or_else(only_associated)
}

impl Pages {
    /// The best image and those like it. In an SVS, images without tiles are
    /// thumbnails, and images of another size are levels.
    pub fn new(images: &[ImageSummary], best: &ImageSummary, is_aperio: bool) -> Self {
        if best.role != Role::Full || is_aperio && best.shape.arrangement == Arrangement::Strips {
            return Self { directories: vec![best.directory], left_out: 0 };
        }
        let full = images.iter().filter(|image| image.role == Role::Full);
        let (pages, others): (Vec<&ImageSummary>, Vec<&ImageSummary>) = full
            .partition(|image| image.shape == best.shape || !is_aperio && is_page_of_other_size(image, best));
        let left_out = others.iter().filter(|image| {
            let is_arranged_alike = image.shape.arrangement == best.shape.arrangement;
            let is_larger = image.shape.area() > best.shape.area();
            is_larger || is_arranged_alike && !image.shape.is_reduction_of(&best.shape)
        });
        Self {
            directories: pages.iter().map(|image| image.directory).collect(),
            left_out: if is_aperio { 0 } else { left_out.count() },
        }
    }
}

/// Whether an image is a page of the same document although it is of another size.
fn is_page_of_other_size(image: &ImageSummary, best: &ImageSummary) -> bool {
    image.is_page
        && image.shape.arrangement == best.shape.arrangement
        && (image.shape.arrangement == Arrangement::Strips || !image.shape.is_reduction_of(&best.shape))
}
