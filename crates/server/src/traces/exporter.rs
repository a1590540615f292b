//! Counts what is sent to the collector.

use super::span_limit::{Fate, WaitingSpans};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::sync::Arc;
use std::time::Duration;

/// An exporter that counts the spans which were sent, and those which could not be.
#[derive(Debug)]
pub(super) struct CountedExporter {
    exporter: opentelemetry_otlp::SpanExporter,
    waiting: Arc<WaitingSpans>,
}

impl CountedExporter {
    pub(super) fn new(exporter: opentelemetry_otlp::SpanExporter, waiting: Arc<WaitingSpans>) -> Self {
        Self { exporter, waiting }
    }
}

impl SpanExporter for CountedExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = self.exporter.export(batch).await;
        match &result {
            Ok(()) => self.waiting.finish(spans, Fate::Exported),
            Err(cause) => self.waiting.finish(spans, Fate::Dropped(&cause.to_string())),
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
