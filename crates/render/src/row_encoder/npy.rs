//! Headers of `NumPy` array files, version 1.0.

use origami_pyramid::Size;

/// What a file begins with: magic bytes and version.
const MAGIC: &[u8; 8] = b"\x93NUMPY\x01\x00";

/// The samples begin at a multiple of this many bytes.
const ALIGNMENT: usize = 64;

/// Everything before the samples of a picture of `size` px.
pub(super) fn header(size: Size) -> Vec<u8> {
    let Size { width, height } = size;
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({height}, {width}, 3), }}");
    let start = MAGIC.len() + size_of::<u16>();
    // Spaces and a newline fill the rest.
    let end = (start + text.len() + 1).next_multiple_of(ALIGNMENT);
    let mut header = MAGIC.to_vec();
    header.extend(((end - start) as u16).to_le_bytes());
    header.extend(text.bytes());
    header.resize(end - 1, b' ');
    header.push(b'\n');
    header
}
