//! Huffman-coded JPEG to and from coefficients.

mod bit_reader;
mod bit_writer;
mod header;
mod huffman;
mod lookup;
mod scan;
mod segments;
mod sequential;
mod writer;

pub use header::TileHeader;
