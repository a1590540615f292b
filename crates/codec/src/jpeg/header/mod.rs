//! The baseline header that all tiles of a level share.

mod coding;
mod first_scan;
mod optimised;
mod own_tables;

pub use optimised::HuffmanTables;

use self::first_scan::FirstScan;
use self::own_tables::OwnTables;
use super::lookup::PlaneLookups;
use super::scan_header::{ScanHeader, ScanPart};
use super::standard_header::standard_header;
use super::writer::PlaneCodes;
use crate::error::unsupported;
use crate::{CodecError, Colour, Frame, Quantisation, SharedHeader};
use origami_pyramid::Subsampling;
use std::ops::Deref;
use std::sync::Arc;

/// The [`SharedHeader`] of baseline JPEGs, everything through their SOS
/// segment, with what it says about the scan that follows.
///
/// Tiles can also have Huffman tables of their own ([`Self::optimised`]). What
/// is said of bytes and scans alone, as by [`SharedHeader::join`] or
/// [`Self::read_scan`], goes by the tables in [`SharedHeader::bytes`] all the
/// same; only [`Self::write`] and [`Self::jpeg`] give a tile its own.
///
/// Headers are equal if they give all tiles the same bytes.
#[derive(Clone, Debug)]
pub struct TileHeader {
    shared: SharedHeader,
    subsampling: Subsampling,
    colour: Colour,
    quantisation: Quantisation,
    /// By plane.
    tables: Vec<PlaneHuffman>,
    /// Where the tables of each tile's own belong, if tiles have such.
    own_tables: Option<OwnTables>,
}

/// A plane's Huffman tables, to read and to write.
#[derive(Clone, Debug)]
struct PlaneHuffman {
    /// The ids of the tables in DHT segments: of DC, then of AC.
    ids: [u8; 2],
    lookups: PlaneLookups,
    codes: PlaneCodes,
}

impl PlaneHuffman {
    /// The tables that `scan` names for `plane`.
    fn new(scan: &ScanHeader, plane: usize) -> Result<Self, CodecError> {
        let codes = PlaneCodes::new(scan.dc(plane)?, scan.ac(plane)?);
        Ok(Self { ids: scan.table_ids(plane), lookups: scan.lookups(plane)?, codes })
    }
}

impl TileHeader {
    /// The header that libjpeg-turbo writes for these quantisation steps with
    /// the standard Huffman tables: JFIF for gray and YCbCr, an Adobe marker for
    /// RGB. Planes with equal steps share a table as they do there; where Cb and
    /// Cr (or red, green and blue) differ, each has its own.
    ///
    /// # Errors
    /// If a step is 0 or above 255, or `colour` and `subsampling` do not go
    /// together (see [`Frame::new`]).
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Coefficients, Colour, TileHeader};
    /// use origami_pyramid::Subsampling;
    ///
    /// let header = TileHeader::new(&[[16; 64]; 3], Subsampling::S444, Colour::Ycc)?;
    /// let mut tile = Coefficients::zeros(header.frame(8, 8).expect("a valid size"));
    /// tile.fill([5, -6, 7]);
    /// let jpeg = header.jpeg(&tile)?;
    ///
    /// let mut back = Coefficients::zeros(*tile.frame());
    /// header.read_scan(header.scan_of(&jpeg)?, &mut back)?;
    /// assert_eq!(back, tile);
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
    pub fn new(
        quantisation: &Quantisation,
        subsampling: Subsampling,
        colour: Colour,
    ) -> Result<Self, CodecError> {
        let frame = Frame::new(8, 8, subsampling, colour).ok_or(CodecError::Colour(colour))?;
        if quantisation[..frame.planes()].iter().flatten().any(|step| !(1..=255).contains(step)) {
            return unsupported("quantisation steps of 0 or above 255");
        }
        Self::of(&standard_header(quantisation, &frame))
    }

    /// The header of `jpeg`, which may continue after it.
    ///
    /// # Errors
    /// If it is not the complete header of a sequential Huffman-coded JPEG with
    /// 8 bits a sample, 4:4:4, 4:2:2 or 4:2:0 YCbCr, RGB or gray planes, a scan
    /// of all of them, all its tables and no restart markers.
    pub fn of(jpeg: &[u8]) -> Result<Self, CodecError> {
        let first = FirstScan::find(jpeg)?;
        let (state, scan) = (&first.state, first.header(jpeg)?);
        let frame = state.frame()?;
        if state.progressive() || state.restart_interval != 0 || scan.planes.len() != frame.planes() {
            return unsupported("anything but one sequential scan without restart markers");
        }
        if scan.part != ScanPart::WHOLE {
            return Err(scan.malformed("sequential scan of a part of the blocks"));
        }
        let mut quantisation = [[1; 64]; 3];
        let mut tables = Vec::with_capacity(frame.planes());
        for (plane, steps) in quantisation.iter_mut().enumerate().take(frame.planes()) {
            *steps = state.steps(plane)?;
            tables.push(PlaneHuffman::new(&scan, plane)?);
        }
        if frame.planes() == 1 {
            quantisation = [quantisation[0]; 3];
        }
        let (subsampling, colour) = (frame.subsampling(), frame.colour());
        let shared = SharedHeader::of(jpeg)?;
        Ok(Self { shared, subsampling, colour, quantisation, tables, own_tables: None })
    }

    /// Size in memory of the header and its tables, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        let mut lookups: Vec<_> =
            self.tables.iter().flat_map(|plane| [&plane.lookups.dc, &plane.lookups.ac]).collect();
        // Planes share tables.
        lookups.sort_unstable_by_key(|lookup| Arc::as_ptr(lookup));
        lookups.dedup_by_key(|lookup| Arc::as_ptr(lookup));
        let lookups: usize = lookups.into_iter().map(|lookup| lookup.memory()).sum();
        let own_tables = self.own_tables.as_ref().map_or(0, OwnTables::memory);
        size_of::<Self>() + self.bytes().len() + size_of_val(&self.tables[..]) + lookups + own_tables
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
    /// header was taken from a JPEG with 16-bit tables). Those of gray are given
    /// three times.
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
}

impl PartialEq for TileHeader {
    fn eq(&self, other: &Self) -> bool {
        self.shared == other.shared && self.huffman_tables() == other.huffman_tables()
    }
}

impl Eq for TileHeader {}

impl Deref for TileHeader {
    type Target = SharedHeader;

    fn deref(&self) -> &SharedHeader {
        &self.shared
    }
}
