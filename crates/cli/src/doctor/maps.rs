//! Memory maps: enough for the packs that are open?

use super::finding::Finding;
use super::subject::Subject;
use origami_pack::Io;
use origami_units::count;
use procfs::sys::vm::max_map_count;

const CHECK: &str = "memory maps";

/// Maps of the process itself: libraries, stacks, the allocator's memory.
const OWN: u64 = 4096;

pub fn check(subject: &Subject) -> Vec<Finding> {
    if subject.config.io != Io::Map {
        return Vec::new();
    }
    let Ok(most) = max_map_count() else { return Vec::new() };
    vec![judge(most, subject.open_packs())]
}

/// What is said of a process with at most `most` maps that opens `packs` packs, each with one
/// map, or two after its file was cut short.
fn judge(most: u64, packs: u64) -> Finding {
    let needed = 2 * packs + OWN;
    let found = format!("{} at most (vm.max_map_count)", count::text(most));
    let finding = if needed > most {
        let packs = count::text(packs);
        Finding::problem(
            CHECK,
            format!("{found}, and {packs} packs may need {}", count::text(needed)),
            format!("`sysctl -w vm.max_map_count={}`, or a smaller `open_packs`", needed.next_power_of_two()),
        )
    } else {
        Finding::ok(CHECK, found)
    };
    finding.measured("max_map_count", most).measured("needed", needed)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn more_open_packs_than_maps_are_a_problem() {
        assert_eq!(judge(65_530, 4096).state, State::Ok);
        let finding = judge(65_530, 65_536);
        assert_eq!(finding.state, State::Problem);
        assert!(finding.remedy.unwrap().contains("vm.max_map_count=262144"));
    }
}
