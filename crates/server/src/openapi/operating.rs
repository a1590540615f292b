//! Health, metrics, and the document itself.

use super::answer::Answer;
use super::route::Route;

/// The group of these routes.
pub const GROUP: &str = "operating";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(GROUP, "healthz", "/healthz", Answer::of("The process is alive.", ["text/plain"]))
            .summary("Whether the process is alive"),
        Route::new(GROUP, "readyz", "/readyz", Answer::of("The server takes requests.", ["text/plain"]))
            .summary("Whether the server takes requests")
            .description("503 once the server begins to stop."),
        Route::new(GROUP, "metrics", "/metrics", Answer::of("The metrics.", ["text/plain"]))
            .summary("Metrics for Prometheus"),
        Route::new(
            GROUP,
            "openapi",
            "/openapi.json",
            Answer::of("The document.", ["application/json"]).tagged(),
        )
        .summary("This document"),
    ]
}
