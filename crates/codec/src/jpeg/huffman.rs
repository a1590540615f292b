//! Huffman tables and their codes (ITU-T T.81, annex C and K.3).

mod optimal;

/// A Huffman table as a DHT segment defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HuffmanTable {
    /// Number of codes of each length from 1 to 16 bits.
    counts: [u8; 16],
    /// Their symbols in the order of the codes; the rest is 0.
    symbols: [u8; 256],
}

/// A code: its bits, their number, and the symbol it stands for.
#[derive(Clone, Copy)]
pub(super) struct HuffmanCode {
    pub bits: u32,
    pub len: u32,
    pub symbol: u8,
}

impl HuffmanTable {
    /// A table with `counts` codes of each length for `symbols`, in this order.
    /// Fails if there are more codes than their lengths allow, a code consists
    /// of ones only, or two codes have the same symbol. A table may be empty.
    pub fn new(counts: [u8; 16], symbols: &[u8]) -> Result<Self, &'static str> {
        let total: usize = counts.iter().map(|&n| usize::from(n)).sum();
        if total > 256 || total != symbols.len() {
            return Err("Huffman table with a wrong number of symbols");
        }
        let mut seen = [false; 256];
        if symbols.iter().any(|&symbol| std::mem::replace(&mut seen[usize::from(symbol)], true)) {
            return Err("Huffman table with a symbol twice");
        }
        let mut next = 0u32;
        for (len, &count) in (1..).zip(&counts) {
            next += u32::from(count);
            // No code consists of ones only.
            if count > 0 && next >= 1 << len || next > 1 << len {
                return Err("Huffman table with more codes than there are");
            }
            next <<= 1;
        }
        let mut table = Self { counts, symbols: [0; 256] };
        table.symbols[..total].copy_from_slice(symbols);
        Ok(table)
    }

    /// All codes, shorter ones first, in ascending order.
    pub fn codes(&self) -> impl Iterator<Item = HuffmanCode> + '_ {
        let lengths = (1..).zip(&self.counts).flat_map(|(len, &n)| std::iter::repeat_n(len, usize::from(n)));
        let mut next = HuffmanCode { bits: 0, len: 1, symbol: 0 };
        lengths.zip(&self.symbols).map(move |(len, &symbol)| {
            let code = HuffmanCode { bits: next.bits << (len - next.len), len, symbol };
            next = HuffmanCode { bits: code.bits + 1, ..code };
            code
        })
    }

    /// Appends the payload of a DHT segment that defines this table. `id` is the
    /// number of the table, plus 0x10 for AC tables.
    pub fn write_definition(&self, id: u8, out: &mut Vec<u8>) {
        out.push(id);
        out.extend_from_slice(&self.counts);
        out.extend(self.codes().map(|code| code.symbol));
    }

    /// The tables that nearly every encoder uses: DC and AC of luma (K.3 and
    /// K.5), then those of chroma (K.4 and K.6).
    pub fn standard() -> [[Self; 2]; 2] {
        let luma = [(LUMA_DC_COUNTS, &DC[..]), (LUMA_AC_COUNTS, &LUMA_AC[..])];
        let chroma = [(CHROMA_DC_COUNTS, &DC[..]), (CHROMA_AC_COUNTS, &CHROMA_AC[..])];
        [luma, chroma].map(|tables| {
            tables.map(|(counts, symbols)| Self::new(counts, symbols).expect("a standard table is valid"))
        })
    }
}

const DC: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const LUMA_DC_COUNTS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const CHROMA_DC_COUNTS: [u8; 16] = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];

const LUMA_AC_COUNTS: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
#[rustfmt::skip]
const LUMA_AC: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72,
    0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
    0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3,
    0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
    0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

const CHROMA_AC_COUNTS: [u8; 16] = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119];
#[rustfmt::skip]
const CHROMA_AC: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22,
    0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1,
    0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36,
    0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
    0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
    0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
    0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
    0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts of codes of all lengths, from pairs of a length and its count.
    fn counts(pairs: &[(usize, u8)]) -> [u8; 16] {
        let mut counts = [0; 16];
        pairs.iter().for_each(|&(len, count)| counts[len - 1] = count);
        counts
    }

    #[test]
    fn codes_ascend_and_none_is_a_prefix_of_another() {
        for table in HuffmanTable::standard().concat() {
            let codes: Vec<HuffmanCode> = table.codes().collect();
            for pair in codes.windows(2) {
                let [a, b] = [&pair[0], &pair[1]];
                assert!(a.bits << (16 - a.len) < b.bits << (16 - b.len));
                assert_ne!(a.bits, b.bits >> (b.len - a.len), "a prefix");
            }
            assert!(codes.iter().all(|code| code.bits + 1 < 1 << code.len), "all ones");
        }
    }

    #[test]
    fn too_many_codes_are_refused() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(HuffmanTable::new(counts(&[(1, 3)]), &all[..3]).is_err());
        assert!(HuffmanTable::new(counts(&[(1, 1), (2, 3)]), &all[..4]).is_err());
        assert!(HuffmanTable::new([255; 16], &all).is_err());
    }

    #[test]
    fn a_code_of_all_ones_is_refused_at_any_length() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(HuffmanTable::new(counts(&[(1, 2)]), &all[..2]).is_err());
        assert!(HuffmanTable::new(counts(&[(1, 1), (2, 2)]), &all[..3]).is_err());
        assert!(HuffmanTable::new(counts(&[(8, 255)]), &all[..255]).is_ok());
        assert!(HuffmanTable::new(counts(&[(1, 1), (2, 1), (3, 1), (4, 2)]), &all[..5]).is_err());
    }

    #[test]
    fn a_symbol_given_twice_is_refused() {
        assert!(HuffmanTable::new(counts(&[(4, 2)]), &[7, 7]).is_err());
    }

    #[test]
    fn an_empty_table_has_no_codes() {
        let table = HuffmanTable::new([0; 16], &[]).expect("an empty table");
        assert_eq!(table.codes().count(), 0);
    }
}
