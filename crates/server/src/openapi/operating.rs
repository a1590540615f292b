//! Health, metrics, their page, and the document itself.

use super::answer::Answer;
use super::failure::Failure;
use super::parameter::in_query;
use super::route::Route;
use super::schema;

/// The group of these routes.
pub const GROUP: &str = "operating";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(GROUP, "healthz", "/healthz", Answer::of("The process is alive.", ["text/plain"]))
            .summary("Whether the process is alive"),
        Route::new(GROUP, "readyz", "/readyz", Answer::of("The server takes requests.", ["text/plain"]))
            .summary("Whether requests should be sent here")
            .description(
                "503 with a reason in each line while they should be sent to another server: this one is stopping, \
                 its packs folder cannot be listed, or its storage does not answer.",
            )
            .fails([Failure::Unready]),
        Route::new(GROUP, "metrics", "/metrics", Answer::of("The metrics.", ["text/plain"]))
            .summary("Metrics for Prometheus"),
        Route::new(GROUP, "status", "/status", Answer::of("The page.", ["text/html"]))
            .summary("The same figures for people")
            .with([in_query(
                "refresh",
                "Seconds after which the page loads itself again.",
                schema::integer(1, 3600),
            )])
            .fails([Failure::Malformed]),
        Route::new(
            GROUP,
            "openapi",
            "/openapi.json",
            Answer::of("The document.", ["application/json"]).tagged(),
        )
        .summary("This document"),
    ]
}
