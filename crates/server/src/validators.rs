//! ETags, conditional requests and how long an answer may be kept.

use crate::version::version;
use actix_web::body::MessageBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use std::fmt::Display;
use std::hash::{DefaultHasher, Hasher};

/// How long an answer may be kept without asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// The URL names the version that is answered, so it never means another.
    ForEver,
    /// There may be another version the next time.
    UntilAskedAgain,
}

/// What a client may keep of one resource, known before its body is made.
#[derive(Clone, Debug)]
pub struct Validator {
    /// The strong tag with its quotes.
    tag: String,
    lifetime: Lifetime,
}

impl Validator {
    /// Strong tag `"<generation>-<rest>"`; `rest` is of letters, digits, `-` and `.`.
    pub fn of_generation(generation: u64, rest: &dyn Display, lifetime: Lifetime) -> Self {
        Self { tag: format!("\"{generation:016x}-{rest}\""), lifetime }
    }

    /// A tag over content that has no generation; always revalidated.
    pub fn of_content(content: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(content);
        Self { tag: format!("\"{}\"", version(hasher.finish())), lifetime: Lifetime::UntilAskedAgain }
    }

    /// The 304 for a client that already has this version, by weak comparison
    /// of every tag it lists.
    pub fn not_modified(&self, request: &HttpRequest) -> Option<HttpResponse> {
        if !request.headers().contains_key(IF_NONE_MATCH) {
            return None;
        }
        let unchanged = match request.get_header::<IfNoneMatch>()? {
            IfNoneMatch::Any => true,
            IfNoneMatch::Items(tags) => tags.iter().any(|tag| tag.tag() == self.tag.trim_matches('"')),
        };
        unchanged.then(|| self.head(HttpResponse::NotModified()).finish())
    }

    /// The 200 with `body`.
    pub fn ok(&self, content_type: &'static str, body: impl MessageBody + 'static) -> HttpResponse {
        let mut response = self.head(HttpResponse::Ok());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        response.body(body)
    }

    fn head(&self, mut response: HttpResponseBuilder) -> HttpResponseBuilder {
        let cache_control = match self.lifetime {
            Lifetime::ForEver => "public, max-age=31536000, immutable",
            Lifetime::UntilAskedAgain => "no-cache",
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
        let validator = Validator::of_generation(0xab, &"1-2-3", Lifetime::ForEver);
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
