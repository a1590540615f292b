//! IIIF, as Mirador, Universal Viewer, OpenSeadragon and others read it: the Image API in
//! versions 2 and 3, `/iiif/{version}/{slide}/…`, and the Presentation API 3,
//! `/iiif/presentation/3/…`.
//!
//! A request whose pixels are those of a tile is answered with the tile itself.

mod collection;
mod extracted_region;
mod image_request;
mod images;
mod info;
mod json_ld;
mod levels;
mod manifest;
mod number;
mod presentation;
mod region;
mod rotation;
mod size;
mod version;

pub use collection::collection;
pub use images::{IMAGE_PATTERN, image, is_image};
pub use info::{base, info};
pub use manifest::manifest;

use origami_pack::id;
use version::Version;

/// The URL of the image service of the slide `slide`, to which requests are appended.
/// `base` is the URL of this server.
fn service_url(base: &str, version: Version, slide: &str) -> String {
    let mut url = String::new();
    push_service_url(&mut url, base, version, slide);
    url
}

/// Writes [`service_url`] to the end of `out`.
fn push_service_url(out: &mut String, base: &str, version: Version, slide: &str) {
    for part in [base, "/iiif/", version.name(), "/", &id::url_segment(slide)] {
        out.push_str(part);
    }
}
