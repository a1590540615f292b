//! How the contexts of a set lie beside each other.

/// The layout of a set's contexts, and how many distributions they get.
///
/// The contexts are rows of `width`, and `height` rows belong together. Contexts
/// next to each other in a row or, within such rows, in a column are alike, so
/// each also learns from its neighbours' counts.
#[derive(Clone, Copy)]
pub(super) struct Grouping {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Number of symbols of the distributions.
    pub(super) symbols: usize,
    /// The largest number of distributions.
    pub(super) max_distributions: usize,
}

impl Grouping {
    /// The contexts before `context` whose distributions it could copy: the one before
    /// it, and those at its place in the row and in the group of rows before.
    pub(super) fn copied(self, context: usize) -> impl Iterator<Item = usize> {
        [1, self.width, self.width * self.height]
            .into_iter()
            .filter_map(move |back| context.checked_sub(back))
    }

    /// The contexts to the left and right of `context`, above and below it.
    pub(super) fn neighbours(self, context: usize) -> [Option<usize>; 4] {
        let Self { width, height, .. } = self;
        let (column, row) = (context % width, context / width % height);
        [
            (column > 0).then(|| context - 1),
            (column + 1 < width).then_some(context + 1),
            (row > 0).then(|| context - width),
            (row + 1 < height).then_some(context + width),
        ]
    }
}
