//! The receivers of a family's tiles.

use crate::{RebuildError, TileJpeg};
use origami_pack::{Level, Pack};
use origami_pyramid::TileId;
use std::sync::{Mutex, PoisonError};

/// Chooses tiles of a family and receives them.
///
/// Methods are called from any thread, in any order.
pub trait FamilyVisitor: Sync {
    /// Whether tile `id` is wanted. Other tiles are made only as far as wanted ones
    /// need them.
    fn wants(&self, id: TileId) -> bool;

    /// Whether tile `id` is still wanted. Called once for each wanted tile, just before
    /// it is made. A claimed tile is handed to [`Self::take`], unless the family fails
    /// first.
    fn claims(&self, _id: TileId) -> bool {
        true
    }

    /// Whether no more tiles will be claimed, so that what they have in common need
    /// not be made.
    fn is_over(&self) -> bool {
        false
    }

    /// Whether tiles are encoded and handed to [`Self::take`]. If not, stored tiles are
    /// decoded, others are rebuilt, and only failures are handed over.
    fn writes(&self) -> bool {
        true
    }

    /// Receives the JPEG of a tile, or the reason why it could not be made.
    ///
    /// # Errors
    /// An error ends the visit of the family.
    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError>;
}

/// Wants every tile, keeps only the failures.
pub(super) struct FailureCollector<'a> {
    pack: &'a Pack,
    /// Failures of tiles that no other tile depends on. Any other failure ends the
    /// visit.
    independent: Mutex<Vec<RebuildError>>,
}

impl<'a> FailureCollector<'a> {
    pub fn new(pack: &'a Pack) -> Self {
        Self { pack, independent: Mutex::default() }
    }

    /// The failures that did not end the visit.
    pub fn into_failures(self) -> Vec<RebuildError> {
        self.independent.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FamilyVisitor for FailureCollector<'_> {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn writes(&self) -> bool {
        false
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let Err(error) = tile else { return Ok(()) };
        if self.pack.level(id.z).is_some_and(Level::is_predicted) || self.pack.is_parent(id.z) {
            return Err(error);
        }
        self.independent.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        Ok(())
    }
}
