//! Progress of long work.

use crate::output;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use origami_units::text::Line;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal for a bar.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// A bar if stderr is a terminal, otherwise a line from time to time. The bar is
/// removed when this is dropped.
pub struct Progress {
    bar: ProgressBar,
    name: String,
    /// When the next line is due; `None` on a terminal.
    next_line: Option<Mutex<Instant>>,
}

impl Progress {
    /// Progress of work on `name` in several phases, which are shares of `total`.
    pub fn phases(name: &str, total: u64) -> Self {
        let progress = Self::new(name, total, 1.0, "");
        progress.bar.set_style(template("{prefix:.bold} {bar:20} {percent:>3} %  {msg}  {left}"));
        progress
    }

    /// Progress of reading the file `name`, counted in bytes.
    pub fn bytes(name: &str, total: u64) -> Self {
        Self::new(name, total, 1e6, "MB/s")
    }

    /// Progress of opening packs in the folder `name`.
    pub fn packs(name: &str, total: u64) -> Self {
        Self::new(name, total, 1.0, "packs/s")
    }

    /// Progress of work on `name`, counted in tiles.
    pub fn tiles(name: &str, total: u64) -> Self {
        Self::new(name, total, 1.0, "tiles/s")
    }

    /// Progress through a span of time, counted in milliseconds.
    pub fn time(name: &str, total: Duration) -> Self {
        let progress = Self::new(name, u64::try_from(total.as_millis()).unwrap_or(u64::MAX), 1.0, "");
        progress.bar.set_style(template("{prefix:.bold} {bar:30} {percent:>3} %  {left}"));
        progress
    }

    fn new(name: &str, total: u64, scale: f64, unit: &'static str) -> Self {
        let name = Line(name).to_string();
        let terminal = std::io::stderr().is_terminal();
        let target =
            if terminal { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target)
            .with_style(style(scale, unit))
            .with_prefix(name.clone());
        let next_line = (!terminal).then(|| Mutex::new(Instant::now() + LINE_INTERVAL));
        Self { bar, name, next_line }
    }

    /// Displays what is done now.
    pub fn set_phase(&self, phase: &'static str) {
        self.bar.set_message(phase);
    }

    /// Counts `amount` more as done.
    pub fn advance(&self, amount: u64) {
        self.bar.inc(amount);
        let Some(next_line) = &self.next_line else { return };
        let mut next_line = next_line.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() >= *next_line {
            *next_line = Instant::now() + LINE_INTERVAL;
            let percent = 100 * self.bar.position() / self.bar.length().unwrap_or(1).max(1);
            let left = HumanDuration(self.bar.eta());
            let message = self.bar.message();
            let phase = if message.is_empty() { message } else { format!("{message}, ") };
            output::eprint_line(format_args!("{}: {phase}{percent} %, {left} left", self.name));
        }
    }

    /// Runs `work`, which is passed a function to count with, and removes the bar.
    pub fn during<T>(self, work: impl FnOnce(&(dyn Fn(u64) + Sync)) -> T) -> T {
        work(&|amount| self.advance(amount))
    }
}

/// Prefix, bar, percentage done, rate in `unit` after division by `scale`, time
/// left.
fn style(scale: f64, unit: &'static str) -> ProgressStyle {
    template("{prefix:.bold} {bar:30} {percent:>3} %  {rate}  {left}").with_key(
        "rate",
        move |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{:.0} {unit}", state.per_sec() / scale);
        },
    )
}

/// A style in which `left` is the time left.
fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).expect("a valid template").with_key(
        "left",
        |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{} left", HumanDuration(state.eta()));
        },
    )
}
