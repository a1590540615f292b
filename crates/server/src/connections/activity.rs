//! What a connection is doing, and for how long it may go on.

use crate::live::Live;
use crate::metrics::connections::CloseReason;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes a second that a client has to take on average while the server has more for it.
const LEAST_RATE: u64 = 16 << 10;

/// The pauses between looks at a busy connection: a quarter of the shortest limit, within these.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What happens on one connection. Its stream says when bytes come and go, and the middleware
/// when requests begin and end, so that a client which waits for the server is never mistaken
/// for one that keeps the server waiting.
///
/// Time does not count against a client while a request of its is being handled, or while the
/// server makes more of a response. Time in which the server has bytes that the client does not
/// take adds up; what it takes reduces that sum by a second for every [`LEAST_RATE`] bytes. So
/// neither short breaks nor a byte now and then decide, only the average.
#[derive(Debug)]
pub struct Activity {
    live: Arc<Live>,
    /// How long nothing may happen between requests.
    idle_timeout: Duration,
    /// The number of requests that are being handled.
    handling: Cell<u32>,
    /// Since when the next request has been arriving. The first one is due from the beginning.
    receiving: Cell<Option<Instant>>,
    /// Whether bytes have arrived since the last request began: the beginning of another.
    has_more: Cell<bool>,
    /// Since when the client has taken none of the bytes that are there for it.
    blocked: Cell<Option<Instant>>,
    /// How far the client is behind [`LEAST_RATE`].
    behind: Cell<Duration>,
    /// When anything happened.
    last: Cell<Instant>,
}

impl Activity {
    /// That of a connection which was opened `now`.
    pub fn new(live: Arc<Live>, idle_timeout: Duration, now: Instant) -> Self {
        Self {
            live,
            idle_timeout,
            handling: Cell::new(0),
            receiving: Cell::new(Some(now)),
            has_more: Cell::new(false),
            blocked: Cell::new(None),
            behind: Cell::new(Duration::ZERO),
            last: Cell::new(now),
        }
    }

    /// Bytes arrived.
    pub fn received(&self, now: Instant) {
        self.last.set(now);
        if self.handling.get() > 0 {
            self.has_more.set(true);
        } else if self.receiving.get().is_none() {
            self.receiving.set(Some(now));
        }
    }

    /// The client took `bytes`.
    pub fn sent(&self, bytes: usize, now: Instant) {
        self.last.set(now);
        if let Some(since) = self.blocked.take() {
            self.behind.set(self.behind.get() + now.saturating_duration_since(since));
        }
        let earned = Duration::from_micros(bytes as u64 * 1_000_000 / LEAST_RATE);
        self.behind.set(self.behind.get().saturating_sub(earned));
        // A pipelined request waits for this response, not for its client.
        self.receiving.set(self.receiving.get().map(|_| now));
    }

    /// There are bytes for the client that it does not take.
    pub fn blocked(&self, now: Instant) {
        if self.blocked.get().is_none() {
            self.blocked.set(Some(now));
        }
    }

    /// A request is complete and is handled until the guard is dropped.
    pub fn begin_request(self: &Rc<Self>) -> Handling {
        self.handling.set(self.handling.get() + 1);
        self.receiving.set(None);
        self.has_more.set(false);
        Handling(Rc::clone(self))
    }

    /// When to look again; at `now`, everything is within its limits.
    ///
    /// # Errors
    /// The reason to close the connection if it is not.
    pub fn check(&self, now: Instant) -> Result<Instant, CloseReason> {
        let (read, write) = (self.live.read_timeout.get(), self.live.write_timeout.get());
        let (since, limit, reason) = if let Some(since) = self.blocked.get() {
            (since, write.saturating_sub(self.behind.get()), CloseReason::SlowReader)
        } else if self.handling.get() > 0 {
            // How long a request may take is bounded elsewhere.
            (now, self.idle_timeout, CloseReason::Idle)
        } else if let Some(since) = self.receiving.get() {
            (since, read, CloseReason::SlowRequest)
        } else {
            (self.last.get(), self.idle_timeout, CloseReason::Idle)
        };
        let passed = now.saturating_duration_since(since);
        if passed >= limit {
            return Err(reason);
        }
        let left = limit - passed;
        // Thousands of connections may wait for their clients, so each is left alone until its time
        // is over. Only bytes of the client change that, and then the next look is `soon`.
        let waits_for_client = self.blocked.get().is_none() && self.handling.get() == 0;
        Ok(if waits_for_client { now + left } else { self.soon(now).min(now + left) })
    }

    /// When to look at the latest if something is going on. That may change without a look, so the
    /// next one comes before any limit would be exceeded by much.
    pub fn soon(&self, now: Instant) -> Instant {
        let (read, write) = (self.live.read_timeout.get(), self.live.write_timeout.get());
        now + (read.min(write).min(self.idle_timeout) / 4).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    }
}

/// A request that is being handled, until this is dropped.
pub struct Handling(Rc<Activity>);

impl Drop for Handling {
    fn drop(&mut self) {
        let Self(activity) = self;
        let now = Instant::now();
        activity.handling.set(activity.handling.get() - 1);
        activity.last.set(now);
        if activity.handling.get() == 0 && activity.has_more.take() {
            activity.receiving.set(Some(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const READ: Duration = Duration::from_secs(10);
    const WRITE: Duration = Duration::from_secs(30);
    const IDLE: Duration = Duration::from_secs(75);

    struct Clock {
        activity: Rc<Activity>,
        begin: Instant,
    }

    impl Clock {
        fn new() -> Self {
            let config = Config { read_timeout: READ, write_timeout: WRITE, ..Config::new("") };
            let begin = Instant::now();
            Self { activity: Rc::new(Activity::new(Arc::new(Live::new(&config)), IDLE, begin)), begin }
        }

        fn at(&self, seconds: u64) -> Instant {
            self.begin + Duration::from_secs(seconds)
        }

        fn check(&self, seconds: u64) -> Option<CloseReason> {
            self.activity.check(self.at(seconds)).err()
        }
    }

    #[test]
    fn a_connection_is_idle_between_requests_and_slow_before_the_first() {
        let clock = Clock::new();
        assert_eq!((clock.check(9), clock.check(10)), (None, Some(CloseReason::SlowRequest)));
        drop(clock.activity.begin_request());
        let end = Instant::now();
        assert_eq!(clock.activity.check(end + IDLE - READ).err(), None);
        assert_eq!(clock.activity.check(end + IDLE).err(), Some(CloseReason::Idle));
    }

    #[test]
    fn a_request_that_comes_byte_by_byte_and_never_ends_is_slow() {
        let clock = Clock::new();
        for second in 0..10 {
            clock.activity.received(clock.at(second));
            assert_eq!(clock.check(second), None);
        }
        assert_eq!(clock.check(10), Some(CloseReason::SlowRequest));
    }

    #[test]
    fn a_second_request_that_never_ends_is_slow_even_if_it_began_during_the_first() {
        let clock = Clock::new();
        clock.activity.received(clock.at(0));
        let first = clock.activity.begin_request();
        clock.activity.received(clock.at(0));
        assert_eq!(clock.check(1000), None, "the server takes its time");
        drop(first);
        let late = Instant::now() + READ;
        assert_eq!(clock.activity.check(late).err(), Some(CloseReason::SlowRequest));
    }

    #[test]
    fn a_client_that_takes_nothing_is_slow_and_one_that_waits_for_the_server_is_not() {
        let clock = Clock::new();
        drop(clock.activity.begin_request());
        clock.activity.blocked(clock.at(0));
        clock.activity.blocked(clock.at(20));
        assert_eq!((clock.check(29), clock.check(30)), (None, Some(CloseReason::SlowReader)));
        clock.activity.sent(1, clock.at(30));
        assert_eq!(clock.check(100), None, "nothing is there for it yet");
    }

    #[test]
    fn a_byte_now_and_then_is_too_little_and_the_least_rate_is_enough_for_ever() {
        let dribbling = Clock::new();
        let mut second = 0;
        while dribbling.check(second).is_none() {
            dribbling.activity.blocked(dribbling.at(second));
            second += 1;
            dribbling.activity.sent(1, dribbling.at(second));
            dribbling.activity.blocked(dribbling.at(second));
            assert!(second < 100, "it is never closed");
        }
        assert!((30..=31).contains(&second), "{second} s");

        let steady = Clock::new();
        for second in (0..10_000).step_by(20) {
            steady.activity.blocked(steady.at(second));
            assert_eq!(steady.check(second + 19), None);
            steady.activity.sent(20 * LEAST_RATE as usize, steady.at(second + 20));
        }
    }

    #[test]
    fn looks_come_often_enough_for_every_limit_and_not_at_all_while_nothing_is_due() {
        let clock = Clock::new();
        let next_look = |at| clock.activity.check(at).unwrap() - at;
        assert_eq!(next_look(clock.at(1)), READ - Duration::from_secs(1), "no request yet");
        let request = clock.activity.begin_request();
        assert_eq!(next_look(clock.at(1)), READ / 4, "while a request is handled");
        clock.activity.blocked(clock.at(1));
        assert_eq!(next_look(clock.at(1)), READ / 4, "while the client does not read");
        clock.activity.sent(1, clock.at(1));
        drop(request);
        let end = Instant::now();
        assert!(next_look(end) > IDLE - READ, "between requests");
        clock.activity.received(end);
        assert_eq!(next_look(end), READ, "while the next request comes");
    }
}
