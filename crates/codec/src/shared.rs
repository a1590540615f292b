//! The JPEG header that all tiles of a level have in common.
//!
//! All residuals of a level share their quantisation and Huffman tables, and
//! their headers differ only in the frame's size, so a pack stores the header
//! once, and each blob is just an entropy-coded scan.

use crate::CodecError;
use crate::error::malformed;
use crate::markers::{EOI, SOS, segments};

/// A JPEG from its start through its SOS segment, with the offset of its size.
///
/// Headers are equal if they differ in nothing but the size.
#[derive(Clone, Debug)]
pub struct SharedHeader {
    bytes: Vec<u8>,
    /// Offset of the frame's height, which its width follows. Both are
    /// big-endian u16.
    size_offset: usize,
}

impl SharedHeader {
    /// The header of `jpeg`, which may continue after it.
    ///
    /// # Errors
    /// If there is no complete header: SOI, segments with one frame header
    /// among them, SOS.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Coefficients, Colour, SharedHeader, TileHeader};
    /// use origami_pyramid::Subsampling;
    ///
    /// let tiles = TileHeader::new(&[[16; 64]; 3], Subsampling::Gray, Colour::Gray)?;
    /// let jpeg = tiles.jpeg(&Coefficients::zeros(tiles.frame(8, 8).expect("a valid size")))?;
    ///
    /// let header = SharedHeader::of(&jpeg)?;
    /// let scan = header.scan_of(&jpeg)?;
    /// let mut out = vec![0; header.joined_len(scan.len())];
    /// assert_eq!(header.join(8, 8, scan, &mut out), jpeg);
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
    pub fn of(jpeg: &[u8]) -> Result<Self, CodecError> {
        let mut size_offset = None;
        let mut end = 0;
        for segment in segments(jpeg) {
            let segment = segment?;
            if segment.is_frame() {
                if size_offset.is_some() || segment.end - segment.start < 6 {
                    return malformed(segment.start, "second or short frame header");
                }
                size_offset = Some(segment.start + 1);
            }
            if segment.marker == SOS {
                end = segment.end;
            }
        }
        let Some(size_offset) = size_offset else {
            return malformed(end, "scan without a frame header");
        };
        Ok(Self { bytes: jpeg[..end].to_vec(), size_offset })
    }

    /// The header's bytes, with the size of the JPEG it was taken from.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The part of `jpeg` after the header: its scan, without EOI.
    ///
    /// # Errors
    /// If the header of `jpeg` differs from this one in more than its size, or
    /// `jpeg` lacks EOI.
    pub fn scan_of<'a>(&self, jpeg: &'a [u8]) -> Result<&'a [u8], CodecError> {
        if !self.begins(jpeg) {
            return malformed(0, "header differs from the shared one");
        }
        let scan = jpeg[self.bytes.len()..].strip_suffix(&EOI);
        scan.map_or_else(|| malformed(jpeg.len(), "no EOI marker at the end"), Ok)
    }

    /// Whether `jpeg` begins with this header, whatever its size is.
    fn begins(&self, jpeg: &[u8]) -> bool {
        let size = self.size_offset..self.size_offset + 4;
        let tail = size.end..self.bytes.len();
        jpeg.len() >= self.bytes.len()
            && jpeg[..size.start] == self.bytes[..size.start]
            && jpeg[tail.clone()] == self.bytes[tail]
    }

    /// Number of bytes that [`Self::join`] writes for a scan of `scan_len` bytes.
    #[must_use]
    pub fn joined_len(&self, scan_len: usize) -> usize {
        self.bytes.len() + scan_len + EOI.len()
    }

    /// Writes a complete JPEG of `width` x `height` px to the front of `out`,
    /// consisting of the header, `scan` and EOI, and returns it.
    ///
    /// # Panics
    /// If `out` is shorter than [`Self::joined_len`].
    pub fn join<'a>(&self, width: u16, height: u16, scan: &[u8], out: &'a mut [u8]) -> &'a [u8] {
        self.surround(width, height, scan.len(), out).copy_from_slice(scan);
        &out[..self.joined_len(scan.len())]
    }

    /// Writes the header and EOI around a scan of `scan_len` bytes to the front
    /// of `out`, as [`Self::join`] does, and returns the scan's bytes, which
    /// are left unchanged.
    ///
    /// # Panics
    /// If `out` is shorter than [`Self::joined_len`].
    pub fn surround<'a>(&self, width: u16, height: u16, scan_len: usize, out: &'a mut [u8]) -> &'a mut [u8] {
        let (header, rest) = out[..self.joined_len(scan_len)].split_at_mut(self.bytes.len());
        self.write_header(width, height, header);
        let (scan, end) = rest.split_at_mut(scan_len);
        end.copy_from_slice(&EOI);
        scan
    }

    /// Writes the header of a JPEG of `width` x `height` px to `out`, which has
    /// the header's length.
    pub(crate) fn write_header(&self, width: u16, height: u16, out: &mut [u8]) {
        out.copy_from_slice(&self.bytes);
        out[self.size_offset..][..2].copy_from_slice(&height.to_be_bytes());
        out[self.size_offset + 2..][..2].copy_from_slice(&width.to_be_bytes());
    }
}

impl PartialEq for SharedHeader {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.len() == other.bytes.len() && self.begins(&other.bytes)
    }
}

impl Eq for SharedHeader {}
