//! The server's memory against what the process may have, and swapping.

use super::finding::Finding;
use super::subject::Subject;
use origami_server::{MIN_MEMORY, memory_limit, memory_throttle};
use origami_units::size::megabytes;
use procfs::{Current, Meminfo};

const CHECK: &str = "memory";
const SWAP: &str = "swap";

/// What the process takes besides its budget: code, stacks, the lists of slides.
const OWN: u64 = 64 << 20;

pub fn check(subject: &Subject) -> Vec<Finding> {
    let bounds = Bounds { budget: subject.config.memory, limit: memory_limit(), throttle: memory_throttle() };
    vec![bounds.judge()]
}

/// A budget and the bounds around it, in bytes.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// The setting `memory`.
    budget: u64,
    /// What the process may have before it is killed.
    limit: u64,
    /// What it may have before the kernel slows it down, if there is such a bound.
    throttle: Option<u64>,
}

impl Bounds {
    /// Bytes that the server may take for a while: its budget, exceeded by a fifth where all
    /// that may exceed it does, and what is in no budget.
    fn most(self) -> u64 {
        self.budget.max(MIN_MEMORY).saturating_mul(6) / 5 + OWN
    }

    fn judge(self) -> Finding {
        let Self { budget, limit, throttle } = self;
        let most = self.most();
        let found = format!("memory = {}, of {}", megabytes(budget), megabytes(limit));
        let finding = if most > limit {
            Finding::problem(
                CHECK,
                format!("{found}: with up to {} the server would be killed", megabytes(most)),
                "`memory = \"25%\"`, or a higher limit (`MemoryMax=` in the unit, `--memory` of the container)",
            )
        } else if let Some(throttle) = throttle.filter(|&throttle| most > throttle) {
            Finding::advice(
                CHECK,
                format!("{found}, and above {} the kernel slows the server down", megabytes(throttle)),
                format!("`memory = \"{}MiB\"`, or a higher `MemoryHigh=` in the unit", (throttle / 2) >> 20),
            )
        } else if budget < MIN_MEMORY {
            Finding::advice(
                CHECK,
                format!("{found}, which is too little and taken for {}", megabytes(MIN_MEMORY)),
                "`memory = \"25%\"`",
            )
        } else if budget > limit / 10 * 6 {
            Finding::advice(
                CHECK,
                format!("{found}: little is left for the page cache, which has the packs"),
                "`memory = \"50%\"` or less",
            )
        } else {
            Finding::ok(CHECK, found)
        };
        finding
            .measured("budget_bytes", budget)
            .measured("limit_bytes", limit)
            .measured("throttle_bytes", throttle)
    }
}

pub fn check_swap(_: &Subject) -> Vec<Finding> {
    let Ok(memory) = Meminfo::current() else { return Vec::new() };
    vec![judge_swap(memory.swap_total, memory.swap_total.saturating_sub(memory.swap_free))]
}

/// What is said of `used` of `total` bytes of swap space.
fn judge_swap(total: u64, used: u64) -> Finding {
    let found = match (total, used) {
        (0, _) => "none".to_owned(),
        (total, used) => format!("{} of {} in use", megabytes(used), megabytes(total)),
    };
    let finding = if used > total / 10 && used > OWN {
        Finding::advice(
            SWAP,
            format!("{found}: a tile that is cached there is slower than one that is rebuilt"),
            "`MemorySwapMax=0` in the unit (`--memory-swap` of a container, equal to `--memory`), or \
             `sysctl -w vm.swappiness=10`",
        )
    } else {
        Finding::ok(SWAP, found)
    };
    finding.measured("total_bytes", total).measured("used_bytes", used)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_budget_has_to_fit_below_every_bound() {
        let bounds = Bounds { budget: 2 << 30, limit: 8 << 30, throttle: None };
        for (bounds, state, said) in [
            (bounds, State::Ok, "memory = 2.15 GB, of 8.59 GB"),
            (Bounds { limit: 2 << 30, ..bounds }, State::Problem, "the server would be killed"),
            (Bounds { throttle: Some(2 << 30), ..bounds }, State::Advice, "slows the server down"),
            (Bounds { throttle: Some(4 << 30), ..bounds }, State::Ok, "of 8.59 GB"),
            (Bounds { budget: 1 << 20, ..bounds }, State::Advice, "taken for 33.6 MB"),
            (Bounds { budget: 5 << 30, ..bounds }, State::Advice, "little is left for the page cache"),
            (Bounds { budget: u64::MAX, ..bounds }, State::Problem, "killed"),
        ] {
            let finding = bounds.judge();
            assert_eq!(finding.state, state, "{bounds:?}: {finding:?}");
            assert!(finding.found.contains(said), "{finding:?}");
        }
        let throttled = Bounds { throttle: Some(2 << 30), ..bounds }.judge();
        assert!(throttled.remedy.unwrap().starts_with("`memory = \"1024MiB\"`"));
    }

    #[test]
    fn swap_space_is_fine_until_it_is_used() {
        assert_eq!(judge_swap(0, 0).found, "none");
        assert_eq!(judge_swap(8 << 30, 100 << 20).state, State::Ok);
        assert_eq!(judge_swap(8 << 30, 2 << 30).state, State::Advice);
    }
}
