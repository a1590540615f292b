//! ETags, conditional requests and how long an answer may be kept.

use crate::version::{Asked, version};
use actix_web::body::MessageBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, HeaderValue, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use std::hash::{DefaultHasher, Hasher};

/// What a client may keep of one resource, known before its body is made.
#[derive(Clone, Debug)]
pub struct Validator {
    tag: EntityTag,
    cache_control: &'static str,
}

impl Validator {
    /// Strong tag `"<generation>-<rest>"`. Answers are immutable where the
    /// request's `v` is the generation served, else revalidated on every use.
    /// Whoever answers has made sure that `v` is no other generation.
    pub fn of_generation(request: &HttpRequest, generation: u64, rest: &str) -> Self {
        let immutable = Asked::of(request.query_string()) == Ok(Asked::Generation(generation));
        Self {
            tag: EntityTag::new_strong(format!("{}-{rest}", version(generation))),
            cache_control: if immutable { "public, max-age=31536000, immutable" } else { "no-cache" },
        }
    }

    /// A tag over content that has no generation; always revalidated.
    pub fn of_content(content: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(content);
        Self { tag: EntityTag::new_strong(version(hasher.finish())), cache_control: "no-cache" }
    }

    /// The 304 for a client that already has this version, by weak comparison
    /// of every tag it lists.
    pub fn not_modified(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let unchanged = match request.get_header::<IfNoneMatch>()? {
            IfNoneMatch::Any => true,
            IfNoneMatch::Items(tags) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
        };
        unchanged.then(|| self.head(HttpResponse::NotModified()).finish())
    }

    /// The 200 with `body`.
    pub fn ok(&self, content_type: &'static str, body: impl MessageBody + 'static) -> HttpResponse {
        let mut response = self.head(HttpResponse::Ok());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        response.body(body)
    }

    fn head(&self, mut response: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
        response.insert_header((ETAG, self.tag.to_string()));
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static(self.cache_control)));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::TestRequest;

    fn request(query: &str, tags: &str) -> HttpRequest {
        let request = TestRequest::with_uri(&format!("/t{query}"));
        if tags.is_empty() {
            request.to_http_request()
        } else {
            request.insert_header((IF_NONE_MATCH, tags)).to_http_request()
        }
    }

    #[test]
    fn only_the_current_version_is_immutable() {
        for (query, immutable) in [
            ("?v=00000000000000ab", true),
            ("?a=1&v=00000000000000ab", true),
            ("", false),
            ("?v=", false),
            ("?v=ab", false),
            ("?v=00000000000000AB", false),
            ("?v=00000000000000ac", false),
            ("?w=00000000000000ab", false),
        ] {
            let validator = Validator::of_generation(&request(query, ""), 0xab, "1-2-3");
            assert_eq!(validator.cache_control.contains("immutable"), immutable, "{query}");
        }
    }

    #[test]
    fn a_listed_tag_a_weak_tag_and_a_star_match() {
        let validator = Validator::of_generation(&request("", ""), 0xab, "1-2-3");
        for (tags, unchanged) in [
            ("\"00000000000000ab-1-2-3\"", true),
            ("W/\"00000000000000ab-1-2-3\"", true),
            ("\"x\", \"00000000000000ab-1-2-3\"", true),
            ("*", true),
            ("\"00000000000000ab-1-2-4\"", false),
            ("00000000000000ab-1-2-3", false),
            ("", false),
        ] {
            assert_eq!(validator.not_modified(&request("", tags)).is_some(), unchanged, "{tags}");
        }
    }
}
