//! Errors for people: a browser that opens an address gets a page instead of JSON.

use crate::error::Error;
use crate::page::{self, ERROR, ErrorValue};
use crate::request_context;
use crate::request_id::RequestId;
use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{Accept, CONTENT_TYPE, HeaderValue, Quality, VARY};

/// What people are told of a status besides the error's own text.
struct Explanation {
    /// What is wrong.
    title: &'static str,
    /// What they can do.
    advice: &'static str,
}

impl Explanation {
    fn of(status: StatusCode) -> Self {
        let (title, advice) = match status {
            StatusCode::NOT_FOUND => (
                "There is nothing at this address",
                "It may be misspelt, or the slide was renamed or removed. The list has all slides that are here.",
            ),
            StatusCode::GONE => (
                "This version of the slide is gone",
                "The slide was replaced by a newer version. Open it again from the list.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "This picture would be too large",
                "Ask for a smaller part of the slide, or for the same part at a lower resolution.",
            ),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("The server is busy", "Trying again helps: wait a few seconds, then reload this page.")
            }
            StatusCode::METHOD_NOT_ALLOWED => (
                "This server only shows slides",
                "Nothing can be sent to this address. Open it from the list instead.",
            ),
            status if status.is_server_error() => (
                "Something is wrong on the server",
                "If it happens again, tell the people who run this server: its log says what failed.",
            ),
            _ => ("This address cannot be right", "Check it for mistakes, or start again from the list."),
        };
        Self { title, advice }
    }
}

/// `response`, an error, in the form that its request asks for: a page if it takes HTML, as
/// browsers do that open an address, and otherwise the JSON that it has. Only the body and
/// its type change.
pub fn in_requested_form(mut response: ServiceResponse) -> ServiceResponse {
    if is_plain_answer(&response) {
        return response;
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    if !takes_html(&response) {
        return response;
    }
    let html = html(&response);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(page::CONTENT_TYPE));
    response.map_body(|_, _| BoxBody::new(html))
}

/// Whether `response` is no error, but what a route answers in plain words with a status that is
/// one.
fn is_plain_answer(response: &ServiceResponse) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    response.response().error().is_none() && content_type.is_some_and(|value| value.starts_with("text/plain"))
}

/// Whether the request names HTML as what it takes. `*/*` does not: programs send that.
fn takes_html(response: &ServiceResponse) -> bool {
    let accepted = response.request().get_header::<Accept>();
    accepted.is_some_and(|Accept(items)| {
        items.iter().any(|item| item.item.essence_str() == "text/html" && item.quality > Quality::ZERO)
    })
}

/// The page for the error `response`.
fn html(response: &ServiceResponse) -> String {
    let status = response.status();
    let Explanation { title, advice } = Explanation::of(status);
    let error = response.response().error().and_then(|error| error.as_error::<Error>());
    let message = error.map(ToString::to_string);
    let message = sentence(message.as_deref().or(status.canonical_reason()).unwrap_or_default());
    let root = root(response.request().uri().path());
    let request = request_context::current_id();
    ERROR.fill(|value| match value {
        ErrorValue::Status => status.as_str(),
        ErrorValue::Title => title,
        ErrorValue::Message => &message,
        ErrorValue::Advice => advice,
        ErrorValue::Root => &root,
        ErrorValue::Request => request.as_ref().map_or("", RequestId::as_str),
    })
}

/// `text` with a capital letter at its beginning and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    let mut sentence: String = first.into_iter().flatten().chain(characters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// The URL of the gallery relative to a page at `path`: the server may be below any path of
/// a proxy.
fn root(path: &str) -> String {
    match path.matches('/').count() {
        0 | 1 => "./".to_owned(),
        slashes => "../".repeat(slashes - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Busy, PROBLEM};
    use actix_web::HttpResponse;
    use actix_web::body::MessageBody;
    use actix_web::http::header::{ACCEPT, CACHE_CONTROL, RETRY_AFTER};
    use actix_web::test::TestRequest;

    fn answer(path: &str, accept: &[u8], error: Error) -> ServiceResponse {
        let request = TestRequest::get().uri(path).insert_header((ACCEPT, accept)).to_http_request();
        in_requested_form(ServiceResponse::new(request, HttpResponse::from_error(error)))
    }

    fn text(response: ServiceResponse) -> String {
        let body = response.into_body().try_into_bytes().expect("a body in memory");
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn only_a_request_that_names_html_gets_a_page() {
        for (accept, html) in [
            (&b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"[..], true),
            (b"application/json, text/html;q=0.1", true),
            (b"TEXT/HTML", true),
            (b"text/html;charset=utf-8", true),
            (b"text/html;q=0", false),
            (b"*/*", false),
            (b"text/*", false),
            (b"image/avif,image/webp,*/*;q=0.8", false),
            (b"application/json", false),
            (b"", false),
            (b"text", false),
            (b";;,/,text/html;q=abc", false),
            (b"text/html\xff", false),
        ] {
            let response = answer("/view/a", accept, Error::NotFound("slide"));
            let accept = accept.escape_ascii();
            assert_eq!(response.status(), 404, "{accept}");
            assert_eq!(response.headers().get(VARY).unwrap(), "Accept", "{accept}");
            let content_type = if html { page::CONTENT_TYPE } else { PROBLEM };
            assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), content_type, "{accept}");
            assert_eq!(text(response).contains("<html"), html, "{accept}");
        }
    }

    #[test]
    fn a_page_for_a_busy_server_keeps_the_headers_and_says_that_trying_again_helps() {
        let response = answer("/", b"text/html", Error::Busy(Busy::QueueFull));
        for (name, value) in [(RETRY_AFTER, "1"), (CACHE_CONTROL, "no-store")] {
            assert_eq!(response.headers().get(name).unwrap(), value);
        }
        let html = text(response);
        for part in ["503", "The server is busy", "Trying again helps"] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn an_answer_in_plain_words_stays_as_it_is_for_a_browser() {
        let request = TestRequest::get().insert_header((ACCEPT, "text/html")).to_http_request();
        let mut answer = HttpResponse::ServiceUnavailable();
        let answer = answer.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body("the reason");
        let response = in_requested_form(ServiceResponse::new(request, answer));
        assert_eq!(response.headers().get(VARY), None);
        assert_eq!(text(response), "the reason");
    }

    #[test]
    fn the_gallery_is_found_from_every_depth() {
        for (path, expected) in [
            ("/", "./"),
            ("/nothing", "./"),
            ("/view/a", "../"),
            ("/view/", "../"),
            ("/tiles/a/0/0/0.jpg", "../../../../"),
            ("//", "../"),
            ("*", "./"),
        ] {
            assert_eq!(root(path), expected, "{path}");
        }
        assert!(text(answer("/view/a", b"text/html", Error::Gone)).contains("href=\"../\""));
    }

    #[test]
    fn messages_are_sentences() {
        for (text, expected) in
            [("no such slide", "No such slide."), ("Why?", "Why?"), ("élan.", "Élan."), ("", ".")]
        {
            assert_eq!(sentence(text), expected);
        }
    }
}
