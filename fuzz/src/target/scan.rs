//! The target for headers that tiles share, and for the scans that follow them.

use super::jpeg::count_refusal;
use crate::library::{Comparison, Library};
use crate::mutation::{mutate, mutate_jpeg};
use crate::picture::jpegs;
use crate::{Bytewise, Random, Tally, Target};
use origami_codec::{CodecError, Coefficients, Facts, Frame, TileHeader, read_coefficients};

/// The parser of tile headers and the reader of scans.
///
/// An input is a header and a scan, preceded by the size of the picture and the
/// length of the header. The coefficients that are read have to be those of a JPEG
/// joined from both, also for libjpeg-turbo, and to round-trip through a scan that
/// is written from them.
pub struct ScanTarget {
    jpegs: Vec<Vec<u8>>,
    read: Coefficients,
    again: Coefficients,
    library: Library,
}

impl ScanTarget {
    /// Creates the target and its valid JPEGs.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let empty = Coefficients::default();
        let jpegs = jpegs().into_iter().filter(|jpeg| TileHeader::of(jpeg).is_ok()).collect();
        Self { jpegs, read: empty.clone(), again: empty, library: Library::default() }
    }
}

/// The largest width and height of a picture, at most 256.
const MAX_SIDE: usize = 130;

/// The parts of an input.
struct ScanInput {
    /// Width in pixels, 1 to `MAX_SIDE`.
    width: usize,
    /// Height in pixels, 1 to `MAX_SIDE`.
    height: usize,
    header: Vec<u8>,
    scan: Vec<u8>,
}

impl ScanInput {
    /// Splits an input. `None` if it is too short for size and length.
    fn parse(input: &[u8]) -> Option<Self> {
        let &[width, height, low, high, ref rest @ ..] = input else { return None };
        let [width, height] = [width, height].map(|side| 1 + usize::from(side) % MAX_SIDE);
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (header, scan) = rest.split_at(length);
        Some(Self { width, height, header: header.to_vec(), scan: scan.to_vec() })
    }

    /// The bytes of the input.
    fn into_bytes(mut self) -> Vec<u8> {
        self.header.truncate(usize::from(u16::MAX));
        let [low, high] = (self.header.len() as u16).to_le_bytes();
        let before = [(self.width - 1) as u8, (self.height - 1) as u8, low, high];
        [&before[..], &self.header[..], &self.scan[..]].concat()
    }

    /// Mutates header or scan, and sometimes the size as well.
    fn change(&mut self, random: &mut Random, other: &[u8]) {
        match random.below(8) {
            0 => mutate(random, &mut self.header, other),
            1 | 2 => mutate_jpeg(random, &mut self.header, other),
            3 => self.header = TileHeader::of(other).expect("a valid header").bytes().to_vec(),
            _ => mutate(random, &mut self.scan, &other[other.len() / 2..]),
        }
        if random.one_in(8) {
            self.width = 1 + random.small(MAX_SIDE);
            self.height = 1 + random.small(MAX_SIDE);
        }
    }
}

impl Target for ScanTarget {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn max_memory(&self) -> usize {
        8 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let jpeg = random.choose(&self.jpegs);
        let header_len = TileHeader::of(jpeg).expect("a valid header").bytes().len();
        let (width, height) = match read_coefficients(jpeg, usize::MAX, &mut self.read) {
            Ok(_) => (self.read.frame().width(), self.read.frame().height()),
            Err(_) => (8, 8),
        };
        // The last two bytes are the EOI marker.
        let (header, scan) = jpeg[..jpeg.len() - 2].split_at(header_len);
        let mut parts = ScanInput { width, height, header: header.to_vec(), scan: scan.to_vec() };
        let other = random.choose(&self.jpegs);
        parts.change(random, other);
        parts.into_bytes()
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let Some(mut parts) = ScanInput::parse(input) else { return self.input(random) };
        match random.below(4) {
            0 => bytewise(&mut parts.header),
            1 => bytewise(&mut parts.scan),
            _ => {
                let other = random.choose(&self.jpegs);
                parts.change(random, other);
            }
        }
        parts.into_bytes()
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Some(ScanInput { width, height, header, scan }) = ScanInput::parse(input) else {
            return Ok(());
        };
        let header = match TileHeader::of(&header) {
            Ok(header) => header,
            Err(error) => {
                count_refusal(&error, tally);
                return Ok(());
            }
        };
        tally.reach("header");
        let again = TileHeader::of(header.bytes()).ok();
        if again.map(|again| again.bytes().len()) != Some(header.bytes().len()) {
            return Err("a header is none on its own".into());
        }
        let frame = header.frame(width, height).ok_or("a header without frames")?;
        if let Some(error) = self.read_twice(&header, frame, &scan)? {
            count_refusal(&error, tally);
            return Ok(());
        }
        tally.reach_all(&["structure", "entropy-coded bits", "scan"]);
        let mut jpeg = vec![0; header.joined_len(scan.len())];
        let jpeg = header.join(width as u16, height as u16, &scan, &mut jpeg);
        self.compare_joined(jpeg, &header, tally)?;
        self.compare_written(&header, tally)
    }
}

impl ScanTarget {
    /// Reads a scan into memory with different contents, which must not matter.
    /// Returns the error if the scan is refused.
    fn read_twice(
        &mut self,
        header: &TileHeader,
        frame: Frame,
        scan: &[u8],
    ) -> Result<Option<CodecError>, String> {
        self.read.reshape(frame);
        let read = header.read_scan(scan, &mut self.read);
        self.again.reshape(frame);
        self.again.blocks_mut().iter_mut().for_each(|block| block.0 = [-7; 64]);
        let again = header.read_scan(scan, &mut self.again);
        if read.is_ok() != again.is_ok() || (read.is_ok() && self.again != self.read) {
            return Err("what memory held before matters".into());
        }
        Ok(read.err())
    }

    /// Reads a JPEG that was joined from the header and a scan.
    fn compare_joined(&mut self, jpeg: &[u8], header: &TileHeader, tally: &mut Tally) -> Result<(), String> {
        let facts: Facts = read_coefficients(jpeg, self.read.blocks().len(), &mut self.again)
            .map_err(|error| format!("header and scan are good, and together no JPEG: {error}"))?;
        if self.again != self.read || facts.quantisation != *header.quantisation() {
            return Err("header and scan together hold other coefficients".into());
        }
        if self.library.compare(jpeg, &self.read, &facts)? == Comparison::Same {
            tally.reach("compared with the library");
        }
        Ok(())
    }

    /// Writes the scan of the coefficients, if these have codes, and reads it.
    fn compare_written(&mut self, header: &TileHeader, tally: &mut Tally) -> Result<(), String> {
        let mut scan = vec![0; header.scan_bound(self.read.frame())];
        let len = match header.write_scan(&self.read, &mut scan) {
            Ok(len) => len,
            // Blocks can also end without the code for their end.
            Err(CodecError::NoCode { .. }) => return Ok(()),
            Err(error) => return Err(format!("what was read cannot be written: {error}")),
        };
        header
            .read_scan(&scan[..len], &mut self.again)
            .map_err(|error| format!("what was written is refused: {error}"))?;
        if self.again != self.read {
            return Err("what was written holds other coefficients".into());
        }
        tally.reach("written and read again");
        Ok(())
    }
}
