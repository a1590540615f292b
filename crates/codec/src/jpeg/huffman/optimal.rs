//! The Huffman table with the shortest codes for given symbols (ITU-T T.81, K.2).

use super::HuffmanTable;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Number of the symbol that gets the code of ones only, which no table may have. It counts
/// as if it occurred once.
const RESERVED: usize = 256;
/// Maximum length of a code, which has a prefix for each other symbol.
const MAX_UNLIMITED: usize = 256;
/// Maximum length of a code in a JPEG.
const MAX: usize = 16;

/// A subtree of codes. Of two, the rarer one is less; of equally rare ones that with the
/// higher symbol.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Subtree {
    count: u64,
    /// The symbol that stands for it: of the two subtrees that it was made of, that of the
    /// lesser.
    symbol: Reverse<usize>,
    /// Its number: symbols come first, then what they were joined to.
    node: usize,
}

impl HuffmanTable {
    /// The table whose codes are the shortest for symbols that occur as often as `counts`
    /// says; others have no code. It is the very table that libjpeg makes when it optimises:
    /// where T.81 leaves a choice, that of libjpeg is taken.
    pub fn optimal(counts: &[u64; 256]) -> Self {
        let lengths = code_lengths(counts);
        let mut symbols: Vec<usize> = (0..RESERVED).filter(|&symbol| lengths[symbol] > 0).collect();
        // Stable, so that symbols of a length stay in ascending order.
        symbols.sort_by_key(|&symbol| lengths[symbol]);
        let mut table = Self { counts: limited_counts(&lengths), symbols: [0; 256] };
        table.symbols.iter_mut().zip(symbols).for_each(|(slot, symbol)| *slot = symbol as u8);
        table
    }
}

/// The length of each symbol's code, that of the reserved one last, without a limit; 0 for
/// symbols that do not occur.
fn code_lengths(counts: &[u64; 256]) -> [usize; RESERVED + 1] {
    let occurring = (0..).zip(counts).filter(|&(_, &count)| count > 0);
    let symbols: Vec<usize> = occurring.map(|(symbol, _)| symbol).chain([RESERVED]).collect();
    let subtrees = symbols.iter().enumerate().map(|(node, &symbol)| {
        let count = counts.get(symbol).copied().unwrap_or(1);
        Reverse(Subtree { count, symbol: Reverse(symbol), node })
    });
    let mut heap: BinaryHeap<Reverse<Subtree>> = subtrees.collect();
    // By node. A node's parent comes after it, and the root last.
    let mut parents = vec![0; symbols.len()];
    while let (Some(Reverse(least)), Some(Reverse(next))) = (heap.pop(), heap.pop()) {
        let node = parents.len();
        (parents[least.node], parents[next.node]) = (node, node);
        parents.push(0);
        heap.push(Reverse(Subtree { count: least.count + next.count, node, ..least }));
    }
    let mut depths = vec![0; parents.len()];
    for node in (0..parents.len() - 1).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    let mut lengths = [0; RESERVED + 1];
    symbols.iter().zip(depths).for_each(|(&symbol, depth)| lengths[symbol] = depth);
    lengths
}

/// Number of codes of each length from 1 to 16 bits, without the reserved one, after longer
/// ones were shortened (T.81, figure K.3).
fn limited_counts(lengths: &[usize; RESERVED + 1]) -> [u8; MAX] {
    let mut counts = [0u16; MAX_UNLIMITED + 1];
    lengths.iter().filter(|&&len| len > 0).for_each(|&len| counts[len] += 1);
    for len in (MAX + 1..=MAX_UNLIMITED).rev() {
        // Codes of the greatest length come in pairs. One takes the prefix of both, the other
        // shares that of a shorter code.
        while counts[len] > 0 {
            let shorter = (1..len - 1).rev().find(|&shorter| counts[shorter] > 0);
            let shorter = shorter.expect("not all codes are of the two greatest lengths");
            counts[len] -= 2;
            counts[len - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
    if let Some(longest) = counts.iter().rposition(|&count| count > 0) {
        // The reserved code is the last of the longest.
        counts[longest] -= 1;
    }
    std::array::from_fn(|index| {
        u8::try_from(counts[index + 1]).expect("not all 256 symbols have codes of one length")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lengths of codes as T.81, figures K.1 and K.2, and libjpeg's choices define them:
    /// the two rarest groups of symbols become one, and all their codes longer by a bit.
    fn slow_lengths(counts: &[u64; 256]) -> [usize; 257] {
        let mut lengths = [0; 257];
        let mut groups: Vec<(u64, Vec<usize>)> = vec![(1, vec![256])];
        groups.extend((0..256).filter(|&s| counts[s] > 0).map(|s| (counts[s], vec![s])));
        while groups.len() > 1 {
            groups.sort_by_key(|(count, symbols)| (*count, Reverse(symbols[0])));
            let second = groups.remove(1);
            groups[0].0 += second.0;
            groups[0].1.extend(second.1);
            groups[0].1.iter().for_each(|&symbol| lengths[symbol] += 1);
        }
        lengths
    }

    fn bits(counts: &[u64; 256], table: &HuffmanTable) -> u64 {
        table.codes().map(|code| counts[usize::from(code.symbol)] * u64::from(code.len)).sum()
    }

    /// Counts of the first symbols of which each is half as rare as the one before, which
    /// gives the longest codes.
    fn doubling(symbols: usize) -> [u64; 256] {
        let mut counts = [0; 256];
        counts[..symbols].iter_mut().enumerate().for_each(|(symbol, count)| *count = 1 << symbol);
        counts
    }

    fn check(counts: &[u64; 256]) {
        let lengths = code_lengths(counts);
        assert_eq!(lengths, slow_lengths(counts));
        let table = HuffmanTable::optimal(counts);
        let occurring = counts.iter().filter(|&&count| count > 0).count();
        assert_eq!(HuffmanTable::new(table.counts, &table.symbols[..occurring]), Ok(table), "a valid table");
        let unlimited: u64 = (0..256).map(|symbol| counts[symbol] * lengths[symbol] as u64).sum();
        // That the reserved code is taken away can shorten others.
        assert!(lengths.iter().any(|&len| len > MAX) || bits(counts, &table) <= unlimited);
    }

    proptest! {
        #[test]
        fn tables_are_those_that_the_slow_way_gives(
            used in prop::collection::vec((0usize..256, prop_oneof![1u64..4, 1u64..1000, 1u64..1 << 40]), 1..170)
        ) {
            let mut counts = [0; 256];
            used.into_iter().for_each(|(symbol, count)| counts[symbol] = count);
            check(&counts);
        }
    }

    #[test]
    fn symbols_that_are_very_rare_have_codes_of_at_most_16_bits() {
        for symbols in [1, 2, 15, 16, 17, 18, 30, 60] {
            let counts = doubling(symbols);
            let table = HuffmanTable::optimal(&counts);
            assert_eq!(table.codes().count(), symbols);
            check(&counts);
            let longest = table.codes().map(|code| code.len).max();
            assert_eq!(longest, Some(symbols.min(MAX) as u32), "{symbols} symbols");
        }
    }

    #[test]
    fn no_symbols_give_an_empty_table() {
        assert_eq!(HuffmanTable::optimal(&[0; 256]).codes().count(), 0);
    }

    #[test]
    fn of_symbols_that_occur_equally_often_the_lower_has_the_shorter_code() {
        let mut counts = [0; 256];
        (counts[3], counts[7]) = (5, 5);
        let codes: Vec<_> =
            HuffmanTable::optimal(&counts).codes().map(|code| (code.symbol, code.len)).collect();
        assert_eq!(codes, [(3, 1), (7, 2)]);
    }
}
