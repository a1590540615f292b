//! Means over areas, on every instruction set, compared with whole numbers.

use origami_pyramid::area::{Coverages, MAX_LENGTH};
use origami_pyramid::kernels::Kernels;
use origami_pyramid::simd::{self, InstructionSet};
use proptest::prelude::*;

/// Rows of pixels and what their means are made of.
#[derive(Clone, Debug)]
struct Case {
    taps: usize,
    starts: Vec<usize>,
    /// Weights of the pixels under each mean.
    across: Vec<u32>,
    /// Weight of each row.
    down: Vec<u32>,
    rows: Vec<Vec<u8>>,
}

impl Case {
    fn width(&self, index: usize) -> u64 {
        self.across[self.taps * index..][..self.taps].iter().map(|&weight| u64::from(weight)).sum()
    }

    fn height(&self) -> u64 {
        self.down.iter().map(|&weight| u64::from(weight)).sum()
    }

    /// The mean of channel `c` under pixel `index`, rounded half up, in whole numbers.
    fn mean(&self, index: usize, c: usize) -> u128 {
        let mut total = 0;
        for (row, &down) in self.rows.iter().zip(&self.down) {
            for tap in 0..self.taps {
                let across = self.across[self.taps * index + tap];
                let sample = row[3 * (self.starts[index] + tap) + c];
                total += u128::from(down) * u128::from(across) * u128::from(sample);
            }
        }
        let area = u128::from(self.width(index)) * u128::from(self.height());
        (2 * total + area) / (2 * area)
    }

    fn means(&self, kernels: &Kernels) -> Vec<u8> {
        let mut sums = vec![0; self.rows[0].len() + 1];
        for (row, &weight) in self.rows.iter().zip(&self.down) {
            kernels.add_row(row, weight, &mut sums[..row.len()]);
        }
        let inverse_widths: Vec<f64> =
            (0..self.starts.len()).map(|index| 1.0 / self.width(index) as f64).collect();
        let Self { taps, starts, across: weights, .. } = self;
        let coverages = Coverages { taps: *taps, starts, weights, inverse_widths: &inverse_widths };
        let mut means = vec![0; 3 * self.starts.len()];
        kernels.mean_row(&sums, coverages, self.height() as f64, &mut means);
        means
    }
}

/// Weights of which `count` are together at most [`MAX_LENGTH`], small or as large as they
/// may be.
fn weights(count: usize, total: usize) -> impl Strategy<Value = Vec<u32>> {
    let largest = MAX_LENGTH as u32 / count as u32;
    let weight = prop_oneof![1..=4u32, 1..=largest, Just(largest)];
    prop::collection::vec(weight, total)
}

fn case() -> impl Strategy<Value = Case> {
    (1..=6usize, 1..40usize, 1..5usize).prop_flat_map(|(taps, means, rows)| {
        let pixels = taps + 30;
        let sample = prop_oneof![any::<u8>(), Just(0), Just(255)];
        (
            prop::collection::vec(0..=pixels - taps, means),
            weights(taps, taps * means),
            weights(rows, rows),
            prop::collection::vec(prop::collection::vec(sample, 3 * pixels), rows),
        )
            .prop_map(move |(starts, across, down, rows)| Case { taps, starts, across, down, rows })
    })
}

proptest! {
    #[test]
    fn means_are_rounded_quotients_of_whole_numbers(case in case()) {
        for simd in InstructionSet::ALL.into_iter().filter_map(simd::detect) {
            for (at, &mean) in case.means(Kernels::for_simd(simd)).iter().enumerate() {
                prop_assert_eq!(u128::from(mean), case.mean(at / 3, at % 3), "{:?}, sample {}", simd, at);
            }
        }
    }
}
