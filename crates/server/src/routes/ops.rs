//! `/healthz`, `/readyz`, `/metrics`

use super::State;
use crate::error::{Busy, Error};
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Data;
use origami_render::Prefetcher;
use std::sync::atomic::Ordering;

/// Alive.
pub async fn health() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).body("ok\n")
}

/// Willing to take requests, which ends when the server is told to stop.
pub async fn ready(state: Data<State>) -> Result<HttpResponse, Error> {
    if state.stopping.load(Ordering::Relaxed) {
        return Err(Error::Busy(Busy::Stopping));
    }
    Ok(health().await)
}

/// All metrics, with what caches, pools and queue hold now.
pub async fn metrics(state: Data<State>) -> HttpResponse {
    state.tiles.measure();
    state.metrics.queue_depth.set(i64::try_from(state.builds.waiting()).unwrap_or(i64::MAX));
    let prefetch = state.prefetcher.as_ref().map(Prefetcher::stats).unwrap_or_default();
    state.metrics.measure(&state.parents.stats(), &state.models, &state.pools, &prefetch);
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(state.metrics.scrape())
}
