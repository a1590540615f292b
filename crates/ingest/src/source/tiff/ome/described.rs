//! Finds the directories that a document describes.

use super::{OmeDocument, OmeImage};

/// Runs of directories.
struct Runs {
    /// In how many more (or fewer) runs each directory is than the one before it; the
    /// last is of what comes after all directories.
    changes: Vec<i64>,
}

impl Runs {
    fn new(directories: usize) -> Self {
        Self { changes: vec![0; directories + 1] }
    }

    fn add(&mut self, start: u64, len: u64) {
        let end = start.saturating_add(len);
        let last = self.changes.len() - 1;
        let [start, end] = [start, end].map(|at| usize::try_from(at).unwrap_or(last).min(last));
        self.changes[start] += 1;
        self.changes[end] -= 1;
    }

    /// Whether each directory is in a run.
    fn covered(&self) -> Vec<bool> {
        let directories = &self.changes[..self.changes.len() - 1];
        let counts = directories.iter().scan(0_i64, |count, change| {
            *count += change;
            Some(*count)
        });
        counts.map(|count| count > 0).collect()
    }
}

impl OmeDocument {
    /// Which of the first `directories` of the file have planes of the document's images,
    /// if each has `samples` (at least 1) of the samples of all channels.
    pub fn described(&self, directories: usize, samples: u64) -> Vec<bool> {
        let mut runs = Runs::new(directories);
        let mut before = 0_u64;
        for OmeImage { pixels, .. } in &self.images {
            let groups = pixels.size_c.div_ceil(samples);
            let planes = groups.saturating_mul(pixels.size_z).saturating_mul(pixels.size_t);
            let mut placed = 0_u64;
            for data in &pixels.data {
                let count = data.count().unwrap_or(planes);
                placed = placed.saturating_add(count);
                if data.file.as_ref().is_none_or(|file| !self.is_other(file)) {
                    runs.add(data.directory.unwrap_or(0), count);
                }
            }
            if placed < planes && self.is_in_order(pixels) {
                runs.add(before, planes);
            }
            before = before.saturating_add(pixels.directory_count());
        }
        runs.covered()
    }
}
