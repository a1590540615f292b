//! A token bucket of bytes.

use std::time::{Duration, Instant};

/// The bytes that a client may be sent now. They grow with time, up to those of one second.
#[derive(Debug)]
pub struct Bucket {
    bytes: u64,
    filled: Instant,
}

impl Bucket {
    /// One that is full: it has the bytes of one second.
    pub fn full(rate: u64, now: Instant) -> Self {
        Self { bytes: rate, filled: now }
    }

    /// Takes up to `wanted` bytes, where `rate` of them come back every second, at least 1.
    ///
    /// # Errors
    /// The time until there are some again, if there are none.
    pub fn take(&mut self, wanted: usize, rate: u64, now: Instant) -> Result<usize, Duration> {
        self.fill(rate, now);
        if self.bytes == 0 {
            return Err(Duration::from_secs_f64(1.0 / rate as f64).max(LEAST_WAIT));
        }
        let taken = self.bytes.min(wanted as u64);
        self.bytes -= taken;
        Ok(usize::try_from(taken).unwrap_or(wanted))
    }

    /// Puts `bytes` back that were taken and not sent.
    pub fn put_back(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Whether it has all the bytes that it can have, so that a new one would be the same.
    pub fn is_full(&mut self, rate: u64, now: Instant) -> bool {
        self.fill(rate, now);
        self.bytes >= rate
    }

    fn fill(&mut self, rate: u64, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_micros();
        let grown = passed.saturating_mul(u128::from(rate)) / 1_000_000;
        if grown > 0 {
            let grown = u64::try_from(grown).unwrap_or(u64::MAX);
            self.bytes = self.bytes.saturating_add(grown).min(rate);
            self.filled = now;
        }
    }
}

/// The shortest wait for more bytes, so that they are sent in pieces that are worth it.
const LEAST_WAIT: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_rate_is_granted_however_it_is_asked_for() {
        let begin = Instant::now();
        let mut bucket = Bucket::full(1000, begin);
        assert_eq!(bucket.take(400, 1000, begin), Ok(400));
        assert_eq!(bucket.take(4000, 1000, begin), Ok(600));
        assert_eq!(bucket.take(1, 1000, begin), Err(LEAST_WAIT));
        let mut granted = 0;
        for milliseconds in 1..=10_000 {
            granted += bucket.take(64, 1000, begin + Duration::from_millis(milliseconds)).unwrap_or(0);
        }
        assert_eq!(granted, 10_000);
    }

    #[test]
    fn it_holds_one_second_and_what_was_not_sent_comes_back() {
        let begin = Instant::now();
        let mut bucket = Bucket::full(1000, begin);
        assert_eq!(bucket.take(1000, 1000, begin), Ok(1000));
        bucket.put_back(300);
        assert!(!bucket.is_full(1000, begin));
        let later = begin + Duration::from_secs(3600);
        assert!(bucket.is_full(1000, later));
        assert_eq!(bucket.take(5000, 1000, later), Ok(1000));
    }

    #[test]
    fn a_rate_of_a_byte_a_second_waits_a_second() {
        let begin = Instant::now();
        let mut bucket = Bucket::full(1, begin);
        assert_eq!(bucket.take(5, 1, begin), Ok(1));
        assert_eq!(bucket.take(5, 1, begin), Err(Duration::from_secs(1)));
    }
}
