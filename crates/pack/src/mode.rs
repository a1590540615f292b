//! How the tiles of a level are encoded.

/// How the tiles of a level are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Complete JPEGs, served as they are.
    Stored,
    /// JPEG-coded luma residuals against the parent; chroma comes from
    /// the chroma level.
    Luma,
    /// Entropy-coded quantised coefficients, predicted from the parent.
    Exact,
}

impl Mode {
    /// The number that stands for it in a level record.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Stored, Self::Luma, Self::Exact].into_iter().find(|mode| mode.code() == code)
    }

    /// The name used in options and reports.
    ///
    /// # Examples
    /// ```
    /// use origami_pack::Mode;
    ///
    /// assert_eq!(Mode::Exact.name(), "exact");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Luma => "luma",
            Self::Exact => "exact",
        }
    }
}
