//! Whether a stream is written to the letter.

/// Whether a complete JPEG is written as the standard says. An untidy one lacks
/// its end, or has bytes between its parts that belong to none, or leaves out the
/// standard Huffman tables; nothing of the picture is missing.
///
/// Tidy is less than untidy, so that of several parts of a picture the maximum counts;
/// and a part that is left out, `None`, is less than both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tidiness {
    /// It is.
    #[default]
    Tidy,
    /// It lacks EOI, or bytes had to be passed over, or the standard Huffman tables had
    /// to be put in.
    Untidy,
}
