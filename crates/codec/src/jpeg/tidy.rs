//! Rewrites complete but untidy streams.

use super::reader::read_keeping;
use crate::error::malformed;
use crate::kept::Kept;
use crate::markers::{
    EOI, SOI, SOS, Segment, end_of_bits, find_segment, lone_marker_at, segment_at, skip_fill,
};
use crate::{CodecError, Coefficients};

/// Rewrites a complete JPEG so that every decoder reads it without complaint: its
/// segments and entropy-coded bytes as they are, nothing between them, then EOI.
/// `out` is cleared first.
///
/// Where the coefficients can be read ([`read_coefficients`](crate::read_coefficients)),
/// they are, which shows that nothing is missing and where the bits of each interval
/// end. Of other kinds of JPEG all zeros before a marker are left out, and it takes a
/// decoder to show that the result is complete.
///
/// # Errors
/// If `jpeg` is malformed or truncated; `out` is then partly written.
///
/// # Examples
/// ```
/// use origami_codec::{Coefficients, Colour, TileHeader, tidy};
/// use origami_pyramid::Subsampling;
///
/// let header = TileHeader::new(&[[16; 64]; 3], Subsampling::S420, Colour::Ycc)?;
/// let jpeg = header.jpeg(&Coefficients::zeros(header.frame(20, 10).expect("a valid size")))?;
/// let untidy = [&jpeg[..jpeg.len() - 2], &[0; 30]].concat();
///
/// let mut out = Vec::new();
/// tidy(&untidy, &mut out)?;
/// assert_eq!(out, jpeg);
/// # Ok::<(), origami_codec::CodecError>(())
/// ```
pub fn tidy(jpeg: &[u8], out: &mut Vec<u8>) -> Result<(), CodecError> {
    tidy_within(jpeg, usize::MAX, out)
}

/// [`tidy`] for a JPEG that may claim up to `max_blocks` blocks.
pub(crate) fn tidy_within(jpeg: &[u8], max_blocks: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
    out.clear();
    out.extend_from_slice(&SOI);
    let mut kept = Kept::after_start(jpeg, Some(&mut *out));
    match read_keeping(jpeg, max_blocks, &mut Coefficients::default(), &mut kept) {
        Ok(_) => out.extend_from_slice(&EOI),
        Err(CodecError::Unsupported(_)) => return tidy_bytes(jpeg, out),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// [`tidy`] for kinds of JPEG whose coefficients cannot be read.
fn tidy_bytes(jpeg: &[u8], out: &mut Vec<u8>) -> Result<(), CodecError> {
    out.truncate(SOI.len());
    let (mut offset, mut frame, mut planes_coded) = (SOI.len(), None, 0);
    while let Some(marker) = find_segment(jpeg, offset) {
        if jpeg[marker..].starts_with(&EOI) {
            out.extend_from_slice(&EOI);
            return Ok(());
        }
        let segment = segment_at(jpeg, marker)?;
        out.extend_from_slice(&jpeg[marker..segment.end]);
        offset = segment.end;
        if segment.is_frame() {
            frame = Some(segment);
        } else if segment.marker == SOS {
            planes_coded += usize::from(segment.payload(jpeg).first().copied().unwrap_or(0));
            offset = copy_scan(jpeg, offset, out);
        }
    }
    // Nothing but EOI says that the last scan of a progressive stream is the last.
    match frame {
        Some(frame) if !is_progressive(frame) && planes_coded >= planes(frame, jpeg) => {
            out.extend_from_slice(&EOI);
            Ok(())
        }
        _ => malformed(jpeg.len(), "the stream ends before its last scan"),
    }
}

/// Whether this frame header is of a progressive stream, Huffman-coded or not.
fn is_progressive(frame: Segment) -> bool {
    frame.marker & 3 == 2
}

/// Number of planes in a frame header; at least 1.
fn planes(frame: Segment, jpeg: &[u8]) -> usize {
    usize::from(frame.payload(jpeg).get(5).copied().unwrap_or(0)).max(1)
}

/// Appends the entropy-coded bytes from `offset` on and their restart markers, without
/// the zeros before markers. Returns the offset of their end.
fn copy_scan(jpeg: &[u8], mut offset: usize, out: &mut Vec<u8>) -> usize {
    loop {
        let end = end_of_bits(jpeg, offset);
        out.extend_from_slice(without_zeros(&jpeg[offset..end]));
        let marker = skip_fill(jpeg, end);
        if !lone_marker_at(jpeg, marker) {
            return end;
        }
        out.extend_from_slice(&jpeg[marker..marker + 2]);
        offset = marker + 2;
    }
}

/// Entropy-coded bytes without the zeros at their end, except for that which belongs
/// to a 0xff. Encoders fill up the last byte with ones, so it is hardly ever a zero.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().rposition(|&byte| byte != 0);
    &bytes[..last.map_or(0, |last| last + 1 + usize::from(bytes[last] == 0xff))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuffed_zero_is_no_filler() {
        assert_eq!(without_zeros(&[1, 2, 0, 0]), [1, 2]);
        assert_eq!(without_zeros(&[1, 0xff, 0]), [1, 0xff, 0]);
        assert_eq!(without_zeros(&[1, 0xff, 0, 0, 0]), [1, 0xff, 0]);
        assert_eq!(without_zeros(&[0, 0]), []);
    }
}
