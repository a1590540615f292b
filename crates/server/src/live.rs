//! The settings that may change while the server runs.

use crate::config::Config;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A duration that one thread sets and others read, in whole microseconds.
#[derive(Debug, Default)]
pub struct AtomicDuration(AtomicU64);

impl AtomicDuration {
    /// The duration that was set last.
    pub fn get(&self) -> Duration {
        Duration::from_micros(self.0.load(Relaxed))
    }

    /// Sets it; what is below a microsecond is cut off, and what exceeds 584,000 years becomes
    /// that.
    pub fn set(&self, duration: Duration) {
        self.0.store(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }
}

/// The settings of a running server that a reload can change. Everything else is fixed when it
/// starts, because threads, memory or sockets were made for it.
#[derive(Debug, Default)]
pub struct Live {
    /// See [`Config::request_limit`].
    pub request_limit: AtomicDuration,
    /// See [`Config::rescan`].
    pub rescan: AtomicDuration,
    /// See [`Config::drain`].
    pub drain: AtomicDuration,
    /// See [`Config::read_timeout`].
    pub read_timeout: AtomicDuration,
    /// See [`Config::write_timeout`].
    pub write_timeout: AtomicDuration,
    /// See [`Config::connections_per_client`].
    pub connections_per_client: AtomicU64,
    /// See [`Config::bytes_per_client`].
    pub bytes_per_client: AtomicU64,
}

impl Live {
    /// Those of `config`.
    pub fn new(config: &Config) -> Self {
        let live = Self::default();
        live.apply(config);
        live
    }

    /// Takes over those of `config`. Requests and connections that exist see them, too.
    pub fn apply(&self, config: &Config) {
        self.request_limit.set(config.request_limit);
        self.rescan.set(config.rescan);
        self.drain.set(config.drain);
        self.read_timeout.set(config.read_timeout);
        self.write_timeout.set(config.write_timeout);
        self.connections_per_client.store(config.connections_per_client, Relaxed);
        self.bytes_per_client.store(config.bytes_per_client, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_kept_to_the_microsecond_and_never_wraps() {
        let duration = AtomicDuration::default();
        assert_eq!(duration.get(), Duration::ZERO);
        duration.set(Duration::from_nanos(1_500_999));
        assert_eq!(duration.get(), Duration::from_micros(1500));
        duration.set(Duration::MAX);
        assert_eq!(duration.get(), Duration::from_micros(u64::MAX));
    }
}
