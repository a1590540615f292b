//! Documents in JSON-LD, under the media type that the client prefers.

use crate::negotiation;
use crate::validators::Validator;
use actix_web::http::header::{Accept, HeaderValue, LINK, Quality};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::Value;

const JSON: &str = "application/json";

/// A kind of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// Image information of version 2.
    Image2,
    /// Image information of version 3.
    Image3,
    /// A manifest or collection.
    Presentation3,
}

impl Document {
    /// URL of its JSON-LD context.
    pub fn context(self) -> &'static str {
        match self {
            Self::Image2 => "http://iiif.io/api/image/2/context.json",
            Self::Image3 => "http://iiif.io/api/image/3/context.json",
            Self::Presentation3 => "http://iiif.io/api/presentation/3/context.json",
        }
    }

    /// Its media type as JSON-LD.
    fn linked_type(self) -> &'static str {
        match self {
            Self::Image2 => r#"application/ld+json;profile="http://iiif.io/api/image/2/context.json""#,
            Self::Image3 => r#"application/ld+json;profile="http://iiif.io/api/image/3/context.json""#,
            Self::Presentation3 => {
                r#"application/ld+json;profile="http://iiif.io/api/presentation/3/context.json""#
            }
        }
    }

    /// For clients that get JSON, where its context is.
    fn context_link(self) -> HeaderValue {
        let context = self.context();
        let relation = r#"rel="http://www.w3.org/ns/json-ld#context""#;
        let link = format!(r#"<{context}>;{relation};type="application/ld+json""#);
        HeaderValue::try_from(link).expect("a URL is text for a header")
    }

    /// Whether `request` gets it as JSON-LD rather than as JSON. Who likes both equally gets
    /// what the API has as default, but a browser that opens the address gets what it shows.
    fn is_linked(self, request: &HttpRequest) -> bool {
        let by_default = self != Self::Image2;
        let Some(accepted) = request.get_header::<Accept>() else { return by_default };
        let (linked, plain) = (quality(&accepted, "application/ld+json"), quality(&accepted, JSON));
        linked > plain || (linked == plain && by_default && !names(&accepted, "text/html"))
    }

    /// The response with `document`. It is revalidated at each use, since it names the host
    /// under which the client reached the server.
    pub fn respond(self, request: &HttpRequest, document: &Value) -> HttpResponse {
        let json = document.to_string().into_bytes();
        let is_linked = self.is_linked(request);
        let media_type = if is_linked { self.linked_type() } else { JSON };
        // A cache that has both forms must not take one for the other.
        let validator = Validator::of_content(&[json.as_slice(), media_type.as_bytes()].concat());
        let unchanged = validator.not_modified(request);
        let mut response = unchanged.unwrap_or_else(|| validator.ok(media_type, json));
        if !is_linked {
            response.headers_mut().insert(LINK, self.context_link());
        }
        negotiation::vary_accept(&mut response);
        response
    }
}

/// How much a client wants a media type of `application`; zero if it does not.
fn quality(accepted: &Accept, media_type: &str) -> Quality {
    let ranges = [media_type, "application/*", "*/*"];
    let item =
        ranges.into_iter().find_map(|range| accepted.0.iter().find(|item| item.item.essence_str() == range));
    item.map_or(Quality::ZERO, |item| item.quality)
}

/// Whether a client names `media_type` itself.
fn names(accepted: &Accept, media_type: &str) -> bool {
    accepted.0.iter().any(|item| item.item.essence_str() == media_type && item.quality > Quality::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{ACCEPT, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
    use actix_web::test::TestRequest;
    use serde_json::json;

    const ALL: [Document; 3] = [Document::Image2, Document::Image3, Document::Presentation3];

    fn media_type(document: Document, accept: &[u8]) -> String {
        let request = TestRequest::get().insert_header((ACCEPT, accept)).to_http_request();
        let response = document.respond(&request, &json!({ "a": 1 }));
        assert_eq!(response.headers().get(VARY).unwrap(), "Accept");
        let is_plain = response.headers().get(CONTENT_TYPE).unwrap() == JSON;
        assert_eq!(response.headers().contains_key(LINK), is_plain);
        response.headers().get(CONTENT_TYPE).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn clients_get_the_media_type_that_they_prefer() {
        for document in ALL {
            for accept in [
                &b"application/ld+json"[..],
                b"application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"",
                b"application/json;q=0.5, application/ld+json",
                b"application/json;q=0, */*",
            ] {
                assert_eq!(media_type(document, accept), document.linked_type(), "{}", accept.escape_ascii());
            }
            for accept in [
                &b"application/json"[..],
                b"application/ld+json;q=0.5, application/json",
                b"application/ld+json;q=0, application/*",
                b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            ] {
                assert_eq!(media_type(document, accept), JSON, "{}", accept.escape_ascii());
            }
        }
    }

    #[test]
    fn without_a_preference_version_2_is_json_and_the_others_are_json_ld() {
        for accept in [&b""[..], b"*/*", b"application/*", b"image/png", b",,;;=,"] {
            assert_eq!(media_type(Document::Image2, accept), JSON);
            for document in [Document::Image3, Document::Presentation3] {
                assert_eq!(media_type(document, accept), document.linked_type(), "{}", accept.escape_ascii());
            }
        }
    }

    #[test]
    fn the_media_type_and_the_link_name_the_context() {
        for document in ALL {
            assert!(document.linked_type().contains(document.context()));
            assert!(document.context_link().to_str().unwrap().contains(document.context()));
        }
    }

    #[test]
    fn what_a_client_has_already_is_not_sent_again() {
        let document = json!({ "a": 1 });
        let response = Document::Image3.respond(&TestRequest::get().to_http_request(), &document);
        let tag = response.headers().get(ETAG).unwrap().clone();
        let again = TestRequest::get().insert_header((IF_NONE_MATCH, tag)).to_http_request();
        assert_eq!(Document::Image3.respond(&again, &document).status(), 304);
        assert_eq!(Document::Image3.respond(&again, &json!({ "a": 2 })).status(), 200);
    }
}
