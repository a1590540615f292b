//! Packs that could be opened, and of which a part has failed its check since.

use dashmap::DashMap;
use origami_pack::StorageId;
use prometheus::IntGauge;

/// The damaged packs, by their openings. Only an opening of another file ends the damage: a
/// pack is never written to.
pub struct DamagedPacks {
    /// What was wrong with the first part that failed: the kind of error.
    first_kinds: DashMap<StorageId, &'static str>,
    /// How many they are.
    count: IntGauge,
}

impl DamagedPacks {
    /// None yet; `count` follows their number.
    pub fn new(count: IntGauge) -> Self {
        Self { first_kinds: DashMap::new(), count }
    }

    /// Adds `pack`, of which a part failed with an error of this `kind`.
    pub fn add(&self, pack: StorageId, kind: &'static str) {
        self.first_kinds.entry(pack).or_insert_with(|| {
            self.count.inc();
            kind
        });
    }

    /// The kind of the first error of `pack`, if it is damaged.
    pub fn kind(&self, pack: StorageId) -> Option<&'static str> {
        self.first_kinds.get(&pack).map(|kind| *kind)
    }

    /// All of them.
    pub fn packs(&self) -> Vec<StorageId> {
        self.first_kinds.iter().map(|entry| *entry.key()).collect()
    }

    /// Forgets `pack`, which is not served any more.
    pub fn remove(&self, pack: StorageId) {
        if self.first_kinds.remove(&pack).is_some() {
            self.count.dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_counts_once_however_many_of_its_tiles_fail() {
        let count = IntGauge::new("count", "Packs.").unwrap();
        let damaged = DamagedPacks::new(count.clone());
        let [first, second] = [StorageId::next(), StorageId::next()];
        for (pack, kind) in [(first, "checksum"), (first, "codec"), (second, "entry"), (first, "checksum")] {
            damaged.add(pack, kind);
        }
        assert_eq!(
            (count.get(), damaged.kind(first), damaged.kind(second)),
            (2, Some("checksum"), Some("entry"))
        );
        for _ in 0..2 {
            damaged.remove(first);
        }
        assert_eq!((count.get(), damaged.packs()), (1, vec![second]));
    }
}
