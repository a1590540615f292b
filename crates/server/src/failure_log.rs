//! Reports failures to read packs: counts every one, logs each part of a pack at most
//! once an hour.

use crate::artifact::{Artifact, Pixels};
use crate::damaged_packs::DamagedPacks;
use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use crate::request_context;
use crate::request_id::RequestId;
use actix_web::web::Data;
use moka::sync::Cache;
use origami_pack::{Pack, PackError, StorageId};
use origami_pyramid::TileId;
use origami_render::RebuildError;
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
    /// A tile of an open pack, in whatever format it was requested: all are made from the
    /// tile's JPEG.
    Tile(StorageId, TileId),
    /// The tiles of one colour of an open pack.
    Constant(StorageId),
    /// A picture of several tiles of an open pack. There are so many of them that each
    /// would fill the log; the first cause names the tile.
    Picture(StorageId),
    /// The associated images or the description of an open pack.
    Associated(StorageId),
}

impl FailedPart {
    /// The part of the pack opened as `pack` that `artifact` is.
    fn of(pack: StorageId, artifact: Artifact) -> Self {
        match artifact {
            Artifact::Tile(id) | Artifact::Encoded(Pixels::Tile(id) | Pixels::PaddedTile(id), _) => {
                Self::Tile(pack, id)
            }
            Artifact::Constant(_) => Self::Constant(pack),
            Artifact::Encoded(Pixels::Thumbnail(_) | Pixels::Picture(_), _) => Self::Picture(pack),
        }
    }
}

impl Display for FailedPart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => f.write_str("the file"),
            Self::Tile(_, id) => write!(f, "tile {id}"),
            Self::Constant(_) => f.write_str("tiles of one colour"),
            Self::Picture(_) => f.write_str("a picture of several tiles"),
            Self::Associated(_) => f.write_str("an associated image or the description"),
        }
    }
}

/// The one place where failures to read packs are counted and logged. A viewer
/// requests a damaged tile again and again; that must not fill the log.
pub struct FailureLog {
    logged: Cache<FailedPart, ()>,
    /// Open packs that are damaged.
    pub damaged: DamagedPacks,
    /// The counters of all failures, and those of everything else.
    pub metrics: Data<Metrics>,
}

impl FailureLog {
    /// A log without failures.
    pub fn new(metrics: Data<Metrics>) -> Self {
        let logged = Cache::builder().max_capacity(REMEMBERED).time_to_live(SILENCE).build();
        Self { logged, damaged: DamagedPacks::new(metrics.packs_damaged.clone()), metrics }
    }

    /// Counts a failure of `kind`, and logs its cause, with the id of the current request,
    /// unless `part` was logged in the last hour.
    pub fn report(&self, part: FailedPart, pack: &Path, kind: &str, cause: &dyn Display) {
        self.metrics.pack_errors(kind).inc();
        if self.remember(part) {
            let request = request_context::current_id();
            let request_id = request.as_ref().map(RequestId::as_str);
            error!(pack = %pack.display(), %part, %cause, request_id, "a pack cannot be read");
        }
    }

    /// Reports that `artifact` of `pack` could not be built, unless that was for lack
    /// of a buffer. Returns the error to answer with.
    pub fn report_build(&self, pack: &Pack, artifact: Artifact, cause: &RebuildError) -> Error {
        self.report_part(pack, FailedPart::of(pack.storage_id(), artifact), cause)
    }

    /// As [`Self::report_build`], for rows of a region.
    pub fn report_rows(&self, pack: &Pack, cause: &RebuildError) -> Error {
        self.report_part(pack, FailedPart::Picture(pack.storage_id()), cause)
    }

    fn report_part(&self, pack: &Pack, part: FailedPart, cause: &RebuildError) -> Error {
        if cause.is_overload() {
            return Error::Busy(Busy::PoolExhausted);
        }
        if cause.is_damage() {
            self.damaged.add(pack.storage_id(), cause.kind());
        }
        self.report(part, pack.path(), cause.kind(), cause);
        Error::Damaged
    }

    /// Reports that an associated image or the description of `pack` could not be read.
    /// Returns the error to answer with.
    pub fn report_associated(&self, pack: &Pack, cause: &PackError) -> Error {
        if cause.is_damage() {
            self.damaged.add(pack.storage_id(), cause.kind());
        }
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

    #[test]
    fn a_failure_is_logged_once_and_counts_every_time() {
        let metrics = Data::new(Metrics::new());
        let failure_log = FailureLog::new(metrics.clone());
        let [tile, other_tile] = [0, 1].map(|x| TileId { z: 1, x, y: 0 });
        let (pack, other_pack) = (StorageId::next(), StorageId::next());
        let part = FailedPart::Tile(pack, tile);
        for _ in 0..3 {
            failure_log.report(part, Path::new("a.origami"), "checksum", &"expected 1, found 2");
        }
        assert_eq!(metrics.pack_errors("checksum").get(), 3);
        assert!(!failure_log.remember(part));
        for other in [
            FailedPart::Tile(pack, other_tile),
            FailedPart::Tile(other_pack, tile),
            FailedPart::File(7),
            FailedPart::Constant(pack),
            FailedPart::Picture(pack),
            FailedPart::Associated(pack),
        ] {
            assert!(failure_log.remember(other), "{other:?}");
        }
    }

    /// Number of failures that are in the log after `artifacts` of a pack have failed.
    fn logged_after(artifacts: &[Artifact]) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let (pack, metrics) = (test_pack::create(folder.path()), Data::new(Metrics::new()));
        let failure_log = FailureLog::new(metrics.clone());
        for artifact in artifacts {
            // Any failure will do.
            let cause = RebuildError::from(pack.entry(TileId { z: 99, x: 0, y: 0 }).unwrap_err());
            assert_eq!(failure_log.report_build(&pack, *artifact, &cause), Error::Damaged);
        }
        failure_log.logged.run_pending_tasks();
        let counted = metrics.pack_errors("outside_grid").get();
        assert_eq!(counted, artifacts.len() as u64);
        failure_log.logged.entry_count()
    }

    #[test]
    fn a_damaged_tile_is_logged_once_in_whatever_encoding_it_is_requested() {
        let mut artifacts = Vec::new();
        for id in [0, 1].map(|x| TileId { z: 99, x, y: 0 }) {
            for encoding in test_pack::encodings() {
                artifacts.push(Artifact::Encoded(Pixels::Tile(id), encoding));
                artifacts.push(Artifact::Tile(id));
                artifacts.push(Artifact::Encoded(Pixels::PaddedTile(id), encoding));
            }
        }
        assert_eq!(logged_after(&artifacts), 2, "one for each tile");
    }

    #[test]
    fn pictures_of_a_damaged_pack_do_not_fill_the_log() {
        let jpeg = test_pack::jpeg(90);
        let sides = 16..200;
        let artifacts: Vec<_> = sides.map(|side| Artifact::Encoded(Pixels::Thumbnail(side), jpeg)).collect();
        assert_eq!(logged_after(&artifacts), 1);
    }
}
