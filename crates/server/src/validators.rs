//! ETags, conditional requests and cache lifetimes of responses.

use crate::version::format_generation;
use actix_web::body::MessageBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use std::fmt::Display;
use std::hash::{DefaultHasher, Hasher};

/// The release of this server.
pub const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// How long a response may be cached without revalidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// For ever: the URL names the version of the response, so its content never changes.
    Immutable,
    /// Not at all: the next response may be of another version.
    Revalidated,
}

/// The ETag and lifetime of one response, known before its body is made.
#[derive(Clone, Debug)]
pub struct Validator {
    /// The strong tag with its quotes.
    tag: String,
    lifetime: Lifetime,
}

impl Validator {
    /// Strong tag `"<generation>-<part>"`; `part` consists of letters, digits, `-` and `.`.
    pub fn of_generation(generation: u64, part: &dyn Display, lifetime: Lifetime) -> Self {
        Self { tag: format!("\"{generation:016x}-{part}\""), lifetime }
    }

    /// As [`Self::of_generation`], for what another release may write differently.
    pub fn of_release(generation: u64, part: &dyn Display, lifetime: Lifetime) -> Self {
        Self::of_generation(generation, &format_args!("{part}-{RELEASE}"), lifetime)
    }

    /// A tag made from content without a generation; always revalidated.
    pub fn of_content(content: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(content);
        Self { tag: format!("\"{}\"", format_generation(hasher.finish())), lifetime: Lifetime::Revalidated }
    }

    /// The 304 response, if one of the tags in the request's `If-None-Match` equals
    /// this one by weak comparison.
    pub fn not_modified(&self, request: &HttpRequest) -> Option<HttpResponse> {
        if !request.headers().contains_key(IF_NONE_MATCH) {
            return None;
        }
        let unchanged = match request.get_header::<IfNoneMatch>()? {
            IfNoneMatch::Any => true,
            IfNoneMatch::Items(tags) => tags.iter().any(|tag| tag.tag() == self.tag.trim_matches('"')),
        };
        unchanged.then(|| self.with_headers(HttpResponse::NotModified()).finish())
    }

    /// The 200 response with `body`.
    pub fn ok(&self, content_type: &'static str, body: impl MessageBody + 'static) -> HttpResponse {
        let mut response = self.with_headers(HttpResponse::Ok());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        response.body(body)
    }

    fn with_headers(&self, mut response: HttpResponseBuilder) -> HttpResponseBuilder {
        let cache_control = match self.lifetime {
            Lifetime::Immutable => "public, max-age=31536000, immutable",
            Lifetime::Revalidated => "no-cache",
        };
        response.insert_header((ETAG, &self.tag[..]));
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static(cache_control)));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_listed_tag_a_weak_tag_and_a_star_match() {
        let validator = Validator::of_generation(0xab, &"1-2-3", Lifetime::Immutable);
        for (tags, unchanged) in [
            ("\"00000000000000ab-1-2-3\"", true),
            ("W/\"00000000000000ab-1-2-3\"", true),
            ("\"x\", \"00000000000000ab-1-2-3\"", true),
            ("*", true),
            ("\"00000000000000ab-1-2-4\"", false),
            ("00000000000000ab-1-2-3", false),
            ("", false),
        ] {
            let request = TestRequest::get().insert_header((IF_NONE_MATCH, tags)).to_http_request();
            assert_eq!(validator.not_modified(&request).is_some(), unchanged, "{tags}");
        }
        assert!(validator.not_modified(&TestRequest::get().to_http_request()).is_none());
    }
}
