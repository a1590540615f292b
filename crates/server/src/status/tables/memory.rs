//! Tables of what is kept: memory, caches, packs.

use crate::memory::MemoryPart;
use crate::status::figures::Figures;
use crate::status::table::{Cell, Row, Table};
use crate::status::text::{bytes, count};

/// The budget and the process.
pub fn memory(figures: &Figures) -> Table {
    let parts = MemoryPart::ALL.map(|part| {
        let used = figures.find("origami_memory_used_bytes", "part", part.name());
        let budget = figures.labelled("origami_memory_budget_bytes", "part", part.name());
        memory_row(part_name(part), used, budget)
    });
    let used = figures.value("origami_memory_used_bytes");
    let together =
        memory_row("All that is counted", Some(used), figures.value("origami_memory_budget_bytes"));
    let limit = figures.value("origami_memory_limit_bytes");
    let process = figures.total("origami_memory_resident_bytes");
    let process =
        process.map(|resident| memory_row("The process, of what it may have", Some(resident), limit));
    Table {
        id: "memory",
        title: "Memory",
        hint: "Full caches are no problem: what is used least makes room. The kernel's copies of packs are not in it.",
        columns: &["Part", "Used", "Budget", "Share"],
        rows: parts.into_iter().chain([together]).chain(process).collect(),
    }
}

fn part_name(part: MemoryPart) -> &'static str {
    match part {
        MemoryPart::Tiles => "Encoded tiles",
        MemoryPart::Thumbnails => "Thumbnails",
        MemoryPart::Pictures => "Pictures",
        MemoryPart::Parents => "Decoded parents",
        MemoryPart::OpenPacks => "Open packs",
        MemoryPart::Models => "Models",
        MemoryPart::Making => "Large pictures being made",
        MemoryPart::Bodies => "Large answers being sent",
        MemoryPart::Buffers => "Buffers of pixels",
        MemoryPart::Rest => "The rest",
    }
}

/// The row of a part that holds `used` bytes of its `budget`; `None` if that is not counted.
fn memory_row(name: &str, used: Option<f64>, budget: f64) -> Row {
    let values: [Cell; 3] = match used {
        Some(used) => [bytes(used).into(), bytes(budget).into(), Cell::bar(used, budget)],
        None => ["not counted".to_owned().into(), bytes(budget).into(), String::new().into()],
    };
    Row::new(name, values)
}

/// The caches.
pub fn caches(figures: &Figures) -> Table {
    let rows = figures.by("origami_cache_entries", "cache").map(|cache| {
        let [size, hits, misses, evictions] = [
            "origami_cache_bytes",
            "origami_cache_hits_total",
            "origami_cache_misses_total",
            "origami_cache_evictions_total",
        ]
        .map(|metric| figures.labelled(metric, "cache", cache.label));
        let name = match cache.label {
            "tiles" => "Encoded tiles",
            "thumbnails" => "Thumbnails",
            "pictures" => "Pictures",
            "parents" => "Decoded parents",
            "derivatives" => "Derivatives, on disk",
            other => other,
        };
        let values: [Cell; 6] = [
            count(cache.value).into(),
            bytes(size).into(),
            count(hits).into(),
            count(misses).into(),
            Cell::bar(hits, hits + misses),
            count(evictions).into(),
        ];
        Row::new(name, values)
    });
    Table {
        id: "caches",
        title: "Caches",
        hint: "",
        columns: &["Cache", "Entries", "Size", "Hits", "Misses", "Share of hits", "Evictions"],
        rows: rows.collect(),
    }
}

/// How many packs there are, and how they are.
pub fn packs(figures: &Figures) -> Table {
    let rows = [
        ("Found", "origami_packs"),
        ("Open", "origami_packs_open"),
        ("Cannot be opened", "origami_packs_broken"),
        ("Open, and a part was found to be damaged", "origami_packs_damaged"),
    ];
    Table {
        id: "packs",
        title: "Packs",
        hint: "",
        columns: &["Packs", "Number"],
        rows: rows.map(|(name, metric)| Row::new(name, [count(figures.value(metric))])).into(),
    }
}
