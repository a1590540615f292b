//! The numbers of one scrape, found by the names of their metrics.

use super::distribution::Distribution;
use crate::metrics::scrape;
use crate::routes::AppState;
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// All series of one scrape.
pub struct Figures {
    families: Vec<MetricFamily>,
}

/// The value of one series of a metric with one label.
pub struct Labelled<'a> {
    /// The label's value.
    pub label: &'a str,
    /// The series' value.
    pub value: f64,
}

impl Figures {
    /// Those of the server now.
    pub fn of(state: &AppState) -> Self {
        Self { families: scrape::families(state) }
    }

    fn family(&self, name: &str) -> Option<&MetricFamily> {
        self.families.iter().find(|family| family.name() == name)
    }

    /// The value of the metric `name`, all of its series together; `None` if there is no such
    /// metric, as on a system that does not tell it.
    pub fn total(&self, name: &str) -> Option<f64> {
        let family = self.family(name)?;
        Some(family.get_metric().iter().map(|metric| value(family, metric)).sum())
    }

    /// The value of the metric `name`; 0 if there is none.
    pub fn value(&self, name: &str) -> f64 {
        self.total(name).unwrap_or(0.0)
    }

    /// The series of the metric `name`, by the values of `label`.
    pub fn by<'a>(&'a self, name: &str, label: &'a str) -> impl Iterator<Item = Labelled<'a>> {
        self.family(name).into_iter().flat_map(move |family| {
            family.get_metric().iter().filter_map(move |metric| {
                Some(Labelled { label: label_of(metric, label)?, value: value(family, metric) })
            })
        })
    }

    /// The value of the series of the metric `name` whose `label` has this `value`; `None` if
    /// there is no such series.
    pub fn find(&self, name: &str, label: &str, value: &str) -> Option<f64> {
        self.by(name, label).find(|series| series.label == value).map(|series| series.value)
    }

    /// As [`Self::find`]; 0 if there is no such series.
    pub fn labelled(&self, name: &str, label: &str, value: &str) -> f64 {
        self.find(name, label, value).unwrap_or(0.0)
    }

    /// The series of the histogram `name` that `includes` does not leave out, together.
    pub fn distribution(&self, name: &str, includes: impl Fn(&Metric) -> bool) -> Distribution {
        let metrics = self.family(name).into_iter().flat_map(MetricFamily::get_metric);
        let mut sum = Distribution::default();
        for metric in metrics.filter(|metric| includes(metric)) {
            sum.add(metric.get_histogram());
        }
        sum
    }

    /// How long the process had been running at `now`.
    pub fn up(&self, now: SystemTime) -> Option<Duration> {
        let started = Duration::try_from_secs_f64(self.total("process_start_time_seconds")?).ok()?;
        now.duration_since(UNIX_EPOCH + started).ok()
    }
}

fn value(family: &MetricFamily, metric: &Metric) -> f64 {
    match family.get_field_type() {
        MetricType::GAUGE => metric.get_gauge().get_value(),
        _ => metric.get_counter().get_value(),
    }
}

/// The value of `label` in `metric`.
pub fn label_of<'a>(metric: &'a Metric, label: &str) -> Option<&'a str> {
    metric.get_label().iter().find(|pair| pair.name() == label).map(LabelPair::value)
}
