//! Ids of requests, by which the answer that a client has, a line of the log and a trace are
//! found together.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The header that requests may bring an id in, and that every response has it in.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Maximum length of an id that a request brings, in bytes.
const MAX_LEN: usize = 128;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The id of one request: 1 to [`MAX_LEN`] letters, digits and characters that have no meaning
/// in JSON, in HTML, in a log or in a shell. Clones share the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id that a request with these headers brings, or a new one if it brings none that can
    /// be used.
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(X_REQUEST_ID).filter(|id| is_usable(id.as_bytes()));
        given.map_or_else(Self::new, |id| Self(id.clone()))
    }

    /// An id of 128 random bits, which are no secret.
    fn new() -> Self {
        let mut digits = [0; 32];
        let bytes = fastrand::u128(..).to_be_bytes();
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(HeaderValue::from_bytes(&digits).expect("digits may stand in a header"))
    }

    /// The id as the value of a header.
    pub fn value(&self) -> &HeaderValue {
        &self.0
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

fn is_usable(id: &[u8]) -> bool {
    let is_safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:+/=@".contains(byte);
    (1..=MAX_LEN).contains(&id.len()) && id.iter().all(is_safe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn id(given: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn the_id_that_a_request_brings_is_kept() {
        let long = "a".repeat(128);
        for given in ["1", "f058ebd6-02f7-4d3f-942e-904344e8cde5", "Root=1-67891233-abcdef", "a+b/c==", &long]
        {
            assert_eq!(id(given.as_bytes()), given);
        }
    }

    #[test]
    fn an_id_that_could_harm_a_log_or_a_page_is_replaced() {
        let long = "a".repeat(129);
        let wrong: [&[u8]; 9] =
            [b"", b"a b", b"a\tb", b"<b>", b"\"", b"a\\b", b"a\xc3\xa9", b"{}", long.as_bytes()];
        for given in wrong {
            let new = id(given);
            assert!(new.len() == 32 && new.bytes().all(|byte| DIGITS.contains(&byte)), "{new}");
        }
    }

    #[test]
    fn new_ids_differ() {
        let ids: HashSet<_> = (0..1000).map(|_| RequestId::new().as_str().to_owned()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
