//! The errors of measuring a server.

use crate::address::AddressError;
use crate::template::TemplateError;
use origami_units::duration;
use std::error::Error;
use std::time::Duration;

/// Why a server was not measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The URL is not the address of a server that can be measured.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The template cannot name the tiles of a slide.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The server does not list its slides, so it is probably not Origami's.
    #[error("{url} does not list slides (status {status})")]
    NoSlideList {
        /// The URL of the list.
        url: String,
        /// The HTTP status of the response.
        status: u16,
    },
    /// The server's list of slides is not one of Origami's.
    #[error("{url} does not list slides")]
    MalformedSlideList {
        /// The URL of the list.
        url: String,
        /// Why it could not be parsed.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The warm-up takes as long as the whole walk.
    #[error("the warm-up takes the whole walk")]
    NothingMeasured,
    /// Tuning only walks, and only on child servers.
    #[error("only walks on a server that is started for them can be tuned")]
    NotTunable,
    /// The time for tuning is too short to see a difference.
    #[error("{}: tuning needs {} at least", duration::text(*.duration), duration::text(*.minimum))]
    TuningTooShort {
        /// The time for tuning.
        duration: Duration,
        /// The shortest time.
        minimum: Duration,
    },
    /// Anything else: no server, no slides, no tiles, or an interruption.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl LoadError {
    /// The typed error in `error` if it is one, else [`LoadError::Other`].
    pub(crate) fn new(error: anyhow::Error) -> Self {
        error.downcast().unwrap_or_else(Self::other)
    }

    /// An `error` that keeps the context it was wrapped in.
    pub(crate) fn other(error: anyhow::Error) -> Self {
        Self::Other(error.into())
    }
}
