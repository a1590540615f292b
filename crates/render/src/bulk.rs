//! Rendering of whole packs.

use crate::{Families, Models, ParentCache, Pools};
use std::sync::Arc;

/// Memory for decoded parents, in bytes.
const PARENTS: usize = 128 << 20;

/// Memory for models, in bytes.
const MODELS: usize = 8 << 20;

/// Memory for buffers, in bytes: far more than any number of threads uses at a time,
/// so that no lease fails.
const BUFFERS: usize = 8 << 30;

/// Renders whole packs. Its budgets assume that memory is not scarce.
///
/// # Examples
/// ```
/// # use origami_pack::Pack;
/// # use origami_render::BulkRenderer;
/// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
/// let BulkRenderer { families, parents } = BulkRenderer::default();
/// let mut tiles = 0;
/// for id in pack.pyramid().tiles(pack.pyramid().max_level()) {
///     let jpeg = families.tile(&pack, id, &parents.of(&pack)).unwrap();
///     assert!(jpeg.starts_with(&[0xff, 0xd8]));
///     tiles += 1;
/// }
/// assert_eq!(tiles, 70);
/// ```
#[derive(Debug)]
pub struct BulkRenderer {
    /// Rebuilds tiles and families.
    pub families: Families,
    /// Caches their parents.
    pub parents: ParentCache,
}

impl Default for BulkRenderer {
    fn default() -> Self {
        let pools = Pools::new(BUFFERS);
        let parents = ParentCache::new(PARENTS, Arc::clone(&pools));
        Self { families: Families::new(pools, Models::new(MODELS)), parents }
    }
}
