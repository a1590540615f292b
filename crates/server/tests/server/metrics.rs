//! The names of metrics, which dashboards and alerts depend on, and what they count.

use crate::packs::{BLANK, TOP, folder};
use crate::test_server::TestServer;
use std::collections::BTreeSet;

/// All series, without the values of labels that have many, and without the metrics of the
/// process.
const SERIES: &str = r#"origami_abandoned_total
origami_build_info{version}
origami_cache_bytes{cache="derivatives"}
origami_cache_bytes{cache="parents"}
origami_cache_bytes{cache="pictures"}
origami_cache_bytes{cache="thumbnails"}
origami_cache_bytes{cache="tiles"}
origami_cache_entries{cache="derivatives"}
origami_cache_entries{cache="parents"}
origami_cache_entries{cache="pictures"}
origami_cache_entries{cache="thumbnails"}
origami_cache_entries{cache="tiles"}
origami_cache_evictions_total{cache="derivatives"}
origami_cache_evictions_total{cache="parents"}
origami_cache_evictions_total{cache="pictures"}
origami_cache_evictions_total{cache="thumbnails"}
origami_cache_evictions_total{cache="tiles"}
origami_cache_hits_total{cache="derivatives"}
origami_cache_hits_total{cache="parents"}
origami_cache_hits_total{cache="pictures"}
origami_cache_hits_total{cache="thumbnails"}
origami_cache_hits_total{cache="tiles"}
origami_cache_misses_total{cache="derivatives"}
origami_cache_misses_total{cache="parents"}
origami_cache_misses_total{cache="pictures"}
origami_cache_misses_total{cache="thumbnails"}
origami_cache_misses_total{cache="tiles"}
origami_derivative_builds_total{effort="best",format="avif"}
origami_derivative_builds_total{effort="best",format="jpg"}
origami_derivative_builds_total{effort="best",format="png"}
origami_derivative_builds_total{effort="best",format="webp"}
origami_derivative_builds_total{effort="fast",format="avif"}
origami_derivative_builds_total{effort="fast",format="jpg"}
origami_derivative_builds_total{effort="fast",format="png"}
origami_derivative_builds_total{effort="fast",format="webp"}
origami_derivative_builds_total{effort="normal",format="avif"}
origami_derivative_builds_total{effort="normal",format="jpg"}
origami_derivative_builds_total{effort="normal",format="png"}
origami_derivative_builds_total{effort="normal",format="webp"}
origami_derivatives_damaged_total
origami_derivatives_unwritten_total
origami_http_request_duration_seconds_bucket{le,route="dzi",status="200"}
origami_http_request_duration_seconds_bucket{le,route="other",status="404"}
origami_http_request_duration_seconds_bucket{le,route="tile",status="200"}
origami_http_request_duration_seconds_bucket{le,route="tile",status="400"}
origami_http_request_duration_seconds_count{route="dzi",status="200"}
origami_http_request_duration_seconds_count{route="other",status="404"}
origami_http_request_duration_seconds_count{route="tile",status="200"}
origami_http_request_duration_seconds_count{route="tile",status="400"}
origami_http_request_duration_seconds_sum{route="dzi",status="200"}
origami_http_request_duration_seconds_sum{route="other",status="404"}
origami_http_request_duration_seconds_sum{route="tile",status="200"}
origami_http_request_duration_seconds_sum{route="tile",status="400"}
origami_log_lines_dropped_total
origami_model_bytes
origami_model_loads_total
origami_packs
origami_packs_broken
origami_packs_open
origami_parent_decodes_total
origami_parents_coarse_evicted_total
origami_parents_left_total
origami_parents_left_used_total
origami_pool_capacity{tier}
origami_pool_exhausted_total{tier}
origami_pool_leased{tier}
origami_prefetch_dropped_total
origami_prefetch_issued_bytes_total
origami_prefetch_issued_total
origami_prefetch_useful_total
origami_queue_depth
origami_queue_seconds_bucket{le}
origami_queue_seconds_count
origami_queue_seconds_sum
origami_rejected_total{reason="deadline"}
origami_rejected_total{reason="descriptors"}
origami_rejected_total{reason="pool_exhausted"}
origami_rejected_total{reason="queue_full"}
origami_rejected_total{reason="stopping"}
origami_single_flight_waits_total
origami_speculative_built_total
origami_speculative_used_total
origami_tile_builds_total
origami_tile_requests_total{source="blank"}
origami_tile_requests_total{source="cache"}
origami_tile_requests_total{source="disk"}
origami_tile_requests_total{source="rebuilt"}
origami_tile_requests_total{source="stored"}
origami_tile_stage_seconds_bucket{le,stage="apply"}
origami_tile_stage_seconds_bucket{le,stage="decode"}
origami_tile_stage_seconds_bucket{le,stage="encode"}
origami_tile_stage_seconds_bucket{le,stage="predict"}
origami_tile_stage_seconds_bucket{le,stage="read"}
origami_tile_stage_seconds_count{stage="apply"}
origami_tile_stage_seconds_count{stage="decode"}
origami_tile_stage_seconds_count{stage="encode"}
origami_tile_stage_seconds_count{stage="predict"}
origami_tile_stage_seconds_count{stage="read"}
origami_tile_stage_seconds_sum{stage="apply"}
origami_tile_stage_seconds_sum{stage="decode"}
origami_tile_stage_seconds_sum{stage="encode"}
origami_tile_stage_seconds_sum{stage="predict"}
origami_tile_stage_seconds_sum{stage="read"}
origami_trace_spans_total{result="dropped"}
origami_trace_spans_total{result="exported"}
origami_worker_panics_total"#;

/// `name{label="value"}` without the values of labels that have many.
fn without_varying_values(series: &str) -> String {
    let Some((name, labels)) = series.split_once('{') else { return series.to_owned() };
    let varying = ["le", "tier", "version"];
    let labels = labels.trim_end_matches('}').split(',').map(|label| {
        let (key, _) = label.split_once('=').unwrap();
        if varying.contains(&key) { key } else { label }
    });
    let mut labels: Vec<_> = labels.collect();
    labels.sort_unstable();
    format!("{name}{{{}}}", labels.join(","))
}

#[test]
fn the_scrape_has_these_series_and_no_others() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in ["/tiles/a/0/0/0", "/tiles/a/x/0/0", "/dzi/a.dzi", "/nothing"] {
        server.get(path);
    }
    let scrape = server.scrape();
    let own = scrape.keys().filter(|series| !series.starts_with("process_"));
    let names: BTreeSet<_> = own.map(|series| without_varying_values(series)).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>().join("\n"), SERIES);
    assert!(scrape["process_resident_memory_bytes"] > 0.0);
    assert!(!scrape.keys().any(|series| series.contains("\"a\"")), "a label has a slide's id");
}

#[test]
fn each_source_of_tiles_is_counted() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let tiles = ["0/0/0".to_owned(), format!("{TOP}/0/0"), format!("{TOP}/0/0"), BLANK.to_string()];
    for (tile, source) in tiles.into_iter().zip(["stored", "rebuilt", "cache", "blank"]) {
        let response = server.get(&format!("/tiles/a/{tile}"));
        assert_eq!(response.header("server-timing"), Some(source), "{tile}");
        // Pages of other origins may read it, too.
        assert_eq!(response.header("timing-allow-origin"), Some("*"), "{tile}");
        assert_eq!(
            server.metric(&format!("origami_tile_requests_total{{source=\"{source}\"}}")),
            1.0,
            "{source}"
        );
    }
    assert_eq!(server.metric("origami_tile_builds_total"), 1.0, "one colour takes no worker");
    assert!(server.metric(r#"origami_pool_capacity{tier="96k"}"#) > 0.0);
    assert_eq!(server.metric(r#"origami_pool_leased{tier="16m"}"#), 0.0);
}
