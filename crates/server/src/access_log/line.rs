//! One line of the access log.

use super::AccessLogFormat;
use super::timestamp::{push_common, push_padded, push_rfc3339};
use crate::metrics::TileSource;
use crate::request_id::RequestId;
use actix_web::HttpRequest;
use actix_web::body::BodySize;
use actix_web::http::header::{HeaderName, REFERER, USER_AGENT};
use actix_web::http::{Method, StatusCode, Version};
use opentelemetry::trace::TraceId;
use std::io::Write;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// What is noted of a request while it is worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessFacts {
    /// Where its tile or image came from.
    pub source: Option<TileSource>,
    /// Whether that is a tile.
    pub is_tile: bool,
    /// How long it waited for workers.
    pub queue_wait: Option<Duration>,
}

/// What the access log says of one request.
pub struct AccessLine<'a> {
    /// The request.
    pub request: &'a HttpRequest,
    /// Its id.
    pub id: &'a RequestId,
    /// The trace that it is part of.
    pub trace: Option<TraceId>,
    /// What metrics call its route.
    pub route: &'static str,
    /// When it arrived.
    pub arrived: SystemTime,
    /// The time from then to the head of the response.
    pub took: Duration,
    /// The response's status.
    pub status: StatusCode,
    /// The response's size.
    pub size: BodySize,
    /// What was noted meanwhile.
    pub facts: AccessFacts,
}

/// How what a client has sent is written, so that it can neither end a text nor a line.
#[derive(Clone, Copy)]
pub(super) enum Escape {
    /// As in a URL: `%0A`. The target of a request means the same afterwards.
    Percent,
    /// As in Apache's logs: `\x0A`.
    Backslash,
}

impl AccessLine<'_> {
    /// Writes the line and its end to `out`.
    pub(super) fn write(&self, format: AccessLogFormat, out: &mut Vec<u8>) {
        match format {
            AccessLogFormat::Off => {}
            AccessLogFormat::Common => self.write_common(out),
            AccessLogFormat::Json => self.write_json(out),
        }
    }

    fn write_common(&self, out: &mut Vec<u8>) {
        self.push_client(out);
        out.extend_from_slice(b" - - [");
        push_common(out, self.arrived);
        out.extend_from_slice(b"] \"");
        out.extend_from_slice(self.request.method().as_str().as_bytes());
        out.push(b' ');
        self.push_target(out);
        out.extend_from_slice(match self.request.version() {
            Version::HTTP_10 => b" HTTP/1.0\" ",
            Version::HTTP_2 => b" HTTP/2.0\" ",
            _ => b" HTTP/1.1\" ",
        });
        push_padded(out, self.status.as_u16().into(), 3);
        out.push(b' ');
        match self.bytes() {
            Some(bytes) => push_number(out, bytes),
            None => out.push(b'-'),
        }
        for header in [REFERER, USER_AGENT] {
            out.push(b' ');
            self.push_header(out, header);
        }
        out.push(b' ');
        push_seconds(out, self.took);
        out.push(b'\n');
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"time\":\"");
        push_rfc3339(out, self.arrived);
        out.extend_from_slice(b"\",\"request_id\":\"");
        out.extend_from_slice(self.id.value().as_bytes());
        out.extend_from_slice(b"\",\"client\":\"");
        self.push_client(out);
        out.extend_from_slice(b"\",\"method\":\"");
        out.extend_from_slice(self.request.method().as_str().as_bytes());
        out.extend_from_slice(b"\",\"path\":\"");
        self.push_target(out);
        out.extend_from_slice(b"\",\"route\":\"");
        out.extend_from_slice(self.route.as_bytes());
        out.extend_from_slice(b"\",\"status\":");
        push_padded(out, self.status.as_u16().into(), 3);
        if let Some(bytes) = self.bytes() {
            out.extend_from_slice(b",\"bytes\":");
            push_number(out, bytes);
        }
        out.extend_from_slice(b",\"duration\":");
        push_seconds(out, self.took);
        if let Some(source) = self.facts.source {
            out.extend_from_slice(b",\"source\":\"");
            out.extend_from_slice(source.name().as_bytes());
            out.push(b'"');
        }
        if let Some(wait) = self.facts.queue_wait {
            out.extend_from_slice(b",\"queue_wait\":");
            push_seconds(out, wait);
        }
        if let Some(trace) = self.trace {
            // A vector takes every write.
            let _ = write!(out, ",\"trace_id\":\"{trace}\"");
        }
        out.extend_from_slice(b"}\n");
    }

    /// Bytes of the body that goes to the client, if that is known: the bodies of some regions end
    /// where they end.
    fn bytes(&self) -> Option<u64> {
        match self.size {
            _ if self.request.method() == Method::HEAD => Some(0),
            BodySize::None => Some(0),
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::Stream => None,
        }
    }

    /// Writes the address of the client, which may be a proxy.
    fn push_client(&self, out: &mut Vec<u8>) {
        match self.request.peer_addr().map(|address| address.ip()) {
            // Almost every client; formatting takes several times as long.
            Some(IpAddr::V4(address)) => {
                for (n, octet) in address.octets().into_iter().enumerate() {
                    if n > 0 {
                        out.push(b'.');
                    }
                    push_number(out, octet.into());
                }
            }
            Some(IpAddr::V6(address)) => {
                let _ = write!(out, "{address}");
            }
            None => out.push(b'-'),
        }
    }

    /// Writes path and query of the request.
    fn push_target(&self, out: &mut Vec<u8>) {
        let uri = self.request.uri();
        let target = uri.path_and_query().map_or("*", |target| target.as_str());
        push_escaped(out, target.as_bytes(), Escape::Percent);
    }

    /// Writes a header of the request in quotes.
    fn push_header(&self, out: &mut Vec<u8>, header: HeaderName) {
        out.push(b'"');
        match self.request.headers().get(header) {
            Some(value) => push_escaped(out, value.as_bytes(), Escape::Backslash),
            None => out.push(b'-'),
        }
        out.push(b'"');
    }
}

/// Writes `text`, of which everything but printable ASCII is escaped, and quotation marks and
/// backslashes too.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &[u8], escape: Escape) {
    for part in text.split_inclusive(|byte| is_escaped(*byte)) {
        let Some((last, plain)) = part.split_last().filter(|(last, _)| is_escaped(**last)) else {
            out.extend_from_slice(part);
            continue;
        };
        out.extend_from_slice(plain);
        out.extend_from_slice(match escape {
            Escape::Percent => b"%",
            Escape::Backslash => b"\\x",
        });
        out.extend([HEX[usize::from(last >> 4)], HEX[usize::from(last & 15)]]);
    }
}

fn is_escaped(byte: u8) -> bool {
    !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\')
}

fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes `time` in seconds with six digits after the point.
fn push_seconds(out: &mut Vec<u8>, time: Duration) {
    push_number(out, time.as_secs());
    out.push(b'.');
    push_padded(out, time.subsec_micros(), 6);
}
