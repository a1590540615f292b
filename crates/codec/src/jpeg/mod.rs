//! Huffman-coded JPEG to and from coefficients.

mod bit_reader;
mod bit_writer;
mod entropy;
mod header;
mod huffman;
mod lookup;
mod progressive;
mod reader;
mod scan;
mod segments;
mod sequential;
mod symbols;
mod writer;

pub use header::TileHeader;
pub use reader::{Facts, read_coefficients};
