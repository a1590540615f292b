//! What manifests and collections have in common.

use super::levels::halvings_to_one_tile;
use super::service_url;
use super::version::Version;
use origami_pack::id;
use origami_pyramid::{Pyramid, Size};
use origami_render::Format;
use serde_json::{Value, json};

/// URL of the collection of all slides; `base` is the URL of this server.
pub fn collection_url(base: &str) -> String {
    format!("{base}/iiif/presentation/3/collection")
}

/// The URL that those of everything in the presentation of the slide `slide` begin with.
pub fn presentation_url(base: &str, slide: &str) -> String {
    format!("{base}/iiif/presentation/3/{}", id::url_segment(slide))
}

/// URL of the manifest of the slide `slide`.
pub fn manifest_url(base: &str, slide: &str) -> String {
    format!("{}/manifest", presentation_url(base, slide))
}

/// A label in no language, as the names of slides are. Labels are never HTML.
pub fn label(text: &str) -> Value {
    json!({ "none": [text] })
}

/// Thumbnails of a slide: its coarsest level that fills a tile, which is stored.
pub fn thumbnail(base: &str, slide: &str, pyramid: &Pyramid) -> Value {
    let Size { width, height } = pyramid.size().halved(halvings_to_one_tile(pyramid));
    let service = service_url(base, Version::V3, slide);
    json!([{
        "id": format!("{service}/full/{width},{height}/0/default.{}", Format::Jpeg.extension()),
        "type": "Image",
        "format": Format::Jpeg.content_type(),
        "width": width,
        "height": height,
        "service": [image_service(&service)],
    }])
}

/// The image service at this URL.
pub fn image_service(url: &str) -> Value {
    json!({ "id": url, "type": "ImageService3", "profile": "level2" })
}
