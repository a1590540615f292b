//! A server that gives the same response to every request: the floor that the web
//! framework sets. The time that our server takes above it is its own.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_TYPE, ETAG,
    HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::rt::System;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use std::io;
use std::net::TcpListener;

/// The response to every request, with status 200. The framework adds the length and
/// the date.
#[derive(Clone, Debug)]
pub struct FixedResponse {
    /// The headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
}

impl FixedResponse {
    /// `body` with the headers of a tile whose URL names its generation.
    #[must_use]
    pub fn tile(body: Bytes) -> Self {
        let headers = [
            (CONTENT_TYPE, "image/jpeg"),
            (ETAG, "\"0123456789abcdef-15-40-20\""),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Retry-After"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        Self { headers: headers.into(), body }
    }
}

/// Serves `response` on `threads` threads until the process is told to stop.
///
/// # Errors
/// If the server cannot start.
pub fn serve(listener: TcpListener, threads: usize, response: FixedResponse) -> io::Result<()> {
    let response = Data::new(response);
    System::new().block_on(async move {
        HttpServer::new(move || App::new().app_data(response.clone()).default_service(web::to(handler)))
            .workers(threads.max(1))
            .listen(listener)?
            .run()
            .await
    })
}

async fn handler(fixed: Data<FixedResponse>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    for (name, value) in &fixed.headers {
        response.insert_header((name.clone(), value.clone()));
    }
    response.body(fixed.body.clone())
}
