//! The cache of the models that exact levels are coded with.

use crate::RebuildError;
use origami_codec::exact;
use origami_pack::{ModelChoice, Pack, StorageId};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Identifies a model. Levels of a pack that are coded with the same model and the same
/// quantisation have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ModelKey {
    pack: StorageId,
    /// As [`Pack::model_table`].
    table: u32,
}

impl ModelKey {
    /// The key of the chosen model of level `z`; `None` if the level does not have it.
    fn of_level(pack: &Pack, z: u32, choice: ModelChoice) -> Option<Self> {
        Some(Self { pack: pack.storage_id(), table: pack.model_table(z, choice)? })
    }
}

#[derive(Debug)]
struct CachedModel {
    key: ModelKey,
    model: Arc<exact::Level>,
}

/// Caches the models of exact levels up to a number of bytes, evicting the least
/// recently used first. A model takes about 170 KiB, ten times as much as in its pack,
/// so that a server with many packs cannot have all models in memory. Levels that are
/// coded with the same model share it.
///
/// A model is read when it is first needed. Two threads that need it at the same time
/// may both read it. Looking up a cached model allocates nothing.
#[derive(Debug)]
pub struct Models {
    budget: usize,
    /// The most recently used last. There are few, so a lookup compares all keys.
    cached: Mutex<Vec<CachedModel>>,
    loads: AtomicU64,
}

/// The current contents of a cache of models, and what it has done since it was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelStats {
    /// Bytes of the cached models.
    pub bytes: u64,
    /// Models read from packs.
    pub loads: u64,
}

impl Models {
    /// A cache for up to `budget` bytes of models. The last model used is cached
    /// whatever its size.
    #[must_use]
    pub fn new(budget: usize) -> Arc<Self> {
        Arc::new(Self { budget, cached: Mutex::default(), loads: AtomicU64::new(0) })
    }

    /// The chosen model of level `z` of `pack`; `None` if it is not an exact level, or has no
    /// second model.
    ///
    /// # Errors
    /// If the model is not cached and cannot be read.
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::{ModelChoice, Pack};
    /// # use origami_render::Models;
    /// let pack = Pack::open("tests/golden/v3-exact.origami".as_ref()).unwrap();
    /// let models = Models::new(8 << 20);
    /// let finest = pack.pyramid().max_level();
    /// for _ in 0..2 {
    ///     assert!(models.get(&pack, finest, ModelChoice::First).unwrap().is_some());
    /// }
    /// assert_eq!(models.stats().loads, 1);
    /// assert!(models.get(&pack, 0, ModelChoice::First).unwrap().is_none(), "level 0 is never predicted");
    /// ```
    pub fn get(
        &self,
        pack: &Pack,
        z: u32,
        choice: ModelChoice,
    ) -> Result<Option<Arc<exact::Level>>, RebuildError> {
        let Some(key) = ModelKey::of_level(pack, z, choice) else { return Ok(None) };
        if let Some(model) = self.lookup(key) {
            return Ok(Some(model));
        }
        let Some(model) = pack.model(z, choice)?.map(Arc::new) else { return Ok(None) };
        self.loads.fetch_add(1, Relaxed);
        self.insert(key, Arc::clone(&model));
        Ok(Some(model))
    }

    /// Whether [`Self::get`] would return without reading from the pack.
    #[must_use]
    pub fn is_ready(&self, pack: &Pack, z: u32, choice: ModelChoice) -> bool {
        ModelKey::of_level(pack, z, choice).is_none_or(|key| self.lock().iter().any(|entry| entry.key == key))
    }

    /// The model cached for `key`, which becomes the most recently used one.
    fn lookup(&self, key: ModelKey) -> Option<Arc<exact::Level>> {
        let mut cached = self.lock();
        let at = cached.iter().rposition(|entry| entry.key == key)?;
        cached[at..].rotate_left(1);
        cached.last().map(|entry| Arc::clone(&entry.model))
    }

    /// Caches a model, and evicts others until all fit the budget.
    fn insert(&self, key: ModelKey, model: Arc<exact::Level>) {
        let mut cached = self.lock();
        cached.retain(|entry| entry.key != key);
        cached.push(CachedModel { key, model });
        let mut bytes = total_bytes(&cached);
        let mut evicted = 0;
        while bytes > self.budget && evicted + 1 < cached.len() {
            bytes -= cached[evicted].model.memory();
            evicted += 1;
        }
        cached.drain(..evicted);
    }

    /// Contents and counters.
    #[must_use]
    pub fn stats(&self) -> ModelStats {
        ModelStats { bytes: total_bytes(&self.lock()) as u64, loads: self.loads.load(Relaxed) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<CachedModel>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn total_bytes(cached: &[CachedModel]) -> usize {
    cached.iter().map(|entry| entry.model.memory()).sum()
}
