//! origami-codec
