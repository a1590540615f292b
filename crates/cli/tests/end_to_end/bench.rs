//! `origami bench` against servers that do well and servers that do not.

use crate::binary::{self, Ran};
use crate::slides::{small_pack, small_packs};
use crate::stub::{Stub, Trouble};
use serde_json::Value;
use std::time::Duration;

/// The report of a run that has to succeed.
#[track_caller]
fn report(arguments: &[&str]) -> Value {
    let ran = binary::run(["bench", "--json"].iter().chain(arguments)).good();
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// A short walk on the small slide with more arguments.
#[track_caller]
fn walk(pack: &str, more: &[&str]) -> Value {
    let walk = [pack, "--duration", "2s", "--viewers", "3", "--rate", "15", "--screen", "700x500"];
    report(&[&walk[..], more].concat())
}

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {pointer} in {report:#}"))
}

#[test]
fn all_tiles_of_a_walk_come_and_are_counted_once_on_either_side() {
    let Some(pack) = small_pack() else { return };
    let report = walk(pack.to_str().unwrap(), &[]);
    let tiles = number(&report, "/tiles/wanted");
    assert!(tiles > 50.0, "{report:#}");
    for pointer in ["/tiles/ok", "/status/200", "/tile_ms/count", "/tile_ms_from_sending/count"] {
        assert_eq!(number(&report, pointer), tiles, "{pointer}");
    }
    let of_levels =
        ["L0", "L1", "coarser"].map(|level| number(&report, &format!("/tile_ms_by_level/{level}/count")));
    assert_eq!(of_levels.iter().sum::<f64>(), tiles);
    assert!(of_levels.iter().all(|count| *count > 0.0), "{of_levels:?}");
    let counters = report["counters"].as_object().expect("the server's counters");
    let served = counters.iter().filter(|(name, _)| name.starts_with("tile_requests{"));
    assert_eq!(served.map(|(_, count)| count.as_f64().unwrap()).sum::<f64>(), tiles, "{counters:?}");
    assert!(number(&report, "/process/rss_anon_bytes/end") > 1e6);
    assert!(number(&report, "/tile_ms/p50") <= number(&report, "/view_ms/max"));
}

#[test]
fn one_seed_asks_for_the_same_tiles_each_time() {
    let Some(pack) = small_pack() else { return };
    let asked = |seed| {
        let report = walk(pack.to_str().unwrap(), &["--seed", seed]);
        (
            report["tiles"]["wanted"].clone(),
            report["tiles"]["bytes"].clone(),
            report["view_ms"]["count"].clone(),
        )
    };
    assert_eq!(asked("5"), asked("5"));
    assert_ne!(asked("5"), asked("6"));
}

#[test]
fn closed_loops_ask_for_what_they_are_told() {
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
        .refused(&["tiles.txt:2: 12/0/0: there are 2 slides"]);
}

#[test]
fn another_servers_tiles_are_asked_for_by_template() {
    let Some(pack) = small_pack() else { return };
    let stub = Stub::start(Trouble::Refuse(usize::MAX, 500));
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
fn a_stall_shows_in_every_view_that_was_due_during_it() {
    let stub = Stub::start(Trouble::Stall(90, Duration::from_secs(2)));
    let url = stub.url();
    let report =
        report(&["--url", &url, "--duration", "5s", "--viewers", "1", "--rate", "20", "--screen", "512x512"]);
    // Views were due all through the stall, two fifths of all of them; only the
    // six tiles that were on their way had been sent before it.
    assert!(number(&report, "/tile_ms/p90") > 300.0, "{report:#}");
    assert!(number(&report, "/view_ms/p90") > 300.0, "{report:#}");
    assert_eq!(number(&report, "/tiles/ok"), number(&report, "/tiles/wanted"));
}

#[test]
fn refusals_are_told_and_are_no_latencies() {
    let stub = Stub::start(Trouble::Refuse(30, 503));
    let url = stub.url();
    let arguments = ["bench", "--url", &url, "--requests", "random", "--count", "100", "--json"];
    let ran = binary::run(arguments).good();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    // 16 tiles are asked for to find what is of interest.
    assert_eq!((&report["status"]["200"], &report["status"]["503"]), (&13.into(), &87.into()));
    assert_eq!(report["tile_ms"]["count"], 13);
    let ran = binary::run(&arguments[..arguments.len() - 1]);
    ran.refused(&["status 503 where a tile should be"]);
}

#[test]
fn a_server_that_is_not_there_or_goes_away_is_named() {
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    binary::run(["bench", "--url", &gone]).refused(&[&gone, "cannot connect", "refused"]);
    let stub = Stub::start(Trouble::End(60));
    let url = stub.url();
    let ran: Ran = binary::run(["bench", "--url", &url, "--requests", "random", "--count", "200"]);
    ran.refused(&[&url, "is gone after"]);
    binary::run(["bench", "--url", "https://localhost"]).refused(&["only http:// can be measured"]);
    binary::run(["bench", "/no/such/folder"]).refused(&["/no/such/folder: there is no such folder or pack"]);
}

#[test]
fn an_own_server_that_does_not_start_says_why() {
    let Some(pack) = small_pack() else { return };
    let ran = binary::run(["bench", pack.to_str().unwrap(), "--", "--workers", "none"]);
    ran.refused(&["the server ended", "--workers none: expected a whole number"]);
}

#[test]
fn tuning_writes_only_what_is_better_and_keeps_the_rest_of_the_file() {
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
    let shown = binary::run(["serve", "--config", path, "--print-config"]).good().stdout;
    for (key, _) in report["best"].as_object().unwrap().iter().filter(|_| report["taken"] == true) {
        assert!(
            shown.lines().any(|line| line.starts_with(&**key) && line.contains("tuned.toml:")),
            "{shown}"
        );
    }
}
