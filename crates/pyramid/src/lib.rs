//! The pyramid core: geometry, planes, colour, and the integer kernels that
//! predict a level from its parent and carry what the prediction missed.
//!
//! Nothing here knows files, JPEG or HTTP. Every kernel is integer arithmetic
//! with a written rounding and edge rule, gives the same bytes on every
//! instruction set, and is tested against the slow, obvious version in
//! [`oracle`].

pub mod chroma;
pub mod colour;
pub mod family;
pub mod geometry;
pub mod kernels;
pub mod mean;
pub mod oracle;
pub mod plane;
pub mod residual;
pub mod rgb;
pub mod upsample;
pub mod ycc;

pub use geometry::{Family, Pyramid, Rect, TileId};
pub use plane::{Plane, Samples, SamplesMut};
pub use rgb::Rgb;
pub use ycc::{Subsampling, Ycc};
