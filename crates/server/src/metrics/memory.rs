//! The memory of the process: what its parts hold, and what the system gives it.

use super::register::Register;
use super::scrape::{CacheFigures, gauge_value};
use crate::memory::{self, MemoryPart};
use crate::routes::AppState;
use procfs::page_size;
use procfs::process::Process;
use std::sync::atomic::Ordering::Relaxed;

/// Adds what each part of the budget holds now, and the process's memory. The shares of the
/// budget never change and are set at the start.
pub fn add(register: &Register, state: &AppState, caches: &CacheFigures) {
    let used = register.gauges("memory_used_bytes", "Bytes that a part of the memory budget holds.", "part");
    for part in MemoryPart::ALL {
        if let Some(bytes) = used_by(state, caches, part) {
            used.with_label_values(&[part.name()]).set(gauge_value(bytes));
        }
    }
    if let Some(bytes) = resident_bytes() {
        let help = "Resident memory of the process without mapped files.";
        register.gauge("memory_resident_bytes", help).set(gauge_value(bytes));
    }
    let help =
        "Memory that the process may have: the smallest limit of its control groups, or that of the machine.";
    register.gauge("memory_limit_bytes", help).set(gauge_value(memory::limit()));
}

/// Bytes that `part` holds; `None` for the rest, which is not counted.
fn used_by(state: &AppState, caches: &CacheFigures, part: MemoryPart) -> Option<u64> {
    let bytes = match part {
        MemoryPart::Tiles => caches.encoded.tiles.bytes,
        MemoryPart::Thumbnails => caches.encoded.thumbnails.bytes,
        MemoryPart::Pictures => caches.encoded.pictures.bytes,
        MemoryPart::Parents => caches.parents.bytes,
        MemoryPart::OpenPacks => state.metrics.open_pack_bytes.load(Relaxed),
        MemoryPart::Models => caches.models.bytes,
        MemoryPart::Making => state.flights.picture_bytes(),
        MemoryPart::Bodies => state.bodies.taken(),
        MemoryPart::Buffers => {
            // Cached parents are in buffers of these pools, and counted as parents.
            let buffers = state.render_context.pools.bytes() + state.constant_tiles.buffer_bytes();
            (buffers as u64).saturating_sub(caches.parents.bytes)
        }
        MemoryPart::Rest => return None,
    };
    Some(bytes)
}

/// Pages of packs that are mapped are resident, too, but the kernel drops them when it needs
/// the room.
fn resident_bytes() -> Option<u64> {
    let pages = Process::myself().ok()?.statm().ok()?;
    Some(pages.resident.saturating_sub(pages.shared) * page_size())
}
