//! The version of a slide in URLs and tags: its generation, as in `?v=`.

use crate::error::Error;

const NOT_A_VERSION: Error =
    Error::BadRequest("v is a generation as /slides tells it: 16 hexadecimal digits, lower case");
const TWO_VERSIONS: Error = Error::BadRequest("v stands there twice, with different generations");

/// The generation that `query` requests with `v`, if any. The response is then that
/// generation or an error, so that a viewer of one version never receives tiles of
/// another. Each generation has only one spelling, so that each tile of a version has
/// only one URL.
///
/// # Errors
/// [`Error::BadRequest`] if a `v` is not a generation, or if there are different ones.
pub fn requested_generation(query: &str) -> Result<Option<u64>, Error> {
    let mut requested = None;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // The only two ways to write this name in a URL.
        if !matches!(name, "v" | "%76") {
            continue;
        }
        let generation = Some(parse_generation(value).ok_or(NOT_A_VERSION)?);
        if requested.is_some() && requested != generation {
            return Err(TWO_VERSIONS);
        }
        requested = generation;
    }
    Ok(requested)
}

/// A generation as it is written in URLs and tags: 16 hexadecimal digits.
pub fn format_generation(generation: u64) -> String {
    format!("{generation:016x}")
}

/// The generation that [`format_generation`] writes as `text`.
fn parse_generation(text: &str) -> Option<u64> {
    let canonical = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if canonical { u64::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_sixteen_lower_case_digits_and_unambiguous() {
        let ab = Ok(Some(0xab));
        for (query, generation) in [
            ("", Ok(None)),
            ("w=00000000000000ab", Ok(None)),
            ("V=1", Ok(None)),
            ("vv=1&xv=2", Ok(None)),
            ("v=00000000000000ab", ab),
            ("a=1&v=00000000000000ab&b", ab),
            ("%76=00000000000000ab", ab),
            ("v=00000000000000ab&v=00000000000000ab", ab),
            ("v=ffffffffffffffff", Ok(Some(u64::MAX))),
            ("v=00000000000000ab&v=00000000000000ac", Err(TWO_VERSIONS)),
            ("v=00000000000000ab&%76=00000000000000ac", Err(TWO_VERSIONS)),
            ("v=00000000000000ab&v=", Err(NOT_A_VERSION)),
            ("v", Err(NOT_A_VERSION)),
            ("v=", Err(NOT_A_VERSION)),
            ("v=ab", Err(NOT_A_VERSION)),
            ("v=00000000000000AB", Err(NOT_A_VERSION)),
            ("v=0x000000000000ab", Err(NOT_A_VERSION)),
            ("v=+0000000000000ab", Err(NOT_A_VERSION)),
            ("v=000000000000000ab", Err(NOT_A_VERSION)),
            ("v=0000000000000%61b", Err(NOT_A_VERSION)),
            ("v=%zz", Err(NOT_A_VERSION)),
            ("v=00000000000000ab=", Err(NOT_A_VERSION)),
            ("v=00000000000000ab;v=1", Err(NOT_A_VERSION)),
        ] {
            assert_eq!(requested_generation(query), generation, "{query}");
        }
        assert_eq!(parse_generation(&format_generation(0x0123_4567_89ab_cdef)), Some(0x0123_4567_89ab_cdef));
    }
}
