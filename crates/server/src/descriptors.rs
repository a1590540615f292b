//! How many packs may be open at once.

use origami_pack::Io;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::debug;

/// At most `wanted` packs: as many as the process may have files open, less half
/// of those for connections and everything else, where each pack has to have one.
/// Maps have one only if there are enough. The process takes all the descriptors
/// that it may have.
pub fn open_packs(wanted: u64, io: Io) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(cause) = setrlimit(Resource::Nofile, raised) {
            debug!(%cause, "the limit of open files stays as it is");
        }
    }
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if io == Io::Map { wanted } else { wanted.min(most / 2).max(1) }
}
