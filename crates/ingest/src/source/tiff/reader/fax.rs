//! The codes of fax machines (ITU-T T.4 and T.6) for pixels of one bit.

use ::fax::maps::{Mode, black, mode, white};
use ::fax::{BitReader, ByteReader};
use std::convert::Infallible;
use std::iter;
use std::mem;

/// Zero bytes that are read after the end of a stream, so that its last code can be
/// looked up. No code consists of so many zeros.
const PADDING: usize = 4;

/// A code of fax machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaxCode {
    /// Runs only, each row from a whole byte on (compression 2).
    ModifiedHuffman,
    /// Runs only, with markers between rows (compression 3).
    Group3,
    /// Rows as runs, or as differences from the row above (compression 3).
    Group3TwoDimensional,
    /// Differences from the row above only (compression 4).
    Group4,
}

/// The colour of a run of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    White,
    Black,
}

impl Ink {
    fn other(self) -> Self {
        match self {
            Self::White => Self::Black,
            Self::Black => Self::White,
        }
    }
}

/// Decodes rows of `width` pixels, a set bit for each black one, until `out`, which is
/// zero and a number of whole rows, is full, or the stream ends or is malformed. Returns
/// how many bytes of whole rows were written.
pub(super) fn decode(code: FaxCode, bytes: &[u8], width: usize, out: &mut [u8]) -> usize {
    let padded = bytes.iter().copied().chain(iter::repeat_n(0, PADDING));
    let Ok(bits) = ByteReader::new(padded.map(Ok::<u8, Infallible>));
    let mut rows = Rows { bits, width, above: Vec::new(), row: Vec::new() };
    let row_bytes = width.div_ceil(8);
    let mut written = 0;
    for out in out.chunks_exact_mut(row_bytes) {
        if rows.next(code).is_none() {
            break;
        }
        paint(&rows.row, width, out);
        mem::swap(&mut rows.row, &mut rows.above);
        written += row_bytes;
    }
    written
}

/// Sets the bits of the black runs of a row. `changes` are the pixels at which the
/// colour changes, the first time to black.
fn paint(changes: &[usize], width: usize, out: &mut [u8]) {
    for run in changes.chunks(2) {
        let end = run.get(1).copied().unwrap_or(width).min(width);
        for x in run[0]..end {
            out[x / 8] |= 0x80 >> (x % 8);
        }
    }
}

/// Reads the rows of a stream one after the other.
struct Rows<R> {
    bits: ByteReader<R>,
    width: usize,
    /// The pixels of the row above at which the colour changes.
    above: Vec<usize>,
    /// The same of the current row.
    row: Vec<usize>,
}

impl<R: Iterator<Item = Result<u8, Infallible>>> Rows<R> {
    /// Reads the next row. `None` if there is none, or it is malformed.
    fn next(&mut self, code: FaxCode) -> Option<()> {
        self.row.clear();
        match code {
            FaxCode::ModifiedHuffman => {
                self.skip(self.bits.bits_to_byte_boundary());
                self.runs()
            }
            FaxCode::Group3 => {
                self.skip_marker();
                self.runs()
            }
            FaxCode::Group3TwoDimensional => {
                self.skip_marker();
                let tag = self.bits.peek(1)?;
                self.skip(1);
                if tag == 1 { self.runs() } else { self.differences() }
            }
            FaxCode::Group4 => self.differences(),
        }
    }

    fn skip(&mut self, bits: u8) {
        let Ok(()) = self.bits.consume(bits);
    }

    /// Skips a marker between rows, and the zeros before it, if there is one.
    fn skip_marker(&mut self) {
        if self.bits.peek(11) != Some(0) {
            return;
        }
        while self.bits.peek(1) == Some(0) {
            self.skip(1);
        }
        self.skip(1);
    }

    /// The length of the next run of `ink`.
    fn run(&mut self, ink: Ink) -> Option<usize> {
        let mut length = 0;
        loop {
            let part = match ink {
                Ink::White => white::decode(&mut self.bits),
                Ink::Black => black::decode(&mut self.bits),
            }?;
            length += usize::from(part);
            // Long runs begin with multiples of 64.
            if part < 64 {
                return Some(length);
            }
        }
    }

    /// Ends a run at pixel `x`.
    fn change(&mut self, x: usize) -> Option<()> {
        if x > self.width {
            return None;
        }
        self.row.push(x);
        Some(())
    }

    /// Reads a row of runs.
    fn runs(&mut self) -> Option<()> {
        let (mut x, mut ink) = (0, Ink::White);
        while x < self.width {
            x += self.run(ink)?;
            self.change(x)?;
            ink = ink.other();
        }
        Some(())
    }

    /// Reads a row of differences from the row above. (T.4, 4.2.1.3: `x` is a0, `under`
    /// is b1, `after` is b2.)
    fn differences(&mut self) -> Option<()> {
        let (mut x, mut ink, mut passed) = (0, Ink::White, 0);
        let mut is_start = true;
        while x < self.width {
            // The first change above, to the right of `x`, to the other colour.
            while self.above.get(passed).is_some_and(|&change| change < x || change == x && !is_start) {
                passed += 1;
            }
            let under = passed + usize::from((passed % 2 == 0) != (ink == Ink::White));
            let after = self.above.get(under + 1).copied().unwrap_or(self.width);
            let under = self.above.get(under).copied().unwrap_or(self.width);
            match mode::decode(&mut self.bits)? {
                Mode::Pass => x = after,
                Mode::Vertical(delta) => {
                    let change =
                        under.checked_add_signed(isize::from(delta)).filter(|&change| change >= x)?;
                    self.change(change)?;
                    (x, ink) = (change, ink.other());
                }
                Mode::Horizontal => {
                    let first = x + self.run(ink)?;
                    let second = first + self.run(ink.other())?;
                    self.change(first)?;
                    self.change(second)?;
                    x = second;
                }
                Mode::Extension | Mode::EOF => return None,
            }
            is_start = false;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::fax::encoder::Encoder;
    use ::fax::{Color, VecWriter, slice_bits};

    /// Rows of 83 pixels of random runs, of which some repeat the row above.
    fn picture() -> Vec<[u8; 11]> {
        let mut state = 1_u32;
        let mut rows: Vec<[u8; 11]> = vec![[0; 11], [0xff; 11]];
        for number in 0..60 {
            let mut row = rows[rows.len() - 1 - number % 2];
            for byte in &mut row[number % 7..] {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if state >> 30 == 0 {
                    *byte = (state >> 16) as u8;
                }
            }
            row[10] &= 0xe0;
            rows.push(row);
        }
        rows[1][10] = 0xe0;
        rows
    }

    fn group4(rows: &[[u8; 11]]) -> Vec<u8> {
        let mut encoder = Encoder::new(VecWriter::new());
        for row in rows {
            let pixels = slice_bits(row).take(83).map(|bit| if bit { Color::Black } else { Color::White });
            encoder.encode_line(pixels, 83).unwrap();
        }
        encoder.finish().unwrap().finish()
    }

    #[test]
    fn group_4_rows_are_those_that_another_program_encoded() {
        let rows = picture();
        let bytes = group4(&rows);
        let mut out = vec![0; 11 * rows.len()];
        assert_eq!(decode(FaxCode::Group4, &bytes, 83, &mut out), out.len());
        for (number, (actual, expected)) in out.chunks_exact(11).zip(&rows).enumerate() {
            assert_eq!(actual, expected, "row {number}");
        }
    }

    #[test]
    fn a_stream_that_is_cut_short_gives_fewer_rows_and_no_panic() {
        let rows = picture();
        let bytes = group4(&rows);
        for cut in 0..bytes.len() / 2 {
            let mut out = vec![0; 11 * rows.len()];
            let written = decode(FaxCode::Group4, &bytes[..cut], 83, &mut out);
            assert!(written < out.len() && written.is_multiple_of(11), "{cut}");
        }
    }

    #[test]
    fn runs_are_read_with_and_without_markers() {
        // White 4 (1011), black 3 (10), white 9 (10100); twice, in 16 pixels.
        let expected = [0b0000_1110, 0, 0b0000_1110, 0];
        let huffman = [0b1011_1010, 0b1000_0000, 0b1011_1010, 0b1000_0000];
        let group3 = [0, 0b0001_1011, 0b1010_1000, 0, 0b0000_0001, 0b1011_1010, 0b1000_0000];
        for (code, bytes) in [(FaxCode::ModifiedHuffman, &huffman[..]), (FaxCode::Group3, &group3[..])] {
            let mut out = [0; 4];
            assert_eq!(decode(code, bytes, 16, &mut out), 4, "{code:?}");
            assert_eq!(out, expected, "{code:?}");
        }
        // A marker, a tag for runs, the row, a marker, a tag for differences, V0 three times.
        let two_dimensional = [0, 0b0001_1101, 0b1101_0100, 0, 0b0000_0001, 0b0111_0000];
        let mut out = [0; 4];
        assert_eq!(decode(FaxCode::Group3TwoDimensional, &two_dimensional, 16, &mut out), 4);
        assert_eq!(out, expected);
    }

    #[test]
    fn runs_beyond_the_row_are_malformed() {
        // White 9 in 8 pixels.
        assert_eq!(decode(FaxCode::ModifiedHuffman, &[0b1010_0000], 8, &mut [0]), 0);
    }
}
