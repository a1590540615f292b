//! The ways in which requests fail.

use super::answer::{header, text_header};
use super::schema;
use crate::error::PROBLEM;
use actix_web::http::StatusCode;
use utoipa::openapi::{Content, RefOr, Response, ResponseBuilder, Schema};

/// Why a request fails. Each has one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The URL does not parse, or contradicts itself.
    Malformed,
    /// The URL names nothing that exists.
    Missing,
    /// Another method than those that are answered.
    Method,
    /// Another version than the current one.
    Gone,
    /// More pixels than allowed.
    TooLarge,
    /// The pack is damaged, or the server has a defect.
    Server,
    /// The server cannot take the request now.
    Busy,
    /// Requests should be sent to another server.
    Unready,
}

impl Failure {
    const ALL: [Self; 8] = [
        Self::Malformed,
        Self::Missing,
        Self::Method,
        Self::Gone,
        Self::TooLarge,
        Self::Server,
        Self::Busy,
        Self::Unready,
    ];

    /// Its status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Gone => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Server => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy | Self::Unready => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Its name among the responses of the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "Malformed",
            Self::Missing => "Missing",
            Self::Method => "Method",
            Self::Gone => "Gone",
            Self::TooLarge => "TooLarge",
            Self::Server => "Server",
            Self::Busy => "Busy",
            Self::Unready => "Unready",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Malformed => "The URL does not parse, or contradicts itself.",
            Self::Missing => "The URL is well formed, but names nothing that exists.",
            Self::Method => "Another method than GET, HEAD and OPTIONS, at this path.",
            Self::Gone => "`v` is a version of the slide, but not the current one.",
            Self::TooLarge => {
                "The result would have more pixels than the server allows or its format can hold, or be made \
                 from more of the slide than the server reads at once."
            }
            Self::Server => "The pack or this part of it is damaged, or the server has failed.",
            Self::Busy => "The server cannot take the request now. Try again after `Retry-After`.",
            Self::Unready => {
                "Requests should be sent to another server, for the reasons in the lines of the text."
            }
        }
    }

    /// The response to GET: a problem for programs, a page for browsers.
    pub fn response(self) -> Response {
        let headers = match self {
            Self::Unready => self.headers().content("text/plain", Content::new(None::<RefOr<Schema>>)),
            _ => self.headers(),
        };
        headers
            .content(PROBLEM, Content::new(Some(schema::reference(schema::PROBLEM))))
            .content("text/html", Content::new(None::<RefOr<Schema>>))
            .build()
    }

    /// The response to HEAD.
    pub fn head(self) -> Response {
        self.headers().build()
    }

    fn headers(self) -> ResponseBuilder {
        let response = ResponseBuilder::new()
            .description(self.description())
            .header("Cache-Control", text_header("`no-store`"));
        match self {
            Self::Busy | Self::Unready => {
                response.header("Retry-After", header(schema::integer(0, 86_400), "Seconds to wait."))
            }
            Self::Method => response.header("Allow", text_header("`GET, HEAD, OPTIONS`")),
            _ => response,
        }
    }
}

/// The responses of the document, by name.
pub fn all() -> impl Iterator<Item = (&'static str, Response)> {
    Failure::ALL.into_iter().map(|failure| (failure.name(), failure.response()))
}
