//! Errors of requests, and their HTTP responses.
//!
//! Failures of the server or its packs are logged where they occur, with pack,
//! tile and offset; the response contains only what the client can act on.

use crate::request_context;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::json;
use thiserror::Error;

/// Seconds that a client should wait before it retries after a 503.
pub const RETRY_AFTER_SECONDS: &str = "1";

/// Why a request failed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// The URL is well formed, but names nothing that exists.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The URL does not parse.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The URL asks for more pixels than one request may.
    #[error("{0}")]
    TooLarge(&'static str),
    /// The URL names a version of a slide that is not the current one.
    #[error("this version of the slide is not the current one; /slides/{{slide}} tells which is")]
    Gone,
    /// The server cannot take the request now.
    #[error("the server is busy, try again shortly")]
    Busy(Busy),
    /// The pack of this slide cannot be opened, for the reason that this phrase gives.
    #[error("this pack cannot be opened: {0}")]
    Unreadable(&'static str),
    /// A part of the slide cannot be read.
    #[error("this part of the slide is damaged on the server")]
    Damaged,
    /// A defect of the server.
    #[error("the server failed")]
    Internal,
}

/// Why a request was rejected; the label of `rejected_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// The work queue is full.
    QueueFull,
    /// A buffer pool has no free buffer.
    PoolExhausted,
    /// The request exceeded its time limit.
    Deadline,
    /// The system has no descriptor or memory map left for another pack.
    Descriptors,
    /// The server is stopping.
    Stopping,
}

impl Busy {
    /// The metric labels, in the order of the reasons.
    pub const NAMES: [&str; 5] = ["queue_full", "pool_exhausted", "deadline", "descriptors", "stopping"];
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Gone => StatusCode::GONE,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreadable(_) | Self::Damaged | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        if matches!(self, Self::Busy(_)) {
            response.insert_header((RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS)));
        }
        with_problem(&mut response, self.status_code(), &self.to_string())
    }
}

/// The media type of the bodies of errors, as RFC 9457 defines them.
pub const PROBLEM: &str = "application/problem+json";

/// Ends `response` with the body of an error: its status, what is wrong in this case as
/// `detail`, and the id of the request, by which operators find it in their logs. Clients from
/// before there was a standard for this read the detail as `error`.
pub fn with_problem(response: &mut HttpResponseBuilder, status: StatusCode, detail: &str) -> HttpResponse {
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(PROBLEM)));
    let mut problem = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": detail,
        "error": detail,
    });
    if let Some(id) = request_context::current_id() {
        problem["request_id"] = id.as_str().into();
    }
    response.json(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::MessageBody;

    #[test]
    fn each_reason_has_its_own_name_as_label() {
        let reasons =
            [Busy::QueueFull, Busy::PoolExhausted, Busy::Deadline, Busy::Descriptors, Busy::Stopping];
        for (reason, name) in reasons.into_iter().zip(Busy::NAMES) {
            assert_eq!(format!("{reason:?}").to_lowercase(), name.replace('_', ""));
        }
    }

    #[test]
    fn each_error_has_its_status_and_is_never_cached() {
        let cases = [
            (Error::NotFound("slide"), 404),
            (Error::BadRequest("x"), 400),
            (Error::TooLarge("x"), 413),
            (Error::Gone, 410),
            (Error::Busy(Busy::QueueFull), 503),
            (Error::Busy(Busy::PoolExhausted), 503),
            (Error::Unreadable("it is not a pack"), 500),
            (Error::Damaged, 500),
            (Error::Internal, 500),
        ];
        for (error, status) in cases {
            let response = error.error_response();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers().get(CACHE_CONTROL).unwrap(), "no-store");
            assert_eq!(response.headers().contains_key(RETRY_AFTER), status == 503);
        }
    }

    #[test]
    fn the_body_of_an_error_is_a_problem_with_its_status_and_what_is_wrong() {
        let response = Error::NotFound("slide").error_response();
        assert_eq!(response.headers().get_all(CONTENT_TYPE).collect::<Vec<_>>(), [PROBLEM]);
        let body = response.into_body().try_into_bytes().expect("a body in memory");
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected = json!({
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "no such slide",
            "error": "no such slide",
        });
        assert_eq!(problem, expected);
    }
}
