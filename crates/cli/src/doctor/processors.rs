//! Threads against processors, and the instructions that these have.

use super::finding::Finding;
use super::subject::Subject;
use origami_pyramid::simd::{self, InstructionSet};
use rustix::thread::sched_getaffinity;
use std::thread::available_parallelism;

const CHECK: &str = "processors";
const INSTRUCTIONS: &str = "instructions";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let usable = available_parallelism().map_or(1, usize::from);
    // Without control groups' quotas, which the first has.
    let allowed = sched_getaffinity(None).map_or(usable, |set| set.count() as usize);
    let widest = simd::detect(InstructionSet::Avx2).is_some();
    vec![
        judge(Processors { usable, allowed, workers: subject.config.workers }),
        judge_instructions(simd::get().set(), widest),
    ]
}

#[derive(Clone, Copy, Debug)]
struct Processors {
    /// Those that the process may use, and whose time it gets.
    usable: usize,
    /// Those that it may use, whatever its quota of their time.
    allowed: usize,
    /// Threads that rebuild tiles.
    workers: usize,
}

fn judge(processors: Processors) -> Finding {
    let Processors { usable, allowed, workers } = processors;
    let quota = match allowed {
        allowed if allowed > usable => format!(" (a quota of the time of {allowed})"),
        _ => String::new(),
    };
    let found = format!("{usable}{quota}, workers = {workers}");
    let finding = if workers > usable {
        Finding::advice(
            CHECK,
            format!("{found}: more threads than processors make tiles late, not more"),
            format!("`workers = {usable}`, which is the default"),
        )
    } else {
        Finding::ok(CHECK, found)
    };
    finding.measured("usable", usable).measured("allowed", allowed).measured("workers", workers)
}

/// What is said of the instructions that are used, where the processor has the widest or not.
fn judge_instructions(used: InstructionSet, has_widest: bool) -> Finding {
    let name = used.name();
    let finding = match (used, has_widest) {
        (InstructionSet::Avx2, _) => Finding::ok(INSTRUCTIONS, name),
        (InstructionSet::Scalar, true) => Finding::advice(
            INSTRUCTIONS,
            format!("{name}, although the processor has avx2"),
            format!("`unset {}`", simd::LIMIT),
        ),
        (InstructionSet::Scalar, false) => Finding::advice(
            INSTRUCTIONS,
            format!("{name}: the processor has no avx2, and tiles take about twice as long"),
            "a machine with AVX2; in a virtual one, the host's processor (`-cpu host` in QEMU)",
        ),
    };
    finding.measured("used", name)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn more_workers_than_processors_lead_to_as_many() {
        let processors = Processors { usable: 2, allowed: 8, workers: 8 };
        let finding = judge(processors);
        assert_eq!(finding.state, State::Advice);
        assert!(finding.found.starts_with("2 (a quota of the time of 8), workers = 8"), "{finding:?}");
        assert!(finding.remedy.unwrap().starts_with("`workers = 2`"));
        assert_eq!(judge(Processors { workers: 2, ..processors }).state, State::Ok);
        assert_eq!(judge(Processors { workers: 1, usable: 8, allowed: 8 }).found, "8, workers = 1");
    }

    #[test]
    fn instructions_that_are_not_used_lead_to_the_variable() {
        assert_eq!(judge_instructions(InstructionSet::Avx2, true).state, State::Ok);
        let lowered = judge_instructions(InstructionSet::Scalar, true);
        assert_eq!((lowered.state, lowered.remedy.as_deref()), (State::Advice, Some("`unset ORIGAMI_SIMD`")));
        assert_eq!(judge_instructions(InstructionSet::Scalar, false).state, State::Advice);
    }
}
