//! One header for many JPEGs.
//!
//! All residuals of a level share their quantisation and Huffman tables, and
//! their headers differ in the frame's size alone, so a pack keeps the header
//! once and each blob is just the entropy-coded scan.

use crate::CodecError;
use crate::error::broken;
use crate::markers::{EOI, SOS, segments};

/// Everything of a JPEG through its SOS segment, with the place of the size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedHeader {
    bytes: Vec<u8>,
    /// Offset of the frame's height; its width follows. Both big-endian u16.
    size_at: usize,
}

impl SharedHeader {
    /// The header of `jpeg`, which may go on after it.
    ///
    /// # Errors
    /// If there is no complete header: SOI, segments with one frame header
    /// among them, SOS.
    pub fn of(jpeg: &[u8]) -> Result<Self, CodecError> {
        let mut size_at = None;
        let mut end = 0;
        for segment in segments(jpeg) {
            let segment = segment?;
            if segment.is_frame() {
                if size_at.is_some() || segment.end - segment.start < 6 {
                    return broken(segment.start, "second or short frame header");
                }
                size_at = Some(segment.start + 1);
            }
            if segment.marker == SOS {
                end = segment.end;
            }
        }
        let Some(size_at) = size_at else { return broken(end, "scan without a frame header") };
        Ok(Self { bytes: jpeg[..end].to_vec(), size_at })
    }

    /// The header's bytes, with the size of the JPEG it was taken from.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The part of `jpeg` that this header does not give: the scan, without EOI.
    ///
    /// # Errors
    /// If `jpeg` differs from the header in more than its size, or lacks EOI.
    pub fn scan_of<'a>(&self, jpeg: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let (size, tail) = (self.size_at..self.size_at + 4, self.size_at + 4..self.bytes.len());
        let same = jpeg.len() >= self.bytes.len()
            && jpeg[..size.start] == self.bytes[..size.start]
            && jpeg[tail.clone()] == self.bytes[tail];
        if !same {
            return broken(0, "header differs from the shared one");
        }
        let scan = jpeg[self.bytes.len()..].strip_suffix(&EOI);
        scan.map_or_else(|| broken(jpeg.len(), "no EOI marker at the end"), Ok)
    }

    /// Bytes [`Self::join`] writes for a scan of `scan` bytes.
    #[must_use]
    pub fn joined_len(&self, scan: usize) -> usize {
        self.bytes.len() + scan + EOI.len()
    }

    /// Puts header, `scan` and EOI together at the front of `out` as a complete
    /// JPEG of `width` x `height` px and returns it.
    ///
    /// # Panics
    /// If `out` is shorter than [`Self::joined_len`].
    pub fn join<'a>(&self, width: u16, height: u16, scan: &[u8], out: &'a mut [u8]) -> &'a [u8] {
        self.surround(width, height, scan.len(), out).copy_from_slice(scan);
        &out[..self.joined_len(scan.len())]
    }

    /// Writes header and EOI around a scan of `scan` bytes to the front of `out`,
    /// as [`Self::join`] does, and returns the place of the scan, whose bytes
    /// stay what they were.
    ///
    /// # Panics
    /// If `out` is shorter than [`Self::joined_len`].
    pub fn surround<'a>(&self, width: u16, height: u16, scan: usize, out: &'a mut [u8]) -> &'a mut [u8] {
        let (header, rest) = out[..self.joined_len(scan)].split_at_mut(self.bytes.len());
        self.write_header(width, height, header);
        let (body, end) = rest.split_at_mut(scan);
        end.copy_from_slice(&EOI);
        body
    }

    /// Writes the header of a JPEG of `width` x `height` px to `out`, which has
    /// its length.
    pub(crate) fn write_header(&self, width: u16, height: u16, out: &mut [u8]) {
        out.copy_from_slice(&self.bytes);
        out[self.size_at..][..2].copy_from_slice(&height.to_be_bytes());
        out[self.size_at + 2..][..2].copy_from_slice(&width.to_be_bytes());
    }
}
