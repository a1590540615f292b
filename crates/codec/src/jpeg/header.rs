//! One baseline header for all tiles of a level, to read and write their scans.

use super::bit_writer::BitWriter;
use super::entropy::read_interval;
use super::huffman::HuffmanTable;
use super::lookup::{Lookup, SymbolKind};
use super::scan::ScanOrder;
use super::segments::StreamState;
use super::sequential::Sequential;
use super::writer::PlaneCodes;
use crate::error::{broken, unsupported};
use crate::markers::{ADOBE_RGB, DHT, DQT, EOI, SOI, SOS, segments};
use crate::{CodecError, Coefficients, Colour, Frame, Quantisation, SharedHeader};
use origami_pyramid::Subsampling;
use std::ops::Deref;
use std::sync::Arc;

/// The [`SharedHeader`] of baseline JPEGs, everything through their SOS segment,
/// and what it says of the one scan that follows.
#[derive(Clone, Debug)]
pub struct TileHeader {
    shared: SharedHeader,
    subsampling: Subsampling,
    colour: Colour,
    quantisation: Quantisation,
    /// By plane.
    tables: Vec<Tables>,
}

#[derive(Clone, Debug)]
struct Tables {
    dc: Arc<Lookup>,
    ac: Arc<Lookup>,
    codes: PlaneCodes,
}

impl TileHeader {
    /// The header that the JPEG library writes for these quantisation steps
    /// with the standard Huffman tables: JFIF for gray and YCbCr, an Adobe
    /// marker for RGB. Planes with equal steps share a table as they do there;
    /// where Cb and Cr (or red, green and blue) differ, each has its own.
    ///
    /// # Errors
    /// If a step is 0 or above 255, or `colour` does not go with `subsampling`
    /// (see [`Frame::new`]).
    pub fn new(
        quantisation: &Quantisation,
        subsampling: Subsampling,
        colour: Colour,
    ) -> Result<Self, CodecError> {
        let frame = Frame::new(8, 8, subsampling, colour).ok_or(CodecError::Colour(colour))?;
        let planes = frame.planes();
        if quantisation[..planes].iter().flatten().any(|step| !(1..=255).contains(step)) {
            return unsupported("quantisation steps of 0 or above 255");
        }
        // The number of each plane's table. YCbCr's luma never shares its own.
        let mut numbers = [0; 3];
        let mut count = 1;
        for plane in 1..planes {
            let first = usize::from(colour == Colour::Ycc);
            let same = (first..plane).find(|&other| quantisation[other] == quantisation[plane]);
            numbers[plane] = same.map_or(count, |other| numbers[other]);
            count = count.max(numbers[plane] + 1);
        }
        let mut bytes = SOI.to_vec();
        if colour == Colour::Rgb {
            bytes.extend(ADOBE_RGB);
        } else {
            segment(&mut bytes, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
        }
        for number in 0..count {
            let plane = numbers.iter().position(|&n| n == number).unwrap_or(0);
            let mut payload = vec![number as u8];
            payload.extend(quantisation[plane].iter().map(|&step| step as u8));
            segment(&mut bytes, DQT, &payload);
        }
        let ids = if colour == Colour::Rgb { *b"RGB" } else { [1, 2, 3] };
        let mut payload = vec![8, 0, 8, 0, 8, planes as u8];
        for plane in 0..planes {
            let (across, down) = frame.sampling(plane);
            payload.extend([ids[plane], (across << 4 | down) as u8, numbers[plane] as u8]);
        }
        segment(&mut bytes, 0xc0, &payload);
        let tables = HuffmanTable::standard().concat();
        let chroma = u8::from(colour == Colour::Ycc);
        for (id, table) in [0, 0x10, 1, 0x11].into_iter().zip(tables).take(2 + 2 * usize::from(chroma)) {
            let mut payload = Vec::new();
            table.write_definition(id, &mut payload);
            segment(&mut bytes, DHT, &payload);
        }
        let mut payload = vec![planes as u8];
        for (plane, id) in ids.into_iter().enumerate().take(planes) {
            payload.extend([id, if plane == 0 { 0 } else { 0x11 * chroma }]);
        }
        payload.extend([0, 63, 0]);
        segment(&mut bytes, SOS, &payload);
        Self::of(&bytes)
    }

    /// The header of `jpeg`, which may go on after it.
    ///
    /// # Errors
    /// If it is no complete header of a sequential JPEG with Huffman coding, 8
    /// bits a sample, 4:4:4, 4:2:2 or 4:2:0 YCbCr, RGB or gray planes, one scan
    /// with all of them, all its tables and no restart markers.
    pub fn of(jpeg: &[u8]) -> Result<Self, CodecError> {
        let mut state = StreamState::default();
        let mut last = None;
        for segment in segments(jpeg) {
            let segment = segment?;
            if segment.marker == SOS {
                last = Some(segment);
            } else {
                state.apply(segment, jpeg)?;
            }
        }
        let Some(segment) = last else { return broken(jpeg.len(), "header without a scan") };
        let (scan, frame) = (state.scan(segment, jpeg)?, state.frame()?);
        let progressive = state.frame.is_some_and(|frame| frame.progressive);
        if progressive || state.restart_interval != 0 || scan.planes.len() != frame.planes() {
            return unsupported("anything but one sequential scan without restart markers");
        }
        if scan.band != (0, 63) || scan.approximation != (0, 0) {
            return Err(scan.broken("sequential scan of a part of the blocks"));
        }
        let mut quantisation = [[1; 64]; 3];
        let mut tables = Vec::with_capacity(frame.planes());
        for (plane, steps) in quantisation.iter_mut().enumerate().take(frame.planes()) {
            *steps = state.steps(plane)?;
            let (dc, ac) = (scan.dc(plane)?, scan.ac(plane)?);
            let lookup = |table, kind| Lookup::shared(table, kind).map_err(|what| scan.broken(what));
            let (codes, dc, ac) =
                (PlaneCodes::new(dc, ac), lookup(dc, SymbolKind::Dc)?, lookup(ac, SymbolKind::Ac)?);
            tables.push(Tables { dc, ac, codes });
        }
        if frame.planes() == 1 {
            quantisation = [quantisation[0]; 3];
        }
        Ok(Self {
            shared: SharedHeader::of(jpeg)?,
            subsampling: frame.subsampling(),
            colour: frame.colour(),
            quantisation,
            tables,
        })
    }

    /// Bytes of memory that the header and its tables take.
    #[must_use]
    pub fn memory(&self) -> usize {
        let mut lookups: Vec<_> = self.tables.iter().flat_map(|plane| [&plane.dc, &plane.ac]).collect();
        // Planes share tables.
        lookups.sort_unstable_by_key(|lookup| Arc::as_ptr(lookup));
        lookups.dedup_by_key(|lookup| Arc::as_ptr(lookup));
        let lookups: usize = lookups.into_iter().map(|lookup| lookup.memory()).sum();
        size_of::<Self>() + self.bytes().len() + size_of_val(&self.tables[..]) + lookups
    }

    /// Chroma subsampling.
    #[must_use]
    pub fn subsampling(&self) -> Subsampling {
        self.subsampling
    }

    /// What the samples mean.
    #[must_use]
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// The quantisation steps of each plane, 1 to 255 (or to 65,535 if the
    /// header was taken from a JPEG with wide tables). Gray's stand three times.
    #[must_use]
    pub fn quantisation(&self) -> &Quantisation {
        &self.quantisation
    }

    /// Number of planes of its tiles, 1 or 3.
    #[must_use]
    pub fn planes(&self) -> usize {
        self.tables.len()
    }

    /// The frame of a tile of `width` x `height` px. `None` if a side is 0 or
    /// above [`Frame::MAX_SIDE`].
    #[must_use]
    pub fn frame(&self, width: usize, height: usize) -> Option<Frame> {
        Frame::new(width, height, self.subsampling, self.colour)
    }

    /// Most bytes that [`Self::write_scan`] can write for a tile of `frame`.
    #[must_use]
    pub fn scan_bound(&self, frame: &Frame) -> usize {
        let planes = self.tables.iter().enumerate().take(frame.planes());
        let bits = planes.fold(0, |bits: usize, (plane, tables)| {
            let (columns, rows) = frame.blocks(plane);
            bits.saturating_add((columns * rows).saturating_mul(tables.codes.block_bound()))
        });
        // A zero may follow every byte.
        bits.div_ceil(8).saturating_mul(2)
    }

    /// Most bytes that [`Self::write`] can write for a tile of `frame`.
    #[must_use]
    pub fn jpeg_bound(&self, frame: &Frame) -> usize {
        self.joined_len(0).saturating_add(self.scan_bound(frame))
    }

    /// Writes the entropy-coded bytes of `tile`, without EOI, to the front of
    /// `out` and returns how many.
    ///
    /// # Errors
    /// If the tile is not of this subsampling and colour, a coefficient has no
    /// code in the tables, or `out` is too short; [`Self::scan_bound`] bytes
    /// are always enough. `out` may then be partly written.
    pub fn write_scan(&self, tile: &Coefficients, out: &mut [u8]) -> Result<usize, CodecError> {
        let frame = tile.frame();
        self.require_same(frame)?;
        let len = out.len();
        let too_small = |_| CodecError::OutputTooSmall { len, needed: self.scan_bound(frame) };
        let order = ScanOrder::interleaved(frame);
        let blocks = tile.blocks();
        let mut bits = BitWriter::new(out);
        let mut dc = [0; 3];
        order.visit(0..order.mcus(), |plane, block| {
            if !self.tables[plane].codes.write_block(&blocks[block], &mut dc[plane], &mut bits) {
                return Err(CodecError::NoCode { plane, block: block - frame.first_block(plane) });
            }
            bits.end_block().map_err(too_small)
        })?;
        bits.finish().map_err(too_small)
    }

    /// Writes `tile` as a complete JPEG to the front of `out` and returns how
    /// many bytes it has.
    ///
    /// # Errors
    /// As [`Self::write_scan`]; [`Self::jpeg_bound`] bytes are always enough.
    pub fn write(&self, tile: &Coefficients, out: &mut [u8]) -> Result<usize, CodecError> {
        let frame = tile.frame();
        let header = self.bytes().len();
        let len = out.len();
        let too_small = || CodecError::OutputTooSmall { len, needed: self.jpeg_bound(frame) };
        let (head, rest) = out.split_at_mut_checked(header).ok_or_else(too_small)?;
        let scan = match self.write_scan(tile, rest) {
            Err(CodecError::OutputTooSmall { .. }) => return Err(too_small()),
            scan => scan?,
        };
        rest.get_mut(scan..scan + EOI.len()).ok_or_else(too_small)?.copy_from_slice(&EOI);
        self.write_header(frame.width() as u16, frame.height() as u16, head);
        Ok(self.joined_len(scan))
    }

    /// [`Self::write`] to bytes of their own.
    ///
    /// # Errors
    /// As there, but for bytes that are too short.
    pub fn jpeg(&self, tile: &Coefficients) -> Result<Vec<u8>, CodecError> {
        let mut jpeg = vec![0; self.jpeg_bound(tile.frame())];
        let len = self.write(tile, &mut jpeg)?;
        jpeg.truncate(len);
        Ok(jpeg)
    }

    /// Reads the entropy-coded bytes `scan`, without EOI, into `tile`, which
    /// has the shape already. Bytes from [`Self::write_scan`] give the same
    /// coefficients again.
    ///
    /// # Errors
    /// If the tile is not of this subsampling and colour, or the bytes are no
    /// scan of that shape, or go on after it, or are padded with other than
    /// ones; `tile` is then partly written.
    pub fn read_scan(&self, scan: &[u8], tile: &mut Coefficients) -> Result<(), CodecError> {
        self.require_same(tile.frame())?;
        let order = ScanOrder::interleaved(tile.frame());
        let tables = [0, 1, 2].map(|plane: usize| {
            let tables = &self.tables[plane.min(self.tables.len() - 1)];
            (&*tables.dc, &*tables.ac)
        });
        let reader = Sequential { tables, dc: [0; 3] };
        if read_interval(scan, 0, &order, 0..order.mcus(), reader, tile.blocks_mut())? {
            return Ok(());
        }
        broken(scan.len(), "scan padded with other than ones")
    }

    fn require_same(&self, frame: &Frame) -> Result<(), CodecError> {
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

impl Deref for TileHeader {
    type Target = SharedHeader;

    fn deref(&self) -> &SharedHeader {
        &self.shared
    }
}

/// Appends a marker segment.
fn segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    out.extend([0xff, marker]);
    out.extend((payload.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(payload);
}
