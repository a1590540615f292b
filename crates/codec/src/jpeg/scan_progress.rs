//! Reads the scans of a JPEG one after another and checks that they fit together.

use super::entropy::Scan;
use super::huffman::HuffmanTable;
use super::progressive::{AcFirst, AcRefine, AcScan, DcFirst, DcRefine};
use super::reader::Facts;
use super::scan::ScanOrder;
use super::scan_header::{ScanHeader, ScanPart};
use super::sequential::Sequential;
use super::symbols::Symbols;
use crate::error::malformed;
use crate::kept::Kept;
use crate::markers::MAX_SCANS;
use crate::{Block, CodecError, Coefficients, Colour, Frame, Tidiness};

/// The state after the scans read so far.
pub(super) struct ScanProgress {
    count: u32,
    frame: Frame,
    /// What the scans so far say, except for the quantisation.
    facts: Facts,
    /// The steps in force at each plane's first scan.
    quantisation: [Option<[u16; 64]>; 3],
    /// By plane and coefficient the number of lower bits that are still missing;
    /// `None` before the first scan of it.
    missing_bits: [[Option<u8>; 64]; 3],
}

impl ScanProgress {
    /// The state before the first scan, whose header is `header`, of a JPEG of `len`
    /// bytes. Reshapes `out` to the frame.
    pub fn begin(
        header: &ScanHeader,
        len: usize,
        max_blocks: usize,
        out: &mut Coefficients,
    ) -> Result<Self, CodecError> {
        let frame = header.state.frame()?;
        if frame.block_count() > max_blocks {
            return Err(CodecError::TooManyBlocks { max_blocks, found: frame.block_count() });
        }
        // Every block takes at least one bit, but up to half of them need not be coded, as they
        // only fill up MCUs.
        if frame.block_count() > len.saturating_mul(16) {
            return Err(header.malformed("the stream is too short for the blocks that it claims"));
        }
        out.reshape(frame);
        let progressive = header.state.progressive();
        if progressive || header.planes.len() != frame.planes() {
            out.blocks_mut().fill(Block::ZERO);
        }
        let facts = Facts {
            quantisation: [[1; 64]; 3],
            progressive,
            restart_interval: 0,
            trailing: 0,
            tidiness: Tidiness::Tidy,
            scan: None,
            standard_huffman: true,
        };
        Ok(Self { count: 0, frame, facts, quantisation: [None; 3], missing_bits: [[None; 64]; 3] })
    }

    /// Reads the scan that follows `header` and returns the offset of its end.
    pub fn read(
        &mut self,
        header: &ScanHeader,
        jpeg: &[u8],
        out: &mut Coefficients,
        kept: &mut Kept<'_>,
    ) -> Result<usize, CodecError> {
        self.count += 1;
        if self.count > MAX_SCANS {
            return Err(header.malformed("more scans than any sensible JPEG has"));
        }
        self.check(header).map_err(|what| header.malformed(what))?;
        for &plane in &header.planes {
            let steps = header.state.steps(plane)?;
            self.quantisation[plane].get_or_insert(steps);
        }
        self.facts.restart_interval = header.state.restart_interval;
        let scan = Scan {
            jpeg,
            start: header.segment.end,
            order: ScanOrder::new(&self.frame, &header.planes),
            restart_interval: header.state.restart_interval,
            blocks: out.blocks_mut(),
        };
        if self.facts.progressive {
            self.facts.standard_huffman = false;
            read_progressive(scan, header, kept)
        } else {
            self.read_sequential(scan, header, kept)
        }
    }

    fn read_sequential(
        &mut self,
        scan: Scan<'_>,
        header: &ScanHeader,
        kept: &mut Kept<'_>,
    ) -> Result<usize, CodecError> {
        let standard = HuffmanTable::standard();
        let mut lookups = [const { None }; 3];
        for &plane in &header.planes {
            let tables = [*header.dc(plane)?, *header.ac(plane)?];
            let chroma = plane > 0 && self.frame.colour() == Colour::Ycc;
            self.facts.standard_huffman &= tables == standard[usize::from(chroma)];
            lookups[plane] = Some(header.lookups(plane)?);
        }
        // Planes that are not in the scan get the lookups of one that is; they are not used.
        let first = lookups[header.planes[0]].as_ref();
        let lookups =
            lookups.each_ref().map(|own| own.as_ref().or(first).expect("each plane of the scan has lookups"));
        let whole = header.planes.len() == self.frame.planes() && scan.restart_interval == 0;
        let start = scan.start;
        let end = scan.read(Sequential::new(lookups), kept)?;
        self.facts.scan = whole.then_some(start..end);
        Ok(end)
    }

    /// Checks that the scan contains the next bits of its coefficients, so that
    /// no bit is read twice and the work for all scans is bounded.
    fn check(&mut self, header: &ScanHeader) -> Result<(), &'static str> {
        let ScanPart { first, last, high, low } = header.part;
        if self.facts.progressive {
            let dc = first == 0 && last == 0;
            let ac = 0 < first && first <= last && last < 64 && header.planes.len() == 1;
            if !dc && !ac {
                return Err("progressive scan of an impossible part of the blocks");
            }
            if low > 13 || high != 0 && high != low + 1 {
                return Err("progressive scan of impossible bits");
            }
        } else if header.part != ScanPart::WHOLE {
            return Err("sequential scan of a part of the blocks");
        }
        for &plane in &header.planes {
            let missing_bits = &mut self.missing_bits[plane];
            if first > 0 && missing_bits[0].is_none() {
                return Err("scan of AC coefficients before those of DC");
            }
            for coefficient in &mut missing_bits[first..=last] {
                if coefficient.unwrap_or(0) != high || coefficient.is_some() != (high > 0) {
                    return Err("scan of bits that were read before or are not next");
                }
                *coefficient = Some(low);
            }
        }
        Ok(())
    }

    /// The facts after the last scan of a JPEG whose bytes end at `offset` without
    /// EOI. Only then nothing says that the last scan is the last, so all bits of all
    /// coefficients have to be there.
    pub fn facts_without_end(self, offset: usize) -> Result<Facts, CodecError> {
        let planes = &self.missing_bits[..self.frame.planes()];
        if planes.iter().flatten().any(|&bits| bits != Some(0)) {
            return malformed(offset, "the stream ends before its last scan");
        }
        self.facts(offset, 0, Tidiness::Untidy)
    }

    /// The facts after the last scan of a JPEG that ends at `offset`, with `trailing`
    /// bytes after EOI.
    pub fn facts(mut self, offset: usize, trailing: usize, tidiness: Tidiness) -> Result<Facts, CodecError> {
        let planes = self.frame.planes();
        for (out, steps) in self.facts.quantisation.iter_mut().zip(self.quantisation).take(planes) {
            let Some(steps) = steps else { return malformed(offset, "no scan of one of the planes") };
            *out = steps;
        }
        if planes == 1 {
            self.facts.quantisation = [self.facts.quantisation[0]; 3];
        }
        let scan = self.facts.scan.take().filter(|_| tidiness == Tidiness::Tidy);
        Ok(Facts { trailing, tidiness, scan, ..self.facts })
    }
}

fn read_progressive(scan: Scan<'_>, header: &ScanHeader, kept: &mut Kept<'_>) -> Result<usize, CodecError> {
    let ScanPart { first, last, high, low } = header.part;
    if first > 0 {
        let table = &Symbols::new(header.ac(header.planes[0])?);
        let ac = AcScan { table, first, last, low, ended: 0 };
        return if high == 0 { scan.read(AcFirst(ac), kept) } else { scan.read(AcRefine(ac), kept) };
    }
    if high > 0 {
        return scan.read(DcRefine { low }, kept);
    }
    let mut tables = [const { None }; 3];
    for &plane in &header.planes {
        tables[plane] = Some(Symbols::new(header.dc(plane)?));
    }
    scan.read(DcFirst { tables: tables.each_ref().map(Option::as_ref), dc: [0; 3], low }, kept)
}
