//! Headers that tiles share, and scans under them.

use super::jpeg::stage;
use crate::library::Library;
use crate::mutation::{mutate, mutate_jpeg};
use crate::picture::jpegs;
use crate::{Random, Tally, Target};
use origami_codec::{CodecError, Coefficients, Facts, TileHeader, read_coefficients};

/// The parser of tile headers and the reader of scans.
///
/// An input is a header and a scan, with the length of the first in front. What
/// is read has to be what a JPEG put together of both holds, for the JPEG
/// library as well, and to come back from the scan that is written of it.
pub struct Scans {
    jpegs: Vec<Vec<u8>>,
    size: (usize, usize),
    read: Coefficients,
    again: Coefficients,
    library: Library,
}

impl Scans {
    /// A target with its good headers and scans made.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let empty = Coefficients::default();
        let jpegs = jpegs().into_iter().filter(|jpeg| TileHeader::of(jpeg).is_ok()).collect();
        Self { jpegs, size: (8, 8), read: empty.clone(), again: empty, library: Library::default() }
    }
}

/// Takes an input apart.
fn parts(input: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = input.split_at(2);
    rest.split_at(usize::from(u16::from_le_bytes([length[0], length[1]])).min(rest.len()))
}

impl Target for Scans {
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
        self.size = match read_coefficients(jpeg, usize::MAX, &mut self.read) {
            Ok(_) => (self.read.frame().width(), self.read.frame().height()),
            Err(_) => (8, 8),
        };
        let (mut header, mut scan) = (jpeg[..at].to_vec(), jpeg[at..jpeg.len() - 2].to_vec());
        let other = random.choose(&self.jpegs);
        match random.below(8) {
            0 => mutate(random, &mut header, other),
            1 | 2 => mutate_jpeg(random, &mut header, other),
            3 => header = TileHeader::of(other).expect("a good header").bytes().to_vec(),
            _ => mutate(random, &mut scan, &other[other.len() / 2..]),
        }
        if random.one_in(8) {
            self.size = (1 + random.small(130), 1 + random.small(130));
        }
        header.truncate(usize::from(u16::MAX));
        [&(header.len() as u16).to_le_bytes(), &header[..], &scan].concat()
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let (header, scan) = parts(input);
        let header = match TileHeader::of(header) {
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
        let (width, height) = self.size;
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

impl Scans {
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
