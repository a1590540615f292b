//! Whether the address to listen on is free, or who has it.

use super::finding::Finding;
use super::subject::Subject;
use crate::advice::listening_advice;
use crate::http;
use serde_json::Value;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

const CHECK: &str = "address";

/// How long whoever has the address may take to say who that is.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

pub fn check(subject: &Subject) -> Vec<Finding> {
    vec![look_at(subject.config.listen)]
}

fn look_at(addr: SocketAddr) -> Finding {
    let cause = match TcpListener::bind(addr) {
        Ok(_) => return Finding::ok(CHECK, format!("{addr} is free")),
        Err(cause) => cause,
    };
    if cause.kind() == ErrorKind::AddrInUse
        && let Some(version) = origami_at(addr)
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

/// The version of the Origami that answers at `addr`, if one does.
fn origami_at(addr: SocketAddr) -> Option<String> {
    let answer = http::get(&format!("{}/openapi.json", http::url_of(addr)), ANSWERS_WITHIN).ok()?;
    let document: Value = serde_json::from_str(&answer.body).ok()?;
    let info = &document["info"];
    (info["title"] == "Origami").then(|| info["version"].as_str().unwrap_or("of some version").to_owned())
}
