//! Counters of the parent cache.

/// The current contents of a cache, and what it has done since it was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParentStats {
    /// Bytes of the buffers of cached parents.
    pub bytes: u64,
    /// Number of cached parents.
    pub entries: u64,
    /// Lookups that found their parent.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: u64,
    /// Misses that waited for another thread's decode.
    pub waits: u64,
    /// Parents decoded because they were missed.
    pub decodes: u64,
    /// Parents evicted for lack of room.
    pub evictions: u64,
    /// Those of them that other parents are predicted from.
    pub coarse_evictions: u64,
    /// Parents seeded by tiles that were served.
    pub seeded: u64,
    /// Seeded parents that a lookup found.
    pub seed_hits: u64,
}
