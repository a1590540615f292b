//! Tests of the lines of the access log, and of where they go.

use super::line::{Escape, push_escaped};
use super::*;
use crate::metrics::TileSource;
use crate::request_id::{RequestId, X_REQUEST_ID};
use actix_web::HttpRequest;
use actix_web::body::BodySize;
use actix_web::http::header::{REFERER, USER_AGENT};
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use opentelemetry::trace::TraceId;
use std::io::{Read, pipe};
use std::os::fd::OwnedFd;
use std::time::SystemTime;

fn request(target: &str) -> TestRequest {
    TestRequest::get()
        .uri(target)
        .peer_addr("192.0.2.7:51234".parse().unwrap())
        .insert_header((X_REQUEST_ID, "an-id"))
}

fn line<'a>(request: &'a HttpRequest, id: &'a RequestId) -> AccessLine<'a> {
    AccessLine {
        request,
        id,
        trace: None,
        route: "tile",
        arrived: SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_943_103_000_120),
        took: Duration::from_micros(1_000_420),
        status: StatusCode::OK,
        size: BodySize::Sized(12_345),
        facts: AccessFacts::default(),
    }
}

fn text(line: &AccessLine<'_>, format: AccessLogFormat) -> String {
    let mut out = Vec::new();
    line.write(format, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_common_line_is_a_combined_one_with_the_time_at_its_end() {
    let request = request("/tiles/a/3/1/0.jpg?v=0123456789abcdef")
        .insert_header((USER_AGENT, "Viewer/1.0 (\"a\\b\")"))
        .to_http_request();
    let id = RequestId::of(request.headers());
    assert_eq!(
        text(&line(&request, &id), AccessLogFormat::Common),
        "192.0.2.7 - - [29/Nov/2026:09:05:03 +0000] \"GET /tiles/a/3/1/0.jpg?v=0123456789abcdef HTTP/1.1\" \
         200 12345 \"-\" \"Viewer/1.0 (\\x22a\\x5Cb\\x22)\" 1.000420\n"
    );
}

#[test]
fn a_json_line_has_what_is_known_and_nothing_else() {
    let request = request("/tiles/a/3/1/0.jpg").to_http_request();
    let id = RequestId::of(request.headers());
    let mut line = line(&request, &id);
    assert_eq!(
        text(&line, AccessLogFormat::Json),
        "{\"time\":\"2026-11-29T09:05:03.000120Z\",\"request_id\":\"an-id\",\"client\":\"192.0.2.7\",\
         \"method\":\"GET\",\"path\":\"/tiles/a/3/1/0.jpg\",\"route\":\"tile\",\"status\":200,\
         \"bytes\":12345,\"duration\":1.000420}\n"
    );
    line.size = BodySize::Stream;
    line.trace = Some(TraceId::from(0xabc));
    line.facts = AccessFacts {
        source: Some(TileSource::Rebuilt),
        is_tile: true,
        queue_wait: Some(Duration::from_micros(1500)),
    };
    let object: serde_json::Value = serde_json::from_str(&text(&line, AccessLogFormat::Json)).unwrap();
    assert_eq!(object["source"], "rebuilt");
    assert_eq!(object["queue_wait"], 0.0015);
    assert_eq!(object["trace_id"], "00000000000000000000000000000abc");
    assert!(object.get("bytes").is_none(), "{object}");
}

#[test]
fn the_answer_to_head_has_no_bytes() {
    let request = request("/").method(Method::HEAD).to_http_request();
    let id = RequestId::of(request.headers());
    let text = text(&line(&request, &id), AccessLogFormat::Json);
    assert!(text.contains("\"method\":\"HEAD\"") && text.contains("\"bytes\":0,"), "{text}");
}

#[test]
fn nothing_that_a_client_sends_ends_a_line_or_a_text() {
    // Everything that the framework's parser lets pass, and more.
    let evil = b"\x01\x1b[31m\"\\\n\r\x7f\x80\xff\xe2\x80\xae' {}";
    for escape in [Escape::Percent, Escape::Backslash] {
        let mut out = Vec::new();
        push_escaped(&mut out, evil, escape);
        let text = String::from_utf8(out).unwrap();
        assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"'), "{text}");
        assert!(text.ends_with("' {}"), "{text}");
    }
    let request = request("/tiles/%22%0d%0a/'{}\"?\\u000a=x")
        .insert_header((USER_AGENT, &b"a\"\t\xff b"[..]))
        .insert_header((REFERER, "https://a.example/\\\""))
        .to_http_request();
    let id = RequestId::of(request.headers());
    for format in [AccessLogFormat::Common, AccessLogFormat::Json] {
        let text = text(&line(&request, &id), format);
        assert!(text.trim_end_matches('\n').bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(text.contains("/tiles/%22%0d%0a/"), "{text}");
        match format {
            AccessLogFormat::Json => {
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            }
            // Three texts in quotes.
            _ => assert_eq!(text.matches('"').count(), 6, "{text}"),
        }
    }
}

/// A log that goes to `file`, with its counter of lost lines.
fn log(file: File) -> (AccessLog, IntCounter) {
    let dropped = IntCounter::new("dropped", "Lines.").unwrap();
    (AccessLog::start_in(file, AccessLogFormat::Json, dropped.clone()).unwrap(), dropped)
}

/// Adds as many lines, of some hundred bytes each.
fn add_lines(log: &AccessLog, count: usize) {
    let request = request("/tiles/a/3/1/0.jpg").to_http_request();
    let id = RequestId::of(request.headers());
    for _ in 0..count {
        log.add(&line(&request, &id));
    }
}

#[test]
fn every_line_is_written_before_the_end() {
    let (mut reader, writer) = pipe().unwrap();
    let read = thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    });
    let (log, dropped) = log(File::from(OwnedFd::from(writer)));
    add_lines(&log, 1000);
    drop(log);
    let text = read.join().unwrap();
    assert_eq!((text.lines().count(), dropped.get()), (1000, 0));
    assert!(text.lines().all(|line| line.starts_with('{') && line.ends_with('}')));
}

#[test]
fn a_reader_that_hangs_holds_up_nobody_and_the_lines_that_it_misses_are_counted() {
    let (reader, writer) = pipe().unwrap();
    let (log, dropped) = log(File::from(OwnedFd::from(writer)));
    // Twice what the pipe and both halves of the buffer take.
    add_lines(&log, 50_000);
    assert!(dropped.get() > 10_000, "{} lines were lost", dropped.get());
    // Does not wait for the reader.
    drop(log);
    drop(reader);
}

#[test]
fn a_full_disk_and_a_closed_pipe_lose_lines_and_nothing_else() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (reader, closed) = pipe().unwrap();
    drop(reader);
    for file in [full, File::from(OwnedFd::from(closed))] {
        let (log, dropped) = log(file);
        add_lines(&log, 10);
        log.close();
        assert_eq!(dropped.get(), 10);
        add_lines(&log, 1);
        assert_eq!(dropped.get(), 11, "after the end");
    }
}
