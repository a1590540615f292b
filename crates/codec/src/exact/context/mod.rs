//! The contexts of a block's tokens: numbers computed from the block's
//! prediction, from blocks coded before it and from those of its own
//! coefficients that are coded before.
//!
//! All of it is integer arithmetic that encoder and decoder repeat exactly, so
//! every rounding and saturation here is part of the format (`EXACT.md`).

mod carry;
mod classes;
mod dc;
mod last;
mod magnitudes;
mod runs;
mod values;

pub(super) use carry::carry_errors;
pub(super) use classes::{activity, activity_class};
pub(super) use dc::{DcContext, dc_error};
pub(super) use last::{last_class, last_high_context, last_low_context};
pub(super) use magnitudes::{BlockPosition, MagnitudeBlock, Magnitudes, Neighbours};
pub(super) use runs::{QuietPlane, Run, RunLimit, WHOLE_RUN, bits_of, run_context, run_prediction};
pub(super) use values::{DecayingSum, VALUE_CONTEXTS, ValueContexts, Weights};
