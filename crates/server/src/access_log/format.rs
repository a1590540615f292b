//! The forms that an access log can have.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// How the lines of the access log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessLogFormat {
    /// There is none.
    #[default]
    Off,
    /// The Combined Log Format of Apache and nginx, followed by the time that the request took.
    Common,
    /// A JSON object a line.
    Json,
}

impl AccessLogFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Common, Self::Json];

    /// Its name in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Common => "common",
            Self::Json => "json",
        }
    }
}

impl Display for AccessLogFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AccessLogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let format = Self::ALL.into_iter().find(|format| format.name() == text);
        format.ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}
