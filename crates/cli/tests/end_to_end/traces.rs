//! Traces that the real server sends to a collector.

use crate::collector::{Behaviour, Collector, Spans, attribute, hex};
use crate::server::{Response, Server};
use crate::slides::small_packs;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A tile of full resolution, which is predicted from its parents.
const TILE: &str = "/tiles/a/12/3/4.jpg";

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// A server of slide `a` that sends the `share` of its traces to a collector.
struct Traced {
    collector: Collector,
    server: Server,
    _packs: TempDir,
}

impl Traced {
    fn start(share: &str, behaviour: Behaviour) -> Option<Self> {
        let packs = small_packs(&["a"])?;
        let collector = Collector::start(behaviour);
        let url = collector.url();
        let options = ["--speculate=false", "--otlp", &url, "--otlp-sample", share];
        let server = Server::start_with(packs.path(), &options);
        Some(Self { server, collector, _packs: packs })
    }

    /// Ends the server, which sends what is left, and returns the spans.
    fn spans(mut self) -> Spans {
        self.server.terminate();
        self.server.wait().expect_no_errors();
        self.collector.spans()
    }
}

/// The answer to a request whose caller says this of its own trace.
fn get_as_child(server: &Server, target: &str, sampled: &str) -> Response {
    let header = format!("00-{TRACE}-{CALLER}-{sampled}");
    server.get_with(target, &[("traceparent", &header)])
}

#[test]
fn a_rebuilt_tile_is_a_trace_from_its_route_to_the_encoder() {
    let Some(traced) = Traced::start("1", Behaviour::Accept) else { return };
    let response = traced.server.get_with(&format!("{TILE}?v="), &[("x-request-id", "bad-version")]);
    assert_eq!(response.status, 400);
    assert_eq!(traced.server.get_with(TILE, &[("x-request-id", "an-id")]).status, 200);
    assert_eq!(traced.server.get("/slides/a").status, 200);
    let spans = traced.spans();
    let request = spans.0.iter().find(|span| attribute(span, "origami.request_id") == "an-id").unwrap();
    assert_eq!(request.name, "GET /tiles/{slide}/{z}/{x}/{y}");
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/tiles/{slide}/{z}/{x}/{y}"),
        ("http.response.status_code", "200"),
        ("url.path", TILE),
        ("url.scheme", "http"),
        ("client.address", "127.0.0.1"),
        ("origami.source", "rebuilt"),
    ] {
        assert_eq!(attribute(request, name), value, "{name} of {request:#?}");
    }
    assert!(request.parent_span_id.is_empty(), "{request:#?}");
    assert_eq!(spans.names(request), ["slide", "lookup", "build"]);
    let build = spans.child(request, "build");
    assert_eq!(spans.names(build), ["queue wait", "worker"]);
    let worker = spans.child(build, "worker");
    assert_eq!(attribute(worker, "origami.finished"), "true");
    let steps = spans.children(worker);
    let names: Vec<_> = steps.iter().map(|step| &*step.name).collect();
    for name in ["read", "decode", "encode"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    assert!(steps.iter().any(|step| attribute(step, "origami.tile") == "12/3/4"), "{steps:#?}");
    assert!(steps.iter().any(|step| attribute(step, "origami.tile") == "11/1/2"), "its parent: {steps:#?}");

    let other = spans.0.iter().find(|span| attribute(span, "origami.request_id") == "bad-version").unwrap();
    assert_ne!(other.trace_id, request.trace_id);
    assert_eq!(attribute(other, "http.response.status_code"), "400");
    assert_eq!(attribute(other, "error.type"), "", "400 is no error of a server");
    assert_eq!(spans.request("/slides/a").name, "GET /slides/{slide}");
}

#[test]
fn a_cached_tile_is_a_trace_without_a_worker() {
    let Some(traced) = Traced::start("0", Behaviour::Accept) else { return };
    traced.server.body(TILE);
    assert_eq!(get_as_child(&traced.server, TILE, "01").status, 200);
    let spans = traced.spans();
    let request = spans.request(TILE);
    assert_eq!(attribute(request, "origami.source"), "cache");
    assert_eq!(spans.names(request), ["slide"]);
}

#[test]
fn the_caller_decides_for_its_own_requests() {
    for share in ["0", "1"] {
        let Some(traced) = Traced::start(share, Behaviour::Accept) else { return };
        assert_eq!(get_as_child(&traced.server, TILE, "01").status, 200);
        assert_eq!(get_as_child(&traced.server, "/slides/a", "00").status, 200);
        let spans = traced.spans();
        let request = spans.request(TILE);
        assert_eq!((hex(&request.trace_id), hex(&request.parent_span_id)), (TRACE.into(), CALLER.into()));
        assert!(spans.0.iter().all(|span| attribute(span, "url.path") != "/slides/a"), "{spans:#?}");
    }
}

#[test]
fn a_share_of_none_sends_nothing() {
    let Some(traced) = Traced::start("0", Behaviour::Accept) else { return };
    for _ in 0..20 {
        traced.server.body(TILE);
    }
    let spans = traced.spans();
    assert!(spans.0.is_empty(), "{spans:#?}");
}

#[test]
fn spans_say_which_service_they_are_of_and_are_counted() {
    let Some(traced) = Traced::start("1", Behaviour::Accept) else { return };
    traced.server.body(TILE);
    let sent = || traced.server.metrics()[r#"origami_trace_spans_total{result="exported"}"#];
    eventually("spans are sent", || sent() > 0.0);
    assert_eq!(traced.server.metrics()[r#"origami_trace_spans_total{result="dropped"}"#], 0.0);
    let services = traced.collector.services();
    assert!(services.contains(&"service.name=origami".to_owned()), "{services:?}");
    assert!(services.iter().any(|service| service.starts_with("service.version=")), "{services:?}");
}

/// Waits until `condition` holds.
#[track_caller]
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "did not happen: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_collector_that_fails_or_is_not_there_costs_spans_and_no_request() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let failing = Collector::start(Behaviour::Fail).url();
    for url in [failing, "http://127.0.0.1:1".to_owned()] {
        let mut server = Server::start_with(packs.path(), &["--otlp", &url, "--otlp-sample", "1"]);
        for _ in 0..10 {
            server.body(TILE);
        }
        let dropped = || server.metrics()[r#"origami_trace_spans_total{result="dropped"}"#];
        eventually("lost spans are counted", || dropped() > 0.0);
        server.terminate();
        let ended = server.wait();
        ended.expect_no_errors();
        let warnings = ended.log.iter().filter(|line| line.contains("traces are not sent")).count();
        assert_eq!(warnings, 1, "once a minute at most: {:#?}", ended.log);
    }
}

#[test]
fn a_collector_that_hangs_holds_up_neither_requests_nor_the_end() {
    let Some(mut traced) = Traced::start("1", Behaviour::Hang) else { return };
    for _ in 0..2000 {
        traced.server.body("/tiles/a/0/0/0.jpg");
    }
    // More than may wait: each request has two spans and more.
    for _ in 0..2500 {
        traced.server.body(TILE);
    }
    let dropped = traced.server.metrics()[r#"origami_trace_spans_total{result="dropped"}"#];
    assert!(dropped > 0.0, "the spans that wait are without bound");
    traced.server.terminate();
    traced.server.wait().expect_no_errors();
    assert!(traced.collector.spans().0.is_empty());
}
