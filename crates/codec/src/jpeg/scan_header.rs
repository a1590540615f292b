//! Parses scan headers (T.81, B.2.3).

use super::huffman::HuffmanTable;
use super::lookup::{Lookup, PlaneLookups, SymbolKind};
use super::segments::StreamState;
use crate::CodecError;
use crate::error::malformed;
use crate::markers::Segment;
use std::sync::Arc;

/// A scan header, with the tables and parameters in force at that point of the
/// stream.
#[derive(Clone, Debug)]
pub(super) struct ScanHeader<'a> {
    pub state: &'a StreamState,
    pub segment: Segment,
    /// The planes in the scan, in ascending order.
    pub planes: Vec<usize>,
    pub part: ScanPart,
    /// By plane of the frame.
    tables: [TableNumbers; 3],
}

/// The part of the coefficients' bits that a scan contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScanPart {
    /// First coefficient, in zigzag order.
    pub first: usize,
    /// Last coefficient.
    pub last: usize,
    /// Number of lower bits that earlier scans left out; 0 if there were none.
    pub high: u8,
    /// Number of lower bits that this scan leaves out.
    pub low: u8,
}

impl ScanPart {
    /// All bits of all coefficients.
    pub const WHOLE: Self = Self { first: 0, last: 63, high: 0, low: 0 };
}

/// What the id of an AC table in a DHT segment has besides its number.
pub(super) const AC_CLASS: u8 = 0x10;

/// Numbers of the Huffman tables of a plane, 0 to 3.
#[derive(Clone, Copy, Debug, Default)]
struct TableNumbers {
    dc: usize,
    ac: usize,
}

impl<'a> ScanHeader<'a> {
    /// Parses an SOS segment. `state` is made of the segments before it.
    pub fn parse(state: &'a StreamState, segment: Segment, jpeg: &[u8]) -> Result<Self, CodecError> {
        let (offset, payload) = (segment.start, segment.payload(jpeg));
        let Some(frame) = &state.frame else { return malformed(offset, "scan without a frame header") };
        let Some((&count, rest)) = payload.split_first() else {
            return malformed(offset, "scan header cut short");
        };
        let count = usize::from(count);
        if !(1..=frame.planes).contains(&count) || rest.len() != 2 * count + 3 {
            return malformed(offset, "scan header of a wrong length");
        }
        let (components, part) = rest.split_at(2 * count);
        let part = ScanPart {
            first: usize::from(part[0]),
            last: usize::from(part[1]),
            high: part[2] >> 4,
            low: part[2] & 15,
        };
        let mut planes = Vec::with_capacity(count);
        let mut tables = [TableNumbers::default(); 3];
        // Planes are in the same order as in the frame (B.2.3).
        let mut next = 0;
        for component in components.chunks_exact(2) {
            let Some(plane) = frame.plane_with_id(next, component[0]) else {
                return malformed(offset, "scan of a plane that the frame does not have there");
            };
            let numbers =
                TableNumbers { dc: usize::from(component[1] >> 4), ac: usize::from(component[1] & 15) };
            if numbers.dc > 3 || numbers.ac > 3 {
                return malformed(offset, "Huffman table numbered above 3");
            }
            planes.push(plane);
            tables[plane] = numbers;
            next = plane + 1;
        }
        Ok(Self { state, segment, planes, part, tables })
    }

    /// The DC table that the scan names for `plane`.
    pub fn dc(&self, plane: usize) -> Result<&'a HuffmanTable, CodecError> {
        self.defined(self.state.dc[self.tables[plane].dc].as_ref())
    }

    /// The AC table that the scan names for `plane`.
    pub fn ac(&self, plane: usize) -> Result<&'a HuffmanTable, CodecError> {
        self.defined(self.state.ac[self.tables[plane].ac].as_ref())
    }

    /// The ids of `plane`'s tables in DHT segments: of DC, then of AC.
    pub fn table_ids(&self, plane: usize) -> [u8; 2] {
        let TableNumbers { dc, ac } = self.tables[plane];
        [dc as u8, AC_CLASS | ac as u8]
    }

    fn defined(&self, table: Option<&'a HuffmanTable>) -> Result<&'a HuffmanTable, CodecError> {
        table.ok_or_else(|| self.malformed("scan names a Huffman table that is not in the stream"))
    }

    /// Lookups for the tables that the scan names for `plane`.
    pub fn lookups(&self, plane: usize) -> Result<PlaneLookups, CodecError> {
        let (dc, ac) = (self.dc(plane)?, self.ac(plane)?);
        Ok(PlaneLookups { dc: self.lookup(dc, SymbolKind::Dc)?, ac: self.lookup(ac, SymbolKind::Ac)? })
    }

    fn lookup(&self, table: &HuffmanTable, kind: SymbolKind) -> Result<Arc<Lookup>, CodecError> {
        Lookup::shared(table, kind).map_err(|what| self.malformed(what))
    }

    /// The error of a malformed scan.
    pub fn malformed(&self, what: &'static str) -> CodecError {
        CodecError::Structure { offset: self.segment.start, what }
    }
}
