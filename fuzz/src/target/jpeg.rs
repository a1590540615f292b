//! The target for JPEGs from outside.

use crate::library::{Comparison, Library};
use crate::mutation::{mutate, mutate_jpeg};
use crate::picture::jpegs;
use crate::{Bytewise, Random, Tally, Target};
use origami_codec::{CodecError, Coefficients, Facts, Tidiness, TileHeader, read_coefficients, tidy};

/// The reader of coefficients.
///
/// The coefficients that are read have to be those that libjpeg-turbo reads, and
/// to round-trip through a JPEG that is written from them. Reading the scan alone
/// has to give the same coefficients, and so has a tidied stream.
pub struct JpegTarget {
    jpegs: Vec<Vec<u8>>,
    read: Coefficients,
    again: Coefficients,
    library: Library,
}

/// The blocks of a picture of 512 x 512 px in 4:4:4.
const MAX_BLOCKS: usize = 3 * 64 * 64;

impl JpegTarget {
    /// Creates the target and its valid JPEGs.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let empty = Coefficients::default();
        Self { jpegs: jpegs(), read: empty.clone(), again: empty, library: Library::default() }
    }
}

impl Target for JpegTarget {
    fn name(&self) -> &'static str {
        "jpeg"
    }

    fn max_memory(&self) -> usize {
        // Two sets of coefficients, the largest JPEG of them, and as much for the
        // library's JPEGs.
        32 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        let mut jpeg = random.choose(&self.jpegs).clone();
        let other = random.choose(&self.jpegs);
        if random.one_in(2) {
            mutate_jpeg(random, &mut jpeg, other);
        }
        if random.one_in(2) {
            mutate(random, &mut jpeg, other);
        }
        jpeg
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let mut jpeg = input.to_vec();
        let other = random.choose(&self.jpegs);
        match random.below(4) {
            0 => bytewise(&mut jpeg),
            1 => mutate(random, &mut jpeg, other),
            _ => mutate_jpeg(random, &mut jpeg, other),
        }
        jpeg
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        #[cfg(feature = "planted")]
        crate::planted::check(input, tally);
        let facts = match read_coefficients(input, MAX_BLOCKS, &mut self.read) {
            Ok(facts) => facts,
            Err(error) => {
                count_refusal(&error, tally);
                return Ok(());
            }
        };
        tally.reach_all(&["structure", "entropy-coded bits", "read"]);
        if facts.progressive {
            tally.reach("read: progressive");
        }
        if facts.restart_interval > 0 {
            tally.reach("read: with restart markers");
        }
        if self.read.blocks().len() > MAX_BLOCKS {
            return Err("more blocks than allowed".into());
        }
        if self.library.compare(input, &self.read, &facts)? == Comparison::Same {
            tally.reach("compared with the library");
        }
        self.compare_tidied(input, &facts, tally)?;
        self.compare_scan(input, &facts, tally)?;
        self.compare_optimised(input, tally)?;
        self.compare_written(&facts, tally)
    }
}

impl JpegTarget {
    /// Reads the scan with the header that a pack would store, if there is only one
    /// scan.
    fn compare_scan(&mut self, jpeg: &[u8], facts: &Facts, tally: &mut Tally) -> Result<(), String> {
        let (Some(scan), Ok(header)) = (&facts.scan, TileHeader::of(jpeg)) else { return Ok(()) };
        if facts.progressive {
            return Err("a header of tiles from a progressive JPEG".into());
        }
        self.again.reshape(*self.read.frame());
        // This refuses padding other than ones.
        if header.read_scan(&jpeg[scan.clone()], &mut self.again).is_ok() {
            if self.again != self.read || *header.quantisation() != facts.quantisation {
                return Err("the scan alone holds other coefficients".into());
            }
            tally.reach("scan read alone");
        }
        Ok(())
    }

    /// Tidies the stream and reads it again, also with the library.
    fn compare_tidied(&mut self, jpeg: &[u8], facts: &Facts, tally: &mut Tally) -> Result<(), String> {
        let mut tidied = Vec::new();
        tidy(jpeg, &mut tidied).map_err(|error| format!("what was read cannot be tidied: {error}"))?;
        let again = read_coefficients(&tidied, MAX_BLOCKS, &mut self.again)
            .map_err(|error| format!("what was tidied is refused: {error}"))?;
        if again.tidiness != Tidiness::Tidy || again.trailing != 0 {
            return Err("what was tidied is not tidy".into());
        }
        if self.again != self.read || again.quantisation != facts.quantisation {
            return Err("what was tidied holds other coefficients".into());
        }
        if facts.tidiness == Tidiness::Untidy {
            tally.reach("read: untidy");
            if self.library.compare(&tidied, &self.read, facts)? == Comparison::Same {
                tally.reach("untidy: compared with the library");
            }
        }
        Ok(())
    }

    /// Writes a JPEG of the coefficients with Huffman tables made for them, if the header of
    /// `jpeg` has a place for these, and reads it.
    fn compare_optimised(&mut self, jpeg: &[u8], tally: &mut Tally) -> Result<(), String> {
        let Ok(header) = TileHeader::optimised(jpeg) else { return Ok(()) };
        let written = match header.jpeg(&self.read) {
            Ok(written) => written,
            Err(CodecError::NoCode { .. }) => return Ok(()),
            Err(error) => return Err(format!("what was read cannot be optimised: {error}")),
        };
        let facts = read_coefficients(&written, MAX_BLOCKS, &mut self.again)
            .map_err(|error| format!("what was optimised is refused: {error}"))?;
        if self.again != self.read {
            return Err("what was optimised holds other coefficients".into());
        }
        if !matches!(header.reproduces(&written, &facts, &self.again), Ok(true)) {
            return Err("what was optimised is not the same when it is optimised again".into());
        }
        tally.reach("optimised and read again");
        Ok(())
    }

    /// Writes a JPEG of the coefficients, if these have codes, and reads it.
    fn compare_written(&mut self, facts: &Facts, tally: &mut Tally) -> Result<(), String> {
        let frame = *self.read.frame();
        let header = TileHeader::new(&facts.quantisation, frame.subsampling(), frame.colour());
        let Ok(header) = header else { return Ok(()) };
        let mut jpeg = vec![0; header.jpeg_bound(&frame)];
        let len = match header.write(&self.read, &mut jpeg) {
            Ok(len) => len,
            Err(CodecError::NoCode { .. }) => return Ok(()),
            Err(error) => return Err(format!("what was read cannot be written: {error}")),
        };
        let facts_again = read_coefficients(&jpeg[..len], MAX_BLOCKS, &mut self.again)
            .map_err(|error| format!("what was written is refused: {error}"))?;
        if self.again != self.read || facts_again.quantisation != facts.quantisation {
            return Err("what was written holds other coefficients".into());
        }
        if !facts_again.standard_huffman || facts_again.trailing != 0 || facts_again.progressive {
            return Err("what was written is not plain".into());
        }
        tally.reach("written and read again");
        Ok(())
    }
}

/// Counts an error, and the stages that its JPEG reached.
pub(super) fn count_refusal(error: &CodecError, tally: &mut Tally) {
    const BITS: [&str; 6] = [
        "bits that are no Huffman code",
        "coefficients past the end of a block",
        "coefficient out of range",
        "scan ends within a block",
        "bytes after the last block of a scan",
        "scan padded with other than ones",
    ];
    match error {
        CodecError::Structure { what, .. } if BITS.contains(what) => {
            tally.reach_all(&["structure", "entropy-coded bits"]);
        }
        CodecError::Structure { what: "restart marker missing or out of order", .. } => {
            tally.reach_all(&["structure", "entropy-coded bits"]);
        }
        CodecError::Unsupported { .. } | CodecError::TooManyBlocks { .. } => tally.reach("structure"),
        _ => {}
    }
    tally.error(error);
}
