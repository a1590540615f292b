//! The pyramid core: geometry, planes, colour, and the integer kernels that
//! predict a level from its parent, and make and apply residuals.
//!
//! Nothing here deals with files, JPEG or HTTP. Every kernel is integer arithmetic
//! with a documented rounding and edge rule, gives the same bytes on every
//! instruction set, and is tested against the slow, obvious version in
//! [`oracle`].

pub mod area;
pub mod chroma;
pub mod colour;
mod family;
pub mod kernels;
pub mod luma;
pub mod mean;
pub mod oracle;
pub mod plane;
mod point;
mod pyramid;
mod rect;
pub mod residual;
pub mod rgb;
pub mod simd;
mod size;
mod tile;
pub mod upsample;
pub mod ycc;

pub use family::Family;
pub use plane::{Plane, Samples, SamplesMut};
pub use point::Point;
pub use pyramid::{MAX_SIDE, Pyramid};
pub use rect::Rect;
pub use rgb::Rgb;
pub use size::{Grid, Size};
pub use tile::TileId;
pub use ycc::{Subsampling, Ycc};
