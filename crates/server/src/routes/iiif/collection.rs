//! The collection of all slides: `/iiif/presentation/3/collection`.

use super::json_ld::Document;
use super::presentation::{collection_url, label, manifest_url, thumbnail};
use crate::error::Error;
use crate::public_url;
use crate::routes::AppState;
use crate::slide::SlideSummary;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use origami_pyramid::{Pyramid, Size};
use serde_json::{Value, json};

/// Responds with the collection. Slides that cannot be opened are left out: a viewer can
/// do nothing with them.
pub async fn collection(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let base = public_url::base(&state, &request);
    let list = state.catalog.list().await?;
    let mut items = Vec::new();
    for file in &list.files {
        match state.catalog.summary(file).await {
            Ok(summary) => items.push(item(&base, &summary)),
            // A list without slides that the server had no time for would be wrong.
            Err(error @ Error::Busy(_)) => return Err(error),
            Err(_) => {}
        }
    }
    let document = json!({
        "@context": Document::Presentation3.context(),
        "id": collection_url(&base),
        "type": "Collection",
        "label": { "en": ["Slides"] },
        "items": items,
    });
    Ok(Document::Presentation3.respond(&request, &document))
}

/// A slide in the collection; `base` is the URL of this server.
fn item(base: &str, summary: &SlideSummary) -> Value {
    let SlideSummary { id, title, width, height, tile_size, .. } = summary;
    let mut item = json!({ "id": manifest_url(base, id), "type": "Manifest", "label": label(title) });
    if let Some(pyramid) = Pyramid::new(Size::new(*width, *height), *tile_size) {
        item["thumbnail"] = thumbnail(base, id, &pyramid);
    }
    item
}
