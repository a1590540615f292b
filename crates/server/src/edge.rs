//! What every answer has in common: methods, CORS, timing.

use crate::error::Error;
use crate::metrics::Metrics;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW,
    CACHE_CONTROL, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use serde_json::json;
use std::time::Instant;
use tracing::debug;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// Answers preflights and foreign methods itself, passes everything else on,
/// and adds to each answer, error or not, what browsers of any origin need.
pub async fn edge(
    metrics: web::Data<Metrics>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let mut response = match *request.method() {
        Method::GET | Method::HEAD => next.call(request).await?.map_into_boxed_body(),
        Method::OPTIONS => {
            let answer = preflight(&request);
            request.into_response(answer)
        }
        _ => request.into_response(not_allowed()),
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let route = response.request().match_name();
    let took = started.elapsed();
    metrics.http_seconds.observe(route, response.status(), took);
    debug!(method = %response.request().method(), target = %response.request().uri(), status = response.status().as_u16(), ?took);
    Ok(response)
}

/// Grants whatever headers are asked for: a bare `*` would not cover
/// `Authorization`.
fn preflight(request: &ServiceRequest) -> HttpResponse {
    let asked = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    HttpResponse::NoContent()
        .insert_header((ALLOW, METHODS))
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((
            ACCESS_CONTROL_ALLOW_HEADERS,
            asked.unwrap_or(HeaderValue::from_static("*, Authorization")),
        ))
        .insert_header((ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")))
        .insert_header((VARY, HeaderValue::from_static("Access-Control-Request-Headers")))
        .finish()
}

fn not_allowed() -> HttpResponse {
    HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED)
        .insert_header((ALLOW, METHODS))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .json(json!({ "error": "only GET and HEAD are answered here" }))
}

/// Where no route matches.
pub async fn unknown() -> Result<HttpResponse, Error> {
    Err(Error::NotFound("page"))
}
