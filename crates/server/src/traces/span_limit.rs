//! Bounds and counts the spans that wait to be sent.

use crate::log_limit::LogLimit;
use crate::metrics::Metrics;
use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};
use prometheus::IntCounter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tracing::warn;

/// Maximum number of spans that wait, or are being sent. Each takes about a kilobyte.
pub(super) const MAX_WAITING: usize = 8192;

/// The spans that have ended and have been neither sent nor lost.
#[derive(Debug)]
pub(super) struct WaitingSpans {
    count: AtomicUsize,
    exported: IntCounter,
    dropped: IntCounter,
    warnings: LogLimit,
}

/// What became of spans.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate<'a> {
    /// The collector has them.
    Exported,
    /// They are lost for this reason.
    Dropped(&'a str),
}

impl WaitingSpans {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let (exported, dropped) = (metrics.spans_exported.clone(), metrics.spans_dropped.clone());
        Self { count: AtomicUsize::new(0), exported, dropped, warnings: LogLimit::default() }
    }

    /// Whether there was room for one more, which is taken then.
    fn takes_one(&self) -> bool {
        let next = |count: usize| Some(count + 1).filter(|count| *count <= MAX_WAITING);
        self.count.fetch_update(Relaxed, Relaxed, next).is_ok()
    }

    /// Counts what became of `spans` that waited.
    pub(super) fn finish(&self, spans: usize, fate: Fate<'_>) {
        self.count.fetch_sub(spans, Relaxed);
        self.record(spans, fate);
    }

    fn record(&self, spans: usize, fate: Fate<'_>) {
        match fate {
            Fate::Exported => self.exported.inc_by(spans as u64),
            Fate::Dropped(cause) => {
                self.dropped.inc_by(spans as u64);
                if self.warnings.allows() {
                    warn!(spans, %cause, "traces are not sent; spans are lost");
                }
            }
        }
    }
}

/// Passes spans on to the thread that sends them, as long as not too many wait for it: the
/// library's own queue drops those beyond its size without saying how many.
#[derive(Debug)]
pub(super) struct SpanLimit {
    next: BatchSpanProcessor,
    waiting: Arc<WaitingSpans>,
}

impl SpanLimit {
    pub(super) fn new(next: BatchSpanProcessor, waiting: Arc<WaitingSpans>) -> Self {
        Self { next, waiting }
    }
}

impl SpanProcessor for SpanLimit {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.next.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.waiting.takes_one() {
            self.next.on_end(span);
        } else {
            self.waiting.record(1, Fate::Dropped("too many wait for the collector"));
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}
