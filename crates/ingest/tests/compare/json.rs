//! The JSON of a comparison.

use crate::compared::ComparedPack;
use origami_pack::Mode;
use serde_json::Value;
use std::collections::BTreeSet;

/// Collects every member of a JSON value by its path, with array elements as `[]`.
fn collect_members(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                collect_members(value, &format!("{path}.{key}"), out);
            }
        }
        Value::Array(array) => {
            for value in array {
                collect_members(value, &format!("{path}[]"), out);
            }
        }
        _ => {
            out.insert(path.trim_start_matches('.').into());
        }
    }
}

/// Names of the members of the pack's facts.
const PACK: [&str; 10] = [
    "path",
    "bytes",
    "generation",
    "width",
    "height",
    "tile_size",
    "mode",
    "quality",
    "quality_estimate",
    "subsampling",
];

/// Names of the members of counts.
const COUNTS: [&str; 12] = [
    "tiles",
    "blank",
    "empty",
    "glass",
    "same_bytes",
    "same_coefficients",
    "verbatim",
    "pack",
    "pack_glass",
    "served",
    "served_glass",
    "scans",
];

fn add_members(out: &mut BTreeSet<String>, object: &str, names: &[&str]) {
    out.extend(names.iter().map(|name| format!("{object}.{name}")));
}

#[test]
fn the_json_has_exactly_these_members() {
    let comparison = ComparedPack::of_picture(300, 200, Mode::Luma).compare(1000);
    let mut actual = BTreeSet::new();
    collect_members(&serde_json::to_value(comparison).unwrap(), "", &mut actual);

    let mut expected = BTreeSet::from(["version".to_owned(), "quality[].worst[].reasons[]".to_owned()]);
    let objects: [(&str, &[&str]); 8] = [
        ("pack", &PACK),
        ("totals", &COUNTS),
        ("totals", &["plain", "ratio"]),
        ("levels[]", &COUNTS),
        ("levels[]", &["z", "mode", "plain"]),
        ("source", &["name", "format", "bytes", "tile_bytes", "match"]),
        ("quality[]", &["z", "tiles", "identical"]),
        ("quality[].worst[]", &["z", "x", "y", "served_bytes", "plain_bytes"]),
    ];
    for (object, names) in objects {
        add_members(&mut expected, object, names);
    }
    for side in ["served", "plain"] {
        for metric in ["psnr_y", "ssim", "ssimulacra2"] {
            add_members(&mut expected, &format!("quality[].{side}.{metric}"), &["p1", "p5", "median"]);
        }
        add_members(&mut expected, &format!("quality[].{side}.delta_e"), &["p99", "p95", "median"]);
        let tile = format!("quality[].worst[].{side}");
        add_members(&mut expected, &tile, &["psnr_y", "ssim", "ssimulacra2", "delta_e"]);
    }
    assert_eq!(actual, expected);
}
