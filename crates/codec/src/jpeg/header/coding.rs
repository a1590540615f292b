//! Reads and writes the scans of tiles under a shared header.

use super::TileHeader;
use crate::error::malformed;
use crate::jpeg::bit_writer::{BitWriter, Full};
use crate::jpeg::entropy::{EntropyError, IntervalEnd, Padding, read_interval};
use crate::jpeg::scan::ScanOrder;
use crate::jpeg::sequential::Sequential;
use crate::markers::EOI;
use crate::{CodecError, Coefficients, Frame};

impl TileHeader {
    /// Maximum number of bytes that [`Self::write_scan`] writes for a tile of
    /// `frame`.
    #[must_use]
    pub fn scan_bound(&self, frame: &Frame) -> usize {
        let planes = self.tables.iter().enumerate().take(frame.planes());
        let bits = planes.fold(0, |bits: usize, (plane, tables)| {
            let (columns, rows) = frame.blocks(plane);
            bits.saturating_add((columns * rows).saturating_mul(tables.codes.block_bound()))
        });
        // Every byte may be followed by a stuffed zero.
        bits.div_ceil(8).saturating_mul(2)
    }

    /// Maximum number of bytes that [`Self::write`] writes for a tile of `frame`.
    #[must_use]
    pub fn jpeg_bound(&self, frame: &Frame) -> usize {
        self.joined_len(0).saturating_add(self.scan_bound(frame))
    }

    /// Writes the entropy-coded bytes of `tile`, without EOI, to the front of
    /// `out` and returns their number.
    ///
    /// # Errors
    /// If the tile's subsampling or colour is not that of the header, a
    /// coefficient has no code in the tables, or `out` is too short;
    /// [`Self::scan_bound`] bytes are always enough. `out` may then be partly
    /// written.
    pub fn write_scan(&self, tile: &Coefficients, out: &mut [u8]) -> Result<usize, CodecError> {
        self.require_same_kind(tile.frame())?;
        let len = out.len();
        self.write_blocks(tile, out).map_err(|error| error.in_buffer(len, self.scan_bound(tile.frame())))
    }

    /// Writes `tile` as a complete JPEG to the front of `out` and returns its
    /// length in bytes.
    ///
    /// # Errors
    /// As for [`Self::write_scan`]; [`Self::jpeg_bound`] bytes are always enough.
    pub fn write(&self, tile: &Coefficients, out: &mut [u8]) -> Result<usize, CodecError> {
        let len = out.len();
        self.write_jpeg(tile, out).map_err(|error| error.in_buffer(len, self.jpeg_bound(tile.frame())))
    }

    /// Writes `tile` as a complete JPEG.
    ///
    /// # Errors
    /// As for [`Self::write`], except that the buffer is never too short.
    pub fn jpeg(&self, tile: &Coefficients) -> Result<Vec<u8>, CodecError> {
        let mut jpeg = vec![0; self.jpeg_bound(tile.frame())];
        let len = self.write(tile, &mut jpeg)?;
        jpeg.truncate(len);
        Ok(jpeg)
    }

    fn write_jpeg(&self, tile: &Coefficients, out: &mut [u8]) -> Result<usize, WriteError> {
        let frame = tile.frame();
        let (header, rest) = out.split_at_mut_checked(self.bytes().len()).ok_or(Full)?;
        self.require_same_kind(frame).map_err(WriteError::Kind)?;
        let scan_len = self.write_blocks(tile, rest)?;
        rest.get_mut(scan_len..scan_len + EOI.len()).ok_or(Full)?.copy_from_slice(&EOI);
        self.write_header(frame.width() as u16, frame.height() as u16, header);
        Ok(self.joined_len(scan_len))
    }

    fn write_blocks(&self, tile: &Coefficients, out: &mut [u8]) -> Result<usize, WriteError> {
        let frame = tile.frame();
        let order = ScanOrder::interleaved(frame);
        let blocks = tile.blocks();
        let mut bits = BitWriter::new(out);
        let mut dc = [0; 3];
        order.visit(0..order.mcus(), |plane, block| {
            if self.tables[plane].codes.write_block(&blocks[block], &mut dc[plane], &mut bits).is_err() {
                return Err(WriteError::NoCode { plane, block: block - frame.first_block(plane) });
            }
            Ok(bits.end_block()?)
        })?;
        Ok(bits.finish()?)
    }

    /// Reads the entropy-coded bytes `scan`, without EOI, into `tile`, which has
    /// to have the right shape. Bytes from [`Self::write_scan`] give the same
    /// coefficients again.
    ///
    /// # Errors
    /// If the tile's subsampling or colour is not that of the header, or the
    /// bytes are not a scan of that shape, continue after it, or are padded with
    /// other bits than ones; `tile` is then partly written.
    pub fn read_scan(&self, scan: &[u8], tile: &mut Coefficients) -> Result<(), CodecError> {
        self.require_same_kind(tile.frame())?;
        let order = ScanOrder::interleaved(tile.frame());
        let last = self.tables.len() - 1;
        let reader = Sequential::new([0, 1, 2].map(|plane: usize| &self.tables[plane.min(last)].lookups));
        match read_interval(scan, 0, &order, 0..order.mcus(), reader, tile.blocks_mut())? {
            IntervalEnd { len, .. } if len < scan.len() => malformed(len, EntropyError::TRAILING_BYTES.0),
            IntervalEnd { padding: Padding::Ones, .. } => Ok(()),
            IntervalEnd { padding: Padding::Other, .. } => {
                malformed(scan.len(), "scan padded with other than ones")
            }
        }
    }

    /// Fails unless `frame` has the subsampling and colour of this header.
    fn require_same_kind(&self, frame: &Frame) -> Result<(), CodecError> {
        if frame.colour() != self.colour {
            return Err(CodecError::Colour(frame.colour()));
        }
        let (expected, found) = (self.subsampling, frame.subsampling());
        if found == expected {
            return Ok(());
        }
        Err(CodecError::Subsampling { expected, found: Some(found) })
    }
}

/// Why a tile could not be written.
enum WriteError {
    /// The output is too short.
    Full,
    /// The tile is of another kind than the header: the error says how.
    Kind(CodecError),
    /// The tables have no code for a coefficient of a block, given by its index
    /// within its plane.
    NoCode { plane: usize, block: usize },
}

impl WriteError {
    /// The error of writing to a buffer of `len` bytes, where up to `needed` may
    /// be written.
    fn in_buffer(self, len: usize, needed: usize) -> CodecError {
        match self {
            Self::Full => CodecError::OutputTooSmall { len, needed },
            Self::Kind(error) => error,
            Self::NoCode { plane, block } => CodecError::NoCode { plane, block },
        }
    }
}

impl From<Full> for WriteError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}
