//! The metrics of connections.

use super::register::Register;
use prometheus::{IntCounter, IntGauge};

/// Which of a server's sockets a connection came from. Each is a label of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerName {
    /// That of slides.
    Main,
    /// That of operators.
    Admin,
}

impl ListenerName {
    /// The labels, in the order of the listeners.
    pub const NAMES: [&str; 2] = ["main", "admin"];
}

/// Why a connection is closed by the server. Each is a label of `connections_closed_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Nothing was sent or received for a long time.
    Idle,
    /// A request was begun and not finished.
    SlowRequest,
    /// The client takes its responses too slowly, or not at all.
    SlowReader,
    /// The client has too many connections.
    ClientLimit,
}

impl CloseReason {
    /// The labels, in the order of the reasons.
    const NAMES: [&str; 4] = ["idle", "slow_request", "slow_reader", "client_limit"];
}

/// How many connections there are and were.
pub struct ConnectionMetrics {
    /// `connections{listener}`: open ones.
    open: [IntGauge; ListenerName::NAMES.len()],
    /// `connections_accepted_total{listener}`.
    accepted: [IntCounter; ListenerName::NAMES.len()],
    /// `connections_closed_total{reason}`.
    closed: [IntCounter; CloseReason::NAMES.len()],
}

impl ConnectionMetrics {
    pub(super) fn new(register: &Register) -> Self {
        let open = register.gauges("connections", "Open connections.", "listener");
        let accepted = register.counters(
            "connections_accepted_total",
            "Connections that were accepted, those of clients with too many included.",
            &["listener"],
        );
        let closed = register.counters(
            "connections_closed_total",
            "Connections that the server closed because their clients exceeded a limit.",
            &["reason"],
        );
        Self {
            open: ListenerName::NAMES.map(|name| open.with_label_values(&[name])),
            accepted: ListenerName::NAMES.map(|name| accepted.with_label_values(&[name])),
            closed: CloseReason::NAMES.map(|name| closed.with_label_values(&[name])),
        }
    }

    /// Counts a connection that `listener` accepted.
    pub fn accepted(&self, listener: ListenerName) {
        self.accepted[listener as usize].inc();
    }

    /// Counts a connection of `listener` as open until the result is dropped.
    pub fn open(&self, listener: ListenerName) -> OpenConnection {
        let gauge = &self.open[listener as usize];
        gauge.inc();
        OpenConnection(gauge.clone())
    }

    /// The number of connections of `listener` that are open.
    pub fn count(&self, listener: ListenerName) -> i64 {
        self.open[listener as usize].get()
    }

    /// Counts a connection that the server closes for `reason`.
    pub fn closed(&self, reason: CloseReason) {
        self.closed[reason as usize].inc();
    }
}

/// A connection that is counted as open until this is dropped.
pub struct OpenConnection(IntGauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listener_and_reason_has_its_own_label() {
        use CloseReason::{ClientLimit, Idle, SlowReader, SlowRequest};
        for (reason, name) in [Idle, SlowRequest, SlowReader, ClientLimit].iter().zip(CloseReason::NAMES) {
            assert_eq!(format!("{reason:?}").to_lowercase(), name.replace('_', ""));
        }
        for (listener, name) in [ListenerName::Main, ListenerName::Admin].iter().zip(ListenerName::NAMES) {
            assert_eq!(format!("{listener:?}").to_lowercase(), name);
        }
    }

    #[test]
    fn a_connection_is_open_until_it_is_dropped() {
        let metrics = ConnectionMetrics::new(&Register::default());
        let [first, second] = [0, 1].map(|_| metrics.open(ListenerName::Main));
        assert_eq!((metrics.count(ListenerName::Main), metrics.count(ListenerName::Admin)), (2, 0));
        drop(first);
        assert_eq!(metrics.count(ListenerName::Main), 1);
        drop(second);
        assert_eq!(metrics.count(ListenerName::Main), 0);
    }
}
