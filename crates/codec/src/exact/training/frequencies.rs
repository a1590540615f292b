//! Frequencies of symbols, as the coder takes them.

/// Converts counts to frequencies in 4,096ths, at least 1 for each of the first
/// `symbols` symbols and 0 for the others.
pub(super) fn frequencies(counts: &[u64; 16], symbols: usize) -> [u16; 16] {
    let weights = counts.map(|n| n as f64 + 0.05);
    let sum: f64 = weights[..symbols].iter().sum();
    let mut frequencies = [0u16; 16];
    for (frequency, weight) in frequencies.iter_mut().zip(weights).take(symbols) {
        *frequency = (weight / sum * 4096.0).max(1.0) as u16;
    }
    // The most frequent symbol, which has at least 256, takes the rounding error.
    let rest = 4096 - frequencies.iter().map(|&n| i32::from(n)).sum::<i32>();
    let largest = (0..symbols).max_by_key(|&s| (frequencies[s], symbols - s)).unwrap_or(0);
    frequencies[largest] = (i32::from(frequencies[largest]) + rest) as u16;
    frequencies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_sum_to_4096_and_leave_no_symbol_out() {
        for counts in [[0; 16], [1_000_000; 16], std::array::from_fn(|s| if s == 3 { 1 << 40 } else { 0 })] {
            for symbols in [4, 16] {
                let actual = frequencies(&counts, symbols);
                assert_eq!(actual.iter().map(|&n| u32::from(n)).sum::<u32>(), 4096);
                assert!(actual[..symbols].iter().all(|&n| n > 0));
                assert!(actual[symbols..].iter().all(|&n| n == 0));
            }
        }
    }
}
