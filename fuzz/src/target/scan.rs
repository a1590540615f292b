//! Headers that tiles share, and scans under them.

use super::jpeg::stage;
use crate::library::Library;
use crate::mutation::{mutate, mutate_jpeg};
use crate::picture::jpegs;
use crate::{Bytewise, Random, Tally, Target};
use origami_codec::{CodecError, Coefficients, Facts, TileHeader, read_coefficients};

/// The parser of tile headers and the reader of scans.
///
/// An input is a header and a scan, with the size of their picture and the length
/// of the header in front. What is read has to be what a JPEG put together of both
/// holds, for the JPEG library as well, and to come back from the scan that is
/// written of it.
pub struct ScanTarget {
    jpegs: Vec<Vec<u8>>,
    read: Coefficients,
    again: Coefficients,
    library: Library,
}

impl ScanTarget {
    /// A target with its good headers and scans made.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let empty = Coefficients::default();
        let jpegs = jpegs().into_iter().filter(|jpeg| TileHeader::of(jpeg).is_ok()).collect();
        Self { jpegs, read: empty.clone(), again: empty, library: Library::default() }
    }
}

/// Most pixels of a picture's side, at most 256.
const MAX_SIDE: usize = 130;

/// What an input consists of.
struct Parts {
    /// Width and height in pixels, 1 to `MAX_SIDE`.
    size: (usize, usize),
    header: Vec<u8>,
    scan: Vec<u8>,
}

impl Parts {
    /// Takes an input apart. `None` if it is too short for sizes and length.
    fn of(input: &[u8]) -> Option<Self> {
        let &[width, height, low, high, ref rest @ ..] = input else { return None };
        let [width, height] = [width, height].map(|side| 1 + usize::from(side) % MAX_SIDE);
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (header, scan) = rest.split_at(length);
        Some(Self { size: (width, height), header: header.to_vec(), scan: scan.to_vec() })
    }

    /// The input.
    fn input(mut self) -> Vec<u8> {
        self.header.truncate(usize::from(u16::MAX));
        let (width, height) = self.size;
        let [low, high] = (self.header.len() as u16).to_le_bytes();
        let before = [(width - 1) as u8, (height - 1) as u8, low, high];
        [&before[..], &self.header[..], &self.scan[..]].concat()
    }

    /// Changes one of the parts, now and then the size as well.
    fn change(&mut self, random: &mut Random, other: &[u8]) {
        match random.below(8) {
            0 => mutate(random, &mut self.header, other),
            1 | 2 => mutate_jpeg(random, &mut self.header, other),
            3 => self.header = TileHeader::of(other).expect("a good header").bytes().to_vec(),
            _ => mutate(random, &mut self.scan, &other[other.len() / 2..]),
        }
        if random.one_in(8) {
            self.size = (1 + random.small(MAX_SIDE), 1 + random.small(MAX_SIDE));
        }
    }
}

impl Target for ScanTarget {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn most_memory(&self) -> usize {
        8 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let jpeg = random.choose(&self.jpegs);
        let good = TileHeader::of(jpeg).expect("a good header");
        let at = good.bytes().len();
        let size = match read_coefficients(jpeg, usize::MAX, &mut self.read) {
            Ok(_) => (self.read.frame().width(), self.read.frame().height()),
            Err(_) => (8, 8),
        };
        let (header, scan) = (jpeg[..at].to_vec(), jpeg[at..jpeg.len() - 2].to_vec());
        let mut parts = Parts { size, header, scan };
        let other = random.choose(&self.jpegs);
        parts.change(random, other);
        parts.input()
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let Some(mut parts) = Parts::of(input) else { return self.input(random) };
        match random.below(4) {
            0 => bytewise(&mut parts.header),
            1 => bytewise(&mut parts.scan),
            _ => {
                let other = random.choose(&self.jpegs);
                parts.change(random, other);
            }
        }
        parts.input()
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Some(Parts { size: (width, height), header, scan }) = Parts::of(input) else { return Ok(()) };
        let scan = &scan[..];
        let header = match TileHeader::of(&header) {
            Ok(header) => header,
            Err(error) => {
                stage(&error, tally);
                return Ok(());
            }
        };
        tally.reach("header");
        if TileHeader::of(header.bytes()).map(|again| again.bytes().len()).ok() != Some(header.bytes().len())
        {
            return Err("a header is none on its own".into());
        }
        let frame = header.frame(width, height).ok_or("a header without frames")?;
        self.read.reshape(frame);
        let read = header.read_scan(scan, &mut self.read);
        self.again.reshape(frame);
        self.again.blocks_mut().iter_mut().for_each(|block| block.0 = [-7; 64]);
        let again = header.read_scan(scan, &mut self.again);
        if read.is_ok() != again.is_ok() || (read.is_ok() && self.again != self.read) {
            return Err("what memory held before matters".into());
        }
        if let Err(error) = read {
            stage(&error, tally);
            return Ok(());
        }
        tally.reach_all(&["structure", "entropy-coded bits", "scan"]);
        let mut jpeg = vec![0; header.joined_len(scan.len())];
        let jpeg = header.join(width as u16, height as u16, scan, &mut jpeg);
        self.compare_joined(jpeg, &header, tally)?;
        self.compare_written(&header, tally)
    }
}

impl ScanTarget {
    fn compare_joined(&mut self, jpeg: &[u8], header: &TileHeader, tally: &mut Tally) -> Result<(), String> {
        let facts: Facts = read_coefficients(jpeg, self.read.blocks().len(), &mut self.again)
            .map_err(|error| format!("header and scan are good, and together no JPEG: {error}"))?;
        if self.again != self.read || facts.quantisation != *header.quantisation() {
            return Err("header and scan together hold other coefficients".into());
        }
        if self.library.compare(jpeg, &self.read, &facts)? {
            tally.reach("compared with the library");
        }
        Ok(())
    }

    fn compare_written(&mut self, header: &TileHeader, tally: &mut Tally) -> Result<(), String> {
        let mut scan = vec![0; header.scan_bound(self.read.frame())];
        let len = match header.write_scan(&self.read, &mut scan) {
            Ok(len) => len,
            // The end of a block can be said in other ways.
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
