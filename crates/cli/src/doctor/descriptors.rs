//! File descriptors: enough for packs and connections?

use super::finding::Finding;
use super::subject::Subject;
use origami_pack::Io;
use origami_units::count;
use rustix::process::{Resource, getrlimit};

const CHECK: &str = "descriptors";

/// Descriptors of the server itself: its threads', its log, its port.
const OWN: u64 = 64;

/// Connections below which a server soon refuses viewers: a browser opens six.
const FEW_CONNECTIONS: u64 = 256;

/// Connections that a server should have room for.
const CONNECTIONS: u64 = 1024;

/// What may be raised where, for whoever has to.
pub const REMEDY: &str = "`LimitNOFILE=65536` in the unit, `--ulimit nofile=65536` of a container, or `ulimit -n 65536` in a shell";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let limit = getrlimit(Resource::Nofile);
    let need = Need::of(subject);
    // The server raises its own limit as far as it may.
    let finding = need.judge(CHECK, limit.maximum.unwrap_or(u64::MAX), REMEDY);
    vec![finding.measured("soft_limit", limit.current).measured("hard_limit", limit.maximum)]
}

/// What a server needs descriptors for.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Packs that would like to keep one.
    packs: u64,
    /// How they are read.
    io: Io,
}

impl Need {
    /// That of the server that is looked at.
    pub fn of(subject: &Subject) -> Self {
        Self { packs: subject.open_packs(), io: subject.config.io }
    }

    /// What is said as `check` of a server that may have `limit` descriptors.
    pub fn judge(self, check: &'static str, limit: u64, remedy: &str) -> Finding {
        let Self { packs, io } = self;
        let kept = packs.min(io.pack_descriptors(limit));
        let connections = limit.saturating_sub(kept + OWN);
        let found = match limit {
            u64::MAX => return Finding::ok(check, "as many files as wanted may be open"),
            limit => format!("{} files may be open", count::text(limit)),
        };
        if connections < FEW_CONNECTIONS {
            Finding::problem(
                check,
                format!("{found}, which leaves {} for connections", count::text(connections)),
                remedy,
            )
        } else if kept < packs {
            let (kept, packs) = (count::text(kept), count::text(packs));
            Finding::advice(
                check,
                format!("{found}, {kept} of them packs, of which there are {packs}"),
                remedy,
            )
        } else if connections < CONNECTIONS {
            Finding::advice(
                check,
                format!("{found}, which leaves {} for connections", count::text(connections)),
                remedy,
            )
        } else {
            Finding::ok(check, found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn descriptors_have_to_do_for_packs_and_connections() {
        let few = Need { packs: 10, io: Io::Map };
        let many = Need { packs: 4000, io: Io::Map };
        for (need, limit, state, said) in [
            (few, 64, State::Problem, "64 files may be open, which leaves 0 for connections"),
            (few, 1024, State::Advice, "1,024 files may be open, which leaves 950 for connections"),
            (few, 4096, State::Ok, "4,096 files may be open"),
            (
                many,
                4096,
                State::Advice,
                "4,096 files may be open, 1,024 of them packs, of which there are 4,000",
            ),
            (many, 65_536, State::Ok, "65,536 files may be open"),
            (Need { io: Io::Read, ..many }, 8192, State::Ok, "8,192 files may be open"),
            (many, u64::MAX, State::Ok, "as many files as wanted may be open"),
        ] {
            let finding = need.judge(CHECK, limit, REMEDY);
            assert_eq!((finding.state, &*finding.found), (state, said));
        }
    }
}
