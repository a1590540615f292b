//! `origami bench` against good servers and bad ones.

use crate::binary;
use crate::slides::{small_pack, small_packs};
use crate::stub::{Stub, Trouble};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The report of a run, which has to succeed.
#[track_caller]
fn report(arguments: &[&str]) -> Value {
    let outcome = binary::run(["bench", "--json"].iter().chain(arguments)).expect_success();
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

/// The report of a short walk over the slide of `pack`, with more arguments.
#[track_caller]
fn walk(pack: &str, more: &[&str]) -> Value {
    let walk = [pack, "--duration", "2s", "--viewers", "3", "--rate", "15", "--screen", "700x500"];
    report(&[&walk[..], more].concat())
}

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {pointer} in {report:#}"))
}

#[test]
fn all_tiles_of_a_walk_arrive_and_are_counted_once_by_client_and_server() {
    let Some(pack) = small_pack() else { return };
    let report = walk(pack.to_str().unwrap(), &[]);
    let tiles = number(&report, "/tiles/wanted");
    assert!(tiles > 50.0, "{report:#}");
    for pointer in ["/tiles/ok", "/status/200", "/tile_ms/count", "/tile_ms_from_sending/count"] {
        assert_eq!(number(&report, pointer), tiles, "{pointer}");
    }
    let by_level =
        ["L0", "L1", "coarser"].map(|level| number(&report, &format!("/tile_ms_by_level/{level}/count")));
    assert_eq!(by_level.iter().sum::<f64>(), tiles);
    assert!(by_level.iter().all(|count| *count > 0.0), "{by_level:?}");
    let counters = report["counters"].as_object().expect("the server's counters");
    let served = counters.iter().filter(|(name, _)| name.starts_with("tile_requests{"));
    assert_eq!(served.map(|(_, count)| count.as_f64().unwrap()).sum::<f64>(), tiles, "{counters:?}");
    assert!(number(&report, "/process/rss_anon_bytes/end") > 1e6);
    assert!(number(&report, "/tile_ms/p50") <= number(&report, "/view_ms/max"));
}

/// Numbers of tiles, bytes and views of a walk with this seed.
fn walk_counts(pack: &Path, seed: &str) -> [Value; 3] {
    let report = walk(pack.to_str().unwrap(), &["--seed", seed]);
    [&report["tiles"]["wanted"], &report["tiles"]["bytes"], &report["view_ms"]["count"]].map(Value::clone)
}

#[test]
fn a_seed_gives_the_same_walk_each_time() {
    let Some(pack) = small_pack() else { return };
    assert_eq!(walk_counts(pack, "5"), walk_counts(pack, "5"));
    assert_ne!(walk_counts(pack, "5"), walk_counts(pack, "6"));
}

#[test]
fn closed_loops_request_the_given_tiles() {
    let Some(folder) = small_packs(&["a", "b"]) else { return };
    let packs = folder.path().to_str().unwrap();
    let random =
        report(&[packs, "--requests", "random", "--count", "40", "--concurrency", "3", "--repeat", "2"]);
    assert_eq!(random["status"]["200"], 80);
    assert_eq!(random["tile_ms_by_level"]["coarser"]["count"], 0);
    assert_eq!(random["views"], Value::Null);

    let fields = report(&[packs, "--fov", "4", "--slide", "b"]);
    assert_eq!(fields["status"]["200"], 3 * 24, "three disjoint fields fit into 10x13 tiles");
    assert_eq!(fields["view_ms"]["count"], 3);

    let list = folder.path().join("tiles.txt");
    std::fs::write(&list, "# two\na/12/0/0\n\nb/11/1/1\n").unwrap();
    let listed = report(&[packs, "--tiles", list.to_str().unwrap()]);
    assert_eq!(
        (&listed["tile_ms_by_level"]["L0"]["count"], &listed["tile_ms_by_level"]["L1"]["count"]),
        (&1.into(), &1.into())
    );
    std::fs::write(&list, "a/12/0/0\n12/0/0\n").unwrap();
    binary::run(["bench", packs, "--tiles", list.to_str().unwrap()])
        .expect_error(&["tiles.txt:2: 12/0/0: there are 2 slides"]);
}

#[test]
fn tiles_of_another_server_are_requested_by_template() {
    let Some(pack) = small_pack() else { return };
    let stub = Stub::start(Trouble::Refuse { at: usize::MAX, status: 500 });
    let arguments = ["--pack", pack.to_str().unwrap(), "--requests", "families", "--count", "30"];
    let url = stub.url();
    let report = report(
        &[&["--url", &url, "--template", "/tiles/x/{slide}_files/{z}/{x}_{y}.jpg"][..], &arguments].concat(),
    );
    assert_eq!(report["status"]["200"], 30);
    assert_eq!(report["tiles"]["bytes"], 30 * "tile".len());
    assert_eq!(report["counters"], Value::Null);
}

#[test]
fn a_stall_delays_every_view_that_was_due_during_it() {
    let stub = Stub::start(Trouble::Stall { at: 90, time: Duration::from_secs(2) });
    let url = stub.url();
    let report =
        report(&["--url", &url, "--duration", "5s", "--viewers", "1", "--rate", "20", "--screen", "512x512"]);
    // Two fifths of all views were due during the stall; only the requests of the six tiles
    // in flight were sent before it.
    assert!(number(&report, "/tile_ms/p90") > 300.0, "{report:#}");
    assert!(number(&report, "/view_ms/p90") > 300.0, "{report:#}");
    assert_eq!(number(&report, "/tiles/ok"), number(&report, "/tiles/wanted"));
}

#[test]
fn refusals_are_reported_and_are_not_latencies() {
    let stub = Stub::start(Trouble::Refuse { at: 30, status: 503 });
    let url = stub.url();
    let arguments = ["bench", "--url", &url, "--requests", "random", "--count", "100", "--json"];
    let outcome = binary::run(arguments).expect_success();
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    // 16 tiles are requested first, to find where there is tissue.
    assert_eq!((&report["status"]["200"], &report["status"]["503"]), (&13.into(), &87.into()));
    assert_eq!(report["tile_ms"]["count"], 13);
    let outcome = binary::run(&arguments[..arguments.len() - 1]);
    outcome.expect_error(&["status 503 where a tile should be"]);
}

#[test]
fn a_server_that_does_not_exist_or_disappears_is_named() {
    let nowhere = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    binary::run(["bench", "--url", &nowhere]).expect_error(&[&nowhere, "cannot connect", "refused"]);
    let stub = Stub::start(Trouble::End { at: 60 });
    let url = stub.url();
    let outcome = binary::run(["bench", "--url", &url, "--requests", "random", "--count", "200"]);
    outcome.expect_error(&[&url, "is gone after"]);
    binary::run(["bench", "--url", "https://localhost"]).expect_error(&["only http:// can be measured"]);
    binary::run(["bench", "/no/such/folder"])
        .expect_error(&["/no/such/folder: there is no such folder or pack"]);
}

#[test]
fn a_child_server_that_does_not_start_says_why() {
    let Some(pack) = small_pack() else { return };
    let outcome = binary::run(["bench", pack.to_str().unwrap(), "--", "--workers", "none"]);
    outcome.expect_error(&["the server ended", "--workers none: expected a whole number"]);
}

#[test]
fn tuning_writes_only_what_is_better_and_leaves_the_rest_of_the_file() {
    let Some(pack) = small_pack() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tuned.toml");
    std::fs::write(&file, "# ours\nreaders = 5\n").unwrap();
    let (pack, path) = (pack.to_str().unwrap(), file.to_str().unwrap());
    let walk = ["--duration", "5s", "--rate", "40", "--viewers", "4", "--screen", "512x512"];
    let report = report(&[&[pack, "--tune", "--write", path][..], &walk].concat());
    assert!(report["tried"].as_array().unwrap().len() > 6, "{report:#}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# ours\nreaders = 5\n"), "{text}");
    assert_eq!(report["taken"] == true, text.lines().count() > 2, "{text} {report:#}");
    let config = binary::run(["serve", "--config", path, "--print-config"]).expect_success().stdout;
    for (key, _) in report["best"].as_object().unwrap().iter().filter(|_| report["taken"] == true) {
        assert!(
            config.lines().any(|line| line.starts_with(&**key) && line.contains("tuned.toml:")),
            "{config}"
        );
    }
}
