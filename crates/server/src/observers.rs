//! What hears of every request besides the metrics.

use crate::access_log::AccessLog;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::server::StartError;
use crate::traces::Traces;

/// The access log and the traces, as far as there are any.
#[derive(Default)]
pub struct Observers {
    /// The access log.
    pub access_log: Option<AccessLog>,
    /// The traces.
    pub traces: Option<Traces>,
}

impl Observers {
    /// Starts those that `config` asks for.
    ///
    /// # Errors
    /// [`StartError::Run`] if a thread cannot be started, [`StartError::Traces`] if traces cannot
    /// be sent.
    pub fn start(config: &Config, metrics: &Metrics) -> Result<Self, StartError> {
        let access_log = AccessLog::start(config.access_log, metrics.log_lines_dropped.clone())?;
        let start_traces = |collector| {
            Traces::start(collector, config.otlp_sample, metrics)
                .map_err(|source| StartError::Traces { collector: collector.clone(), source })
        };
        let traces = config.otlp.as_ref().map(start_traces).transpose()?;
        Ok(Self { access_log, traces })
    }

    /// Writes and sends what is left. That takes about a second each at most.
    pub fn close(&self) {
        if let Some(log) = &self.access_log {
            log.close();
        }
        if let Some(traces) = &self.traces {
            traces.close();
        }
    }
}
