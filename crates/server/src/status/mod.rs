//! The page of the server's state, for people: what `/metrics` has, as tables.
//!
//! Its numbers are taken from the very series of a scrape, so that the two never disagree, and
//! what other parts of the program register is there as well.

mod distribution;
mod figures;
mod route_group;
mod table;
mod tables;
mod text;

use crate::assets;
use crate::catalog::FaultyPacks;
use crate::readiness::Unready;
use crate::routes::AppState;
use actix_web::http::header::HttpDate;
use askama::Template;
use figures::Figures;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use table::{Cell, Table};

/// The page of the server's state now, which loads itself again after `refresh` seconds, if that
/// is given.
pub fn page(state: &AppState, refresh: Option<u32>) -> String {
    // askama drops the newline at the end of a template.
    format!("{}\n", StatusPage::new(state, refresh))
}

/// The contents of the page.
#[derive(Template)]
#[template(path = "page.html", config = "src/status/askama.toml")]
struct StatusPage {
    /// Names of files in `/assets/`.
    stylesheet: &'static str,
    icon: &'static str,
    refresh: Option<u32>,
    version: &'static str,
    now: HttpDate,
    /// When the server has started, and how long ago that was, if the system says it.
    started: Option<Started>,
    /// Why the server is not ready.
    unready: Vec<Unready>,
    tables: Vec<Table>,
    faulty: Arc<FaultyPacks>,
}

/// The start of the server.
struct Started {
    at: HttpDate,
    ago: String,
}

impl StatusPage {
    fn new(state: &AppState, refresh: Option<u32>) -> Self {
        let figures = Figures::of(state);
        let now = SystemTime::now();
        let up = figures.up(now);
        Self {
            stylesheet: assets::hashed_name("status.css"),
            icon: assets::hashed_name("favicon.svg"),
            refresh,
            version: env!("CARGO_PKG_VERSION"),
            now: HttpDate::from(now),
            started: up.map(|up| Started { at: HttpDate::from(now - up), ago: text::long(up) }),
            unready: Unready::reasons(state).collect(),
            tables: tables::all(&figures, up.unwrap_or(Duration::ZERO)),
            faulty: state.catalog.faulty(),
        }
    }
}
