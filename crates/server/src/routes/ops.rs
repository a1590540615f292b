//! Routes for operators: `/healthz`, `/readyz`, `/metrics` and `/status`.

use super::AppState;
use crate::error::{Error, RETRY_AFTER_SECONDS};
use crate::metrics::scrape;
use crate::page;
use crate::readiness::Unready;
use crate::status;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use actix_web::web::{Data, Query};
use serde::Deserialize;

/// Responds 200 as long as the process is alive.
pub async fn health() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .body("ok\n")
}

/// Responds 200 as long as requests should be sent here, and otherwise 503 with the reasons why
/// not, one in each line.
pub async fn ready(state: Data<AppState>) -> HttpResponse {
    let reasons: String = Unready::reasons(&state).map(|reason| format!("{reason}\n")).collect();
    if reasons.is_empty() {
        return health().await;
    }
    HttpResponse::ServiceUnavailable()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .body(reasons)
}

/// Responds with all metrics, including the current state of caches, pools and queue.
pub async fn metrics(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(scrape::text(&state))
}

/// The query `?refresh=`.
#[derive(Deserialize)]
pub struct StatusQuery {
    /// Seconds after which the page is to load itself again.
    refresh: Option<u32>,
}

/// The longest time, in seconds, after which the page loads itself again.
const MAX_REFRESH: u32 = 3600;

/// Responds with a page of the figures that [`metrics`] has, for people.
pub async fn status(state: Data<AppState>, query: Query<StatusQuery>) -> Result<HttpResponse, Error> {
    if query.refresh.is_some_and(|seconds| !(1..=MAX_REFRESH).contains(&seconds)) {
        return Err(Error::BadRequest("refresh is a number of seconds, 1 to 3600"));
    }
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, page::CONTENT_TYPE))
        .body(status::page(&state, query.refresh)))
}
