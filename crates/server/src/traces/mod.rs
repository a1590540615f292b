//! Traces of requests, sent to a collector by OpenTelemetry's protocol (OTLP over HTTP).
//!
//! Whether a request is traced is decided when it arrives, by the caller that sent
//! `traceparent`, or else by chance. A request that is not traced makes no spans. Finished spans
//! wait in a bounded queue for the thread that sends them: a collector that hangs costs spans,
//! which are counted, and never a request.

mod collector;
mod exporter;
mod http_client;
mod parent;
mod request_trace;
mod share;
mod span_limit;

pub use collector::Collector;
pub use parent::parent_of;
pub use request_trace::{ActiveSpan, RequestTrace};
pub use share::Share;

use crate::metrics::Metrics;
use exporter::CountedExporter;
use http_client::CollectorClient;
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, TracerProvider};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider,
};
use span_limit::{MAX_WAITING, SpanLimit, WaitingSpans};
use std::env;
use std::sync::Arc;
use std::time::Duration;
use tracing::info;

/// How long the collector may take to answer.
const EXPORT_LIMIT: Duration = Duration::from_secs(5);

/// How long spans gather before they are sent.
const GATHERING: Duration = Duration::from_secs(1);

/// How long the end of the server waits for the last spans to be sent.
const FLUSH: Duration = Duration::from_secs(1);

/// Spans that are sent together at most.
const BATCH: usize = 512;

/// The name of this service, unless the environment names it.
const SERVICE: &str = "origami";

/// Makes spans of requests and sends them.
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    share: Share,
}

impl Traces {
    /// Starts to send to `collector` a `share` of the requests that nobody else decides on. Sent
    /// and lost spans are counted in `metrics`.
    ///
    /// # Errors
    /// If the environment asks for something of the exporter that it cannot do.
    pub fn start(collector: &Collector, share: Share, metrics: &Metrics) -> Result<Self, ExporterBuildError> {
        let url = collector.traces_url();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(CollectorClient::new(EXPORT_LIMIT))
            .with_endpoint(&*url)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT_LIMIT)
            .with_retry_policy(RetryPolicy::recommended())
            .build()?;
        let waiting = Arc::new(WaitingSpans::new(metrics));
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(MAX_WAITING)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(GATHERING)
            .build();
        let exporter = CountedExporter::new(exporter, Arc::clone(&waiting));
        let provider = SdkTracerProvider::builder()
            // What is not to be traced never comes this far.
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(resource())
            .with_span_processor(SpanLimit::new(BatchSpanProcessor::new(exporter, config), waiting))
            .build();
        info!(collector = %url, %share, "traces are sent");
        Ok(Self { tracer: provider.tracer(SERVICE), provider, share })
    }

    /// Whether a request with this `parent` is traced.
    pub fn samples(&self, parent: Option<&SpanContext>) -> bool {
        parent.map_or_else(|| self.share.draw(), SpanContext::is_sampled)
    }

    /// What makes spans.
    pub fn tracer(&self) -> &SdkTracer {
        &self.tracer
    }

    /// Sends what is left, but does not wait for long. Later spans are lost.
    pub fn close(&self) {
        // What has not been sent by then is lost, and nobody is there to hear of it.
        let _ = self.provider.shutdown_with_timeout(FLUSH);
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        self.close();
    }
}

/// What is said of this server with all spans: its name and version, and what
/// `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say.
fn resource() -> Resource {
    let name = env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    Resource::builder()
        .with_service_name(name.unwrap_or_else(|| SERVICE.to_owned()))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}
