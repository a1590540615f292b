//! What exact levels are coded with, kept between tiles.

use crate::RebuildError;
use origami_codec::exact;
use origami_pack::{Pack, StorageId};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The pack, and what its levels that are coded with the same have in common.
type Key = (StorageId, u32);

/// What the model of level `z` is kept under; `None` if that is not an exact
/// level.
fn key(pack: &Pack, z: u32) -> Option<Key> {
    Some((pack.identity(), pack.model_table(z)?))
}

/// Keeps the models of exact levels up to a number of bytes; the least recently
/// used go first. Each takes some 170 KiB, ten times what it takes in its pack,
/// so a server with many packs cannot have all of them in memory. Levels that
/// are coded with the same share one.
///
/// A model is read when it is first needed. Two threads that need it at once
/// may both read it; what is found is looked up without allocating.
#[derive(Debug)]
pub struct Models {
    budget: usize,
    /// The most recently used last. There are few: a look-up compares numbers.
    kept: Mutex<Vec<(Key, Arc<exact::Level>)>>,
    loads: AtomicU64,
}

/// What is held now and was done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelStats {
    /// Bytes of the models held.
    pub bytes: u64,
    /// Models read from their packs.
    pub loads: u64,
}

impl Models {
    /// Keeps up to `budget` bytes of models, but always the last one.
    #[must_use]
    pub fn new(budget: usize) -> Arc<Self> {
        Arc::new(Self { budget, kept: Mutex::default(), loads: AtomicU64::new(0) })
    }

    /// The model of level `z` of `pack`; `None` if that is not an exact level.
    ///
    /// # Errors
    /// If it has to be read and cannot be.
    pub fn get(&self, pack: &Pack, z: u32) -> Result<Option<Arc<exact::Level>>, RebuildError> {
        let Some(key) = key(pack, z) else { return Ok(None) };
        if let Some(model) = self.find(key) {
            return Ok(Some(model));
        }
        let Some(model) = pack.model(z)?.map(Arc::new) else { return Ok(None) };
        self.loads.fetch_add(1, Relaxed);
        self.keep(key, Arc::clone(&model));
        Ok(Some(model))
    }

    /// Whether [`Self::get`] has nothing to read.
    #[must_use]
    pub fn is_ready(&self, pack: &Pack, z: u32) -> bool {
        key(pack, z).is_none_or(|key| self.lock().iter().any(|(found, _)| *found == key))
    }

    fn find(&self, key: Key) -> Option<Arc<exact::Level>> {
        let mut kept = self.lock();
        let at = kept.iter().rposition(|(found, _)| *found == key)?;
        kept[at..].rotate_left(1);
        kept.last().map(|(_, model)| Arc::clone(model))
    }

    fn keep(&self, key: Key, model: Arc<exact::Level>) {
        let mut kept = self.lock();
        kept.retain(|(found, _)| *found != key);
        kept.push((key, model));
        let mut held = bytes(&kept);
        let over = kept.iter().take(kept.len() - 1).take_while(|(_, model)| {
            let goes = held > self.budget;
            held -= if goes { model.memory() } else { 0 };
            goes
        });
        let over = over.count();
        kept.drain(..over);
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> ModelStats {
        ModelStats { bytes: bytes(&self.lock()) as u64, loads: self.loads.load(Relaxed) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Key, Arc<exact::Level>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes(kept: &[(Key, Arc<exact::Level>)]) -> usize {
    kept.iter().map(|(_, model)| model.memory()).sum()
}
