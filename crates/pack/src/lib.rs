//! origami-pack
