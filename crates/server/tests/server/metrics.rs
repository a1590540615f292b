//! The scrape is an interface: dashboards and alerts are written against it.

use crate::client::get;
use crate::packs::{BLANK, TOP, folder};
use crate::running::Running;
use std::collections::BTreeSet;

/// Series by name and label names (values where they are few), with the number
/// of buckets and the process's own metrics left out.
const SERIES: &str = r#"origami_abandoned_total
origami_build_info{version}
origami_cache_bytes{cache="parents"}
origami_cache_bytes{cache="thumbnails"}
origami_cache_bytes{cache="tiles"}
origami_cache_entries{cache="parents"}
origami_cache_entries{cache="thumbnails"}
origami_cache_entries{cache="tiles"}
origami_cache_evictions_total{cache="parents"}
origami_cache_evictions_total{cache="thumbnails"}
origami_cache_evictions_total{cache="tiles"}
origami_cache_hits_total{cache="parents"}
origami_cache_hits_total{cache="thumbnails"}
origami_cache_hits_total{cache="tiles"}
origami_cache_misses_total{cache="parents"}
origami_cache_misses_total{cache="thumbnails"}
origami_cache_misses_total{cache="tiles"}
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
origami_model_bytes
origami_model_loads_total
origami_packs_open
origami_parent_decodes_total
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
origami_worker_panics_total"#;

/// `name{label="value"}` without the values that vary.
fn shape(series: &str) -> String {
    let Some((name, labels)) = series.split_once('{') else { return series.to_owned() };
    let varies = ["le", "tier", "version"];
    let labels = labels.trim_end_matches('}').split(',').map(|label| {
        let (key, _) = label.split_once('=').unwrap();
        if varies.contains(&key) { key } else { label }
    });
    let mut labels: Vec<_> = labels.collect();
    labels.sort_unstable();
    format!("{name}{{{}}}", labels.join(","))
}

#[test]
fn the_scrape_has_these_series_and_no_others() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for path in ["/tiles/a/0/0/0", "/tiles/a/x/0/0", "/dzi/a.dzi", "/nothing"] {
        get(server.addr, path);
    }
    let scrape = server.scrape();
    let shapes: BTreeSet<_> =
        scrape.keys().filter(|series| !series.starts_with("process_")).map(|series| shape(series)).collect();
    assert_eq!(shapes.into_iter().collect::<Vec<_>>().join("\n"), SERIES);
    assert!(scrape["process_resident_memory_bytes"] > 0.0);
    assert!(!scrape.keys().any(|series| series.contains("\"a\"")), "a slide's id stands in a label");
}

#[test]
fn each_source_of_tiles_is_counted() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    get(server.addr, "/tiles/a/0/0/0");
    get(server.addr, &format!("/tiles/a/{TOP}/0/0"));
    get(server.addr, &format!("/tiles/a/{TOP}/0/0"));
    get(server.addr, &format!("/tiles/a/{}/{}/{}", BLANK.z, BLANK.x, BLANK.y));
    for source in ["stored", "rebuilt", "cache", "blank"] {
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
