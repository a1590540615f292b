//! Whether a stream is written to the letter.

/// Whether a complete JPEG is written as the standard says. An untidy one lacks
/// its end, or has bytes between its parts that belong to none, or leaves out the
/// standard Huffman tables; nothing of the picture is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tidiness {
    /// It is.
    #[default]
    Tidy,
    /// It lacks EOI, or bytes had to be passed over, or the standard Huffman tables had
    /// to be put in.
    Untidy,
}
