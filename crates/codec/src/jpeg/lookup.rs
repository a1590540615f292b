//! Decodes Huffman codes and the values after them by lookup of the next bits.

use super::bit_reader::BitReader;
use super::huffman::HuffmanTable;
use super::symbols::Symbols;
use std::sync::{Arc, LazyLock};

/// Number of bits of a lookup.
const BITS: u32 = 12;

/// What a symbol with its value stands for: `run` coefficients of 0, then one
/// of `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coefficient {
    pub run: usize,
    pub value: i16,
}

impl Coefficient {
    /// The run that stands for the end of a block. It is longer than any position
    /// in a block plus any other run.
    pub const END_OF_BLOCK: usize = 128;
}

/// Whether a table's symbols are for DC differences or for AC coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SymbolKind {
    Dc,
    Ac,
}

/// Decodes symbols together with the bits of their values.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    symbols: Symbols,
    /// By the next [`BITS`] bits, from the lowest bit: 8 bits for the number of
    /// bits to take, 8 bits for the run, 16 bits for the value. Where the index
    /// does not contain all of the value's bits, [`VALUE_FOLLOWS`] is set, only
    /// the code's bits are to be taken, and the upper 16 bits are the value's
    /// size. 0 where no code matches or it is longer than an index.
    entries: Box<[u32; 1 << BITS]>,
}

/// Flag of an entry: the value's bits follow.
const VALUE_FOLLOWS: u32 = 0x80;

/// The lookups for a plane's DC and AC table.
#[derive(Clone, Debug)]
pub(super) struct PlaneLookups {
    pub dc: Arc<Lookup>,
    pub ac: Arc<Lookup>,
}

impl Lookup {
    /// Size in memory, in bytes.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.entries)
    }

    /// The lookup for `table`. Fails if a DC symbol is above 15.
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

    /// The lookup for `table`, as [`Self::new`] makes it. Those of the standard
    /// tables are made only once.
    pub fn shared(table: &HuffmanTable, kind: SymbolKind) -> Result<Arc<Self>, &'static str> {
        static STANDARD: LazyLock<Vec<StandardLookup>> = LazyLock::new(StandardLookup::all);
        match STANDARD.iter().find(|standard| standard.table == *table && standard.kind == kind) {
            Some(standard) => Ok(Arc::clone(&standard.lookup)),
            None => Self::new(table, kind).map(Arc::new),
        }
    }

    /// Takes a symbol and the bits of its value. `None` if the next bits are no
    /// code.
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

/// The lookup for one of the standard tables.
struct StandardLookup {
    table: HuffmanTable,
    kind: SymbolKind,
    lookup: Arc<Lookup>,
}

impl StandardLookup {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for tables in HuffmanTable::standard() {
            for (table, kind) in tables.into_iter().zip([SymbolKind::Dc, SymbolKind::Ac]) {
                let lookup = Lookup::new(&table, kind).expect("a standard table is valid");
                all.push(Self { table, kind, lookup: Arc::new(lookup) });
            }
        }
        all
    }
}

/// The number of zeros before a coefficient and the size of its value. A symbol
/// of size 0 stands for 16 zeros (0xf0) or the end of the block, in DC tables
/// for a difference of 0.
fn run_and_size(symbol: u8, kind: SymbolKind) -> (usize, u32) {
    let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
    match kind {
        SymbolKind::Ac if size == 0 && run != 15 => (Coefficient::END_OF_BLOCK, 0),
        _ => (run, size),
    }
}

/// The value that `size` bits stand for (T.81, F.2.2.1).
fn extend(bits: i32, size: u32) -> i32 {
    if size == 0 || bits >> (size - 1) != 0 { bits } else { bits - (1 << size) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_decoded_whatever_its_length() {
        let kinds = [SymbolKind::Dc, SymbolKind::Ac].into_iter().cycle();
        for (kind, table) in kinds.zip(HuffmanTable::standard().concat()) {
            let lookup = Lookup::new(&table, kind).expect("a valid table");
            for code in table.codes() {
                let (run, size) = run_and_size(code.symbol, kind);
                for value in [0, (1 << size) - 1, (1 << size) / 2, (1 << size) / 3] {
                    let all = u64::from(code.bits) << size | value;
                    let bytes = (all << (64 - code.len - size)).to_be_bytes();
                    let stuffed: Vec<u8> =
                        bytes.iter().flat_map(|&b| if b == 0xff { vec![b, 0] } else { vec![b] }).collect();
                    let mut bits = BitReader::new(&stuffed);
                    let decoded = lookup.take(&mut bits, kind);
                    let value = extend(value as i32, size) as i16;
                    assert_eq!(decoded, Some(Coefficient { run, value }), "{:#x}", code.symbol);
                }
            }
        }
    }

    #[test]
    fn bits_that_are_no_code_are_refused() {
        for standard in StandardLookup::all() {
            let ones = [0xff, 0, 0xff, 0, 0xff, 0];
            assert_eq!(standard.lookup.take(&mut BitReader::new(&ones), standard.kind), None);
        }
        let empty = HuffmanTable::new([0; 16], &[]).expect("an empty table");
        let lookup = Lookup::new(&empty, SymbolKind::Ac).expect("an empty table");
        assert_eq!(lookup.take(&mut BitReader::new(&[0; 8]), SymbolKind::Ac), None);
    }
}
