//! Why a server does not start.

use crate::traces::Collector;
use opentelemetry_otlp::ExporterBuildError;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// Why a server did not start, or ended by itself. The text does not include the
/// cause; see [`source()`](std::error::Error::source).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The packs folder cannot be listed, or is neither a folder nor a pack.
    #[error("cannot list the packs folder {}", path.display())]
    Packs {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The folder of the derivative cache cannot be made or listed.
    #[error("cannot use the folder of the derivative cache {}", path.display())]
    Derivatives {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Traces cannot be sent as the environment asks for.
    #[error("cannot send traces to {collector}")]
    Traces {
        /// Where they go.
        collector: Collector,
        /// The library's error.
        source: ExporterBuildError,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// A thread cannot be started, or the HTTP server failed.
    #[error("the server cannot run")]
    Run(#[from] io::Error),
}
