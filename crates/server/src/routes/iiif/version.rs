//! The versions of the Image API.

use crate::error::Error;

/// A version of the IIIF Image API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Image API 2.1.
    V2,
    /// Image API 3.0.
    V3,
}

impl Version {
    /// The version that URLs name with `text`.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such version.
    pub fn of(text: &str) -> Result<Self, Error> {
        match text {
            "2" => Ok(Self::V2),
            "3" => Ok(Self::V3),
            _ => Err(Error::NotFound("version of the IIIF Image API; there are 2 and 3")),
        }
    }

    /// Its number, as in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2 => "2",
            Self::V3 => "3",
        }
    }

    /// The document that describes what this server can do.
    pub fn profile(self) -> &'static str {
        match self {
            Self::V2 => "http://iiif.io/api/image/2/level2.json",
            Self::V3 => "http://iiif.io/api/image/3/level2.json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_and_three_are_versions() {
        for version in [Version::V2, Version::V3] {
            assert_eq!(Version::of(version.name()), Ok(version));
            assert!(version.profile().contains(&format!("/{}/", version.name())));
        }
        for text in ["", "1", "4", "2.1", "02", "v3", "presentation"] {
            assert!(matches!(Version::of(text), Err(Error::NotFound(_))), "{text}");
        }
    }
}
