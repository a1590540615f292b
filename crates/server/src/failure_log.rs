//! Telling of packs that cannot be read: counted every time, logged once.

use crate::artifact::Artifact;
use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use actix_web::web::Data;
use moka::sync::Cache;
use origami_pack::{Pack, StorageId};
use origami_render::{Format, RebuildError};
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::time::Duration;
use tracing::error;

/// Failures remembered; beyond that the longest forgotten are logged again.
const REMEMBERED: u64 = 10_000;
/// How long a failure that goes on is not logged again.
const SILENCE: Duration = Duration::from_secs(3600);

/// What failed, which is what is logged once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailedPart {
    /// Opening the pack file with this number in the catalog.
    File(u64),
    /// A artifact of the pack that was opened under this number.
    Artifact(StorageId, Artifact),
}

impl Display for FailedPart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => f.write_str("the file"),
            Self::Artifact(_, Artifact::Tile(id, _)) => write!(f, "tile {id}"),
            Self::Artifact(_, Artifact::Constant(_)) => f.write_str("tiles of one colour"),
            Self::Artifact(_, Artifact::Thumbnail(side, _)) => write!(f, "the thumbnail of {side} px"),
        }
    }
}

/// The one place where damage is counted and logged. A viewer asks for a
/// damaged tile again and again; the log shall not grow with that.
pub struct FailureLog {
    told: Cache<FailedPart, ()>,
    /// Where it is counted, as everything is.
    pub metrics: Data<Metrics>,
}

impl FailureLog {
    /// Nothing is damaged yet.
    pub fn new(metrics: Data<Metrics>) -> Self {
        let told = Cache::builder().max_capacity(REMEMBERED).time_to_live(SILENCE).build();
        Self { told, metrics }
    }

    /// Counts a failure of `kind` and logs its cause, unless it is known.
    pub fn report(&self, part: FailedPart, pack: &Path, kind: &str, cause: &dyn Display) {
        self.metrics.pack_errors.with_label_values(&[kind]).inc();
        if self.is_news(part) {
            error!(pack = %pack.display(), %part, %cause, "a pack cannot be read");
        }
    }

    /// The answer to a request for `artifact` of `pack`, which could not be made:
    /// reported, unless there was no buffer for it. Whatever a tile is asked for
    /// as, it is the JPEG that cannot be had.
    pub fn answer(&self, pack: &Pack, artifact: Artifact, cause: &RebuildError) -> Error {
        if cause.is_overload() {
            return Error::Busy(Busy::PoolExhausted);
        }
        let artifact = match artifact {
            Artifact::Tile(id, _) => Artifact::Tile(id, Format::Jpeg),
            Artifact::Constant(_) | Artifact::Thumbnail(..) => artifact,
        };
        self.report(FailedPart::Artifact(pack.identity(), artifact), pack.path(), cause.kind(), cause);
        Error::Damaged
    }

    fn is_news(&self, part: FailedPart) -> bool {
        self.told.entry(part).or_insert(()).is_fresh()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::pack;
    use origami_pyramid::TileId;

    #[test]
    fn a_failure_is_news_once_and_counts_every_time() {
        let metrics = Data::new(Metrics::new());
        let failure_log = FailureLog::new(metrics.clone());
        let (pack, other) = (StorageId::next(), StorageId::next());
        let artifact = |x| Artifact::Tile(TileId { z: 1, x, y: 0 }, Format::Jpeg);
        let tile = |x| FailedPart::Artifact(pack, artifact(x));
        for _ in 0..3 {
            failure_log.report(tile(0), Path::new("a.origami"), "checksum", &"expected 1, found 2");
        }
        assert_eq!(metrics.pack_errors.with_label_values(&["checksum"]).get(), 3);
        assert!(!failure_log.is_news(tile(0)));
        for other in [tile(1), FailedPart::Artifact(other, artifact(0)), FailedPart::File(7)] {
            assert!(failure_log.is_news(other), "{other:?}");
        }
    }

    #[test]
    fn a_damaged_tile_is_news_once_whatever_it_is_asked_for_as() {
        let folder = tempfile::tempdir().unwrap();
        let (pack, metrics) = (pack(folder.path()), Data::new(Metrics::new()));
        let failure_log = FailureLog::new(metrics.clone());
        // Any failure will do.
        let tile = |x| TileId { z: 99, x, y: 0 };
        for (x, format) in [(0, Format::Jpeg), (0, Format::Png), (1, Format::Png), (1, Format::Jpeg)] {
            let cause = RebuildError::from(pack.entry(tile(x)).unwrap_err());
            let answer = failure_log.answer(&pack, Artifact::Tile(tile(x), format), &cause);
            assert_eq!(answer, Error::Damaged);
        }
        failure_log.told.run_pending_tasks();
        assert_eq!(failure_log.told.entry_count(), 2, "one for each tile");
        assert_eq!(metrics.pack_errors.with_label_values(&["outside_grid"]).get(), 4);
    }
}
