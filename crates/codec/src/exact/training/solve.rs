//! Solves small systems of linear equations.

/// The normal equations of a weighted least squares fit of `N` features.
#[derive(Clone, Copy)]
pub(super) struct Equations<const N: usize> {
    pub(super) matrix: [[f64; N]; N],
    pub(super) right: [f64; N],
}

impl<const N: usize> Equations<N> {
    pub(super) const ZERO: Self = Self { matrix: [[0.0; N]; N], right: [0.0; N] };

    /// Adds an observation: the weighted sum of `features` should be `target`.
    pub(super) fn add(&mut self, weight: f64, features: &[f64; N], target: f64) {
        for (a, feature) in features.iter().enumerate() {
            let weighted = weight * feature;
            self.matrix[a].iter_mut().zip(features).for_each(|(entry, other)| *entry += weighted * other);
            self.right[a] += weighted * target;
        }
    }
}

/// Solves `matrix * x = right` for a symmetric positive definite matrix by
/// Gauss-Jordan elimination. Variables marked in `fixed` are fixed to 0.
pub(super) fn solve<const N: usize>(
    mut matrix: [[f64; N]; N],
    mut right: [f64; N],
    fixed: [bool; N],
) -> [f64; N] {
    for i in (0..N).filter(|&i| fixed[i]) {
        matrix[i] = [0.0; N];
        matrix.iter_mut().for_each(|row| row[i] = 0.0);
        matrix[i][i] = 1.0;
        right[i] = 0.0;
    }
    for i in 0..N {
        let pivot = matrix[i][i];
        matrix[i].iter_mut().for_each(|value| *value /= pivot);
        right[i] /= pivot;
        let (row, value) = (matrix[i], right[i]);
        for other in (0..N).filter(|&other| other != i) {
            let factor = matrix[other][i];
            matrix[other].iter_mut().zip(row).for_each(|(entry, pivot)| *entry -= factor * pivot);
            right[other] -= factor * value;
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 5.0]];
        let x = [1.5, -2.0, 3.0];
        let right = matrix.map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum());
        for (actual, expected) in solve(matrix, right, [false; 3]).into_iter().zip(x) {
            assert!((actual - expected).abs() < 1e-12, "{actual} is not {expected}");
        }
    }

    #[test]
    fn a_fixed_variable_is_zero_and_the_others_are_solved_for() {
        let matrix = [[4.0, 1.0], [1.0, 2.0]];
        assert_eq!(solve(matrix, [9.0, 6.0], [true, false]), [0.0, 3.0]);
    }
}
