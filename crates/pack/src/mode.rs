//! How tiles are kept.

/// How the tiles of a level are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Complete JPEGs, served as they are.
    Stored,
    /// JPEG-coded luma residuals against the parent; chroma comes from
    /// the chroma level.
    Luma,
    /// Entropy-coded quantised coefficients, given the parent.
    Exact,
}

impl Mode {
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn of_code(code: u8) -> Option<Self> {
        [Self::Stored, Self::Luma, Self::Exact].into_iter().find(|mode| mode.code() == code)
    }

    /// The name used in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Luma => "luma",
            Self::Exact => "exact",
        }
    }
}
