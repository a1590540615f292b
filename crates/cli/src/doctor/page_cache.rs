//! How much of the packs is in memory, and for how much of them there is room.

use super::finding::Finding;
use super::subject::{File, Subject};
use origami_pack::Io;
use origami_server::{memory_limit, memory_throttle};
use origami_units::size::megabytes;
use procfs::{Current, Meminfo};
use std::io;

const CHECK: &str = "page cache";

/// Places in the packs, evenly apart, that are looked at: the share of a million pages is then
/// known to within some 3 %, however many packs there are.
const PLACES: u64 = 1000;

/// Bytes of the smallest page of any system.
const PAGE: u64 = 4096;

/// Memory for less than this share of the packs is too little for most of their viewers.
const LEAST_ROOM: f64 = 0.1;

pub fn check(subject: &Subject) -> Vec<Finding> {
    if subject.files.is_empty() {
        return Vec::new();
    }
    let sample = Sample::of(&subject.files);
    vec![judge(sample, subject.bytes(), room(subject.config.memory))]
}

/// Pages that were looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    in_memory: u64,
    /// All of which it is known whether they are.
    known: u64,
}

impl Sample {
    /// Looks at places all over `files`.
    fn of(files: &[File]) -> Self {
        let bytes: u64 = files.iter().map(|file| file.bytes).sum();
        let step = (bytes / PLACES).max(PAGE);
        let (mut sample, mut start) = (Self::default(), 0);
        let mut place = step / 2;
        for file in files {
            let end = start + file.bytes;
            let offsets: Vec<u64> = (place..end).step_by(step as usize).map(|place| place - start).collect();
            if let Some(last) = offsets.last() {
                place = start + last + step;
                // One that cannot be read is the finding of another check.
                let _ = sample.add(file, &offsets);
            }
            start = end;
        }
        sample
    }

    /// Adds the pages at `offsets` of a file.
    fn add(&mut self, file: &File, offsets: &[u64]) -> io::Result<()> {
        let storage = Io::Map.open(&file.path)?;
        let were: Vec<bool> = offsets.iter().map(|&at| storage.is_in_memory(at..at + 1)).collect();
        // A byte that was just read is in memory: if not even that is said, nothing is known.
        storage.read_at(0, &mut [0])?;
        if storage.is_in_memory(0..1) {
            self.known += were.len() as u64;
            self.in_memory += were.iter().filter(|&&is| is).count() as u64;
        }
        Ok(())
    }
}

/// Bytes of memory that are left for pages of files when the server has taken its `budget`.
fn room(budget: u64) -> Option<u64> {
    let available = Meminfo::current().ok()?.mem_available?;
    let bound = memory_throttle().unwrap_or(u64::MAX).min(memory_limit());
    Some(available.min(bound).saturating_sub(budget))
}

fn judge(sample: Sample, bytes: u64, room: Option<u64>) -> Finding {
    let Sample { in_memory, known } = sample;
    let share = (known > 0).then(|| in_memory as f64 / known as f64);
    let found = match share {
        Some(share) => format!("{:.0} % of {} of packs is in memory", 100.0 * share, megabytes(bytes)),
        None => {
            format!("which parts of {} of packs are in memory is not known to this user", megabytes(bytes))
        }
    };
    let fitting = room.map(|room| room as f64 / bytes.max(1) as f64);
    let finding = match fitting {
        Some(fitting) if fitting < LEAST_ROOM => Finding::advice(
            CHECK,
            format!("{found}; there is room for {:.0} %", 100.0 * fitting),
            "give the machine more memory, or keep the packs on a local SSD; `warm = [\"ID\"]` reads slides ahead \
             that will be shown",
        ),
        Some(fitting) if fitting < 1.0 => {
            Finding::ok(CHECK, format!("{found}; there is room for {:.0} %", 100.0 * fitting))
        }
        Some(_) => Finding::ok(CHECK, format!("{found}; there is room for all")),
        None => Finding::unknown(CHECK, found),
    };
    finding.measured("pack_bytes", bytes).measured("in_memory_ratio", share).measured("room_bytes", room)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;
    use origami_server::Config;
    use std::fs;

    const HALF: Sample = Sample { in_memory: 5, known: 10 };

    #[test]
    fn little_room_for_packs_leads_to_advice() {
        for (room, state, said) in [
            (Some(50 << 30), State::Ok, "50 % of 10.74 GB of packs is in memory; there is room for all"),
            (Some(5 << 30), State::Ok, "there is room for 50 %"),
            (Some(1 << 28), State::Advice, "there is room for 2 %"),
            (None, State::Unknown, "50 % of 10.74 GB of packs is in memory"),
        ] {
            let finding = judge(HALF, 10 << 30, room);
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.found.ends_with(said), "{finding:?}");
        }
        let unknown = judge(Sample::default(), 10 << 30, Some(50 << 30));
        assert!(unknown.found.contains("is not known to this user"), "{unknown:?}");
        assert!(unknown.measured["in_memory_ratio"].is_null());
    }

    #[test]
    fn places_are_spread_over_all_files() {
        let folder = tempfile::tempdir().unwrap();
        for (name, len) in [("a", 100), ("b", 3 << 20), ("c", 5000), ("d", 1 << 20)] {
            fs::write(folder.path().join(name).with_extension("origami"), vec![1; len]).unwrap();
        }
        let subject = Subject::new(Config::new(folder.path()), false);
        let sample = Sample::of(&subject.files);
        // Written just now, so all of it is in memory, and a place for each page or so.
        assert!((1000..=1030).contains(&sample.known), "{sample:?}");
        assert_eq!(sample.in_memory, sample.known);
    }
}
