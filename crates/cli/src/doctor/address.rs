//! Whether the addresses to listen on are free, or who has them.

use super::finding::Finding;
use super::subject::Subject;
use crate::advice::listening_advice;
use crate::http;
use serde_json::Value;
use std::io::ErrorKind;
use std::iter;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

const CHECK: &str = "address";

/// How long whoever has the address may take to say who that is.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// Finds the version of Origami in what a server answers at a URL, if it is one.
type Version = fn(&str) -> Option<String>;

pub fn check(subject: &Subject) -> Vec<Finding> {
    let viewers = look_at(subject.config.listen, in_description);
    let operators = subject.config.admin_listen.map(|addr| look_at(addr, in_metrics));
    iter::once(viewers).chain(operators).collect()
}

fn look_at(addr: SocketAddr, version_at: Version) -> Finding {
    let cause = match TcpListener::bind(addr) {
        Ok(_) => return Finding::ok(CHECK, format!("{addr} is free")),
        Err(cause) => cause,
    };
    if cause.kind() == ErrorKind::AddrInUse
        && let Some(version) = version_at(&http::url_of(addr))
    {
        return Finding::ok(CHECK, format!("Origami {version} listens on {addr}"))
            .measured("version", version);
    }
    let remedy = match listening_advice(&cause) {
        "" => "another `--listen`",
        advice => advice.trim_start_matches("; "),
    };
    Finding::problem(CHECK, format!("{addr}: {cause}"), remedy)
}

/// The version in the description of the routes, which viewers' addresses have.
fn in_description(url: &str) -> Option<String> {
    let answer = http::get(&format!("{url}/openapi.json"), ANSWERS_WITHIN).ok()?;
    let document: Value = serde_json::from_str(&answer.body).ok()?;
    let info = &document["info"];
    (info["title"] == "Origami").then(|| info["version"].as_str().unwrap_or("of some version").to_owned())
}

/// The version in the metrics, which operators' addresses have.
fn in_metrics(url: &str) -> Option<String> {
    let answer = http::get(&format!("{url}/metrics"), ANSWERS_WITHIN).ok()?;
    let (_, version) = answer.body.split_once("origami_build_info{version=\"")?;
    Some(version.split('"').next()?.to_owned())
}
