//! The list of slides, `/slides`, and what is beside a slide in it,
//! `/slides/{slide}/neighbours`.

use super::AppState;
use crate::catalog::{Neighbours, PackFile};
use crate::error::Error;
use crate::slide::SlideSummary;
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path, Query};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maximum number of slides in one page of the list.
const MAX_PAGE: usize = 1000;

/// The query `?offset=&limit=`.
#[derive(Deserialize)]
pub struct PageQuery {
    offset: Option<usize>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct List {
    slides: Vec<SlideListing>,
    total: usize,
    offset: usize,
    limit: usize,
    /// Changes whenever the list does.
    revision: String,
}

/// A slide in the list. A slide that cannot be opened is listed with its error.
#[derive(Serialize)]
#[serde(untagged)]
enum SlideListing {
    Open(Arc<SlideSummary>),
    Broken(BrokenSlide),
}

/// A slide that cannot be opened.
#[derive(Serialize)]
struct BrokenSlide {
    id: String,
    title: String,
    folder: String,
    /// A sentence for people.
    error: String,
    /// When its file was last written, in milliseconds of Unix time.
    modified: i64,
    /// Bytes of its file.
    bytes: u64,
}

impl BrokenSlide {
    fn of(file: &PackFile, error: Error) -> Self {
        Self {
            id: file.id.clone(),
            title: file.title().to_owned(),
            folder: file.folder.clone(),
            error: capitalised(&error.to_string()),
            modified: file.stamp.modified(),
            bytes: file.stamp.bytes(),
        }
    }
}

/// `text` with a capital at its beginning.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// The slides beside another.
#[derive(Serialize)]
struct NeighbourLinks {
    previous: Option<NeighbourLink>,
    next: Option<NeighbourLink>,
}

#[derive(Serialize)]
struct NeighbourLink {
    id: String,
    title: String,
}

impl NeighbourLink {
    fn of(file: &PackFile) -> Self {
        Self { id: file.id.clone(), title: file.title().to_owned() }
    }
}

/// Responds with one page of the list of slides, in the order of their folders and
/// titles.
pub async fn list(state: Data<AppState>, page: Query<PageQuery>) -> Result<HttpResponse, Error> {
    let (offset, limit) = (page.offset.unwrap_or(0), page.limit.unwrap_or(100));
    if limit > MAX_PAGE {
        return Err(Error::BadRequest("limit is at most 1000"));
    }
    let list = state.catalog.list().await?;
    let mut slides = Vec::new();
    for file in list.files.iter().skip(offset).take(limit) {
        match state.catalog.summary(file).await {
            Ok(summary) => slides.push(SlideListing::Open(summary)),
            // It vanished since the list was made.
            Err(Error::NotFound(_)) => {}
            Err(error) => slides.push(SlideListing::Broken(BrokenSlide::of(file, error))),
        }
    }
    let (total, revision) = (list.files.len(), list.revision.to_string());
    Ok(uncached(&List { slides, total, offset, limit, revision }))
}

/// Responds with the slides before and after `id` in the list.
pub async fn neighbours(state: Data<AppState>, id: Path<String>) -> Result<HttpResponse, Error> {
    let list = state.catalog.list().await?;
    let Neighbours { previous, next } = list.neighbours(&id).ok_or(Error::NotFound("slide"))?;
    let [previous, next] = [previous, next].map(|file| file.map(|file| NeighbourLink::of(&file)));
    Ok(uncached(&NeighbourLinks { previous, next }))
}

/// The response with `json`, which may be another one at the next request.
fn uncached(json: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-cache")).json(json)
}
