//! Which version of a slide a URL asks for: `?v=` with a generation.

use crate::error::Error;

const NOT_A_VERSION: Error =
    Error::BadRequest("v is a generation as /slides tells it: 16 hexadecimal digits, lower case");
const TWO_VERSIONS: Error = Error::BadRequest("v stands there twice, with different generations");

/// The generation that `query` asks for, if it asks for one. Whoever does is
/// given that or nothing: a viewer that was promised one version must never get
/// another's tiles. One generation has one spelling, so that one tile of one
/// version has one URL.
///
/// # Errors
/// [`Error::BadRequest`] if there is a `v` and it is no generation, or more than
/// one.
pub fn asked(query: &str) -> Result<Option<u64>, Error> {
    let mut asked = None;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // The only two ways to write this name in a URL.
        if !matches!(name, "v" | "%76") {
            continue;
        }
        let generation = Some(generation(value).ok_or(NOT_A_VERSION)?);
        if asked.is_some() && asked != generation {
            return Err(TWO_VERSIONS);
        }
        asked = generation;
    }
    Ok(asked)
}

/// A generation as it stands in URLs and tags: 16 hexadecimal digits.
pub fn version(generation: u64) -> String {
    format!("{generation:016x}")
}

/// The generation that [`version`] writes as `text`.
fn generation(text: &str) -> Option<u64> {
    let canonical = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if canonical { u64::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_sixteen_lower_case_digits_and_stands_there_once() {
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
            assert_eq!(asked(query), generation, "{query}");
        }
        assert_eq!(generation(&version(0x0123_4567_89ab_cdef)), Some(0x0123_4567_89ab_cdef));
    }
}
