//! The tables of the page, each about one question.

mod memory;
mod requests;
mod work;

use super::figures::Figures;
use super::table::Table;
use std::time::Duration;

/// All tables that have rows, of a server that is `up` for so long.
pub fn all(figures: &Figures, up: Duration) -> Vec<Table> {
    let tables = [
        requests::requests(figures),
        requests::sources(figures),
        requests::waits(figures),
        requests::refusals(figures),
        work::work(figures, up),
        memory::memory(figures),
        memory::caches(figures),
        memory::packs(figures),
        work::ahead(figures),
        work::connections(figures),
        work::process(figures, up),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}
