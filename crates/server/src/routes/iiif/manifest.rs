//! The manifest of one slide: `/iiif/presentation/3/{slide}/manifest`.

use super::extracted_region::ExtractedRegion;
use super::json_ld::Document;
use super::presentation::{collection_url, image_service, label, manifest_url, presentation_url, thumbnail};
use super::service_url;
use super::version::Version;
use crate::error::Error;
use crate::public_url;
use crate::routes::{AppState, RequestedSlide};
use crate::slide::{ServedSlide, SlideSummary};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::id;
use origami_pyramid::Size;
use origami_render::Format;
use serde_json::{Value, json};

/// The context of [`PHYSICAL_DIMENSIONS`].
const PHYSICAL_CONTEXT: &str = "http://iiif.io/api/annex/services/physdim/1/context.json";

/// The service that says how large a pixel is.
const PHYSICAL_DIMENSIONS: &str = "http://iiif.io/api/annex/services/physdim";

/// Part by which width and height of pixels may differ where one number stands for both.
const MAX_DISTORTION: f64 = 0.01;

/// Responds with the manifest.
pub async fn manifest(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let RequestedSlide { slide, .. } = state.slide(&request, &id).await?;
    let base = public_url::base(&state, &request);
    let pyramid = *slide.pack.pyramid();
    let encoding = state.encodings.of(Format::Jpeg);
    let whole = ExtractedRegion::whole(pyramid, state.limits.of_pictures(&pyramid), encoding);
    Ok(Document::Presentation3.respond(&request, &document(&base, &slide, whole.max())))
}

/// The manifest of `slide`; `base` is the URL of this server, and `largest` the size of the
/// largest picture that it makes of the slide.
fn document(base: &str, slide: &ServedSlide, largest: Size) -> Value {
    let summary = &*slide.summary;
    let segment = id::url_segment(&summary.id);
    let scale = slide.pack.metadata().mpp.and_then(millimetres);
    let presentation = Document::Presentation3.context();
    let context = if scale.is_some() { json!([PHYSICAL_CONTEXT, presentation]) } else { json!(presentation) };
    json!({
        "@context": context,
        "id": manifest_url(base, &summary.id),
        "type": "Manifest",
        "label": label(&summary.title),
        "metadata": metadata(slide),
        "behavior": ["individuals"],
        "thumbnail": thumbnail(base, &summary.id, slide.pack.pyramid()),
        "homepage": [{
            "id": format!("{base}/view/{segment}"),
            "type": "Text",
            "label": label(&summary.title),
            "format": "text/html",
        }],
        "seeAlso": [{
            "id": format!("{base}/slides/{segment}"),
            "type": "Dataset",
            "label": label(&summary.title),
            "format": "application/json",
        }],
        "partOf": [{ "id": collection_url(base), "type": "Collection" }],
        "items": [canvas(base, slide, scale, largest)],
    })
}

/// The canvas, as large as the slide in pixels, with the slide on all of it. `scale` is the
/// side of a pixel in millimetres, if it is known. The image names the size that its own URL
/// gives, `largest`; who wants more finds it in the service.
fn canvas(base: &str, slide: &ServedSlide, scale: Option<f64>, largest: Size) -> Value {
    let SlideSummary { id, title, width, height, .. } = &*slide.summary;
    let (presentation, service) = (presentation_url(base, id), service_url(base, Version::V3, id));
    let canvas = format!("{presentation}/canvas");
    let image = json!({
        "id": format!("{service}/full/max/0/default.{}", Format::Jpeg.extension()),
        "type": "Image",
        "format": Format::Jpeg.content_type(),
        "width": largest.width,
        "height": largest.height,
        "service": [image_service(&service)],
    });
    let annotation = json!({
        "id": format!("{presentation}/annotation"),
        "type": "Annotation",
        "motivation": "painting",
        "target": canvas,
        "body": image,
    });
    let page = json!({
        "id": format!("{presentation}/page"),
        "type": "AnnotationPage",
        "items": [annotation],
    });
    let mut document = json!({
        "id": canvas,
        "type": "Canvas",
        "label": label(title),
        "width": width,
        "height": height,
        "thumbnail": thumbnail(base, id, slide.pack.pyramid()),
        "items": [page],
    });
    if let Some(scale) = scale {
        document["service"] = json!([{
            "id": format!("{canvas}/physdim"),
            "type": "PhysicalDimensions",
            "profile": PHYSICAL_DIMENSIONS,
            "physicalScale": scale,
            "physicalUnits": "mm",
        }]);
    }
    document
}

/// The side of a pixel in millimetres, if pixels of these micrometres are square.
fn millimetres([x, y]: [f64; 2]) -> Option<f64> {
    let is_square = x.is_finite() && x > 0.0 && (x - y).abs() <= MAX_DISTORTION * x;
    is_square.then(|| f64::midpoint(x, y) / 1000.0)
}

/// What is known of `slide`, for people.
fn metadata(slide: &ServedSlide) -> Vec<Value> {
    let SlideSummary { folder, width, height, mpp, magnification, format, .. } = &*slide.summary;
    let mut pairs = vec![pair("Size", &[format!("{width} x {height} px")])];
    if let Some([x, y]) = mpp {
        pairs.push(pair("Pixel size", &[format!("{x} x {y} µm")]));
    }
    if let Some(magnification) = magnification {
        pairs.push(pair("Magnification", &[magnification.to_string()]));
    }
    for (name, value) in [("Format", format), ("Folder", folder)] {
        if !value.is_empty() {
            pairs.push(pair(name, std::slice::from_ref(value)));
        }
    }
    let contents = slide.pack.metadata().contents.describe();
    if !contents.is_empty() {
        pairs.push(pair("Contents", &contents));
    }
    pairs
}

/// A name in English and its values in no language.
fn pair(name: &str, values: &[String]) -> Value {
    let values: Vec<String> = values.iter().map(|value| plain(value)).collect();
    json!({ "label": { "en": [name] }, "value": { "none": values } })
}

/// `text` as a value that viewers show as it is. They take what begins with `<` and ends
/// with `>` for HTML.
fn plain(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.to_owned();
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<span>{escaped}</span>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_square_pixels_have_a_physical_scale() {
        assert_eq!(millimetres([0.5, 0.5]), Some(0.0005));
        assert!(millimetres([0.2501, 0.2499]).is_some_and(|scale| (scale - 0.00025).abs() < 1e-12));
        for mpp in [
            [0.5, 0.25],
            [0.25, 0.5],
            [0.0, 0.0],
            [-0.5, -0.5],
            [f64::NAN, 0.5],
            [0.5, f64::NAN],
            [f64::INFINITY, f64::INFINITY],
        ] {
            assert_eq!(millimetres(mpp), None, "{mpp:?}");
        }
    }

    #[test]
    fn values_that_viewers_would_take_for_html_are_escaped() {
        for (text, value) in [
            ("a < b & c", "a < b & c"),
            ("<b>&</b>", "<span>&lt;b&gt;&amp;&lt;/b&gt;</span>"),
            (" <img src=x>", "<span> &lt;img src=x&gt;</span>"),
            ("слайд", "слайд"),
        ] {
            assert_eq!(plain(text), value);
        }
    }
}
