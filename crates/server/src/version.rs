//! Which version of a slide a URL asks for: `?v=` with a generation.

use crate::error::Error;

const NOT_A_VERSION: Error =
    Error::BadRequest("v is a generation as /slides tells it: 16 hexadecimal digits, lower case");
const TWO_VERSIONS: Error = Error::BadRequest("v stands there twice, with different generations");

/// The version a request asks for. Whoever names one is given that or nothing:
/// a viewer that was promised one version must never get another's tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whichever there is.
    Current,
    /// The one of this generation.
    Generation(u64),
}

impl Asked {
    /// What `query` asks for. One generation has one spelling, so that one tile
    /// of one version has one URL.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if there is a `v` and it is no generation, or more
    /// than one.
    pub fn of(query: &str) -> Result<Self, Error> {
        let mut asked = Self::Current;
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // The only two ways to write this name in a URL.
            if !matches!(name, "v" | "%76") {
                continue;
            }
            let generation = Self::Generation(generation(value).ok_or(NOT_A_VERSION)?);
            if asked != Self::Current && asked != generation {
                return Err(TWO_VERSIONS);
            }
            asked = generation;
        }
        Ok(asked)
    }
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
        let ab = Ok(Asked::Generation(0xab));
        for (query, asked) in [
            ("", Ok(Asked::Current)),
            ("w=00000000000000ab", Ok(Asked::Current)),
            ("V=1", Ok(Asked::Current)),
            ("vv=1&xv=2", Ok(Asked::Current)),
            ("v=00000000000000ab", ab),
            ("a=1&v=00000000000000ab&b", ab),
            ("%76=00000000000000ab", ab),
            ("v=00000000000000ab&v=00000000000000ab", ab),
            ("v=ffffffffffffffff", Ok(Asked::Generation(u64::MAX))),
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
            assert_eq!(Asked::of(query), asked, "{query}");
        }
        assert_eq!(generation(&version(0x0123_4567_89ab_cdef)), Some(0x0123_4567_89ab_cdef));
    }
}
