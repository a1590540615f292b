//! Keeps what happens again and again from filling the log.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two messages, at least.
const SILENCE: Duration = Duration::from_secs(60);

/// Says when there may be another message.
#[derive(Debug, Default)]
pub struct LogLimit(Mutex<Option<Instant>>);

impl LogLimit {
    /// Whether a message may be logged now, which is then taken as done.
    pub fn allows(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = last.is_none_or(|last| last.elapsed() >= SILENCE);
        if allowed {
            *last = Some(Instant::now());
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_message_has_to_wait() {
        let limit = LogLimit::default();
        assert!(limit.allows());
        assert!(!limit.allows() && !limit.allows());
        *limit.0.lock().unwrap() = Instant::now().checked_sub(SILENCE);
        assert!(limit.allows());
    }
}
