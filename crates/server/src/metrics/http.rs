use super::register::histograms;
use actix_web::http::StatusCode;
use prometheus::{Histogram, HistogramVec, Registry};
use std::sync::OnceLock;
use std::time::Duration;

/// Names of the routes, the values of the label `route`.
const ROUTES: [&str; 13] = [
    "tile",
    "dzi",
    "dzi_tile",
    "slides",
    "slide",
    "thumbnail",
    "gallery",
    "view",
    "asset",
    "healthz",
    "readyz",
    "metrics",
    "other",
];
const STATUSES: [u16; 9] = [200, 204, 304, 400, 404, 405, 410, 500, 503];
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Request durations; the series are looked up once each, so that a request
/// takes no lock.
pub struct HttpSeconds {
    family: HistogramVec,
    series: [[OnceLock<Histogram>; STATUSES.len() + 1]; ROUTES.len()],
}

impl HttpSeconds {
    /// No answers yet.
    pub fn new(registry: &Registry) -> Self {
        let help = "Time from a parsed request to the head of its answer.";
        let family =
            histograms(registry, "http_request_duration_seconds", help, &["route", "status"], &SECONDS);
        Self { family, series: Default::default() }
    }

    /// Counts one answer. Unnamed routes are `other`, rare statuses `other`.
    pub fn observe(&self, route: Option<&str>, status: StatusCode, took: Duration) {
        let route = ROUTES.iter().position(|known| Some(*known) == route).unwrap_or(ROUTES.len() - 1);
        let status = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len());
        let series = self.series[route][status].get_or_init(|| {
            let label = STATUSES.get(status).map_or_else(|| "other".to_owned(), u16::to_string);
            self.family.with_label_values(&[ROUTES[route], &label])
        });
        series.observe(took.as_secs_f64());
    }
}
