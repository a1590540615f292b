//! Progress of packing a slide: one bar for all of it, whatever it is that takes time.

use crate::progress::Progress;
use origami_ingest::PackEvent;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// What the whole is counted as, so that phases can be shares of it.
const WHOLE: u64 = 10_000;

/// Where reading ends if the pack is measured afterwards.
const READ: u64 = WHOLE * 4 / 10;

/// Where training ends then, if there is any.
const TRAINED: u64 = WHOLE * 45 / 100;

/// Where writing ends then.
const WRITTEN: u64 = WHOLE * 7 / 10;

/// Displays the events of packing one slide.
pub struct PackProgress {
    progress: Progress,
    /// Whether the pack is measured after it is written.
    measures: bool,
    phase: Mutex<Phase>,
}

impl PackProgress {
    /// Progress of packing the slide `name`.
    pub fn new(name: &str, measures: bool) -> Self {
        let phase = Mutex::new(Phase::new(0..0, 0));
        Self { progress: Progress::phases(name, WHOLE), measures, phase }
    }

    /// Displays an event.
    pub fn handle(&self, event: PackEvent) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let before = phase.position();
        match event {
            PackEvent::Reading(pixels) => self.begin(&mut phase, "reading", READ, pixels),
            PackEvent::Training(models) => self.begin(&mut phase, "training", TRAINED, models),
            PackEvent::Writing(tiles) => self.begin(&mut phase, "writing", WRITTEN, tiles),
            PackEvent::Measuring(tiles) => self.begin(&mut phase, "measuring", WHOLE, tiles),
            PackEvent::Read(done) | PackEvent::Written(done) => phase.done += done,
            PackEvent::Trained | PackEvent::Measured => phase.done += 1,
        }
        let advanced = phase.position().saturating_sub(before);
        drop(phase);
        self.progress.advance(advanced);
    }

    /// Begins a phase of `total` steps where the one before it ends. It ends at `end` of
    /// the whole if the pack is measured, and as much later as is to spare otherwise.
    fn begin(&self, phase: &mut Phase, name: &'static str, end: u64, total: u64) {
        self.progress.set_phase(name);
        let end = if self.measures { end } else { (end * WHOLE / WRITTEN).min(WHOLE) };
        *phase = Phase::new(phase.share.end..end, total);
    }
}

/// A part of the work, counted in steps of its own.
struct Phase {
    /// Its share of [`WHOLE`].
    share: Range<u64>,
    total: u64,
    done: u64,
}

impl Phase {
    fn new(share: Range<u64>, total: u64) -> Self {
        Self { share, total, done: 0 }
    }

    /// How much of the whole is done. A phase without steps is done when it begins.
    fn position(&self) -> u64 {
        let length = u128::from(self.share.end - self.share.start);
        let done = match self.total {
            0 => length,
            total => length * u128::from(self.done.min(total)) / u128::from(total),
        };
        self.share.start + done as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The positions after each event.
    fn positions(measures: bool, events: &[PackEvent]) -> Vec<u64> {
        let progress = PackProgress::new("slide", measures);
        let positions = events.iter().map(|&event| {
            progress.handle(event);
            progress.phase.lock().unwrap().position()
        });
        positions.collect()
    }

    #[test]
    fn a_slide_runs_from_0_to_100_percent_only_once() {
        let reading = [PackEvent::Reading(4000), PackEvent::Read(1000), PackEvent::Read(3000)];
        let training = [PackEvent::Training(2), PackEvent::Trained, PackEvent::Trained];
        let writing = [PackEvent::Writing(10), PackEvent::Written(4), PackEvent::Written(6)];
        let measuring = [PackEvent::Measuring(2), PackEvent::Measured, PackEvent::Measured];
        let all = positions(true, &[reading, training, writing, measuring].concat());
        let expected = [0, 1000, 4000, 4000, 4250, 4500, 4500, 5500, 7000, 7000, 8500, 10_000];
        assert_eq!(all, expected);
        let without_measuring = positions(false, &[reading, training, writing].concat());
        assert_eq!(without_measuring, [0, 1428, 5714, 5714, 6071, 6428, 6428, 7856, 10_000]);
        let without_training = positions(true, &[reading, writing].concat());
        assert_eq!(without_training, [0, 1000, 4000, 4000, 5200, 7000]);
        let nothing_to_measure = positions(true, &[&writing[..], &[PackEvent::Measuring(0)]].concat());
        assert_eq!(nothing_to_measure, [0, 2800, 7000, 10_000]);
    }
}
