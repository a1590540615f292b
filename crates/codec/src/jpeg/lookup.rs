//! Huffman tables as a decoder wants them: look-ups by the bits that come next.

use super::bit_reader::BitReader;
use super::huffman::HuffmanTable;
use super::symbols::Symbols;
use std::sync::{Arc, LazyLock};

/// Bits of a look-up.
const BITS: u32 = 12;

/// What [`Lookup`] reads at once: `run` coefficients of 0, then one of `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coefficient {
    pub run: usize,
    pub value: i16,
}

impl Coefficient {
    /// The run that ends a block, longer than a block with any other run.
    pub const END_OF_BLOCK: usize = 128;
}

/// Whether a table's symbols are of DC differences or of AC coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SymbolKind {
    Dc,
    Ac,
}

/// Decodes symbols with the bits that follow them.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    symbols: Symbols,
    /// By the next [`BITS`] bits, from the lowest bit: 8 bits with how many of
    /// them to take, 8 bits of run, 16 bits of value. Where the value's bits
    /// are not all in the index, bit 7 is set, only the code is taken, and the
    /// value's place has its size. 0 for longer codes and for none.
    entries: Box<[u32; 1 << BITS]>,
}

/// Entry bit that says: the value's bits follow.
const VALUE_FOLLOWS: u32 = 0x80;

impl Lookup {
    /// Bytes of memory it takes.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.entries)
    }

    /// Fails if a DC symbol is above 15.
    pub fn new(table: &HuffmanTable, kind: SymbolKind) -> Result<Self, &'static str> {
        if kind == SymbolKind::Dc && table.codes().any(|code| code.symbol > 15) {
            return Err("DC Huffman table with a symbol above 15");
        }
        let mut entries = Box::new([0; 1 << BITS]);
        for code in table.codes().take_while(|code| code.len <= BITS) {
            let (run, size) = run_and_size(code.symbol, kind);
            let first = (code.bits << (BITS - code.len)) as usize;
            if code.len + size > BITS {
                let entry = code.len | VALUE_FOLLOWS | (run as u32) << 8 | size << 16;
                entries[first..first + (1 << (BITS - code.len))].fill(entry);
                continue;
            }
            let repeats = 1 << (BITS - code.len - size);
            for bits in 0..1 << size {
                let value = extend(bits, size) as u32;
                let entry = (code.len + size) | (run as u32) << 8 | value << 16;
                entries[first + bits as usize * repeats..][..repeats].fill(entry);
            }
        }
        Ok(Self { symbols: Symbols::new(table), entries })
    }

    /// [`Self::new`], made once for all where the table is a standard one.
    pub fn shared(table: &HuffmanTable, kind: SymbolKind) -> Result<Arc<Self>, &'static str> {
        type Standard = (HuffmanTable, SymbolKind, Arc<Lookup>);
        static STANDARD: LazyLock<Vec<Standard>> = LazyLock::new(|| {
            let ready = |(table, kind): (HuffmanTable, SymbolKind)| {
                (table, kind, Arc::new(Lookup::new(&table, kind).expect("a standard table is good")))
            };
            let tables = HuffmanTable::standard().into_iter();
            tables
                .flat_map(|tables| tables.into_iter().zip([SymbolKind::Dc, SymbolKind::Ac]))
                .map(ready)
                .collect()
        });
        match STANDARD.iter().find(|standard| (&standard.0, standard.1) == (table, kind)) {
            Some((_, _, lookup)) => Ok(Arc::clone(lookup)),
            None => Self::new(table, kind).map(Arc::new),
        }
    }

    /// Takes a symbol and the bits of its value. `None` if no code begins so.
    #[inline(always)]
    pub fn take(&self, bits: &mut BitReader, kind: SymbolKind) -> Option<Coefficient> {
        bits.refill();
        let entry = self.entries[bits.peek(BITS) as usize];
        let run = (entry >> 8 & 0xff) as usize;
        if (entry as u8 as i8) > 0 {
            bits.skip(entry & 0xff);
            return Some(Coefficient { run, value: (entry >> 16) as i16 });
        }
        if entry != 0 {
            bits.skip(entry & 0x7f);
            return Some(Coefficient { run, value: bits.take_value(entry >> 16) as i16 });
        }
        self.take_long(bits, kind)
    }

    #[cold]
    #[inline(never)]
    fn take_long(&self, bits: &mut BitReader, kind: SymbolKind) -> Option<Coefficient> {
        let (run, size) = run_and_size(self.symbols.take(bits)?, kind);
        Some(Coefficient { run, value: bits.take_value(size) as i16 })
    }
}

/// The zeros before a coefficient and the size of its value. Symbols without
/// a value are 16 zeros (0xf0) or else the end of the block, in DC tables a
/// difference of 0.
fn run_and_size(symbol: u8, kind: SymbolKind) -> (usize, u32) {
    let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
    match kind {
        SymbolKind::Ac if size == 0 && run != 15 => (Coefficient::END_OF_BLOCK, 0),
        _ => (run, size),
    }
}

/// The value that `bits` of `size` stand for (T.81, F.2.2.1).
fn extend(bits: i32, size: u32) -> i32 {
    if size == 0 || bits >> (size - 1) != 0 { bits } else { bits - (1 << size) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code with some values, as bytes.
    #[test]
    fn lookups_agree_with_the_codes_whatever_their_length() {
        let kinds = [SymbolKind::Dc, SymbolKind::Ac].into_iter().cycle();
        for (kind, table) in kinds.zip(HuffmanTable::standard().concat()) {
            let lookup = Lookup::new(&table, kind).expect("a good table");
            for code in table.codes() {
                let (run, size) = run_and_size(code.symbol, kind);
                for value in [0, (1 << size) - 1, (1 << size) / 2, (1 << size) / 3] {
                    let all = u64::from(code.bits) << size | value;
                    let bytes = (all << (64 - code.len - size)).to_be_bytes();
                    let stuffed: Vec<u8> =
                        bytes.iter().flat_map(|&b| if b == 0xff { vec![b, 0] } else { vec![b] }).collect();
                    let mut bits = BitReader::new(&stuffed);
                    let found = lookup.take(&mut bits, kind);
                    let value = extend(value as i32, size) as i16;
                    assert_eq!(found, Some(Coefficient { run, value }), "{:#x}", code.symbol);
                }
            }
        }
    }

    #[test]
    fn bits_that_begin_no_code_are_refused() {
        for table in HuffmanTable::standard()[0] {
            let lookup = Lookup::new(&table, SymbolKind::Dc);
            let lookup = lookup.or_else(|_| Lookup::new(&table, SymbolKind::Ac)).expect("a good table");
            let ones = [0xff, 0, 0xff, 0, 0xff, 0];
            assert_eq!(lookup.take(&mut BitReader::new(&ones), SymbolKind::Ac), None);
        }
        let empty = HuffmanTable::new([0; 16], &[]).expect("an empty table");
        let lookup = Lookup::new(&empty, SymbolKind::Ac).expect("an empty table");
        assert_eq!(lookup.take(&mut BitReader::new(&[0; 8]), SymbolKind::Ac), None);
    }
}
