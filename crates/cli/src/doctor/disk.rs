//! Whether disks are fast enough for tiles that are not in memory.

use super::finding::Finding;
use super::mounts::{Mount, Nature};
use super::speed::{self, Speed, Unmeasured};
use super::subject::{FileSystem, Subject};
use origami_units::size::megabytes;
use std::time::Duration;

const CHECK: &str = "disk";

/// The median time of a read in a random place above which a viewer waits visibly: it takes some
/// ten of them, of which a few follow one another, to show a view that nobody has looked at.
const SLOW: Duration = Duration::from_millis(4);

pub fn check(subject: &Subject) -> Vec<Finding> {
    let file_systems = subject.file_systems().into_iter();
    file_systems.filter(|system| !is_memory(system)).map(measure).collect()
}

/// Whether there is no disk below a file system.
fn is_memory(system: &FileSystem<'_>) -> bool {
    Mount::of(&system.largest.path).is_some_and(|mount| mount.nature() == Nature::Memory)
}

fn measure(system: FileSystem<'_>) -> Finding {
    match speed::measure(&system.largest.path, system.largest.bytes) {
        Ok(speed) => judge(speed),
        Err(Unmeasured::TooSmall) => {
            Finding::unknown(CHECK, "not measured: no pack is large enough to say something of its disk")
        }
        Err(Unmeasured::OnlyCached) => {
            Finding::unknown(CHECK, "not measured: this file system has no reads past the page cache")
        }
        Err(Unmeasured::Failed(cause)) => {
            let path = system.largest.path.display();
            Finding::unknown(CHECK, format!("not measured: {path}: {cause}"))
        }
    }
}

fn judge(speed: Speed) -> Finding {
    let [small, large] = speed.random;
    let found = format!(
        "{}/s; in random places 4 KiB in {} and 64 KiB in {} (median)",
        megabytes(speed.sequential as u64),
        milliseconds(small),
        milliseconds(large)
    );
    let finding = if large > SLOW {
        Finding::advice(
            CHECK,
            found,
            "keep the packs on a local SSD; else `prefetch = \"256MiB\"`, `readers = 32`, and \
             `warm = [\"ID\"]` for slides that will be shown",
        )
    } else {
        Finding::ok(CHECK, found)
    };
    finding
        .measured("sequential_bytes_per_second", speed.sequential.round())
        .measured("random_4_kib_seconds", small.as_secs_f64())
        .measured("random_64_kib_seconds", large.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn slow_disks_lead_to_advice() {
        let speed = |micros| Speed { sequential: 2e8, random: [50, micros].map(Duration::from_micros) };
        let fast = judge(speed(110));
        let found = "200.0 MB/s; in random places 4 KiB in 0.05 ms and 64 KiB in 0.11 ms (median)";
        assert_eq!((fast.state, &*fast.found), (State::Ok, found));
        assert_eq!(judge(speed(9000)).state, State::Advice);
    }
}
