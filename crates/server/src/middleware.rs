//! What every answer has in common: methods, CORS, its time, its place in the
//! counters.

use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW,
    CACHE_CONTROL, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use prometheus::Histogram;
use serde_json::json;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tracing::debug;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// Statuses that have series of their own; all others are `other`.
const STATUSES: [u16; 9] = [200, 204, 304, 400, 404, 405, 410, 500, 503];

/// The middleware around each route, whatever it answers and whether it does.
#[derive(Clone)]
pub struct RouteMiddleware {
    /// The route, as metrics call it.
    pub route: &'static str,
    /// Its durations by status, looked up once each, so that a request takes no
    /// lock.
    pub seconds: Arc<[OnceLock<Histogram>; STATUSES.len() + 1]>,
    /// Where answers and refusals are counted.
    pub metrics: Data<Metrics>,
    /// Longest time a request may take until its answer begins.
    pub request_limit: Duration,
}

impl RouteMiddleware {
    /// Answers preflights and foreign methods itself, passes everything else on
    /// for as long as a request may take, and adds to each answer, error or
    /// not, what browsers of any origin need. Each refusal is counted here and
    /// nowhere else, so once.
    pub async fn pass(
        self,
        request: ServiceRequest,
        next: Next<BoxBody>,
    ) -> Result<ServiceResponse, actix_web::Error> {
        let started = Instant::now();
        let mut response = match *request.method() {
            Method::GET | Method::HEAD => self.in_time(request.request().clone(), next.call(request)).await,
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
        let error = response.response().error().and_then(|error| error.as_error::<Error>());
        if let Some(Error::Busy(reason)) = error {
            self.metrics.rejected[*reason as usize].inc();
        }
        let took = started.elapsed();
        self.observe(response.status(), took);
        debug!(method = %response.request().method(), target = %response.request().uri(), status = response.status().as_u16(), ?took);
        Ok(response)
    }

    fn observe(&self, status: StatusCode, took: Duration) {
        let index = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len());
        let series = self.seconds[index].get_or_init(|| {
            let label = STATUSES.get(index).map_or_else(|| "other".to_owned(), u16::to_string);
            self.metrics.http_seconds.with_label_values(&[self.route, &label])
        });
        series.observe(took.as_secs_f64());
    }

    /// What `answer` gives to `request`, if that is within the time it may
    /// take. If not, `answer` is dropped, and with it its interest in what it
    /// waits for.
    async fn in_time(
        &self,
        request: HttpRequest,
        answer: impl Future<Output = Result<ServiceResponse, actix_web::Error>>,
    ) -> ServiceResponse {
        match timeout(self.request_limit, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => ServiceResponse::from_err(error, request),
            Err(_) => ServiceResponse::from_err(Error::Busy(Busy::Deadline), request),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::RETRY_AFTER;
    use actix_web::middleware::from_fn;
    use actix_web::rt::System;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    use std::future::pending;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    /// Counts how often a handler's future was dropped.
    struct Dropped(Arc<AtomicU32>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn edge(metrics: &Data<Metrics>, request_limit: Duration) -> RouteMiddleware {
        RouteMiddleware { route: "other", seconds: Arc::default(), metrics: metrics.clone(), request_limit }
    }

    #[test]
    fn every_route_is_inside_the_time_limit_and_gives_up_what_it_waits_for() {
        let metrics = Data::new(Metrics::new());
        let edge = edge(&metrics, Duration::from_millis(30));
        let dropped = Arc::new(AtomicU32::new(0));
        let handler = {
            let dropped = Arc::clone(&dropped);
            move || {
                let guard = Dropped(Arc::clone(&dropped));
                async move {
                    let _guard = guard;
                    pending::<Result<HttpResponse, Error>>().await
                }
            }
        };
        System::new().block_on(async {
            let wrapped = from_fn(move |request, next| edge.clone().pass(request, next));
            let app = App::new().service(web::resource("/{any}").wrap(wrapped).route(web::to(handler)));
            let app = init_service(app).await;
            for n in 1..=3 {
                let started = Instant::now();
                let answer = call_service(&app, TestRequest::get().uri("/view").to_request()).await;
                assert!((30..1000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
                assert_eq!(answer.status(), 503);
                for (name, value) in [(RETRY_AFTER, "1"), (CACHE_CONTROL, "no-store")] {
                    assert_eq!(answer.headers().get(name).unwrap(), value);
                }
                assert_eq!(answer.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN).unwrap(), "*");
                assert_eq!(
                    (dropped.load(Relaxed), metrics.rejected[Busy::Deadline as usize].get()),
                    (n, u64::from(n))
                );
            }
        });
    }

    #[test]
    fn a_refusal_is_counted_once_however_its_answer_looks() {
        let metrics = Data::new(Metrics::new());
        let edge = edge(&metrics, Duration::from_secs(10));
        System::new().block_on(async {
            let refuse = || async { Err::<HttpResponse, _>(Error::Busy(Busy::QueueFull)) };
            let page = || async { HttpResponse::from_error(Error::Busy(Busy::QueueFull)).set_body("busy") };
            let wrapped = || {
                let edge = edge.clone();
                from_fn(move |request, next| edge.clone().pass(request, next))
            };
            let app = App::new()
                .service(web::resource("/refuse").wrap(wrapped()).route(web::to(refuse)))
                .service(web::resource("/page").wrap(wrapped()).route(web::to(page)));
            let app = init_service(app).await;
            for (n, path) in ["/refuse", "/page", "/refuse"].into_iter().enumerate() {
                let answer = call_service(&app, TestRequest::get().uri(path).to_request()).await;
                assert_eq!(answer.status(), 503, "{path}");
                assert_eq!(metrics.rejected[Busy::QueueFull as usize].get(), n as u64 + 1, "{path}");
            }
        });
    }
}
