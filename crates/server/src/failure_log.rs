//! Reports failures to read packs: counts every one, logs each part of a pack at most
//! once an hour.

use crate::artifact::{Artifact, ArtifactKey};
use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use actix_web::web::Data;
use moka::sync::Cache;
use origami_pack::{Pack, PackError, StorageId};
use origami_render::{Format, RebuildError};
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::time::Duration;
use tracing::error;

/// Number of failures remembered; older ones are forgotten and logged again.
const REMEMBERED: u64 = 10_000;
/// How long a failure that persists is not logged again.
const SILENCE: Duration = Duration::from_secs(3600);

/// What could not be read; the key under which failures are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailedPart {
    /// The pack file with this number in the catalog could not be opened.
    File(u64),
    /// An artifact of an open pack.
    Artifact(ArtifactKey),
    /// The associated images or the description of an open pack.
    Associated(StorageId),
}

impl Display for FailedPart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let artifact = match self {
            Self::File(_) => return f.write_str("the file"),
            Self::Associated(_) => return f.write_str("an associated image or the description"),
            Self::Artifact(key) => key.artifact,
        };
        match artifact {
            Artifact::Tile(id, _) => write!(f, "tile {id}"),
            Artifact::Constant(_) => f.write_str("tiles of one colour"),
            Artifact::Thumbnail(side, _) => write!(f, "the thumbnail of {side} px"),
        }
    }
}

/// The one place where failures to read packs are counted and logged. A viewer
/// requests a damaged tile again and again; that must not fill the log.
pub struct FailureLog {
    logged: Cache<FailedPart, ()>,
    /// The counters of all failures, and those of everything else.
    pub metrics: Data<Metrics>,
}

impl FailureLog {
    /// A log without failures.
    pub fn new(metrics: Data<Metrics>) -> Self {
        let logged = Cache::builder().max_capacity(REMEMBERED).time_to_live(SILENCE).build();
        Self { logged, metrics }
    }

    /// Counts a failure of `kind`, and logs its cause unless `part` was logged in the
    /// last hour.
    pub fn report(&self, part: FailedPart, pack: &Path, kind: &str, cause: &dyn Display) {
        self.metrics.pack_errors.with_label_values(&[kind]).inc();
        if self.remember(part) {
            error!(pack = %pack.display(), %part, %cause, "a pack cannot be read");
        }
    }

    /// Reports that `artifact` of `pack` could not be built, unless that was for lack
    /// of a buffer. Returns the error to answer with. A tile is reported as its JPEG
    /// in whatever format it was requested, because other formats are made from the
    /// JPEG.
    pub fn report_build(&self, pack: &Pack, artifact: Artifact, cause: &RebuildError) -> Error {
        if cause.is_overload() {
            return Error::Busy(Busy::PoolExhausted);
        }
        let artifact = match artifact {
            Artifact::Tile(id, _) => Artifact::Tile(id, Format::Jpeg),
            Artifact::Constant(_) | Artifact::Thumbnail(..) => artifact,
        };
        let part = FailedPart::Artifact(ArtifactKey { pack: pack.storage_id(), artifact });
        self.report(part, pack.path(), cause.kind(), cause);
        Error::Damaged
    }

    /// Reports that an associated image or the description of `pack` could not be read.
    /// Returns the error to answer with.
    pub fn report_associated(&self, pack: &Pack, cause: &PackError) -> Error {
        self.report(FailedPart::Associated(pack.storage_id()), pack.path(), cause.kind(), cause);
        Error::Damaged
    }

    /// Remembers `part` as logged; returns whether it was not.
    fn remember(&self, part: FailedPart) -> bool {
        self.logged.entry(part).or_insert(()).is_fresh()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_pack;
    use origami_pyramid::TileId;

    #[test]
    fn a_failure_is_logged_once_and_counts_every_time() {
        let metrics = Data::new(Metrics::new());
        let failure_log = FailureLog::new(metrics.clone());
        let [tile, other_tile] = [0, 1].map(|x| Artifact::Tile(TileId { z: 1, x, y: 0 }, Format::Jpeg));
        let (pack, other_pack) = (StorageId::next(), StorageId::next());
        let part = FailedPart::Artifact(ArtifactKey { pack, artifact: tile });
        for _ in 0..3 {
            failure_log.report(part, Path::new("a.origami"), "checksum", &"expected 1, found 2");
        }
        assert_eq!(metrics.pack_errors.with_label_values(&["checksum"]).get(), 3);
        assert!(!failure_log.remember(part));
        for other in [
            FailedPart::Artifact(ArtifactKey { pack, artifact: other_tile }),
            FailedPart::Artifact(ArtifactKey { pack: other_pack, artifact: tile }),
            FailedPart::File(7),
            FailedPart::Associated(pack),
        ] {
            assert!(failure_log.remember(other), "{other:?}");
        }
    }

    #[test]
    fn a_damaged_tile_is_logged_once_in_whatever_format_it_is_requested() {
        let folder = tempfile::tempdir().unwrap();
        let (pack, metrics) = (test_pack::create(folder.path()), Data::new(Metrics::new()));
        let failure_log = FailureLog::new(metrics.clone());
        for (x, format) in [(0, Format::Jpeg), (0, Format::Png), (1, Format::Png), (1, Format::Jpeg)] {
            // Any failure will do.
            let missing = TileId { z: 99, x, y: 0 };
            let cause = RebuildError::from(pack.entry(missing).unwrap_err());
            let error = failure_log.report_build(&pack, Artifact::Tile(missing, format), &cause);
            assert_eq!(error, Error::Damaged);
        }
        failure_log.logged.run_pending_tasks();
        assert_eq!(failure_log.logged.entry_count(), 2, "one for each tile");
        assert_eq!(metrics.pack_errors.with_label_values(&["outside_grid"]).get(), 4);
    }
}
