//! Huffman tables that every tile has for itself.

use super::PlaneHuffman;
use super::coding::WriteError;
use crate::error::{malformed, unsupported};
use crate::jpeg::huffman::HuffmanTable;
use crate::jpeg::scan::ScanOrder;
use crate::jpeg::scan_header::AC_CLASS;
use crate::jpeg::segments::split_huffman_table;
use crate::jpeg::symbol_counts::{MAX_AC_SIZE, MAX_DC_SIZE, SymbolCounts};
use crate::jpeg::writer::PlaneCodes;
use crate::markers::{DHT, segments};
use crate::{CodecError, Coefficients};
use std::array::from_fn;
use std::ops::Range;

/// Maximum number of bits of a block: codes of 16 bits with the largest values for DC, 63 AC
/// coefficients, and the end of the block.
pub(super) const BLOCK_BOUND: usize = 16 + MAX_DC_SIZE as usize + 64 * (16 + MAX_AC_SIZE as usize);

/// Where a header defines Huffman tables, and which planes they are for. Tables are numbered
/// in the order of their definitions.
#[derive(Clone, Debug)]
pub(super) struct OwnTables {
    segments: Vec<DhtSegment>,
    /// The pairs of tables that planes are coded with.
    pairs: Vec<TablePair>,
    /// Index of each plane's pair. Planes that do not exist have that of the first.
    pair_of_plane: [usize; 3],
}

/// A DHT segment.
#[derive(Clone, Debug)]
struct DhtSegment {
    /// Where its payload is in the header.
    payload: Range<usize>,
    /// The id of each of its tables: the number, plus [`AC_CLASS`] for AC tables.
    ids: Vec<u8>,
}

/// The numbers of two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TablePair {
    dc: usize,
    ac: usize,
}

impl OwnTables {
    /// The tables that `header` defines for its planes, whose tables are `planes`.
    ///
    /// # Errors
    /// If a table is defined more than once or not used.
    pub fn new(header: &[u8], planes: &[PlaneHuffman]) -> Result<Self, CodecError> {
        let segments = dht_segments(header)?;
        let ids: Vec<u8> = segments.iter().flat_map(|segment| &segment.ids).copied().collect();
        let is_used = |id: &u8| planes.iter().any(|plane| plane.ids.contains(id));
        let is_repeated = |number: usize| ids[..number].contains(&ids[number]);
        if !ids.iter().all(is_used) || (0..ids.len()).any(is_repeated) {
            return unsupported("a Huffman table of a tile's own that is defined twice or not used");
        }
        let number_of = |id| ids.iter().position(|&other| other == id).expect("planes have their tables");
        let mut pairs = Vec::new();
        let mut pair_of_plane = [0; 3];
        for (slot, plane) in pair_of_plane.iter_mut().zip(planes) {
            let [dc, ac] = plane.ids.map(number_of);
            let pair = TablePair { dc, ac };
            *slot = pairs.iter().position(|&other| other == pair).unwrap_or(pairs.len());
            if *slot == pairs.len() {
                pairs.push(pair);
            }
        }
        Ok(Self { segments, pairs, pair_of_plane })
    }

    /// Memory that it keeps besides its own size, in bytes.
    pub fn memory(&self) -> usize {
        let ids: usize = self.segments.iter().map(|segment| segment.ids.len()).sum();
        size_of_val(&self.segments[..]) + size_of_val(&self.pairs[..]) + ids
    }

    /// The standard table for each: those of luma for tables numbered 0, those of chroma for
    /// others.
    pub fn standard(&self) -> Vec<HuffmanTable> {
        let standard = HuffmanTable::standard();
        let ids = self.segments.iter().flat_map(|segment| &segment.ids);
        ids.map(|id| standard[usize::from(id & !AC_CLASS != 0)][usize::from(id & AC_CLASS != 0)]).collect()
    }

    /// The [optimal](HuffmanTable::optimal) tables for `tile`, which has the planes of the
    /// header.
    ///
    /// # Errors
    /// If baseline JPEG cannot have one of its coefficients.
    pub fn optimal(&self, tile: &Coefficients) -> Result<Vec<HuffmanTable>, WriteError> {
        let count = self.segments.iter().map(|segment| segment.ids.len()).sum();
        let mut counts = vec![[0; 256]; count];
        for (symbols, pair) in self.symbols(tile)?.iter().zip(&self.pairs) {
            add(&mut counts[pair.dc], &symbols.dc);
            add(&mut counts[pair.ac], &symbols.ac);
        }
        Ok(counts.iter().map(HuffmanTable::optimal).collect())
    }

    /// What each pair of tables has to code.
    fn symbols(&self, tile: &Coefficients) -> Result<Vec<SymbolCounts>, WriteError> {
        let (frame, blocks) = (tile.frame(), tile.blocks());
        let order = ScanOrder::interleaved(frame);
        let mut counts = vec![SymbolCounts::NONE; self.pairs.len()];
        let mut dc = [0; 3];
        order.visit(0..order.mcus(), |plane, block| {
            let counts = &mut counts[self.pair_of_plane[plane]];
            let no_code = |_| WriteError::NoCode { plane, block: block - frame.first_block(plane) };
            counts.add(&blocks[block], &mut dc[plane]).map_err(no_code)
        })?;
        Ok(counts)
    }

    /// The codes of each pair of `tables`.
    pub fn codes(&self, tables: &[HuffmanTable]) -> Vec<PlaneCodes> {
        self.pairs.iter().map(|pair| PlaneCodes::new(&tables[pair.dc], &tables[pair.ac])).collect()
    }

    /// Those of `codes` that each plane is coded with.
    pub fn by_plane<'a>(&self, codes: &'a [PlaneCodes]) -> [&'a PlaneCodes; 3] {
        from_fn(|plane| &codes[self.pair_of_plane[plane]])
    }

    /// `header`, from which this was made, with other tables.
    pub fn fill(&self, header: &[u8], tables: &[HuffmanTable]) -> Vec<u8> {
        let mut out = Vec::with_capacity(header.len());
        let (mut tables, mut copied) = (tables.iter(), 0);
        for DhtSegment { payload, ids } in &self.segments {
            out.extend_from_slice(&header[copied..payload.start]);
            let start = out.len();
            for (&id, table) in ids.iter().zip(tables.by_ref()) {
                table.write_definition(id, &mut out);
            }
            // The length counts its own two bytes. Eight full tables have fewer than 2^12.
            let length = (out.len() - start + 2) as u16;
            out[start - 2..start].copy_from_slice(&length.to_be_bytes());
            copied = payload.end;
        }
        out.extend_from_slice(&header[copied..]);
        out
    }
}

/// The DHT segments of a header.
fn dht_segments(header: &[u8]) -> Result<Vec<DhtSegment>, CodecError> {
    let mut found = Vec::new();
    for segment in segments(header) {
        let segment = segment?;
        if segment.marker != DHT {
            continue;
        }
        let (mut ids, mut rest) = (Vec::new(), segment.payload(header));
        while let Some((&id, table)) = rest.split_first() {
            let Some((_, _, others)) = split_huffman_table(table) else {
                return malformed(segment.start, "Huffman table cut short");
            };
            ids.push(id);
            rest = others;
        }
        found.push(DhtSegment { payload: segment.start..segment.end, ids });
    }
    Ok(found)
}

fn add(sums: &mut [u64; 256], counts: &[u64; 256]) {
    sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
}
