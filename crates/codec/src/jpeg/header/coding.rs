//! Reads and writes the scans of tiles under a shared header.

use super::first_scan::FirstScan;
use super::{TileHeader, own_tables};
use crate::error::malformed;
use crate::jpeg::bit_writer::{BitWriter, Full};
use crate::jpeg::entropy::{EntropyError, IntervalEnd, Padding, read_interval};
use crate::jpeg::huffman::HuffmanTable;
use crate::jpeg::scan::ScanOrder;
use crate::jpeg::sequential::Sequential;
use crate::jpeg::writer::PlaneCodes;
use crate::markers::EOI;
use crate::{CodecError, Coefficients, Facts, Frame, SharedHeader};

impl TileHeader {
    /// Maximum number of bytes that [`Self::write_scan`] writes for a tile of
    /// `frame`.
    #[must_use]
    pub fn scan_bound(&self, frame: &Frame) -> usize {
        scan_bound(frame, self.codes().map(PlaneCodes::block_bound))
    }

    /// Maximum number of bytes that [`Self::write`] writes for a tile of `frame`.
    #[must_use]
    pub fn jpeg_bound(&self, frame: &Frame) -> usize {
        let scan_bound = match self.own_tables {
            None => self.scan_bound(frame),
            Some(_) => scan_bound(frame, [own_tables::BLOCK_BOUND; 3]),
        };
        // No tables of a tile's own are longer than the standard ones.
        self.joined_len(0).saturating_add(scan_bound)
    }

    /// The codes of each plane under the header's own tables. Planes that do not exist have
    /// those of the last.
    fn codes(&self) -> [&PlaneCodes; 3] {
        let last = self.tables.len() - 1;
        [0, 1, 2].map(|plane: usize| &self.tables[plane.min(last)].codes)
    }

    /// Writes the entropy-coded bytes of `tile` under the tables in
    /// [`bytes`](crate::SharedHeader::bytes), without EOI, to the front of `out`
    /// and returns their number.
    ///
    /// # Errors
    /// If the tile's subsampling or colour is not that of the header, a
    /// coefficient has no code in the tables, or `out` is too short;
    /// [`Self::scan_bound`] bytes are always enough. `out` may then be partly
    /// written.
    pub fn write_scan(&self, tile: &Coefficients, out: &mut [u8]) -> Result<usize, CodecError> {
        self.require_same_kind(tile.frame())?;
        let len = out.len();
        write_blocks(self.codes(), tile, out)
            .map_err(|error| error.in_buffer(len, self.scan_bound(tile.frame())))
    }

    /// Writes `tile` as a complete JPEG, with Huffman tables of its own if its
    /// tiles have such, to the front of `out` and returns its length in bytes.
    ///
    /// # Errors
    /// As for [`Self::write_scan`]; [`Self::jpeg_bound`] bytes are always enough.
    /// Tables of a tile's own have codes for all coefficients of baseline JPEG:
    /// for AC from -1,023 to 1,023, for DC differences from -2,047 to 2,047.
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
        self.require_same_kind(frame).map_err(WriteError::Kind)?;
        let header_len = self.bytes().len();
        let (width, height) = (frame.width() as u16, frame.height() as u16);
        let Some(own) = &self.own_tables else {
            let len = write_behind(header_len, self.codes(), tile, out)?;
            self.write_header(width, height, &mut out[..header_len]);
            return Ok(len);
        };
        let tables = own.optimal(tile)?;
        let mut header = vec![0; header_len];
        self.write_header(width, height, &mut header);
        let header = own.fill(&header, &tables);
        let len = write_behind(header.len(), own.by_plane(&own.codes(&tables)), tile, out)?;
        out[..header.len()].copy_from_slice(&header);
        Ok(len)
    }

    /// Whether [`Self::write`] gives `tile` the Huffman tables and the entropy-coded
    /// bytes of `jpeg`, from which it was read with these `facts`. Their headers may
    /// differ in other things.
    ///
    /// # Errors
    /// As for [`Self::jpeg`].
    pub fn reproduces(&self, jpeg: &[u8], facts: &Facts, tile: &Coefficients) -> Result<bool, CodecError> {
        let written = self.jpeg(tile)?;
        let Some(scan) = &facts.scan else { return Ok(false) };
        Ok(SharedHeader::of(&written)?.scan_of(&written)? == &jpeg[scan.clone()]
            && huffman_tables(&written)? == huffman_tables(jpeg)?)
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

/// Maximum number of bytes of a scan of all planes whose blocks have at most so many bits.
fn scan_bound(frame: &Frame, block_bounds: [usize; 3]) -> usize {
    let planes = block_bounds.into_iter().enumerate().take(frame.planes());
    let bits = planes.fold(0, |bits: usize, (plane, bound)| {
        let (columns, rows) = frame.blocks(plane);
        bits.saturating_add((columns * rows).saturating_mul(bound))
    });
    // Every byte may be followed by a stuffed zero.
    bits.div_ceil(8).saturating_mul(2)
}

/// Writes the scan of `tile` and EOI to `out`, behind `header_len` bytes that are left as they
/// are. Returns the number of all these bytes.
fn write_behind(
    header_len: usize,
    codes: [&PlaneCodes; 3],
    tile: &Coefficients,
    out: &mut [u8],
) -> Result<usize, WriteError> {
    let behind = out.get_mut(header_len..).ok_or(Full)?;
    let scan_len = write_blocks(codes, tile, behind)?;
    behind.get_mut(scan_len..scan_len + EOI.len()).ok_or(Full)?.copy_from_slice(&EOI);
    Ok(header_len + scan_len + EOI.len())
}

/// Writes the scan of `tile`, each plane with its codes. Returns its length.
fn write_blocks(codes: [&PlaneCodes; 3], tile: &Coefficients, out: &mut [u8]) -> Result<usize, WriteError> {
    let (frame, blocks) = (tile.frame(), tile.blocks());
    let order = ScanOrder::interleaved(frame);
    let mut bits = BitWriter::new(out);
    let mut dc = [0; 3];
    order.visit(0..order.mcus(), |plane, block| {
        if codes[plane].write_block(&blocks[block], &mut dc[plane], &mut bits).is_err() {
            return Err(WriteError::NoCode { plane, block: block - frame.first_block(plane) });
        }
        Ok(bits.end_block()?)
    })?;
    Ok(bits.finish()?)
}

/// The DC and AC table of each plane of the first scan of `jpeg`.
fn huffman_tables(jpeg: &[u8]) -> Result<Vec<[HuffmanTable; 2]>, CodecError> {
    let first = FirstScan::find(jpeg)?;
    let scan = first.header(jpeg)?;
    scan.planes.iter().map(|&plane| Ok([*scan.dc(plane)?, *scan.ac(plane)?])).collect()
}

/// Why a tile could not be written.
pub(super) enum WriteError {
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
