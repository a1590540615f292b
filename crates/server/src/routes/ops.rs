//! Routes for operators: `/healthz`, `/readyz` and `/metrics`.

use super::AppState;
use crate::error::{Busy, Error};
use crate::metrics::scrape;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Data;
use std::sync::atomic::Ordering;

/// Responds 200 as long as the process is alive.
pub async fn health() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .body("ok\n")
}

/// Responds 200 as long as the server takes requests, and 503 once it begins to stop.
pub async fn ready(state: Data<AppState>) -> Result<HttpResponse, Error> {
    if state.stopping.load(Ordering::Relaxed) {
        return Err(Error::Busy(Busy::Stopping));
    }
    Ok(health().await)
}

/// Responds with all metrics, including the current state of caches, pools and queue.
pub async fn metrics(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(scrape::text(&state))
}
