//! A clock that can be stopped.

use std::time::{Duration, Instant};

/// Measures the time in which it runs. It is stopped and shows nothing at first.
#[derive(Debug, Default)]
pub struct Stopwatch {
    /// What it showed when it was started last.
    shown: Duration,
    /// When that was, if it runs.
    since: Option<Instant>,
}

impl Stopwatch {
    /// One that shows nothing and runs since `now`.
    pub fn started(now: Instant) -> Self {
        Self { shown: Duration::ZERO, since: Some(now) }
    }

    /// Lets it run on, unless it runs already.
    pub fn start(&mut self, now: Instant) {
        self.since = self.since.or(Some(now));
    }

    /// Stops it, unless it is stopped already.
    pub fn stop(&mut self, now: Instant) {
        self.shown = self.time(now);
        self.since = None;
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.since.is_some()
    }

    /// The time in which it ran until `now`.
    pub fn time(&self, now: Instant) -> Duration {
        self.shown + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_in_which_it_runs_counts() {
        let begin = Instant::now();
        let [two, five, six, ten] = [2, 5, 6, 10].map(|seconds| begin + Duration::from_secs(seconds));
        let mut watch = Stopwatch::started(begin);
        assert_eq!(watch.time(two), Duration::from_secs(2));
        watch.stop(two);
        watch.stop(five);
        assert_eq!(watch.time(five), Duration::from_secs(2), "it is stopped");
        watch.start(five);
        watch.start(six);
        assert_eq!(watch.time(ten), Duration::from_secs(7), "it runs since it was started first");
    }

    #[test]
    fn it_is_stopped_until_it_is_started() {
        let mut watch = Stopwatch::default();
        assert!(!watch.is_running());
        watch.start(Instant::now());
        assert!(watch.is_running());
        watch.stop(Instant::now());
        assert!(!watch.is_running());
    }
}
