//! The coefficients of any Huffman-coded JPEG.

use super::entropy::Scan;
use super::huffman::HuffmanTable;
use super::lookup::{Lookup, SymbolKind};
use super::progressive::{AcFirst, AcRefine, Band, DcFirst, DcRefine};
use super::scan::ScanOrder;
use super::segments::{ScanHeader, StreamState};
use super::sequential::Sequential;
use super::symbols::Symbols;
use crate::error::broken;
use crate::markers::{EOI, SOI, SOS, segment_at, skip_fill};
use crate::{Block, CodecError, Coefficients, Colour, Frame, Quantisation};
use std::ops::Range;

/// Most scans of a JPEG; the largest sensible script has about a dozen.
const MAX_SCANS: usize = 100;

/// What a JPEG has beside its coefficients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The steps of each plane, 1 to 65,535. Gray's stand three times.
    pub quantisation: Quantisation,
    /// Whether it is progressive.
    pub progressive: bool,
    /// MCUs between two restart markers of the last scan, 0 without any.
    pub restart_interval: u16,
    /// Bytes after EOI.
    pub trailing: usize,
    /// Where the entropy-coded bytes are, if one sequential scan without restart
    /// markers holds everything.
    pub scan: Option<Range<usize>>,
    /// Whether all scans are sequential and coded with the very tables that
    /// [`TileHeader::new`](crate::TileHeader::new) gives their planes.
    pub standard_huffman: bool,
}

/// Reads the coefficients of `jpeg`, baseline, extended sequential or
/// progressive, into `out`, which takes its shape. They are those the JPEG
/// library reads. Blocks that only fill MCUs up hold what is coded for them,
/// which is 0 where nothing is.
///
/// # Errors
/// If `jpeg` is damaged, lacks EOI, claims more than `max_blocks` blocks (found
/// before any memory is taken), or is not 8-bit Huffman-coded 4:4:4, 4:2:2 or
/// 4:2:0 YCbCr, 4:4:4 RGB or gray; `out` is then partly written.
pub fn read_coefficients(
    jpeg: &[u8],
    max_blocks: usize,
    out: &mut Coefficients,
) -> Result<Facts, CodecError> {
    if !jpeg.starts_with(&SOI) {
        return broken(0, "no SOI marker");
    }
    let mut state = StreamState::default();
    let mut scans: Option<ScanProgress> = None;
    let mut at = SOI.len();
    loop {
        at = skip_fill(jpeg, at);
        if jpeg[at..].starts_with(&EOI) {
            let Some(scans) = scans else { return broken(at, "no scan") };
            return scans.facts(at, jpeg.len());
        }
        let segment = segment_at(jpeg, at)?;
        if segment.marker == SOS {
            let header = state.scan(segment, jpeg)?;
            let scans = match &mut scans {
                Some(scans) => scans,
                None => scans.insert(ScanProgress::begin(&header, max_blocks, out)?),
            };
            at = scans.read(&header, jpeg, out)?;
        } else {
            state.apply(segment, jpeg)?;
            at = segment.end;
        }
    }
}

/// The scans so far.
struct ScanProgress {
    count: usize,
    frame: Frame,
    /// What they say so far, but for the quantisation.
    facts: Facts,
    /// The steps in force at each plane's first scan.
    quantisation: [Option<[u16; 64]>; 3],
    /// Lower bits that are still to come of each coefficient, by plane; `None`
    /// if there was no scan of it.
    to_come: [[Option<u8>; 64]; 3],
}

impl ScanProgress {
    /// Gives `out` the frame's shape. `header` is the first scan's.
    fn begin(header: &ScanHeader, max_blocks: usize, out: &mut Coefficients) -> Result<Self, CodecError> {
        let frame = header.state.frame()?;
        if frame.block_count() > max_blocks {
            return Err(CodecError::TooManyBlocks { max_blocks, found: frame.block_count() });
        }
        out.reshape(frame);
        let progressive = header.state.frame.is_some_and(|frame| frame.progressive);
        if progressive || header.planes.len() != frame.planes() {
            out.blocks_mut().fill(Block::ZERO);
        }
        let facts = Facts {
            quantisation: [[1; 64]; 3],
            progressive,
            restart_interval: 0,
            trailing: 0,
            scan: None,
            standard_huffman: true,
        };
        Ok(Self { count: 0, frame, facts, quantisation: [None; 3], to_come: [[None; 64]; 3] })
    }

    /// Reads the scan of `header` and returns where it ends.
    fn read(
        &mut self,
        header: &ScanHeader,
        jpeg: &[u8],
        out: &mut Coefficients,
    ) -> Result<usize, CodecError> {
        let at_header = |what| header.broken(what);
        self.count += 1;
        if self.count > MAX_SCANS {
            return Err(at_header("more scans than any sensible JPEG has"));
        }
        self.check(header).map_err(at_header)?;
        for &plane in &header.planes {
            let steps = header.state.steps(plane)?;
            self.quantisation[plane].get_or_insert(steps);
        }
        let (start, restart_interval) = (header.segment.end, header.state.restart_interval);
        self.facts.restart_interval = restart_interval;
        let order = ScanOrder::new(&self.frame, &header.planes);
        let scan = Scan { jpeg, start, order, restart_interval, blocks: out.blocks_mut() };
        if self.facts.progressive {
            self.facts.standard_huffman = false;
            return read_progressive(scan, header);
        }
        let standard = HuffmanTable::standard();
        let mut tables = [const { None }; 3];
        for &plane in &header.planes {
            let (dc, ac) = (header.dc(plane)?, header.ac(plane)?);
            let chroma = plane > 0 && self.frame.colour() == Colour::Ycc;
            self.facts.standard_huffman &= [*dc, *ac] == standard[usize::from(chroma)];
            let lookup = |table, kind| Lookup::shared(table, kind).map_err(at_header);
            tables[plane] = Some((lookup(dc, SymbolKind::Dc)?, lookup(ac, SymbolKind::Ac)?));
        }
        // Planes that are not in the scan get some table of it, not to be used.
        let some = &tables[header.planes[0]];
        let tables = tables.each_ref().map(|own| {
            let (dc, ac) = own.as_ref().or(some.as_ref()).expect("each plane of the scan has tables");
            (&**dc, &**ac)
        });
        let end = scan.read(Sequential { tables, dc: [0; 3] })?;
        let whole = header.planes.len() == self.frame.planes() && restart_interval == 0;
        self.facts.scan = whole.then_some(start..end);
        Ok(end)
    }

    /// Checks that the scan's part of the coefficients is the next to come, so
    /// that no bit is read twice and all scans together are of bounded work.
    fn check(&mut self, header: &ScanHeader) -> Result<(), &'static str> {
        let ((first, last), (high, low)) = (header.band, header.approximation);
        if self.facts.progressive {
            let dc = first == 0 && last == 0;
            let ac = 0 < first && first <= last && last < 64 && header.planes.len() == 1;
            if !dc && !ac {
                return Err("progressive scan of an impossible part of the blocks");
            }
            if low > 13 || high != 0 && high != low + 1 {
                return Err("progressive scan of impossible bits");
            }
        } else if (first, last, high, low) != (0, 63, 0, 0) {
            return Err("sequential scan of a part of the blocks");
        }
        for &plane in &header.planes {
            let to_come = &mut self.to_come[plane];
            if first > 0 && to_come[0].is_none() {
                return Err("scan of AC coefficients before those of DC");
            }
            for coefficient in &mut to_come[first..=last] {
                if coefficient.unwrap_or(0) != high || coefficient.is_some() != (high > 0) {
                    return Err("scan of bits that were read before or are not next");
                }
                *coefficient = Some(low);
            }
        }
        Ok(())
    }

    /// The facts after the last scan of a JPEG of `len` bytes. EOI is at `offset`.
    fn facts(mut self, offset: usize, len: usize) -> Result<Facts, CodecError> {
        let planes = self.frame.planes();
        for (steps, found) in self.facts.quantisation.iter_mut().zip(self.quantisation).take(planes) {
            let Some(found) = found else { return broken(offset, "no scan of one of the planes") };
            *steps = found;
        }
        if planes == 1 {
            self.facts.quantisation = [self.facts.quantisation[0]; 3];
        }
        self.facts.trailing = len - offset - EOI.len();
        Ok(self.facts)
    }
}

fn read_progressive(scan: Scan<'_>, header: &ScanHeader) -> Result<usize, CodecError> {
    let ((first, last), (high, low)) = (header.band, header.approximation);
    if first > 0 {
        let table = &Symbols::new(header.ac(header.planes[0])?);
        let band = Band { table, first, last, low, ended: 0 };
        return if high == 0 { scan.read(AcFirst(band)) } else { scan.read(AcRefine(band)) };
    }
    if high > 0 {
        return scan.read(DcRefine { low });
    }
    let mut tables = [const { None }; 3];
    for &plane in &header.planes {
        tables[plane] = Some(Symbols::new(header.dc(plane)?));
    }
    scan.read(DcFirst { tables: tables.each_ref().map(Option::as_ref), dc: [0; 3], low })
}
