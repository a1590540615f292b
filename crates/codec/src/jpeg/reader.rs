//! The coefficients of any Huffman-coded JPEG.

use super::entropy::{BlockReader, read_scan};
use super::huffman::HuffmanTable;
use super::lookup::{Kind, Lookup};
use super::progressive::{AcFirst, AcRefine, Band, DcFirst, DcRefine};
use super::scan::ScanOrder;
use super::segments::{ScanHeader, State, named};
use super::sequential::Sequential;
use super::symbols::Symbols;
use crate::markers::{EOI, SOI, SOS, Segment, segment_at, skip_fill};
use crate::{Block, CodecError, Coefficients, Colour, Quantisation};
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
        return Err(CodecError::Structure { offset: 0, what: "no SOI marker" });
    }
    let mut state = State::default();
    let mut scans: Option<Scans> = None;
    let mut at = SOI.len();
    loop {
        at = skip_fill(jpeg, at);
        if jpeg[at..].starts_with(&EOI) {
            let mut facts = scans.ok_or(CodecError::Structure { offset: at, what: "no scan" })?.facts(at)?;
            facts.trailing = jpeg.len() - at - EOI.len();
            return Ok(facts);
        }
        let segment = segment_at(jpeg, at)?;
        if segment.marker == SOS {
            let header = state.scan(segment, jpeg)?;
            let scans = match &mut scans {
                Some(scans) => scans,
                None => scans.insert(Scans::begin(&state, max_blocks, &header, out)?),
            };
            at = scans.read(&state, &header, segment, jpeg, out)?;
        } else {
            state.apply(segment, jpeg)?;
            at = segment.end;
        }
    }
}

/// The scans so far.
struct Scans {
    count: usize,
    progressive: bool,
    planes: usize,
    colour: Colour,
    /// The steps in force at each plane's first scan.
    quantisation: [Option<[u16; 64]>; 3],
    /// Lower bits that are still to come of each coefficient, by plane; `None`
    /// if there was no scan of it.
    to_come: [[Option<u8>; 64]; 3],
    standard: bool,
    restart_interval: u16,
    only: Option<Range<usize>>,
}

impl Scans {
    /// Gives `out` the frame's shape. `header` is the first scan's.
    fn begin(
        state: &State,
        max_blocks: usize,
        header: &ScanHeader,
        out: &mut Coefficients,
    ) -> Result<Self, CodecError> {
        let frame = state.frame()?;
        if frame.block_count() > max_blocks {
            return Err(CodecError::TooManyBlocks { max_blocks, found: frame.block_count() });
        }
        out.reshape(frame);
        let progressive = state.frame.is_some_and(|frame| frame.progressive);
        if progressive || header.planes().len() != frame.planes() {
            out.blocks_mut().fill(Block::ZERO);
        }
        Ok(Self {
            count: 0,
            progressive,
            planes: frame.planes(),
            colour: frame.colour(),
            quantisation: [None; 3],
            to_come: [[None; 64]; 3],
            standard: true,
            restart_interval: 0,
            only: None,
        })
    }

    /// Reads the scan whose header is in `segment` and returns where it ends.
    fn read(
        &mut self,
        state: &State,
        header: &ScanHeader,
        segment: Segment,
        jpeg: &[u8],
        out: &mut Coefficients,
    ) -> Result<usize, CodecError> {
        let (offset, start) = (segment.start, segment.end);
        let at_header = |what| CodecError::Structure { offset, what };
        self.count += 1;
        if self.count > MAX_SCANS {
            return Err(at_header("more scans than any sensible JPEG has"));
        }
        self.check(header).map_err(at_header)?;
        for &plane in header.planes() {
            if self.quantisation[plane].is_none() {
                self.quantisation[plane] = Some(state.steps(plane)?);
            }
        }
        self.restart_interval = state.restart_interval;
        let order = ScanOrder::new(out.frame(), header.planes());
        let mut scan = Scan { jpeg, start, order, restart_interval: state.restart_interval, out };
        if self.progressive {
            self.standard = false;
            return scan.read_progressive(state, header, offset);
        }
        let mut tables = [const { None }; 3];
        for &plane in header.planes() {
            let (dc, ac) = header.tables[plane];
            let (dc, ac) = (named(&state.dc, dc, offset)?, named(&state.ac, ac, offset)?);
            self.standard &= [*dc, *ac]
                == if plane > 0 && self.colour == Colour::Ycc {
                    HuffmanTable::standard_chroma()
                } else {
                    HuffmanTable::standard_luma()
                };
            let lookup = |table, kind| Lookup::shared(table, kind).map_err(at_header);
            tables[plane] = Some((lookup(dc, Kind::Dc)?, lookup(ac, Kind::Ac)?));
        }
        // Planes that are not in the scan get some table of it, not to be used.
        let some = &tables[header.planes()[0]];
        let end = scan.read(&mut Sequential::new(|plane| {
            let (dc, ac) =
                tables[plane].as_ref().or(some.as_ref()).expect("each plane of the scan has tables");
            (&**dc, &**ac)
        }))?;
        let whole = header.planes().len() == self.planes && state.restart_interval == 0;
        self.only = whole.then_some(start..end);
        Ok(end)
    }

    /// Checks that the scan's part of the coefficients is the next to come, so
    /// that no bit is read twice and all scans together are of bounded work.
    fn check(&mut self, header: &ScanHeader) -> Result<(), &'static str> {
        let ((first, last), (high, low)) = (header.band, header.approximation);
        if self.progressive {
            let dc = first == 0 && last == 0;
            let ac = 0 < first && first <= last && last < 64 && header.planes().len() == 1;
            if !dc && !ac {
                return Err("progressive scan of an impossible part of the blocks");
            }
            if low > 13 || high != 0 && high != low + 1 {
                return Err("progressive scan of impossible bits");
            }
        } else if (first, last, high, low) != (0, 63, 0, 0) {
            return Err("sequential scan of a part of the blocks");
        }
        for &plane in header.planes() {
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

    /// The facts after the last scan. EOI is at `offset`.
    fn facts(self, offset: usize) -> Result<Facts, CodecError> {
        let mut quantisation = [[1; 64]; 3];
        for (steps, found) in quantisation.iter_mut().zip(self.quantisation).take(self.planes) {
            *steps = found.ok_or(CodecError::Structure { offset, what: "no scan of one of the planes" })?;
        }
        if self.planes == 1 {
            quantisation = [quantisation[0]; 3];
        }
        Ok(Facts {
            quantisation,
            progressive: self.progressive,
            restart_interval: self.restart_interval,
            trailing: 0,
            scan: self.only,
            standard_huffman: self.standard,
        })
    }
}

/// One scan and where its coefficients go.
struct Scan<'a> {
    jpeg: &'a [u8],
    start: usize,
    order: ScanOrder,
    restart_interval: u16,
    out: &'a mut Coefficients,
}

impl Scan<'_> {
    fn read(&mut self, reader: &mut impl BlockReader) -> Result<usize, CodecError> {
        let blocks = self.out.blocks_mut();
        read_scan(self.jpeg, self.start, &self.order, self.restart_interval, reader, blocks)
    }

    fn read_progressive(
        &mut self,
        state: &State,
        header: &ScanHeader,
        offset: usize,
    ) -> Result<usize, CodecError> {
        let ((first, last), (high, low)) = (header.band, header.approximation);
        if first > 0 {
            let table = named(&state.ac, header.tables[header.planes()[0]].1, offset)?;
            let table = &Symbols::new(table);
            let band = Band { table, first, last, low, ended: 0 };
            return if high == 0 { self.read(&mut AcFirst(band)) } else { self.read(&mut AcRefine(band)) };
        }
        if high > 0 {
            return self.read(&mut DcRefine { low });
        }
        let mut tables = [const { None }; 3];
        for &plane in header.planes() {
            tables[plane] = Some(Symbols::new(named(&state.dc, header.tables[plane].0, offset)?));
        }
        self.read(&mut DcFirst { tables: tables.each_ref().map(Option::as_ref), dc: [0; 3], low })
    }
}
