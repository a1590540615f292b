//! What the server is told.

pub mod duration;
