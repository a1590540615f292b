//! The spans of one request.

use super::Traces;
use crate::build_state::BuildWork;
use crate::metrics::TileSource;
use crate::request_id::RequestId;
use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;
use actix_web::http::{Method, StatusCode, Version};
use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TraceId, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Instant, SystemTime};

/// The trace of a request: a span for the whole of it, and others inside.
pub struct RequestTrace(Rc<OpenTrace>);

struct OpenTrace {
    tracer: SdkTracer,
    /// The span of the request.
    root: Context,
    /// The innermost span that has not ended.
    innermost: RefCell<Context>,
    /// One moment on two clocks: spans are measured with the one and reported with the other.
    moment: (Instant, SystemTime),
}

impl RequestTrace {
    /// Begins the trace of `request`, which is a child of `parent` and matches the route with
    /// this `pattern`, if one; `None` if it is not traced.
    pub fn begin(
        traces: &Traces,
        request: &HttpRequest,
        parent: Option<&SpanContext>,
        id: &RequestId,
        pattern: Option<&'static str>,
    ) -> Option<Self> {
        if !traces.samples(parent) {
            return None;
        }
        let method = known_method(request.method());
        let name = match (method, pattern) {
            (Some(method), Some(pattern)) => format!("{method} {pattern}"),
            (Some(method), None) => method.to_owned(),
            (None, _) => "HTTP".to_owned(),
        };
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.unwrap_or("_OTHER")),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("url.path", request.uri().path().to_owned()),
            KeyValue::new("network.protocol.version", protocol_version(request.version())),
            KeyValue::new("origami.request_id", id.as_str().to_owned()),
        ];
        attributes.extend(pattern.map(|pattern| KeyValue::new("http.route", pattern)));
        attributes.extend(request.uri().query().map(|query| KeyValue::new("url.query", query.to_owned())));
        attributes.extend(
            request.peer_addr().map(|address| KeyValue::new("client.address", address.ip().to_string())),
        );
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        attributes.extend(agent.map(|agent| KeyValue::new("user_agent.original", agent.to_owned())));

        let (tracer, moment) = (traces.tracer().clone(), (Instant::now(), SystemTime::now()));
        let builder = SpanBuilder::from_name(name)
            .with_kind(SpanKind::Server)
            .with_start_time(moment.1)
            .with_attributes(attributes);
        let context = Context::new();
        let context = match parent {
            Some(parent) => context.with_remote_span_context(parent.clone()),
            None => context,
        };
        let root = context.with_span(tracer.build_with_context(builder, &context));
        let innermost = RefCell::new(root.clone());
        Some(Self(Rc::new(OpenTrace { tracer, root, innermost, moment })))
    }

    /// The id of the trace.
    pub fn id(&self) -> TraceId {
        self.0.root.span().span_context().trace_id()
    }

    /// Begins a span inside of the innermost one that has not ended.
    pub fn begin_span(&self, name: &'static str) -> ActiveSpan {
        let parent = self.0.innermost.borrow().clone();
        let builder = SpanBuilder::from_name(name).with_start_time(self.0.time(Instant::now()));
        let context = parent.with_span(self.0.tracer.build_with_context(builder, &parent));
        self.0.innermost.replace(context.clone());
        ActiveSpan { trace: Rc::clone(&self.0), context, parent }
    }

    /// Ends the span of the request, which was answered with this `status`, and with what came
    /// from `source`.
    pub fn end(&self, status: StatusCode, source: Option<TileSource>) {
        let span = self.0.root.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if let Some(source) = source {
            span.set_attribute(KeyValue::new("origami.source", source.name()));
        }
        if status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(self.0.time(Instant::now()));
    }
}

impl OpenTrace {
    fn time(&self, instant: Instant) -> SystemTime {
        let (began, time) = self.moment;
        match instant.checked_duration_since(began) {
            Some(later) => time + later,
            None => time - began.saturating_duration_since(instant),
        }
    }

    /// A span inside of `parent`. Returns the context in which others
    /// are inside of it.
    fn record(&self, parent: &Context, span: PastSpan) -> Context {
        let PastSpan { name, started, ended, attributes } = span;
        let builder =
            SpanBuilder::from_name(name).with_start_time(self.time(started)).with_attributes(attributes);
        let context = parent.with_span(self.tracer.build_with_context(builder, parent));
        context.span().end_with_timestamp(self.time(ended));
        context
    }
}

impl Drop for OpenTrace {
    /// Ends the span of a request that was given up. After [`RequestTrace::end`] all this does
    /// nothing.
    fn drop(&mut self) {
        let span = self.root.span();
        span.set_attribute(KeyValue::new("error.type", "cancelled"));
        span.set_status(Status::error("the client left"));
        span.end_with_timestamp(self.time(Instant::now()));
    }
}

/// A span that is made when it is over.
struct PastSpan {
    name: &'static str,
    started: Instant,
    ended: Instant,
    attributes: Vec<KeyValue>,
}

/// A span that ends when it is dropped.
pub struct ActiveSpan {
    trace: Rc<OpenTrace>,
    context: Context,
    parent: Context,
}

impl ActiveSpan {
    /// Adds what happened in this span, which began at `joined`, to a build: that it waited for a
    /// worker, and then what the worker did, as far as that is known. What happened before belongs
    /// to other requests.
    pub fn add_build(&self, joined: Instant, work: Option<&BuildWork>) {
        let now = Instant::now();
        let begun = work.map_or(now, |work| work.begun);
        if begun > joined {
            let wait = PastSpan { name: "queue wait", started: joined, ended: begun, attributes: Vec::new() };
            self.trace.record(&self.context, wait);
        }
        let Some(work) = work else { return };
        let ended = work.ended.unwrap_or(now);
        let is_finished = KeyValue::new("origami.finished", work.ended.is_some());
        let worker =
            PastSpan { name: "worker", started: begun.max(joined), ended, attributes: vec![is_finished] };
        let worker = self.trace.record(&self.context, worker);
        for step in work.steps.iter().filter(|step| step.ended > joined) {
            let tile = step.tile.map(|tile| KeyValue::new("origami.tile", tile.to_string()));
            let span = PastSpan {
                name: step.name,
                started: step.started.max(joined),
                ended: step.ended,
                attributes: tile.into_iter().collect(),
            };
            self.trace.record(&worker, span);
        }
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        self.context.span().end_with_timestamp(self.trace.time(Instant::now()));
        self.trace.innermost.replace(self.parent.clone());
    }
}

/// The name of a method in spans; `None` for those that only this client knows.
fn known_method(method: &Method) -> Option<&'static str> {
    let known = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"];
    known.into_iter().find(|known| *known == method.as_str())
}

fn protocol_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}
