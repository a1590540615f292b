//! The middleware around every route: methods, CORS, the time limit, ids, metrics, the access log
//! and traces.

use crate::access_log::AccessLine;
use crate::connections::Activity;
use crate::error::{Busy, Error, with_problem};
use crate::error_page;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::observers::Observers;
use crate::request_context::RequestContext;
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::traces::{RequestTrace, parent_of};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW,
    CACHE_CONTROL, HeaderName, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use opentelemetry::trace::TraceId;
use prometheus::Histogram;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};
use tokio::time::timeout;
use tracing::debug;

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// Headers that scripts of other origins may read besides those that they always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Link, Origami-Channels, Origami-Height, Origami-Max-Pixels, Origami-Width, Retry-After, Server-Timing, \
     X-Request-Id",
);

/// Statuses with a series of their own; all others are counted as `other`.
const STATUSES: [u16; 11] = [200, 204, 303, 304, 400, 404, 405, 410, 413, 500, 503];

/// The middleware around one route.
#[derive(Clone)]
pub struct RouteMiddleware {
    /// The label of the route in metrics.
    route: &'static str,
    /// The pattern of its paths, if it has one.
    pattern: Option<&'static str>,
    /// Its histograms by status. Each is looked up once, so that requests take no
    /// lock.
    seconds: Arc<[OnceLock<Histogram>; STATUSES.len() + 1]>,
    metrics: Data<Metrics>,
    observers: Arc<Observers>,
    live: Arc<Live>,
    /// Whether the server is ending, so that every response closes its connection.
    stopping: Arc<AtomicBool>,
}

impl RouteMiddleware {
    /// The middleware of requests that match no route.
    pub fn new(
        metrics: Data<Metrics>,
        observers: Arc<Observers>,
        live: Arc<Live>,
        stopping: Arc<AtomicBool>,
    ) -> Self {
        let (route, pattern, seconds) = ("other", None, Arc::default());
        Self { route, pattern, seconds, metrics, observers, live, stopping }
    }

    /// The same middleware for the route that metrics call `route`, with paths of this `pattern`.
    pub fn for_route(&self, route: &'static str, pattern: &'static str) -> Self {
        Self { route, pattern: Some(pattern), seconds: Arc::default(), ..self.clone() }
    }

    /// The form in which the framework wraps it around a service.
    pub fn into_transform<S>(
        self,
    ) -> impl Transform<
        S,
        ServiceRequest,
        Response = ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    > + 'static
    where
        S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error> + 'static,
    {
        from_fn::<_, ()>(move |request: ServiceRequest, next: Next<BoxBody>| {
            self.clone().handle(request, next)
        })
    }

    /// Gives the request an id, answers it, and says so in metrics, the access log and traces.
    async fn handle(
        self,
        request: ServiceRequest,
        next: Next<BoxBody>,
    ) -> Result<ServiceResponse, actix_web::Error> {
        let started = Instant::now();
        let _handling = request.conn_data::<Rc<Activity>>().map(Activity::begin_request);
        let id = RequestId::of(request.headers());
        let parent = parent_of(request.headers());
        let trace = self.observers.traces.as_ref().and_then(|traces| {
            RequestTrace::begin(traces, request.request(), parent.as_ref(), &id, self.pattern)
        });
        let trace_id = trace.as_ref().map(RequestTrace::id).or(parent.map(|parent| parent.trace_id()));
        let mut answer = pin!(RequestContext::new(id, trace).scope(self.answer(request, next)));
        let mut response = answer.as_mut().await;
        let took = started.elapsed();
        self.observe(response.status(), took);
        if let Some(context) = answer.as_mut().take_value() {
            let facts = context.facts();
            if let Some(source) = facts.source.filter(|_| facts.is_tile) {
                self.metrics.tiles.record(source, took);
            }
            self.log(&response, &context, trace_id, took);
            response.headers_mut().insert(X_REQUEST_ID, context.id.value().clone());
        }
        Ok(response)
    }

    /// Answers preflight requests and unsupported methods itself, passes all other
    /// requests on within the time limit, and adds to every response, errors
    /// included, the headers that browsers of any origin need. Rejected requests
    /// are counted here and nowhere else, so each is counted once. Errors become pages
    /// for people here, whatever they come from.
    async fn answer(&self, request: ServiceRequest, next: Next<BoxBody>) -> ServiceResponse {
        let mut response = match *request.method() {
            Method::GET | Method::HEAD => {
                self.within_limit(request.request().clone(), next.call(request)).await
            }
            Method::OPTIONS => {
                let granted = preflight(&request);
                request.into_response(granted)
            }
            _ => request.into_response(not_allowed()),
        };
        add_common_headers(&mut response);
        if response.status().is_client_error() || response.status().is_server_error() {
            response = error_page::in_requested_form(response);
        }
        let error = response.response().error().and_then(|error| error.as_error::<Error>());
        if let Some(Error::Busy(reason)) = error {
            self.metrics.rejected[*reason as usize].inc();
        }
        if self.stopping.load(Relaxed) {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }

    /// Says what became of the request with this `context`, which is part of the trace with this
    /// id, if of one.
    fn log(
        &self,
        response: &ServiceResponse,
        context: &RequestContext,
        trace: Option<TraceId>,
        took: Duration,
    ) {
        let (request, status, facts) = (response.request(), response.status(), context.facts());
        debug!(method = %request.method(), target = %request.uri(), status = status.as_u16(), ?took, request_id = context.id.as_str());
        if let Some(trace) = &context.trace {
            trace.end(status, facts.source);
        }
        if let Some(log) = &self.observers.access_log {
            let size = response.response().body().size();
            let (id, route, arrived) = (&context.id, self.route, SystemTime::now() - took);
            log.add(&AccessLine { request, id, trace, route, arrived, took, status, size, facts });
        }
    }

    /// Records the time that a request with this response status took.
    fn observe(&self, status: StatusCode, took: Duration) {
        let index = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len());
        let series = self.seconds[index].get_or_init(|| {
            let label = STATUSES.get(index).map_or_else(|| "other".to_owned(), u16::to_string);
            self.metrics.http_seconds.with_label_values(&[self.route, &label])
        });
        series.observe(took.as_secs_f64());
    }

    /// The response to `request`, or 503 if it is not ready within the time limit.
    /// The response future is dropped then, so that it no longer counts as waiting
    /// for whatever it waited for.
    async fn within_limit(
        &self,
        request: HttpRequest,
        response: impl Future<Output = Result<ServiceResponse, actix_web::Error>>,
    ) -> ServiceResponse {
        match timeout(self.live.request_limit.get(), response).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => ServiceResponse::from_err(error, request),
            Err(_) => ServiceResponse::from_err(Error::Busy(Busy::Deadline), request),
        }
    }
}

/// Adds what browsers of any origin need.
fn add_common_headers(response: &mut ServiceResponse) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(TIMING_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Grants every requested header by name: a bare `*` would not cover
/// `Authorization`.
fn preflight(request: &ServiceRequest) -> HttpResponse {
    let requested = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    HttpResponse::NoContent()
        .insert_header((ALLOW, METHODS))
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((
            ACCESS_CONTROL_ALLOW_HEADERS,
            requested.unwrap_or(HeaderValue::from_static("*, Authorization")),
        ))
        .insert_header((ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")))
        .insert_header((VARY, HeaderValue::from_static("Access-Control-Request-Headers")))
        .finish()
}

fn not_allowed() -> HttpResponse {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut response = HttpResponse::build(status);
    response.insert_header((ALLOW, METHODS));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    with_problem(&mut response, status, "only GET and HEAD are answered here")
}

/// Answers requests that match no route.
pub async fn unknown() -> Result<HttpResponse, Error> {
    Err(Error::NotFound("page"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use actix_web::http::header::RETRY_AFTER;
    use actix_web::rt::System;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    use std::future::pending;
    use std::sync::atomic::AtomicU32;

    /// Counts how often a handler's future was dropped.
    struct DropGuard(Data<AtomicU32>);

    impl Drop for DropGuard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    async fn hang(dropped: Data<AtomicU32>) -> HttpResponse {
        let _guard = DropGuard(dropped);
        pending().await
    }

    async fn refuse() -> Result<HttpResponse, Error> {
        Err(Error::Busy(Busy::QueueFull))
    }

    async fn refuse_with_a_page() -> HttpResponse {
        HttpResponse::from_error(Error::Busy(Busy::QueueFull)).set_body(BoxBody::new("busy"))
    }

    fn middleware(metrics: &Data<Metrics>, request_limit: Duration) -> RouteMiddleware {
        let live = Live::new(&Config { request_limit, ..Config::new("") });
        RouteMiddleware::new(metrics.clone(), Arc::default(), Arc::new(live), Arc::default())
    }

    #[test]
    fn a_handler_is_dropped_and_answered_503_at_the_time_limit() {
        let metrics = Data::new(Metrics::new());
        let middleware = middleware(&metrics, Duration::from_millis(30));
        let dropped = Data::new(AtomicU32::new(0));
        System::new().block_on(async {
            let hanging = web::resource("/{any}").wrap(middleware.into_transform()).route(web::to(hang));
            let app = init_service(App::new().app_data(dropped.clone()).service(hanging)).await;
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
    fn a_rejection_is_counted_once_whatever_its_body() {
        let metrics = Data::new(Metrics::new());
        let middleware = middleware(&metrics, Duration::from_secs(10));
        System::new().block_on(async {
            let mut app = App::new();
            for (path, handler) in [("/refuse", web::to(refuse)), ("/page", web::to(refuse_with_a_page))] {
                let resource = web::resource(path).wrap(middleware.clone().into_transform()).route(handler);
                app = app.service(resource);
            }
            let app = init_service(app).await;
            for (n, path) in ["/refuse", "/page", "/refuse"].into_iter().enumerate() {
                let answer = call_service(&app, TestRequest::get().uri(path).to_request()).await;
                assert_eq!(answer.status(), 503, "{path}");
                assert_eq!(metrics.rejected[Busy::QueueFull as usize].get(), n as u64 + 1, "{path}");
            }
        });
    }
}
