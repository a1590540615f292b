//! Reads and writes the coefficients of Huffman-coded JPEG.

mod bit_reader;
mod bit_writer;
mod entropy;
mod frame_header;
mod header;
mod huffman;
mod lookup;
mod progressive;
mod reader;
mod scan;
mod scan_header;
mod scan_progress;
mod segments;
mod sequential;
mod standard_header;
mod symbol_counts;
mod symbols;
mod tidy;
mod writer;

pub use header::{HuffmanTables, TileHeader};
pub use reader::{Facts, read_coefficients};
pub(crate) use standard_header::push_standard_huffman;
pub use tidy::tidy;
#[cfg(feature = "turbo")]
pub(crate) use tidy::tidy_within;
