//! Reads slides with the OpenSlide library: JPEG 2000 SVS, NDPI, MIRAX and more.
//!
//! The library is loaded when a slide needs it. A program that is linked statically cannot
//! load any, so the feature `openslide` leaves all of that out; the row in the table stays,
//! and says of files that need the library why they cannot be read.

#[cfg(feature = "openslide")]
mod associated;
#[cfg(feature = "openslide")]
mod library;
#[cfg(feature = "openslide")]
mod slide;

use super::driver::{Claim, Driver};
#[cfg(feature = "openslide")]
use slide::open;
#[cfg(not(feature = "openslide"))]
use {
    super::driver::{CandidateFile, OpenOutcome},
    super::{NoOpenSlide, OpenOptions, SourceProblem},
};

/// The row of OpenSlide in the table of drivers. Only the library knows which files it
/// can read; the extensions are those of formats that may need it.
pub(super) const DRIVER: Driver = Driver {
    name: if cfg!(feature = "openslide") { "SVS and what OpenSlide reads" } else { "SVS" },
    extensions: &["svs", "ndpi", "scn", "mrxs", "vms", "vmu", "bif", "svslide", "dcm", "czi", "vsi"],
    double_extensions: &[],
    detect: |_| Claim::Maybe,
    open,
    folder: None,
};

/// Reads no file: the library was left out.
#[cfg(not(feature = "openslide"))]
fn open(_: &CandidateFile<'_>, _: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    Ok(OpenOutcome::NoOpenSlide(NoOpenSlide::LeftOut))
}
