//! Limits the number of open packs to what the file descriptor limit allows.

use origami_pack::Io;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::debug;

/// The number of packs that may be open, at most `wanted`. With positioned reads
/// each pack needs a descriptor, of which [`Io::pack_descriptors`] are for packs; maps keep
/// one only while there are enough.
/// Raises the process's limit of open files to its hard limit.
pub fn open_packs(wanted: u64, io: Io) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(cause) = setrlimit(Resource::Nofile, raised) {
            debug!(%cause, "the limit of open files stays as it is");
        }
    }
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if io == Io::Map { wanted } else { wanted.min(io.pack_descriptors(descriptors)).max(1) }
}
